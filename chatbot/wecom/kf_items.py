"""What a pull of 微信客服 returns, as typed values.

Source: WeCom developer documentation, 微信客服/接收消息和事件. Parsing never fails: an item that
does not look as documented becomes an UnknownItem, so that one oddity cannot block an account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, TypeAlias
from urllib.parse import unquote

from chatbot.wecom.fields import instant, text, whole
from chatbot.wecom.kf import ServicerStatus, servicer_status


class Origin(IntEnum):
    """Who an item comes from. Only CUSTOMER is ever answered."""

    CUSTOMER = 3
    SYSTEM = 4
    SERVICER = 5


class SessionChange(IntEnum):
    """What a member did with a session in the client."""

    TAKEN_FROM_POOL = 1
    TRANSFERRED = 2
    ENDED = 3
    REOPENED = 4


@dataclass(frozen=True, slots=True)
class KfMessage:
    """A message; ``content`` is the object named after ``msgtype``, {} if there is none."""

    msgid: str
    open_kfid: str
    external_userid: str
    send_time: datetime
    origin: Origin
    servicer_userid: str
    msgtype: str
    content: dict[str, Any]

    @property
    def text(self) -> str:
        """The words of a text message, else nothing."""
        return text(self.content, "content") if self.msgtype == "text" else ""

    @property
    def menu_id(self) -> str:
        """The id of the menu item the customer tapped, else nothing."""
        return text(self.content, "menu_id") if self.msgtype == "text" else ""


@dataclass(frozen=True, slots=True)
class EnterSession:
    """The customer opened the chat. ``welcome_code`` is empty or lives 20 s."""

    msgid: str
    open_kfid: str
    external_userid: str
    send_time: datetime
    scene: str
    scene_param: str
    welcome_code: str
    channels: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SendFailed:
    """A message that had been accepted did not arrive; see ``codes.SEND_FAIL_ADVICE``."""

    msgid: str
    open_kfid: str
    external_userid: str
    send_time: datetime
    fail_msgid: str
    fail_type: int


@dataclass(frozen=True, slots=True)
class ServicerStatusChanged:
    """A member began or ceased to receive customers; ``userid`` is lower case."""

    msgid: str
    open_kfid: str
    send_time: datetime
    servicer_userid: str
    status: ServicerStatus


@dataclass(frozen=True, slots=True)
class SessionStatusChanged:
    """A member took, transferred, ended or reopened a session; ids are empty where not given.

    ``msg_code`` (taken, ended) pays for one message of ``send_msg_on_event``.
    """

    msgid: str
    open_kfid: str
    external_userid: str
    send_time: datetime
    change: SessionChange
    old_servicer_userid: str
    new_servicer_userid: str
    msg_code: str


@dataclass(frozen=True, slots=True)
class MessageRecalled:
    """A message was taken back; ``servicer_userid`` is empty when the customer did it."""

    msgid: str
    open_kfid: str
    external_userid: str
    send_time: datetime
    recalled_msgid: str
    servicer_userid: str


@dataclass(frozen=True, slots=True)
class RejectSwitchChanged:
    """A member began or ceased to refuse this customer's messages."""

    msgid: str
    open_kfid: str
    external_userid: str
    send_time: datetime
    servicer_userid: str
    rejects: bool


@dataclass(frozen=True, slots=True)
class UnknownItem:
    """Something this version does not know; ``msgid`` may be empty."""

    msgid: str
    open_kfid: str
    raw: dict[str, Any] = field(repr=False)


KfEvent: TypeAlias = (
    EnterSession
    | SendFailed
    | ServicerStatusChanged
    | SessionStatusChanged
    | MessageRecalled
    | RejectSwitchChanged
)
KfItem: TypeAlias = KfMessage | KfEvent | UnknownItem


def parse_item(raw: dict[str, Any], open_kfid: str) -> KfItem:
    """Return what ``raw`` (an entry of msg_list) is; ``open_kfid`` is the account pulled."""
    try:
        if raw.get("msgtype") == "event":
            return _event(_Reader(raw, raw.get("event"), open_kfid))
        return _message(_Reader(raw, raw, open_kfid))
    except _OddItem:
        return UnknownItem(text(raw, "msgid"), text(raw, "open_kfid") or open_kfid, raw)


class _OddItem(Exception):
    """A field without which the item means nothing is missing or odd."""


