"""What people do with notices, from pages and from a shell; each act is audited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.notices.notice import NewNotice
from chatbot.store.audit import audit
from chatbot.store.notices import change_notice, end_notice, insert_notice

#: A member, or who acts at a shell.
Who = Viewer | str


def add(connection: Connection, new: NewNotice, who: Who, now: datetime) -> int:
    """Write a notice down; return its number."""
    number = insert_notice(connection, new, _name(who), now)
    audit(connection, who, "notice.add", target_of(number), _detail(new), now)
    return number


def change(
    connection: Connection, number: int, new: NewNotice, version: int, who: Who, now: datetime
) -> bool:
    """Write a notice anew; False if it is over, or was changed since it was seen."""
    if not change_notice(connection, number, new, version, _name(who), now):
        return False
    audit(connection, who, "notice.change", target_of(number), _detail(new), now)
    return True


def end(connection: Connection, number: int, who: Who, now: datetime) -> bool:
    """End a notice now, or call it off; False if it is over, or there is no such."""
    if not end_notice(connection, number, _name(who), now):
        return False
    audit(connection, who, "notice.end", target_of(number), {}, now)
    return True


def target_of(number: int) -> str:
    """Return what the record of acts calls a notice."""
    return f"notice {number}"


def _name(who: Who) -> str:
    return who if isinstance(who, str) else who.userid


def _detail(new: NewNotice) -> dict[str, Any]:
    """Return what was written, as a notice tells it of itself."""
    return {key: value for key, value in new.numbered(0).to_json().items() if key != "id"}
