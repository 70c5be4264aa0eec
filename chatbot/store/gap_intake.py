"""Taking in what was asked in vain: turns that have settled, their questions, and their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from chatbot.curation.gaps.asked import LONGEST, Kind, TurnFacts
from chatbot.store.database import statement
from chatbot.store.messages import storable_text

#: How long a choice, or a complaint, may come after what it is about: as long as the customer has
#: the menu or the answer in mind, and a little for the message to arrive.
_TOLD_WITHIN = timedelta(minutes=35)
#: Where to begin when nothing was taken in yet.
_FIRST_LOOK = timedelta(days=90)
#: More different texts are not compared with; those asked last are.
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far turns have been taken in, and which edition of the groups that belongs to."""

    at: datetime
    turn_id: int
    edition: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Turns to take in: new ones in their order, and those that were judged since.

    ``noted`` says by turn how often it was noted that it is to be looked at again.
    """

    progress: Progress
    turns: Sequence[TurnFacts]
    again: Sequence[TurnFacts]
    noted: Mapping[int, int]

    @property
    def end(self) -> Progress:
        """Return how far this goes."""
        if not self.turns:
            return self.progress
        last = self.turns[-1]
        return Progress(last.at, last.turn_id, self.progress.edition)


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question asked in vain, without personal data, and its group (negative: a new one)."""

    turn_id: int
    part: int
    conversation_id: int
    kind: Kind
    text: str
    form: str
    key: str
    asked_at: datetime
    group: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A text that has a group."""

    key: str
    form: str
    group_id: int
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Saving:
    """A turn that answered a question of a closed gap."""

    turn_id: int
    group_id: int
    answered_at: datetime


_BEGIN = statement(
    "INSERT INTO gap_progress (created_at, turn_id) VALUES (:at, 0) ON CONFLICT DO NOTHING"
)
_PROGRESS = "SELECT created_at, turn_id, edition FROM gap_progress"
_READ_PROGRESS, _LOCK_PROGRESS = statement(_PROGRESS), statement(f"{_PROGRESS} FOR UPDATE")
_ADVANCE = statement("UPDATE gap_progress SET created_at = :at, turn_id = :turn_id")
_FACTS = (
    "SELECT t.id, t.conversation_id, t.created_at, t.text, t.action,"
    " COALESCE(t.trace ->> 'rule', '') AS rule, t.mode, t.decision, j.verdict, l.chosen, l.refused"
    " FROM turns t LEFT JOIN turn_judgements j ON j.turn_id = t.id"
    " LEFT JOIN LATERAL (SELECT"
    " array_agg(l.text) FILTER (WHERE l.faq_id IS NOT NULL"
    " AND l.source NOT IN ('judged', 'sampled')) AS chosen,"
    " array_agg(l.text) FILTER (WHERE l.source = 'dissatisfied') AS refused"
    " FROM turns o JOIN turn_labels l ON l.turn_id = o.id"
    " WHERE o.conversation_id = t.conversation_id AND o.id > t.id"
    " AND o.created_at <= t.created_at + CAST(:within AS interval)) AS l ON true"
)
_NEW = statement(
    f"{_FACTS} WHERE (t.created_at, t.id) > (:at, :turn_id) AND t.created_at <= :settled"
    " ORDER BY t.created_at, t.id LIMIT :limit"
)
_AGAIN = statement(
    f"{_FACTS} JOIN gap_again g ON g.turn_id = t.id"
    " WHERE (t.created_at, t.id) <= (:at, :turn_id) ORDER BY t.id LIMIT :limit"
)
_NOTED = statement("SELECT turn_id, times FROM gap_again")
_LOOK_AGAIN = statement(
    "INSERT INTO gap_again (turn_id) VALUES (:turn_id)"
    " ON CONFLICT (turn_id) DO UPDATE SET times = gap_again.times + 1"
)
_LOOKED_AGAIN = statement(
    "DELETE FROM gap_again g USING unnest(CAST(:turns AS bigint[]), CAST(:times AS integer[]))"
    " AS seen(turn_id, times) WHERE g.turn_id = seen.turn_id AND g.times = seen.times"
)
_FORGET = statement(
    "WITH gone AS (DELETE FROM gap_questions q WHERE turn_id = ANY(:turns) AND NOT EXISTS"
    " (SELECT FROM unnest(CAST(:kept AS bigint[]), CAST(:parts AS smallint[])) AS k(turn_id, part)"
    " WHERE k.turn_id = q.turn_id AND k.part = q.part) RETURNING group_id)"
    " UPDATE gap_groups SET stale = true WHERE id IN (SELECT group_id FROM gone)"
)
_FOUND = statement("INSERT INTO gap_groups (founded_at) VALUES (:at) RETURNING id")
_SAME = "gap_questions.key = EXCLUDED.key"
_INSERT = statement(
    "INSERT INTO gap_questions (turn_id, part, conversation_id, group_id, kind, text, form, key,"
    " asked_at, look_at) VALUES (:turn_id, :part, :conversation_id, :group, :kind, :text, :form,"
    " :key, :asked_at, :now) ON CONFLICT (turn_id, part) DO UPDATE SET kind = EXCLUDED.kind,"
    # Judged as a whole, a message that asked several things is another question than its part was:
    # so nobody has put it where that stood.
    " text = EXCLUDED.text, form = EXCLUDED.form, key = EXCLUDED.key,"
    f" group_id = CASE WHEN {_SAME} THEN gap_questions.group_id ELSE EXCLUDED.group_id END,"
    f" placed_by = CASE WHEN {_SAME} THEN gap_questions.placed_by END,"
    f" placed_at = CASE WHEN {_SAME} THEN gap_questions.placed_at END"
)
_STALE = statement("UPDATE gap_groups SET stale = true WHERE id = ANY(:groups)")
_STALE_OF = statement(
    "UPDATE gap_groups SET stale = true WHERE id IN"
    " (SELECT group_id FROM gap_questions WHERE turn_id = ANY(:turns))"
)
_SAVE = statement(
    "INSERT INTO gap_savings (turn_id, group_id, answered_at)"
    " VALUES (:turn_id, :group_id, :answered_at) ON CONFLICT DO NOTHING"
)
_UNSAVE = statement("DELETE FROM gap_savings WHERE turn_id = ANY(:turns)")
_PLACED = statement(
    "SELECT key, form, group_id, by_hand FROM ("
    " SELECT DISTINCT ON (group_id, key) key, form, group_id, placed_by IS NOT NULL AS by_hand,"
    " COALESCE(placed_at, asked_at) AS at, id FROM gap_questions"
    " ORDER BY group_id, key, placed_by IS NULL, placed_at DESC, id) AS q"
    " ORDER BY by_hand DESC, CASE WHEN by_hand THEN at END DESC, id DESC LIMIT :most"
)
_CLOSED = statement(
    "SELECT id, faq_id, decided_at FROM gap_groups WHERE faq_id IS NOT NULL AND merged_into IS NULL"
)


def read_batch(connection: Connection, now: datetime, settled: datetime, limit: int) -> Batch:
    """Return the next turns to take in, those begun before ``settled``, oldest first."""
    connection.execute(_BEGIN, {"at": now - _FIRST_LOOK})
    progress = Progress(*connection.execute(_READ_PROGRESS).one())
    values = {
        "at": progress.at, "turn_id": progress.turn_id, "settled": settled, "limit": limit,
        "within": _TOLD_WITHIN,
    }  # fmt: skip
    turns = [_facts(row) for row in connection.execute(_NEW, values)]
    # Before the facts: a note that comes in between is one that has not been looked at.
    noted = {row.turn_id: row.times for row in connection.execute(_NOTED)}
    again = {name: values[name] for name in ("at", "turn_id", "limit", "within")}
    return Batch(progress, turns, [_facts(row) for row in connection.execute(_AGAIN, again)], noted)


def _facts(row: Row[Any]) -> TurnFacts:
    return TurnFacts(
        turn_id=row.id,
        conversation_id=row.conversation_id,
        at=row.created_at,
        text=row.text,
        action=row.action,
        rule=row.rule,
        mode=row.mode,
        decision=row.decision,
        verdict=row.verdict,
        chosen=frozenset(text[:LONGEST] for text in row.chosen or ()),
        refused=frozenset(text[:LONGEST] for text in row.refused or ()),
    )


def look_again(connection: Connection, turn_id: int) -> None:
    """Note that something new was said of a turn."""
    connection.execute(_LOOK_AGAIN, {"turn_id": turn_id})


def take_in(
    connection: Connection,
    batch: Batch,
    questions: Sequence[NewQuestion],
    savings: Sequence[Saving],
    now: datetime,
) -> dict[int, int] | None:
    """Keep what a batch asked in vain; return the numbers that new groups got.

    None, and nothing kept, if another process took it in, or people changed groups meanwhile.
    """
    if Progress(*connection.execute(_LOCK_PROGRESS).one()) != batch.progress:
        return None
    again = [each.turn_id for each in batch.again]
    if again:
        kept = [(each.turn_id, each.part) for each in questions]
        values = {"turns": again, "kept": [turn for turn, _ in kept],
                  "parts": [part for _, part in kept]}  # fmt: skip
        connection.execute(_STALE_OF, {"turns": again})
        connection.execute(_FORGET, values)
        # What was saved stays saved, whatever became of the gap, as long as the answer stands.
        answered_not = [each.turn_id for each in batch.again if each.faq_id is None]
        connection.execute(_UNSAVE, {"turns": answered_not})
        times = [batch.noted.get(turn, 0) for turn in again]
        connection.execute(_LOOKED_AGAIN, {"turns": again, "times": times})
    founded = {group: _found(connection, now) for group in _new_groups(questions)}
    for each in questions:
        connection.execute(_INSERT, _row(each, founded, now))
    groups = sorted({founded.get(each.group, each.group) for each in questions})
    connection.execute(_STALE, {"groups": groups})
    for saving in savings:
        connection.execute(_SAVE, {
            "turn_id": saving.turn_id, "group_id": saving.group_id,
            "answered_at": saving.answered_at,
        })  # fmt: skip
    end = batch.end
    connection.execute(_ADVANCE, {"at": end.at, "turn_id": end.turn_id})
    return founded


def _new_groups(questions: Sequence[NewQuestion]) -> list[int]:
    return list(dict.fromkeys(each.group for each in questions if each.group < 0))


def _found(connection: Connection, now: datetime) -> int:
    return int(connection.execute(_FOUND, {"at": now}).scalar_one())


def _row(question: NewQuestion, founded: dict[int, int], now: datetime) -> dict[str, Any]:
    return {
        "turn_id": question.turn_id, "part": question.part,
        "conversation_id": question.conversation_id, "kind": question.kind,
        "group": founded.get(question.group, question.group), "asked_at": question.asked_at,
        "text": storable_text(question.text), "form": storable_text(question.form),
        "key": question.key, "now": now,
    }  # fmt: skip


def placed_texts(connection: Connection) -> list[Placed]:
    """Return the texts that have a group; those put there by hand last, the newest at the end."""
    found = [Placed(*row) for row in connection.execute(_PLACED, {"most": _MOST})]
    return found[::-1]


def closed_groups(connection: Connection) -> dict[str, list[tuple[int, datetime]]]:
    """Return the groups that an entry was to close, with since when, by the entry."""
    found: dict[str, list[tuple[int, datetime]]] = {}
    for row in connection.execute(_CLOSED):
        found.setdefault(row.faq_id, []).append((row.id, row.decided_at))
    return found
