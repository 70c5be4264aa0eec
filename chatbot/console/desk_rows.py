"""A conversation as a line of the list: plain JSON with words, ready for any page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.console.harmless import one_line
from chatbot.console.scope import rows_of
from chatbot.customers.tag_groups import is_stage, stage_of
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.payload_words import message_words, payload_words
from chatbot.pipeline.sending import MESSAGE_BUDGET
from chatbot.pipeline.sessions import WINDOW
from chatbot.store.agents import member_names
from chatbot.store.database import Database
from chatbot.store.desk_list import (
    DeskRow,
    LeftMessage,
    Said,
    desk_rows,
    ended_ids,
    found_ids,
    open_ids,
)
from chatbot.wecom.kf import SessionState

#: So many sessions that only the bot has are listed; the others are found by search.
_MOST_OF_BOT = 300
_LONGEST_LINE = 120
_FOUND = 60
#: How many of the ended are looked through for those that a viewer of some stores sees.
_LOOKED_THROUGH = 1000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list. ``rows`` are the rows of tables that say who may see it."""

    id: int
    public_id: str
    shown: Json
    rows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """All open conversations by their public id, and how many more only the bot has."""

    entries: Mapping[str, Entry]
    more: int


@dataclass(frozen=True, slots=True)
class _Worded:
    """Conversations as they were worded last, by number, and with what."""

    snapshot: Snapshot | None
    names: Mapping[str, str]
    entries: Mapping[int, tuple[DeskRow, Entry]]


