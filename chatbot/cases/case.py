"""A case: one thing that somebody is to do for a customer until a time. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

CaseKind = Literal["reply", "call", "handle", "message", "other"]
KINDS: tuple[CaseKind, ...] = get_args(CaseKind)
#: "dropped": there is nothing to do any more, though it was not done.
CaseState = Literal["open", "done", "dropped"]

#: For so long after the customer's last message something can be sent in the session (WeCom
#: developer documentation, 微信客服/会话分配与消息收发).
WINDOW = timedelta(hours=48)
LONGEST_TITLE = 80
LONGEST_NOTE = 500
#: Who acts where nobody does: the desk itself.
SYSTEM = "system"
_MORE = "…"


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands; instants are aware.

    ``owner`` is a member's id in lower case, None for a left message that nobody has taken yet.
    ``version`` counts the changes, so that who acts on an old one is told. ``armed_at`` is since
    when the due time holds: what would have been told before is not told. ``held_since`` is when
    the session would have been ended, had nobody to do this. ``collects_until`` is until when
    what the customer writes belongs to a left message; ``wanted`` are the customer's words for
    when to be contacted.
    """

    id: int
    external_userid: str
    conversation_id: int | None
    kind: CaseKind
    title: str
    state: CaseState
    owner: str | None
    due_at: datetime
    phone: str
    wanted: str
    version: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    closed_at: datetime | None
    armed_at: datetime
    assigned_at: datetime
    assigned_by: str
    held_since: datetime | None
    collects_until: datetime | None

    @property
    def is_open(self) -> bool:
        """Return whether it is still to be done."""
        return self.state == "open"

    def is_overdue(self, now: datetime) -> bool:
        """Return whether it should have been done."""
        return self.is_open and now >= self.due_at


@dataclass(frozen=True, slots=True)
class Reach:
    """How the customer can be reached: in the session until ``closes_at``, None if never there.

    ``followers`` are the members who have the customer as a contact.
    """

    closes_at: datetime | None
    followers: tuple[str, ...] = ()

    @classmethod
    def since(cls, wrote_at: datetime | None, followers: tuple[str, ...] = ()) -> Reach:
        """Return the reach of who wrote last at ``wrote_at``."""
        return cls(wrote_at + WINDOW if wrote_at else None, followers)

    def is_open(self, at: datetime) -> bool:
        """Return whether something can be sent in the session at an instant."""
        return self.closes_at is not None and at < self.closes_at


def one_line(text: str, limit: int) -> str:
    """Return hostile text as one harmless line of at most ``limit`` characters.

    Control and direction marks are gone, and no angle bracket is left that a WeCom message would
    take for a link.
    """
    shown = "".join(map(_harmless, text[: 20 * limit]))
    line = " ".join(shown.split())
    return line if len(line) <= limit else line[: limit - len(_MORE)] + _MORE


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return {"<": "＜", ">": "＞"}.get(character, character)
