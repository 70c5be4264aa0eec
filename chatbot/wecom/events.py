"""What a decrypted callback of the self-built app means, as values the rest can work with.

Sources: WeCom developer documentation, 接收消息与事件 (self-built app), 客户联系/事件通知,
微信客服/接收消息和事件.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chatbot.wecom.fields import instant, text

EventKind = Literal["message", "contact", "card_click", "app_event"]

_DOORBELL = "kf_msg_or_event"
_MESSAGE_TYPES = frozenset({"text", "image", "voice", "video", "location", "link"})
_EVENT_KINDS: Mapping[str, EventKind] = {
    "template_card_event": "card_click",
    "template_card_menu_event": "card_click",
    "taskcard_click": "card_click",
    "change_external_contact": "contact",
    "change_external_chat": "contact",
    "change_external_tag": "contact",
    "customer_acquisition": "contact",
    "subscribe": "app_event",
    "unsubscribe": "app_event",
    "enter_agent": "app_event",
    "click": "app_event",
    "view": "app_event",
    "change_contact": "app_event",
    "kf_account_auth_change": "app_event",
}
#: One-time codes are not what an event is about; a repeat may carry another one.
_VOLATILE = frozenset({"WelcomeCode", "ResponseCode"})


@dataclass(frozen=True, slots=True)
class Doorbell:
    """Customer-service account ``open_kfid`` has news; ``token`` lives 10 minutes."""

    open_kfid: str
    token: str


@dataclass(frozen=True, slots=True)
class AppEvent:
    """A message to the app, a click on a card, a change of contacts or of the app itself.

    ``name`` is the lower-case message type or event name, ``change`` the lower-case ChangeType
    or empty, ``sender`` the lower-case UserID (``sys`` for events of the platform itself).
    ``fields`` keeps the platform's names and holds only str, dict and list, so it is JSON.
    ``dedup_key`` is the same for every repeat of a delivery.
    """

    kind: EventKind
    name: str
    change: str
    sender: str
    dedup_key: str
    fields: dict[str, object]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An authentic callback that nobody here has a use for."""

    name: str


def read_event(fields: dict[str, object], now: datetime) -> Doorbell | AppEvent | UnknownEvent:
    """Return what the decrypted ``fields`` mean; ``now`` stands in for a missing CreateTime."""
    message_type = text(fields, "MsgType").lower()
    event = text(fields, "Event").lower()
    if message_type in _MESSAGE_TYPES:
        return _app_event("message", message_type, fields, now)
    if event == _DOORBELL:
        return _doorbell(fields)
    if kind := _EVENT_KINDS.get(event):
        return _app_event(kind, event, fields, now)
    return UnknownEvent(event or message_type)


def _doorbell(fields: Mapping[str, object]) -> Doorbell | UnknownEvent:
    open_kfid = text(fields, "OpenKfId")
    if not open_kfid:
        return UnknownEvent(_DOORBELL)
    return Doorbell(open_kfid, text(fields, "Token"))


def _app_event(kind: EventKind, name: str, fields: dict[str, object], now: datetime) -> AppEvent:
    return AppEvent(
        kind=kind,
        name=name,
        change=text(fields, "ChangeType").lower(),
        sender=text(fields, "FromUserName").lower(),
        dedup_key=_dedup_key(name, fields),
        fields=fields,
        created_at=instant(fields, "CreateTime") or now,
    )


def _dedup_key(name: str, fields: Mapping[str, object]) -> str:
    """Return MsgId for messages, a digest of the content for events, which have no id.

    The documentation suggests FromUserName and CreateTime for events. Several events of the
    platform share a second (all are from ``sys``), so everything that does not change between
    repeats counts. A repeat has the same content; only its encryption differs.
    """
    if message_id := text(fields, "MsgId"):
        return f"{text(fields, 'AgentID')}:{message_id}"
    stable = {name: value for name, value in fields.items() if name not in _VOLATILE}
    content = json.dumps(stable, sort_keys=True, ensure_ascii=False)
    return f"{name}:{hashlib.sha256(content.encode()).hexdigest()[:40]}"
