"""Members whom an admin of WeCom changes or removes: their sessions follow at once.

Source: WeCom developer documentation, 通讯录管理/通讯录回调通知/成员变更通知. Not every app is
told, so members with a session are asked about as well (chatbot.console.members).
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.pipeline.app_events import Handled
from chatbot.store.events import StoredEvent
from chatbot.store.login import check_soon, end_sessions_of
from chatbot.wecom.fields import text

_LEFT, _CHANGED = "delete_user", "update_user"


class MemberChanges:
    """The handler of events of the kind ``app_event``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def handle(self, event: StoredEvent) -> Handled | None:
        """Return what a change of a member changes here, None if it is none."""
        userid = text(event.fields, "UserID").lower()
        if text(event.fields, "Event").lower() != "change_contact" or not userid:
            return None
        change, now = text(event.fields, "ChangeType").lower(), self._clock.now()
        if change == _LEFT:
            return Handled(partial(_end_sessions, userid=userid, now=now))
        if change == _CHANGED:
            return Handled(partial(check_soon, userid=userid, now=now))
        return None


def _end_sessions(connection: Connection, userid: str, now: datetime) -> None:
    end_sessions_of(connection, userid, "wecom", "left", now)
