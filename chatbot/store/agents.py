"""The roster of those who serve customers, and who of them knows a customer."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import Connection

from chatbot.accounts.agent import Agent
from chatbot.accounts.hours import OpeningHours, parse_spans, span_in_words
from chatbot.store.database import statement
from chatbot.store.messages import storable_text

_READ = statement(
    "SELECT userid, name, skills, stores, hours, shifts, capacity FROM agents ORDER BY userid"
)
_SAVE = statement(
    "INSERT INTO agents (userid, name, skills, stores, hours, shifts, capacity, changed_at,"
    " changed_by) VALUES (:userid, :name, :skills, :stores, :hours, CAST(:shifts AS jsonb),"
    " :capacity, :now, :changed_by) ON CONFLICT (userid) DO UPDATE SET name = EXCLUDED.name,"
    " skills = EXCLUDED.skills, stores = EXCLUDED.stores, hours = EXCLUDED.hours,"
    " shifts = EXCLUDED.shifts, capacity = EXCLUDED.capacity, changed_at = EXCLUDED.changed_at,"
    " changed_by = EXCLUDED.changed_by"
)
_REMOVE = statement("DELETE FROM agents WHERE userid = ANY(:userids)")
_LOCK = statement("LOCK TABLE agents IN SHARE ROW EXCLUSIVE MODE")
_SERVED_LAST = statement(
    # Whichever account they wrote to: it is the same person to the agent.
    "SELECT m.servicer_userid FROM conversations c CROSS JOIN LATERAL (SELECT servicer_userid, id"
    " FROM messages WHERE conversation_id = c.id AND servicer_userid IS NOT NULL"
    " ORDER BY id DESC LIMIT 1) m"
    " WHERE c.external_userid = :customer ORDER BY m.id DESC LIMIT 1"
)
_ADVISERS = statement(
    "SELECT userid FROM contact_relations WHERE external_userid = :customer AND active"
)


def read_roster(connection: Connection) -> dict[str, Agent]:
    """Return the agents by member id, in the order of the ids."""
    return {
        row.userid: Agent(
            userid=row.userid,
            name=row.name,
            skills=tuple(row.skills),
            stores=tuple(row.stores),
            hours=OpeningHours.from_json(row.hours),
            shifts={
                date.fromisoformat(day): tuple(span for text in spans for span in parse_spans(text))
                for day, spans in row.shifts.items()
            },
            capacity=row.capacity,
        )
        for row in connection.execute(_READ)
    }


def lock_roster(connection: Connection) -> None:
    """Let nobody else change the roster until this transaction ends; reading goes on."""
    connection.execute(_LOCK)


def save_agents(
    connection: Connection, agents: Iterable[Agent], now: datetime, changed_by: str
) -> None:
    """Put agents into the roster, in the place of what it says of them."""
    for agent in agents:
        shifts = {
            day.isoformat(): list(map(span_in_words, spans))
            for day, spans in sorted(agent.shifts.items())
        }
        values = {
            "userid": agent.userid, "name": storable_text(agent.name),
            "skills": list(map(storable_text, agent.skills)),
            "stores": list(map(storable_text, agent.stores)), "hours": agent.hours.to_json(),
            "shifts": json.dumps(shifts), "capacity": agent.capacity, "now": now,
            "changed_by": changed_by,
        }  # fmt: skip
        connection.execute(_SAVE, values)


def remove_agents(connection: Connection, userids: Collection[str]) -> None:
    """Take agents out of the roster; what they did stays on record."""
    connection.execute(_REMOVE, {"userids": list(userids)})


def served_last(connection: Connection, external_userid: str) -> str | None:
    """Return the member who wrote to the customer last, None if nobody ever did."""
    userid: str | None = connection.scalar(_SERVED_LAST, {"customer": external_userid})
    return userid.lower() if userid else None


def advisers_of(connection: Connection, external_userid: str) -> frozenset[str]:
    """Return the members who have the customer as a contact."""
    rows = connection.scalars(_ADVISERS, {"customer": external_userid})
    return frozenset(userid.lower() for userid in rows)
