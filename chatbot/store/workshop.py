"""What the workshop works on: recorded messages that nothing confirmed, and admins' verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text
from chatbot.store.turn_labels import NewLabel, labels

Verdict = Literal["accept", "reject"]

#: More different messages are not looked at: those written most often come first.
_MOST = 5000


@dataclass(frozen=True, slots=True)
class UnconfirmedMessage:
    """A message as it was written, how often and when last, and what choices told about it.

    ``label`` is the entry it was about, None if nobody has told; ``refused`` are those it was not
    about.
    """

    text: str
    times: int
    last: datetime
    label: str | None = None
    refused: tuple[str, ...] = ()


_UNCONFIRMED = statement(
    "SELECT text, count(*) AS times, max(created_at) AS last FROM turns"
    " WHERE created_at >= :since AND text <> '' AND ("
    " trace ->> 'rule' IN ('clarify', 'low-confidence') OR (trace ->> 'rule' = 'confidence'"
    " AND CAST(decision ->> 'confidence' AS float8) < :sure))"
    " GROUP BY text ORDER BY times DESC, last DESC, text LIMIT :most"
)
_SAVE = statement(
    "INSERT INTO workshop_verdicts (faq_id, text_hash, text, verdict, actor, decided_at)"
    " VALUES (:faq_id, :text_hash, :text, :verdict, :actor, :now)"
    " ON CONFLICT (faq_id, text_hash) DO UPDATE SET verdict = excluded.verdict,"
    " actor = excluded.actor, decided_at = excluded.decided_at"
)
_FORGET = statement(
    "DELETE FROM workshop_verdicts WHERE faq_id = :faq_id AND text_hash = :text_hash"
)
_TALKS = statement(
    "SELECT c.public_id, max(t.created_at) AS at FROM turns t"
    " JOIN conversations c ON c.id = t.conversation_id"
    " WHERE t.created_at >= :since AND t.text = ANY(:texts)"
    " GROUP BY c.public_id ORDER BY at DESC LIMIT :limit"
)
_VERDICTS = statement(
    "SELECT faq_id, text, verdict FROM workshop_verdicts ORDER BY faq_id, decided_at, text"
)


def unconfirmed_messages(
    connection: Connection, since: datetime, sure: float
) -> list[UnconfirmedMessage]:
    """Return what was asked since an instant and decided by meaning alone, most frequent first.

    Asked back about, handed over for want of confidence, or answered less ``sure``. Messages that
    a choice has labelled are among them with their label, those of the API too.
    """
    values = {"since": since, "sure": sure, "most": _MOST}
    found = {
        row.text: UnconfirmedMessage(row.text, row.times, row.last)
        for row in connection.execute(_UNCONFIRMED, values)
    }
    for stored in labels(connection, since):
        told, text = stored.label, stored.label.text
        if text in found or (told.faq_id is not None and told.confidence < sure):
            message = found.get(text) or UnconfirmedMessage(text, 1, stored.at)
            found[text] = _told(message, told)
    return list(found.values())


def _told(message: UnconfirmedMessage, label: NewLabel) -> UnconfirmedMessage:
    """Return a message with what one more label tells; later labels come later."""
    refused = set(message.refused) | set(label.refused)
    if label.faq_id is None and label.source in {"click", "typed"}:
        refused |= set(label.offered)
    chosen = label.faq_id or message.label
    chosen = None if chosen in refused and chosen != label.faq_id else chosen
    return replace(message, label=chosen, refused=tuple(sorted(refused - {label.faq_id or ""})))


def save_verdict(
    connection: Connection, faq_id: str, text: str, verdict: Verdict, actor: str, now: datetime
) -> None:
    """Keep what an admin said of a message suggested for an entry; the latest verdict counts."""
    values = {
        "faq_id": faq_id, "text_hash": _hash(text), "text": storable_text(text),
        "verdict": verdict, "actor": actor, "now": now,
    }  # fmt: skip
    connection.execute(_SAVE, values)


def forget_verdict(connection: Connection, faq_id: str, text: str) -> None:
    """Let a message be suggested again as if nobody had said anything of it."""
    connection.execute(_FORGET, {"faq_id": faq_id, "text_hash": _hash(text)})


def _hash(text: str) -> bytes:
    return hashlib.sha256(storable_text(text).encode()).digest()


def talks_that_asked(
    connection: Connection, texts: Sequence[str], since: datetime, limit: int
) -> list[tuple[str, datetime]]:
    """Return the conversations in which one of these texts was written last, and when."""
    values = {"texts": list(texts), "since": since, "limit": limit}
    return [(row.public_id, row.at) for row in connection.execute(_TALKS, values)]


def verdicts(connection: Connection) -> Sequence[tuple[str, str, Verdict]]:
    """Return (entry, text, verdict) of all that admins have said."""
    return [(row.faq_id, row.text, row.verdict) for row in connection.execute(_VERDICTS)]


def settled_suggestions(connection: Connection) -> Sequence[tuple[str, str]]:
    """Return the (entry, text) that have a verdict."""
    return [(faq_id, text) for faq_id, text, _ in verdicts(connection)]
