"""From labelled turns in the database to the correction that goes with a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from chatbot.answers.correction import Correction
from chatbot.bench import Bench
from chatbot.curation.learning import (
    EDGES,
    Band,
    Labelled,
    SeenLabel,
    learn,
    read_labels,
    see_labels,
    texts_of,
)
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Situation
from chatbot.knowledge.build import with_correction
from chatbot.matching.encoder import Encoder
from chatbot.matching.vector_cache import (
    Progress,
    TooManyToEmbed,
    VectorStore,
    at_most,
    embed_with_cache,
)
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, live_basis, live_snapshot
from chatbot.store.turn_labels import (
    StoredLabel,
    labels,
    labels_since,
    newest_label,
    turns_by_confidence,
)

log = structlog.get_logger()

#: So many labels more than were known are worth a snapshot of their own.
WORTH_LEARNING = 20
#: So many messages may be embedded while something waits to go live; more are learnt from later.
AT_ONCE = 200
#: How far back messages are counted by confidence, and complaints beside them; and choices heeded.
_COUNTED = timedelta(days=90)
HEEDED = timedelta(days=365)
#: Where labels come from that find fault with an answer.
_FINDING_FAULT = frozenset({"dissatisfied", "wish", "judged"})


@dataclass(frozen=True, slots=True)
class Told:
    """What the recorded turns tell: labels, the newest one's number, and messages by confidence."""

    labels: Sequence[Labelled]
    newest: int
    bands: Sequence[Band]


def read_turns(connection: Connection, now: datetime) -> Told:
    """Read what there is to learn from."""
    newest = newest_label(connection)
    counts = turns_by_confidence(connection, EDGES, now - _COUNTED)
    stored = labels(connection, now - HEEDED)
    return Told(list(_heeded(stored, now)), newest, [Band(*pair) for pair in counts])


def _heeded(stored: Sequence[StoredLabel], now: datetime) -> Iterator[Labelled]:
    """Yield all choices, and the complaints that answers are counted beside.

    Those are of the same days and of recorded turns, one a message of a customer's: what is tapped
    or said next complains of the same answer.
    """
    heard = set()
    for each in stored:
        label = labelled(each)
        if label.is_complaint:
            told = each.conversation_id, label.text
            counts = each.conversation_id is not None and each.at >= now - _COUNTED
            if each.label.source not in _FINDING_FAULT or not counts or told in heard:
                continue
            heard.add(told)
        yield label


def labelled(stored: StoredLabel) -> Labelled:
    """Return a stored label as it is learnt from.

    Who finds fault with an answer, or asks for a person after it, says what it was not about. So
    does what is chosen after that: beside it, nobody tells who was satisfied with the answer. What
    was drawn by chance is judged right as well as wrong, and counts as it is.
    """
    label = stored.label
    refused = tuple(label.refused)
    if label.source == "sampled":
        refused = () if label.faq_id is not None else refused
        return Labelled(label.text, label.faq_id, refused, label.confidence, sampled=True)
    if not refused and label.faq_id is None and label.source in _FINDING_FAULT:
        refused = (label.ranked_first,) if label.ranked_first else ()
    return Labelled(label.text, None if refused else label.faq_id, refused, label.confidence)


def see(
    dialogue: Dialogue,
    found: Sequence[Labelled],
    encoder: Encoder,
    vectors: VectorStore,
    now: datetime,
    *,
    threads: int = 1,
    progress: Progress | None = None,
) -> list[SeenLabel]:
    """Embed and rank the messages of labels."""
    read = read_labels(dialogue, found, Situation(now))
    texts = texts_of(read)
    rows = embed_with_cache(encoder, vectors, texts, progress, threads=threads)
    return see_labels(dialogue, read, dict(zip(texts, rows, strict=True)))


def learn_from_turns(
    database: Database,
    bench: Bench,
    dialogue: Dialogue,
    now: datetime,
    progress: Progress | None = None,
) -> Correction | None:
    """Return what all labelled turns say about a dialogue of ``bench``; None: nothing yet.

    Raises:
        StoreUnavailable: the database cannot be reached.
        EncoderError: the encoder gives no vectors.
    """
    told = database.run_sync(read_turns, now)
    seen = see(dialogue, told.labels, bench.encoder, bench.vectors, now, progress=progress)
    correction = learn(dialogue, seen, told.bands, bench.basis.out_of_scope_share)
    if correction is None:
        return None
    log.info("confidence_learnt", labels=correction.labels, share=correction.share)
    return replace(correction, newest=told.newest)


def embed_labels(
    database: Database, bench: Bench, dialogue: Dialogue, now: datetime, progress: Progress
) -> None:
    """Embed the messages of labels, so that what goes live with ``bench`` can learn from them.

    Raises:
        StoreUnavailable: the database cannot be reached.
        EncoderError: the encoder gives no vectors; what was embedded is kept.
    """
    told = database.run_sync(read_turns, now)
    texts = texts_of(read_labels(dialogue, told.labels, Situation(now)))
    embed_with_cache(bench.encoder, bench.vectors, texts, progress)


def basis_for(
    database: Database, bench: Bench, dialogue: Dialogue, now: datetime,
    progress: Progress | None = None,
) -> Basis:  # fmt: skip
    """Return what a new live snapshot is decided by: ``bench``, corrected by labelled turns.

    What the live one has learnt is carried on, unless there are labels since or it was learnt for
    other settings or content. Many labels that were never embedded wait until the server looks for
    them: until then other content has what was learnt of customers, but no threshold tested on it.
    """
    live = database.run_sync(live_basis)
    known = live.correction if live is not None else None
    newest = database.run_sync(newest_label)
    same = live is not None and live.uncorrected == bench.basis
    fits = known is None or known.content == dialogue.snapshot.digest
    if same and fits and newest == (known.newest if known else 0):
        return replace(bench.basis, correction=known)

    try:
        learnt = learn_from_turns(database, bench, dialogue, now, at_most(AT_ONCE, progress))
    except TooManyToEmbed:
        learnt = known if same else None
        if learnt is not None and not fits:
            learnt = replace(learnt, thresholds={})
    return replace(bench.basis, correction=learnt)


def is_worth_learning(connection: Connection) -> bool:
    """Return whether what is live does not know many labels, or has learnt for other content."""
    live = live_snapshot(connection)
    if live is None:
        return False
    known = live.basis.correction
    if known is not None and known.content != live.digest:
        return True
    return labels_since(connection, known.newest if known else 0) >= WORTH_LEARNING


def decided_by(dialogue: Dialogue, basis: Basis) -> Dialogue:
    """Return ``dialogue`` as a snapshot with this basis decides, whatever is set here."""
    correction = basis.correction or Correction(share=basis.out_of_scope_share)
    return with_correction(dialogue, basis.target_precision, correction)
