"""Questions that files bring to the gaps: old talks, and documents that have the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from chatbot.curation.gaps.asked import Kind
from chatbot.store.database import statement
from chatbot.store.gap_intake import Placed, Progress, placed_texts
from chatbot.store.messages import storable_text

#: Where turns are taken in from if none was yet, as the job that does so has it.
_FIRST_LOOK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Brought:
    """A question of a file with its answer, both without personal data.

    ``source`` says for people where it stands: the file, and what in it. ``mark`` tells the same
    question when it comes again. ``minutes`` is None if nobody was timed.
    """

    kind: Kind
    source: str
    mark: str
    text: str
    form: str
    key: str
    asked_at: datetime
    minutes: float | None
    reply: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a question that came before: its answer, and whether it was decided."""

    id: int
    group_id: int
    reply: str
    is_decided: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The groups as they stand, and how far and in which edition."""

    progress: Progress
    placed: Sequence[Placed]


_BEGIN = statement(
    "INSERT INTO gap_progress (created_at, turn_id) VALUES (:at, 0) ON CONFLICT DO NOTHING"
)
_PROGRESS = "SELECT created_at, turn_id, edition FROM gap_progress"
_READ, _LOCK = statement(_PROGRESS), statement(f"{_PROGRESS} FOR UPDATE")
# Who keeps the groups in memory reads them again.
_NEW_EDITION = statement("UPDATE gap_progress SET edition = edition + 1")
_KNOWN = statement(
    "SELECT q.source_mark AS mark, q.id, q.group_id, q.reply, g.decision IS NOT NULL AS decided"
    " FROM gap_questions q JOIN gap_groups g ON g.id = q.group_id"
    " WHERE q.source_mark = ANY(:marks)"
)
_ALIKE = statement(
    "SELECT DISTINCT ON (q.key, q.reply) q.key, q.id, q.group_id, q.reply,"
    " g.decision IS NOT NULL AS decided"
    " FROM gap_questions q JOIN gap_groups g ON g.id = q.group_id"
    " WHERE q.kind = 'document' AND q.key = ANY(:keys) ORDER BY q.key, q.reply, q.id"
)
_FOUND = statement("INSERT INTO gap_groups (founded_at) VALUES (:at) RETURNING id")
_INSERT = statement(
    "INSERT INTO gap_questions (part, group_id, kind, text, form, key, asked_at, answered_at,"
    " minutes, reply, source, source_mark) VALUES (0, :group, :kind, :text, :form, :key,"
    " :asked_at, :asked_at, :minutes, :reply, :source, :mark)"
    " ON CONFLICT (source_mark) DO NOTHING"
)
_ANSWER = statement(
    "UPDATE gap_questions SET reply = :reply, source = :source, asked_at = :now,"
    " answered_at = :now WHERE id = :id"
)
_STALE = statement("UPDATE gap_groups SET stale = true WHERE id = ANY(:groups)")

#: What became of a question: it is new; its answer is; nothing changed; a person has decided.
Outcome = Literal["new", "changed", "same", "decided"]


def standing(connection: Connection, now: datetime) -> Standing:
    """Return the groups as they stand, to bring something in."""
    connection.execute(_BEGIN, {"at": now - _FIRST_LOOK})
    return read_standing(connection, now)


def read_standing(connection: Connection, now: datetime) -> Standing:
    """Return the groups as they stand, only to look."""
    row = connection.execute(_READ).one_or_none()
    progress = Progress(*row) if row else Progress(now - _FIRST_LOOK, 0, 0)
    return Standing(progress, placed_texts(connection))


def known_marks(connection: Connection, marks: Sequence[str]) -> dict[str, Known]:
    """Return what is known of questions that came before, by their marks."""
    rows = connection.execute(_KNOWN, {"marks": list(marks)})
    return {row.mark: Known(row.id, row.group_id, row.reply, row.decided) for row in rows}


def known_alike(connection: Connection, keys: Sequence[str]) -> dict[tuple[str, str], Known]:
    """Return what documents brought under whatever name, by letters and answer."""
    rows = connection.execute(_ALIKE, {"keys": list(keys)})
    return {
        (row.key, row.reply): Known(row.id, row.group_id, row.reply, row.decided) for row in rows
    }


def bring_in(
    connection: Connection,
    progress: Progress,
    questions: Sequence[tuple[Brought, int]],
    now: datetime,
) -> dict[int, int] | None:
    """Keep questions with their groups (negative: new); return the numbers that new ones got.

    None, and nothing kept, if something else was taken in, or groups were changed, since
    ``progress``: then the groups are read again.
    """
    if not _is_still(connection, progress):
        return None
    founded: dict[int, int] = {}
    for each, group in questions:
        if group < 0 and group not in founded:
            founded[group] = int(connection.execute(_FOUND, {"at": now}).scalar_one())
        _insert(connection, each, founded.get(group, group))
    connection.execute(
        _STALE, {"groups": sorted({founded.get(group, group) for _, group in questions})}
    )
    return founded


def answer_again(
    connection: Connection, questions: Sequence[tuple[Known, Brought]], now: datetime
) -> None:
    """Give questions that came before the answers that the file has now."""
    for known, each in questions:
        values = {
            "id": known.id, "reply": storable_text(each.reply),
            "source": storable_text(each.source), "now": now,
        }  # fmt: skip
        connection.execute(_ANSWER, values)
    connection.execute(_STALE, {"groups": sorted({known.group_id for known, _ in questions})})


def _is_still(connection: Connection, progress: Progress) -> bool:
    if Progress(*connection.execute(_LOCK).one()) != progress:
        return False
    connection.execute(_NEW_EDITION)
    return True


def _insert(connection: Connection, question: Brought, group: int) -> None:
    connection.execute(_INSERT, {
        "group": group, "kind": question.kind, "text": storable_text(question.text),
        "form": storable_text(question.form), "key": storable_text(question.key),
        "asked_at": question.asked_at, "minutes": question.minutes,
        "reply": storable_text(question.reply), "source": storable_text(question.source),
        "mark": question.mark,
    })  # fmt: skip
