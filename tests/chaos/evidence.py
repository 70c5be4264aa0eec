"""What is left after a storm, from both sides: the database, and the platform's own log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from chatbot.store.database import Database
from tests.chaos.platform import Weather
from tests.pipeline.stage import Json

_MESSAGES = """
SELECT m.id, m.msgid, m.fate, m.turn_id, c.external_userid AS customer
FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.origin = 3 ORDER BY m.id
"""
_TURNS = """
SELECT t.id, t.decision, t.mode, c.external_userid AS customer
FROM turns t JOIN conversations c ON c.id = t.conversation_id ORDER BY t.id
"""
_PARTS = """
SELECT o.id, o.lane, o.kind, o.turn_id, o.handoff_id, o.msgid, o.payload, o.state, o.attempts,
       o.error_code, o.error_text, c.external_userid AS customer
FROM outbox o JOIN conversations c ON c.id = o.conversation_id ORDER BY o.id
"""
_QUEUED_CARDS = """
SELECT s.handoff_id, s.userid, s.state, c.external_userid AS customer
FROM staff_messages s JOIN conversations c ON c.id = s.conversation_id
WHERE s.kind = 'card' ORDER BY s.id
"""
_HANDOFFS = """
SELECT h.id, h.turn_id, h.reason, h.state, c.external_userid AS customer
FROM handoffs h JOIN conversations c ON c.id = h.conversation_id ORDER BY h.id
"""
_CONVERSATIONS = """
SELECT external_userid AS customer, public_id, service_state, fence, lease_owner, due_at
FROM conversations ORDER BY id
"""
_WAITING = """
SELECT
  (SELECT count(*) FROM messages WHERE origin = 3) AS arrived,
  (SELECT count(*) FROM messages WHERE content->>'event_type' = 'enter_session') AS entered,
  (SELECT count(*) FROM messages WHERE fate = 'pending') AS pending,
  (SELECT count(*) FROM outbox WHERE settled_at IS NULL
     AND NOT payload ? 'only_in_pool')
    + (SELECT count(*) FROM staff_messages WHERE settled_at IS NULL) AS open_parts,
  (SELECT count(*) FROM conversations WHERE lease_owner IS NOT NULL) AS leased
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows of the database and entries of the platform's log, each in order.

    ``said`` is what customers wrote: (customer, msgid). ``staff`` are customers whose session a
    person ended or took, whatever the bot thought of it.
    """

    said: tuple[tuple[str, str], ...]
    messages: tuple[Json, ...]
    turns: tuple[Json, ...]
    parts: tuple[Json, ...]
    handoffs: tuple[Json, ...]
    conversations: tuple[Json, ...]
    delivered: tuple[Json, ...]
    queued_cards: tuple[Json, ...]
    cards: tuple[Json, ...]
    calls: tuple[Json, ...]
    sessions: tuple[Json, ...]
    staff: tuple[str, ...]


def rows(database: Database, sql: str, **values: Any) -> list[Json]:
    """Return rows of the server's database."""

    def read(connection: Connection) -> list[Json]:
        return [dict(row) for row in connection.execute(text(sql), values).mappings()]

    return database.run_sync(read)


async def calm(weather: Weather, database: Database, seconds: float) -> None:
    """Wait until everything that happened has arrived and nothing is left to do."""
    goal = {
        "arrived": len(weather.said), "entered": weather.entered, "pending": 0, "open_parts": 0,
        "leased": 0,
    }  # fmt: skip
    found: Json = {}
    try:
        async with asyncio.timeout(seconds):
            while found != goal:
                found = (await asyncio.to_thread(rows, database, _WAITING))[0]
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not calm within {seconds:g} s: {found}, not {goal}") from None


async def gather_evidence(weather: Weather, database: Database) -> Evidence:
    """Read both sides; call when all is calm."""

    def read(sql: str) -> tuple[Json, ...]:
        return tuple(rows(database, sql))

    state = await weather.control("state")
    return Evidence(
        said=tuple(weather.said),
        messages=read(_MESSAGES),
        turns=read(_TURNS),
        parts=read(_PARTS),
        handoffs=read(_HANDOFFS),
        conversations=read(_CONVERSATIONS),
        delivered=tuple(e for e in await weather.log("delivered") if e["via"] != "staff"),
        queued_cards=read(_QUEUED_CARDS),
        cards=tuple(await weather.log("app_message")),
        calls=tuple(await weather.log("api")),
        sessions=tuple(state["sessions"]),
        staff=tuple(sorted(weather.touched_by_staff)),
    )
