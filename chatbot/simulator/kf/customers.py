"""What customers do on their phones, in the words of the control API and the phone page."""

from __future__ import annotations

from chatbot.simulator.directory import Directory
from chatbot.simulator.kf.accounts_api import read_link
from chatbot.simulator.kf.desk import KfDesk
from chatbot.simulator.kf.session import Session
from chatbot.simulator.media import CUSTOMER_LIMITS, MediaStore
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal, texts

RECALL_SECONDS = 120.0

#: One grey pixel, for pictures that a test sends without caring what they show.
SAMPLE_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6358050000ac00ab660be46b0000000049454e44ae426082"
)
_SAMPLES = {"image": SAMPLE_PNG, "voice": b"#!AMR\n" + bytes(32)}


class PhoneRoom:
    """The customers' side of the desk. Nothing here rings: the caller does, once a batch."""

    def __init__(self, desk: KfDesk, directory: Directory, media: MediaStore) -> None:
        self._desk = desk
        self._directory = directory
        self._media = media

    def session(self, customer: str, open_kfid: str) -> Session:
        """Return the session of a known customer with a known account; the first if unnamed."""
        if self._directory.customer(customer) is None:
            raise Refusal("unknown_customer", id=customer)
        open_kfid = open_kfid or next(iter(self._desk.accounts), "")
        if open_kfid not in self._desk.accounts:
            raise Refusal("unknown_account", id=open_kfid)
        return self._desk.session(open_kfid, customer)

    def write(self, session: Session, msgtype: str, content: Json) -> str:
        """Send a message of any type and return its msgid."""
        if session.rejected:
            raise Refusal("rejected")
        if msgtype in CUSTOMER_LIMITS:
            msgtype, content = self._with_file(msgtype, content)
        return self._desk.customer_message(session, msgtype, content)

    def enter(self, session: Session, context: Json) -> str:
        """Open the chat and return the msgid of enter_session."""
        return self._desk.enter(session, context)

    def follow(self, customer: str, url: str) -> str:
        """Open the chat by a link of kf/add_contact_way and return the msgid of enter_session."""
        target = read_link(self._desk, url)
        if target is None:
            raise Refusal("unknown_link")
        open_kfid, context = target
        return self._desk.enter(self.session(customer, open_kfid), context)

    def recall(self, session: Session, msgid: str) -> str:
        """Take back one's own message within two minutes; return the event's msgid."""
        bubble = session.bubble(msgid)
        if bubble is None:
            raise Refusal("unknown_message", id=msgid)
        if bubble.sender != "customer":
            raise Refusal("recall_foreign")
        if bubble.recalled:
            raise Refusal("recall_twice")
        if self._desk.now() - bubble.at > RECALL_SECONDS:
            raise Refusal("recall_late")
        return self._desk.recall(session, bubble)

    def _with_file(self, msgtype: str, content: Json) -> tuple[str, Json]:
        """Give a file to a message without one; an oversized file arrives as a text notice."""
        media_id = content.get("media_id")
        if not media_id:
            data = _SAMPLES.get(msgtype, texts()["notices"]["sample_file"].encode())
            media = self._media.keep_customers(msgtype, f"sample.{msgtype}", data)
        elif (kept := self._media.find(str(media_id))) is None:
            raise Refusal("unknown_media")
        else:
            media = kept
        if len(media.data) > CUSTOMER_LIMITS[msgtype]:
            return "text", {"content": texts()["notices"]["too_large"]}
        return msgtype, {**content, "media_id": media.media_id}
