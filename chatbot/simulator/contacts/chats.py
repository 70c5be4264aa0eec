"""Chats of members with the customers who are their contacts: no server ever sees them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from chatbot.simulator.contacts.book import ContactBook
from chatbot.simulator.kf.desk import new_msgid
from chatbot.simulator.kf.session import Bubble
from chatbot.simulator.live import LiveHub
from chatbot.simulator.log import ControlLog
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal

_KEPT = 200

Writer = Literal["member", "customer"]


class FriendChats:
    """What members and their contacts wrote to each other, newest last."""

    def __init__(
        self, book: ContactBook, log: ControlLog, live: LiveHub, now: Callable[[], float]
    ) -> None:
        self._book = book
        self._log = log
        self._live = live
        self._now = now
        self._chats: dict[tuple[str, str], deque[Bubble]] = {}

    def of_member(self, userid: str) -> list[str]:
        """Return the member's contacts, those of the latest messages first."""
        found = [c for member, c in self._book.relations if member == userid]
        return sorted(found, key=lambda customer: -self._last_at(userid, customer))

    def of_customer(self, customer: str) -> list[str]:
        """Return the members who have the customer as a contact."""
        return [member for member, friend in self._book.relations if friend == customer]

    def messages(self, userid: str, customer: str) -> list[Bubble]:
        """Return a chat; raise Refusal for two who are no contacts."""
        if self._book.relation(userid, customer) is None:
            raise Refusal("no_contact", name=userid)
        return list(self._chats.get((userid, customer), ()))

    def write(self, userid: str, customer: str, by: Writer, msgtype: str, content: Json) -> str:
        """Let one of the two write; return the msgid."""
        self.messages(userid, customer)
        sender, servicer = ("customer", "") if by == "customer" else ("staff", userid)
        bubble = Bubble(new_msgid(), sender, self._now(), msgtype, content, servicer)
        self._chats.setdefault((userid, customer), deque(maxlen=_KEPT)).append(bubble)
        self._log.add(
            "friend_message", userid=userid, customer=customer, by=by, msgid=bubble.msgid,
            msgtype=msgtype, content=content,
        )  # fmt: skip
        self._live.touch(("member", userid), ("phone", customer))
        return bubble.msgid

    def _last_at(self, userid: str, customer: str) -> float:
        chat = self._chats.get((userid, customer))
        return chat[-1].at if chat else 0.0
