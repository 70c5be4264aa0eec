"""What customers' choices say about the messages they wrote before: labels to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text

#: How the customer showed it: tapped a line, picked it in words, asked again in other words, was
#: not satisfied with the answer, or asked for a person after it. The last two say only what the
#: message was not about. Or a member of staff judged what the bot had said: because they came by
#: it ("judged"), or because chance had drawn it ("sampled").
LabelSource = Literal["click", "typed", "rephrased", "dissatisfied", "wish", "judged", "sampled"]


@dataclass(frozen=True, slots=True)
class NewLabel:
    """What an earlier message of a customer's was about.

    ``faq_id`` is None for a person, or where only ``refused`` is known: the entries answered in
    vain. ``snapshot``, ``ranked_first`` and ``confidence`` tell how that message was decided,
    ``offered`` which entries were to be chosen from.
    """

    text: str
    faq_id: str | None
    source: LabelSource
    snapshot: int
    ranked_first: str | None
    confidence: float
    offered: Sequence[str] = ()
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """A label with the turn that told it (None: a call of the API), when, and in which talk."""

    label: NewLabel
    turn_id: int | None
    at: datetime
    conversation_id: int | None = None


_INSERT = statement(
    "INSERT INTO turn_labels (turn_id, text, faq_id, source, snapshot, ranked_first, confidence,"
    " offered, refused, created_at) VALUES (:turn_id, :text, :faq_id, :source, :snapshot,"
    " :ranked_first, :confidence, CAST(:offered AS jsonb), CAST(:refused AS jsonb), :now)"
)
_LABELS = statement(
    "SELECT l.text, l.faq_id, l.source, l.snapshot, l.ranked_first, l.confidence, l.offered,"
    " l.refused, l.turn_id, l.created_at, t.conversation_id"
    " FROM turn_labels l LEFT JOIN turns t ON t.id = l.turn_id"
    " WHERE (CAST(:since AS timestamptz) IS NULL OR l.created_at >= :since) ORDER BY l.id"
)
_FORGET_JUDGED = statement(
    "DELETE FROM turn_labels WHERE turn_id = :turn_id AND source IN ('judged', 'sampled')"
)
_NEWEST = statement("SELECT COALESCE(max(id), 0) FROM turn_labels")
_SINCE = statement("SELECT count(*) FROM turn_labels WHERE id > :newest")
_TURNS = statement(
    "SELECT width_bucket(CAST(decision ->> 'confidence' AS float8), CAST(:edges AS float8[])) AS"
    " band, count(*) AS turns, count(*) FILTER (WHERE action = 'answer') AS answered"
    " FROM turns WHERE created_at >= :since"
    " AND trace ->> 'rule' IN ('confidence', 'clarify', 'low-confidence') GROUP BY band"
)


def save_label(connection: Connection, label: NewLabel, turn_id: int | None, now: datetime) -> None:
    """Store a label that the turn ``turn_id`` told, None for a call of the API."""
    values = {
        "turn_id": turn_id, "text": storable_text(label.text), "faq_id": label.faq_id,
        "source": label.source, "snapshot": label.snapshot, "ranked_first": label.ranked_first,
        "confidence": label.confidence, "offered": storable_json(list(label.offered)),
        "refused": storable_json(list(label.refused)), "now": now,
    }  # fmt: skip
    connection.execute(_INSERT, values)


def forget_judged(connection: Connection, turn_id: int) -> None:
    """Take back what a person's judgement of a turn had told."""
    connection.execute(_FORGET_JUDGED, {"turn_id": turn_id})


def labels(connection: Connection, since: datetime | None = None) -> list[StoredLabel]:
    """Return the labels told since an instant (None: ever), oldest first."""
    return [
        StoredLabel(
            NewLabel(
                text=row.text,
                faq_id=row.faq_id,
                source=row.source,
                snapshot=row.snapshot,
                ranked_first=row.ranked_first,
                confidence=row.confidence,
                offered=tuple(row.offered),
                refused=tuple(row.refused),
            ),
            row.turn_id,
            row.created_at,
            row.conversation_id,
        )
        for row in connection.execute(_LABELS, {"since": since})
    ]


def newest_label(connection: Connection) -> int:
    """Return the number of the label told last, 0 before the first; it grows with each."""
    return int(connection.execute(_NEWEST).scalar_one())


def labels_since(connection: Connection, newest: int) -> int:
    """Return how many labels were told after the one with this number."""
    return int(connection.execute(_SINCE, {"newest": newest}).scalar_one())


def turns_by_confidence(
    connection: Connection, edges: Sequence[float], since: datetime
) -> list[tuple[int, int]]:
    """Return (turns, answered at once) of those decided by meaning, by band of confidence.

    ``edges`` are the least confidences of the bands but the first, rising.
    """
    found = connection.execute(_TURNS, {"edges": list(edges), "since": since})
    bands = {row.band: (row.turns, row.answered) for row in found}
    return [bands.get(number, (0, 0)) for number in range(len(edges) + 1)]