class _Reader:
    """Reads the fields that items have in common; ``fields`` holds the item's own."""

    def __init__(self, raw: Mapping[str, Any], fields: object, open_kfid: str) -> None:
        if not isinstance(fields, dict):
            raise _OddItem
        self._raw = raw
        self.fields: dict[str, Any] = fields
        self._open_kfid = open_kfid

    def needed(self, name: str) -> str:
        """Return a string field that must not be empty, of the item or around it."""
        value = text(self.fields, name) or text(self._raw, name)
        if not value:
            raise _OddItem
        return value

    def head(self) -> dict[str, Any]:
        """Return what every item has."""
        send_time = instant(self._raw, "send_time")
        if send_time is None:
            raise _OddItem
        account = text(self.fields, "open_kfid") or text(self._raw, "open_kfid")
        return {
            "msgid": self.needed("msgid"),
            "open_kfid": account or self._open_kfid,
            "send_time": send_time,
        }

    def customer_head(self) -> dict[str, Any]:
        """Return what every item about one customer has."""
        return {**self.head(), "external_userid": self.needed("external_userid")}

    def optional(self, name: str) -> str:
        """Return a string field or nothing."""
        return text(self.fields, name)

    def userid(self, name: str) -> str:
        """Return a member's id in lower case, or nothing: ids are compared without case."""
        return self.optional(name).lower()

    def number(self, name: str) -> int:
        """Return an integer field or 0."""
        return whole(self.fields, name)


def _message(item: _Reader) -> KfMessage:
    origin, msgtype = item.number("origin"), item.needed("msgtype")
    content = item.fields.get(msgtype)
    if origin not in set(Origin):
        raise _OddItem
    return KfMessage(
        **item.customer_head(),
        origin=Origin(origin),
        servicer_userid=item.userid("servicer_userid"),
        msgtype=msgtype,
        content=content if isinstance(content, dict) else {},
    )


def _event(item: _Reader) -> KfEvent:
    reader = _EVENTS.get(item.needed("event_type"))
    if reader is None:
        raise _OddItem
    return reader(item)


def _enter_session(item: _Reader) -> EnterSession:
    channels = item.fields.get("wechat_channels")
    return EnterSession(
        **item.customer_head(),
        scene=item.optional("scene"),
        # Undocumented whether it comes encoded as it was put into the link.
        scene_param=unquote(item.optional("scene_param")),
        welcome_code=item.optional("welcome_code"),
        channels=channels if isinstance(channels, dict) else {},
    )


def _send_failed(item: _Reader) -> SendFailed:
    return SendFailed(
        **item.customer_head(),
        fail_msgid=item.needed("fail_msgid"),
        fail_type=item.number("fail_type"),
    )


def _servicer_status_changed(item: _Reader) -> ServicerStatusChanged:
    status = item.number("status")
    if status not in {1, 2}:
        raise _OddItem
    return ServicerStatusChanged(
        **item.head(),
        servicer_userid=item.needed("servicer_userid").lower(),
        status=servicer_status(status == 2, item.number("stop_type")),
    )


def _session_status_changed(item: _Reader) -> SessionStatusChanged:
    change = item.number("change_type")
    if change not in set(SessionChange):
        raise _OddItem
    return SessionStatusChanged(
        **item.customer_head(),
        change=SessionChange(change),
        old_servicer_userid=item.userid("old_servicer_userid"),
        new_servicer_userid=item.userid("new_servicer_userid"),
        msg_code=item.optional("msg_code"),
    )


def _recalled(item: _Reader) -> MessageRecalled:
    return MessageRecalled(
        **item.customer_head(),
        recalled_msgid=item.needed("recall_msgid"),
        servicer_userid=item.userid("servicer_userid"),
    )


def _reject_switch_changed(item: _Reader) -> RejectSwitchChanged:
    return RejectSwitchChanged(
        **item.customer_head(),
        servicer_userid=item.needed("servicer_userid").lower(),
        rejects=item.number("reject_switch") == 1,
    )


_EVENTS: Mapping[str, Callable[[_Reader], KfEvent]] = {
    "enter_session": _enter_session,
    "msg_send_fail": _send_failed,
    "servicer_status_change": _servicer_status_changed,
    "session_status_change": _session_status_changed,
    "user_recall_msg": _recalled,
    "servicer_recall_msg": _recalled,
    "reject_customer_msg_switch_change": _reject_switch_changed,
}
