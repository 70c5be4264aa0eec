"""Who is whose contact, what members noted about them, and the codes for a welcome."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from chatbot.simulator.callbacks import CallbackSender, Delivery
from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.contacts.tags import CONSOLE, TagBook
from chatbot.simulator.directory import Directory
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal

WELCOME_SECONDS = 20.0


@dataclass(slots=True)
class Relation:
    """One member's contact with one customer; tags belong to the pair."""

    userid: str
    external_userid: str
    created_at: int
    state: str = ""
    add_way: int = 1
    remark: str = ""
    description: str = ""
    company: str = ""
    mobiles: list[str] = field(default_factory=list)
    tags: dict[str, None] = field(default_factory=dict)  # tag ids, in the order of marking
    half: bool = False


@dataclass(slots=True)
class WelcomeCode:
    """A code that allows one welcome message within 20 seconds."""

    text: str
    userid: str
    external_userid: str
    expires_at: float
    status: Literal["fresh", "sending", "sent"] = "fresh"


class ContactBook:
    """Relations, tags and welcome codes, and the events that tell of them."""

    def __init__(
        self,
        config: SimulatorConfig,
        directory: Directory,
        sender: CallbackSender,
        now: Callable[[], float],
    ) -> None:
        self._corp_id = config.corp.id
        self._sender = sender
        self._directory = directory
        self.now = now
        self.relations: dict[tuple[str, str], Relation] = {}
        self.tags = TagBook(config.tag_groups, int(now()))
        self._codes: dict[str, WelcomeCode] = {}

    # -- what people do: the platform tells the app ------------------------------------------

    def add(
        self,
        userid: str,
        external_userid: str,
        delivery: Delivery,
        *,
        state: str = "",
        half: bool = False,
        add_way: int = 1,
        welcome_configured: bool = False,
    ) -> str:
        """Make the two contacts; return the WelcomeCode, "" if the platform gives none.

        A half contact (免验证) becomes a whole one by a second call.
        """
        userid = self._member(userid)
        old = self.relations.get((userid, external_userid))
        if old is not None and not old.half:
            raise Refusal("contact_exists", name=self._name(userid))
        relation = old or Relation(userid, external_userid, int(self.now()), state, add_way)
        relation.half = half
        self.relations[userid, external_userid] = relation
        code = "" if welcome_configured else self._welcome_code(userid, external_userid)
        kind = "add_half_external_contact" if half else "add_external_contact"
        self._announce(
            kind, userid, external_userid, delivery, State=relation.state, WelcomeCode=code
        )
        return code

    def _welcome_code(self, userid: str, external_userid: str) -> str:
        for earlier in self._codes.values():
            if (earlier.userid, earlier.external_userid) == (userid, external_userid) and (
                earlier.status != "fresh"
            ):
                return ""
        code = f"WLC_{secrets.token_urlsafe(24)}"
        self._codes[code] = WelcomeCode(code, userid, external_userid, self.now() + WELCOME_SECONDS)
        return code

    def end(
        self,
        userid: str,
        external_userid: str,
        by: Literal["member", "customer", "transfer"],
        delivery: Delivery,
    ) -> None:
        """One deletes the other."""
        relation = self._known(userid, external_userid)
        del self.relations[relation.userid, external_userid]
        kind = "del_follow_user" if by == "customer" else "del_external_contact"
        source = "DELETE_BY_TRANSFER" if by == "transfer" else ""
        self._announce(kind, relation.userid, external_userid, delivery, Source=source)

    def edit(
        self,
        userid: str,
        external_userid: str,
        delivery: Delivery,
        *,
        remark: str | None = None,
        add_tags: list[str] | None = None,
        remove_tags: list[str] | None = None,
    ) -> None:
        """A member changes remark or tags in the client."""
        relation = self._known(userid, external_userid)
        for tag_id in (*(add_tags or ()), *(remove_tags or ())):
            if self.tags.find(tag_id) is None:
                raise Refusal("unknown_tag", id=tag_id)
        if remark is not None:
            relation.remark = remark
        self.mark(relation, add_tags or [], remove_tags or [])
        self.announce_edit(relation, delivery)

    def fail_transfer(
        self, userid: str, external_userid: str, reason: str, delivery: Delivery
    ) -> None:
        """A hand-over to ``userid`` did not come about."""
        self._announce(
            "transfer_fail", self._member(userid), external_userid, delivery, FailReason=reason
        )

    def change_tags(
        self, action: str, delivery: Delivery, *, group: str, name: str, tag_id: str
    ) -> str:
        """Create, rename or delete a tag in the console; return its id."""
        if action == "create":
            _, new = self.tags.add(group, [name], CONSOLE, int(self.now()))
            tag_id = new[0].id
        elif (found := self.tags.find(tag_id)) is None:
            raise Refusal("unknown_tag", id=tag_id)
        elif action == "update":
            found[1].name = name
        else:
            self.forget_tag(tag_id)
        fields = {"Id": tag_id, "TagType": "tag", "ChangeType": action}
        self._sender.send([self._event("change_external_tag", fields)], delivery)
        return tag_id

    # -- what apps do: no event to the app that did it ---------------------------------------

    def mark(self, relation: Relation, add: list[str], remove: list[str]) -> None:
        """Put tags on the pair and take others off."""
        for tag_id in remove:
            relation.tags.pop(tag_id, None)
        relation.tags.update(dict.fromkeys(add))

    def forget_tag(self, tag_id: str) -> None:
        """Delete a tag everywhere."""
        self.tags.remove(tag_id)
        for relation in self.relations.values():
            relation.tags.pop(tag_id, None)

    def welcome_code(self, text: str) -> WelcomeCode:
        """Return a code that may be used; raise 41050, 41051 or 41096."""
        code = self._codes.get(text)
        if code is None:
            raise PlatformError(41050)
        if code.status == "sending":
            raise PlatformError(41096)
        # A second app of the enterprise, or a second attempt, finds the chat already started.
        if code.status == "sent":
            raise PlatformError(41051)
        if code.expires_at <= self.now():
            raise PlatformError(41050)
        return code

    def relation(self, userid: str, external_userid: str) -> Relation | None:
        """Return the pair's relation, or None."""
        return self.relations.get((userid.lower(), external_userid))

    def announce_edit(self, relation: Relation, delivery: Delivery) -> None:
        """Tell the app that somebody else changed this contact."""
        self._announce(
            "edit_external_contact",
            relation.userid,
            relation.external_userid,
            delivery,
            State=relation.state,
        )

    # -- events -------------------------------------------------------------------------------

    def _announce(
        self, change: str, userid: str, external_userid: str, delivery: Delivery, **fields: str
    ) -> None:
        event = {"ChangeType": change, "UserID": userid, "ExternalUserID": external_userid}
        event.update({name: value for name, value in fields.items() if value})
        self._sender.send([self._event("change_external_contact", event)], delivery)

    def _event(self, name: str, fields: Json) -> dict[str, Any]:
        return {
            "ToUserName": self._corp_id,
            "FromUserName": "sys",
            "CreateTime": int(self.now()),
            "MsgType": "event",
            "Event": name,
            **fields,
        }

    def _known(self, userid: str, external_userid: str) -> Relation:
        userid = self._member(userid)
        relation = self.relations.get((userid, external_userid))
        if relation is None:
            raise Refusal("no_contact", name=self._name(userid))
        return relation

    def _member(self, userid: str) -> str:
        if self._directory.member(userid) is None:
            raise Refusal("unknown_member", id=userid)
        return userid.lower()

    def _name(self, userid: str) -> str:
        member = self._directory.member(userid)
        return member.name if member else userid
