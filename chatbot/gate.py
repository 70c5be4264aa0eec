"""Holds content that may go live against what is, with what customers asked lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from chatbot.answers.entries import Entry
from chatbot.bench import Bench
from chatbot.contents import Contents
from chatbot.curation.gate.examine import Questions, examine
from chatbot.curation.gate.report import GateReport, NoteOfLinter
from chatbot.curation.gate.touched import touched
from chatbot.curation.linting.linter import lint
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.snapshot import Snapshot
from chatbot.knowledge.content import Content
from chatbot.knowledge.content_changes import content_changes
from chatbot.matching.encoder import Vectors
from chatbot.matching.vector_cache import Progress, embed_with_cache
from chatbot.store.database import Database
from chatbot.store.edits import EditsSeen
from chatbot.store.gate_reports import save_gate_report
from chatbot.store.recent_turns import recent_inputs
from chatbot.store.snapshots import (
    Basis,
    Offer,
    Offered,
    Origin,
    live_snapshot,
    offer_snapshot,
    still_waits,
)
from chatbot.wecom.splitting import split_text

#: So many messages of customers are asked, none older than this.
_MOST_RECENT = 200
_RECENT = timedelta(days=30)
#: Errors come first; the command that checks files lists all the rest.
_MOST_NOTES = 200
#: Of more wordings the linter looks only at what changed, and at what is beside it; and every
#: process builds them before they go live, because nobody may wait for that afterwards.
MANY_WORDINGS = 5_000


def examine_content(
    database: Database,
    bench: Bench,
    live: Dialogue | None,
    candidate: Dialogue,
    contents: Contents,
    content: Content,
    now: datetime,
    progress: Progress | None = None,
) -> GateReport:
    """Return what would change if ``candidate``, built of ``content``, took the place of ``live``.

    ``live`` is None if nothing is live, or not decided with the encoder of ``bench``. ``progress``
    is called in this thread, and may end the work by an exception.

    Raises:
        StoreUnavailable: the database cannot be reached.
        EncoderError: the encoder gives no vectors.
    """

    def embed(texts: Sequence[str]) -> Vectors:
        return embed_with_cache(bench.encoder, bench.vectors, texts, progress)

    former = database.run_sync(live_snapshot)
    before = None if former is None else contents.of(former)
    changes = {} if before is None else content_changes(before, content).to_json()
    stored = database.run_sync(recent_inputs, now - _RECENT, _MOST_RECENT) if live else []
    recent = [_as_usual(each) for each in map(Recorded.from_json, stored) if each is not None]
    questions = Questions(content.pinned, recent)
    report = examine(live, candidate, questions, embed, now, changes)
    # At the very first start customers wait: what takes an encoder is for the command to find.
    built = None if before is None else candidate
    today = now.astimezone(candidate.snapshot.timezone).date()
    about = None if before is None else _looked_at(before, candidate.snapshot)
    report = replace(report, findings=_notes(content, built, today, about))
    if live is None and former is not None:
        # Nothing to compare with, but what is live is known: it need not be looked at again.
        return replace(report, live=former.number)
    return report


def _as_usual(recorded: Recorded) -> Recorded:
    """Return what a turn is decided from without notices: they would hide how answers change."""
    return replace(recorded, situation=replace(recorded.situation, notices=()))


def wordings_of(entries: Sequence[Entry]) -> int:
    """Return how many wordings there are to read."""
    return sum(len(entry.wordings) for entry in entries)


def _looked_at(before: Content, candidate: Snapshot) -> frozenset[int] | None:
    """Return the entries that the linter looks at, None for all: there are not so many."""
    wordings = wordings_of(candidate.entries)
    return touched(before.entries, candidate) if wordings > MANY_WORDINGS else None


def _notes(
    content: Content, dialogue: Dialogue | None, today: date, about: frozenset[int] | None
) -> tuple[NoteOfLinter, ...]:
    """Return the linter's errors, and the first of its warnings, those of entries ``about``."""
    found = lint(content, dialogue, today=today, split=split_text, about=about).found
    worth = [each for each in found if each.severity != "note"]
    return tuple(
        NoteOfLinter(each.kind, each.severity, each.text, each.cure) for each in worth[:_MOST_NOTES]
    )


def offer_examined(
    connection: Connection, offer: Offer, origin: Origin, basis: Basis, report: GateReport | None,
    now: datetime, *, publish: bool, after: int | None = None, forced: bool = False,
    seen: EditsSeen | None = None,
) -> Offered:  # fmt: skip
    """Make ``offer`` live or the candidate that waits, and keep the report on it if there is one.

    ``forced``: it is on record that the actor made it live though something pinned down breaks.
    See ``offer_snapshot``.
    """
    offered = offer_snapshot(
        connection, offer, origin, basis, now, publish=publish, after=after, seen=seen
    )
    # What went into the queue to be judged waits there with what was found.
    judged = not publish and not offered.changed and still_waits(connection, offered.number)
    if report is not None and (offered.changed or judged):
        forced_by = origin.actor if forced else ""
        save_gate_report(connection, offered.number, report.to_json(), now, forced_by)
    return offered