class DeskReader:
    """Reads conversations for the desk, as the content in force words them."""

    def __init__(self, database: Database, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._database = database
        self._snapshot = snapshot
        self._frontdesk = Frontdesk(snapshot)
        self._clock = clock
        self._worded = _Worded(None, {}, {})

    async def open(self) -> Desk:
        """Return every open conversation."""
        return await self._database.run(self._open)

    async def entries(self, ids: Sequence[int]) -> list[Entry]:
        """Return these conversations."""
        return await self._database.run(self._entries, ids)

    async def found(self, text: str) -> list[Entry]:
        """Return conversations whose customer is called so, or in which it was written."""
        return await self._database.run(
            lambda connection: self._entries(connection, found_ids(connection, text, _FOUND))
        )

    async def ended(
        self, sees: Callable[[Entry], bool], before: tuple[datetime, int] | None, limit: int
    ) -> tuple[list[Entry], tuple[datetime, int] | None]:
        """Return a page of ended conversations, and where the next one begins (None: the end)."""
        return await self._database.run(self._ended, sees, before, limit)

    def _open(self, connection: Connection) -> Desk:
        since = self._clock.now() - WINDOW
        found = open_ids(connection, since, _MOST_OF_BOT)
        self._worded = self._word(connection, found.ids, self._worded)
        entries = (entry for _, entry in self._worded.entries.values())
        return Desk({each.public_id: each for each in entries}, found.more)

    def _ended(
        self,
        connection: Connection,
        sees: Callable[[Entry], bool],
        before: tuple[datetime, int] | None,
        limit: int,
    ) -> tuple[list[Entry], tuple[datetime, int] | None]:
        since, seen, looked = self._clock.now() - WINDOW, list[Entry](), 0
        while len(seen) < limit and looked < _LOOKED_THROUGH:
            page = ended_ids(connection, since, before, limit)
            entries = self._entries(connection, [each for each, _ in page])
            seen += filter(sees, entries)
            if len(page) < limit:
                return seen, None
            looked += len(page)
            before = page[-1][1], page[-1][0]
        return seen, before

    def _entries(self, connection: Connection, ids: Sequence[int]) -> list[Entry]:
        worded = self._word(connection, ids, _Worded(None, {}, {}))
        return [entry for _, entry in worded.entries.values()]

    def _word(self, connection: Connection, ids: Sequence[int], before: _Worded) -> _Worded:
        """Word conversations; what stands as it stood ``before`` is not worded again."""
        now, snapshot = self._clock.now(), self._snapshot()
        names = member_names(connection)
        same = before.snapshot is snapshot and before.names == names
        known = before.entries if same else {}
        entries: dict[int, tuple[DeskRow, Entry]] = {}
        for row in desk_rows(connection, ids, now):
            was = known.get(row.id)
            # A pause ends by itself, without any change of the row.
            kept = was is not None and was[0] == row and row.paused_until is None
            entry = was[1] if was and kept else self._entry(row, names, snapshot, now)
            entries[row.id] = row, entry
        return _Worded(snapshot, names, entries)

    def _entry(
        self, row: DeskRow, names: Mapping[str, str], snapshot: Snapshot, now: datetime
    ) -> Entry:
        meant = rows_of(row, snapshot)
        waiting = self._waiting_since(row)
        paused = row.paused_until is not None and row.paused_until > now
        shown = {
            "id": row.public_id,
            "version": row.version,
            "name": one_line(row.nickname or "", _LONGEST_LINE) or snapshot.texts.card_unnamed,
            "account": row.account,
            "state": row.state,
            "servicer": row.servicer,
            "servicer_name": names.get(row.servicer or "", row.servicer),
            "handoff": _handoff(row, snapshot),
            "priority": row.handoff.priority if row.handoff else "normal",
            "waits": _waits(row, waiting),
            "waiting_since": _time(waiting),
            "last": self._last(row, names, snapshot, waits=waiting is not None),
            "tags": [each for each in row.tags if not is_stage(each)],
            "stage": stage_of(row.tags),
            "places": sorted(set(meant.values())),
            "window_ends": _time(row.wrote_at + WINDOW if row.wrote_at else None),
            "left": max(0, MESSAGE_BUDGET - row.sent),
            "paused_by": row.paused_by if paused else None,
            "paused_name": names.get(row.paused_by or "", row.paused_by) if paused else None,
            "paused_until": _time(row.paused_until) if paused else None,
            "items": [kind for kind, _ in row.open_items],
            "message": _message(row.message),
            "alarmed": row.alarmed,
            "stamp": row.stamp,
        }
        return Entry(row.id, row.public_id, shown, meant)

    def _waiting_since(self, row: DeskRow) -> datetime | None:
        """Return when the customer first wrote what nobody has answered."""
        wants_answer = (
            at for at, words in row.unanswered if not self._frontdesk.ends_a_talk(words)
        )
        asked = next(wants_answer, None)
        left = row.message.since if row.message and not row.message.owner else None
        since = [each for each in (asked, left, *(at for _, at in row.open_items)) if each]
        if not since and row.state == SessionState.POOL and row.owned_at:
            since = [row.owned_at]
        if not since and row.handoff and row.handoff.state in _UNTAKEN:
            since = [row.handoff.at]
        return min(since, default=None)

    def _last(
        self, row: DeskRow, names: Mapping[str, str], snapshot: Snapshot, *, waits: bool
    ) -> Json | None:
        said = max(
            (each for each in (row.heard, row.sent_last) if each),
            key=lambda each: each.at,
            default=None,
        )
        if waits and row.heard and row.heard.author is None:
            said = row.heard  # what is waited with, rather than that somebody is being fetched
        if said is None:
            return None
        who, words = _words_of(said, row, snapshot)
        return {
            "who": who,
            "name": names.get(said.author or "", said.author or ""),
            "text": one_line(words, _LONGEST_LINE),
            "at": _time(said.at),
        }


_UNTAKEN = frozenset({"requested", "pooled", "failed"})


def _handoff(row: DeskRow, snapshot: Snapshot) -> Json | None:
    if row.handoff is None:
        return None
    return {
        "reason": snapshot.texts.handoff_reason(row.handoff.reason),
        "skill": row.handoff.skill or "",
        "at": _time(row.handoff.at),
    }


def _waits(row: DeskRow, since: datetime | None) -> bool:
    """Return whether the conversation stands in the list of those that wait for anybody."""
    untaken = row.handoff is not None and row.handoff.state in _UNTAKEN
    left = row.message is not None and not row.message.owner
    return since is not None and (
        row.state == SessionState.POOL or untaken or left or bool(row.open_items) or row.alarmed
    )


def _message(message: LeftMessage | None) -> Json | None:
    if message is None:
        return None
    return {
        "phone": one_line(message.phone, _LONGEST_LINE),
        "wanted": one_line(message.wanted, _LONGEST_LINE),
    }


def _words_of(said: Said, row: DeskRow, snapshot: Snapshot) -> tuple[str, str]:
    if said is row.sent_last:
        return "staff" if said.author else "bot", payload_words(said.content, snapshot.texts)
    who = "customer" if said.author is None else "staff"
    if said.recalled:
        return who, snapshot.texts.page_recalled
    return who, message_words(said.msgtype, said.content, snapshot.texts)


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
