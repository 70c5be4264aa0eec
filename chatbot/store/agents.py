"""The roster of those who serve customers, and who of them knows a customer."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import Connection

from chatbot.accounts.agent import Agent
from chatbot.accounts.hours import OpeningHours, parse_spans, span_in_words
from chatbot.store.customers import relations_of
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
_NAMES = statement(
    # What the roster calls somebody comes before what the platform does.
    "SELECT userid, COALESCE(NULLIF(agents.name, ''), known_members.name) AS name"
    " FROM agents FULL JOIN known_members USING (userid)"
    " WHERE CAST(:userid AS text) IS NULL OR userid = :userid"
)
_ABSENT = statement("SELECT userid, since FROM agent_absences")
_BEGIN_ABSENCE = statement(
    "INSERT INTO agent_absences (userid, since) VALUES (:userid, :now) ON CONFLICT DO NOTHING"
)
_END_ABSENCE = statement("DELETE FROM agent_absences WHERE userid = :userid")
_SERVED_LAST = statement(
    # Whichever account they wrote to: it is the same person to the agent.
    "SELECT m.servicer_userid FROM conversations c CROSS JOIN LATERAL (SELECT servicer_userid, id"
    " FROM messages WHERE conversation_id = c.id AND servicer_userid IS NOT NULL"
    " ORDER BY id DESC LIMIT 1) m"
    " WHERE c.external_userid = :customer ORDER BY m.id DESC LIMIT 1"
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


def absent_agents(connection: Connection) -> frozenset[str]:
    """Return who has handed over and gone, and is not back."""
    return frozenset(absences(connection))


def absences(connection: Connection) -> dict[str, datetime]:
    """Return since when those are gone who have handed over, by member id."""
    return {row.userid: row.since for row in connection.execute(_ABSENT)}


def display_name(connection: Connection, userid: str | None) -> str | None:
    """Return what colleagues call a member, the id if nobody has said."""
    if userid is None:
        return None
    found = connection.execute(_NAMES, {"userid": userid}).one_or_none()
    return (found and found.name) or userid


def member_names(connection: Connection) -> dict[str, str]:
    """Return what colleagues call the members of the roster and those who ever logged in, by id."""
    rows = connection.execute(_NAMES, {"userid": None})
    return {row.userid: row.name or row.userid for row in rows}


def begin_absence(connection: Connection, userid: str, now: datetime) -> None:
    """Note that a member has gone: they get nothing until they are back."""
    connection.execute(_BEGIN_ABSENCE, {"userid": userid, "now": now})


def end_absence(connection: Connection, userid: str) -> None:
    """Note that a member is back."""
    connection.execute(_END_ABSENCE, {"userid": userid})


def served_last(connection: Connection, external_userid: str) -> str | None:
    """Return the member who wrote to the customer last, None if nobody ever did."""
    userid: str | None = connection.scalar(_SERVED_LAST, {"customer": external_userid})
    return userid.lower() if userid else None


def advisers_of(connection: Connection, external_userid: str) -> frozenset[str]:
    """Return the members who have the customer as a contact."""
    relations = relations_of(connection, external_userid)
    return frozenset(each.userid.lower() for each in relations if each.active)
