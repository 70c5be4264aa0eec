"""From recorded messages to suggested similar questions, and from a verdict to the entry's file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chatbot.answers.entries import Entry
from chatbot.curation.personal import masked
from chatbot.curation.workshop import EntryWork, Workshop
from chatbot.curation.workshop_asked import Heard
from chatbot.curation.workshop_entry import Suggestion
from chatbot.curation.workshop_waiting import SURE, Settled
from chatbot.curation.workshop_wording import entry_called, new_wording
from chatbot.dialogue.dialogue import Dialogue
from chatbot.errors import UserError
from chatbot.knowledge.content import read_content
from chatbot.knowledge.edit_files import Added, add_similar, editing
from chatbot.knowledge.problems import ContentErrors, Problem
from chatbot.matching.encoder import Encoder
from chatbot.matching.vector_cache import Progress, VectorStore, embed_with_cache
from chatbot.store.database import Database
from chatbot.store.edits import forget_note, note_in_files
from chatbot.store.workshop import unconfirmed_messages, verdicts

#: How far back messages wait.
HEEDED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Told:
    """What the database tells: the messages that wait, and what admins have said of them."""

    heard: Sequence[Heard]
    settled: Settled


@dataclass(frozen=True, slots=True)
class Folders:
    """The files that are edited; ``hosts`` are those that webhooks in them may reach."""

    knowledge: Path
    intents: Path
    hosts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A similar question that was written, where, and what a check says of the files now."""

    entry: Entry
    text: str
    added: Added
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_told(connection: Connection, now: datetime) -> Told:
    """Read what there is to suggest from."""
    stored = unconfirmed_messages(connection, now - HEEDED, SURE)
    heard = [Heard(each.text, each.times, each.last, each.label, each.refused) for each in stored]
    return Told(heard, _settled(connection))


def _settled(connection: Connection) -> Settled:
    """Read what admins have said, by their latest verdicts."""
    said = verdicts(connection)
    return Settled(
        accepted=[text for _, text, verdict in said if verdict == "accept"],
        rejected=[(faq_id, text) for faq_id, text, verdict in said if verdict == "reject"],
    )


def open_workshop(
    dialogue: Dialogue,
    encoder: Encoder,
    vectors: VectorStore,
    *,
    progress: Progress | None = None,
    threads: int = 1,
) -> Workshop:
    """Return the workshop of a dialogue that was built with ``encoder``."""
    embed = partial(embed_with_cache, encoder, vectors, progress=progress, threads=threads)
    return Workshop(dialogue, embed)


def rejected_text(text: str) -> str:
    """Return a suggestion that is not wanted as it is kept: as it was shown, without personal data.

    Raises:
        UserError: nothing is written.
    """
    shown, _ = masked(text)
    if not shown.strip():
        raise UserError("要写出推荐过的那句话。")
    return shown.strip()


def accept(folders: Folders, faq_id: str, text: str) -> Accepted:
    """Write ``text`` as a similar question of an entry into its file, and check all files.

    Raises:
        ContentError: the files are wrong already, or cannot be written.
        UserError: there is no such entry, or the text cannot become a wording of it; says why.
    """
    read = partial(read_content, folders.knowledge, folders.intents, folders.hosts)
    # Whoever accepts at the same time, here or from a shell, reads what this one has written.
    with editing(folders.knowledge):
        entries = read().content.entries
        entry = entry_called(entries, faq_id)
        wording = new_wording(entries, entry, text)
        added = add_similar(folders.knowledge, entry, wording)
    try:
        return Accepted(entry, wording, added, warnings=read().warnings)
    except ContentErrors as error:
        return Accepted(entry, wording, added, problems=error.problems)


def accept_noted(
    folders: Folders, database: Database, faq_id: str, text: str, actor: str, now: datetime
) -> Accepted:
    """Accept as `accept` does, with a note before it that keeps it from going live by itself.

    Raises:
        ContentError, UserError: nothing is written; see `accept`.
        StoreUnavailable: the database cannot be reached; nothing is written.
    """
    note = database.run_sync(note_in_files, faq_id, actor, now)
    try:
        return accept(folders, faq_id, text)
    except UserError:
        database.run_sync(forget_note, note)
        raise


def work_to_json(work: EntryWork, limit: int) -> dict[str, Any]:
    """Return an entry with its first suggestions as the documented JSON object."""
    shown = [_suggestion_to_json(each) for each in work.suggestions[:limit]]
    return {**summary_to_json(work), "suggestions": shown}


def summary_to_json(work: EntryWork) -> dict[str, Any]:
    """Return an entry with the numbers of what waits for it."""
    return {
        "faq_id": work.faq_id,
        "question": work.question,
        "waiting": work.waiting,
        "gain": work.gain,
        "count": len(work.suggestions),
    }


def _suggestion_to_json(suggestion: Suggestion) -> dict[str, Any]:
    last = suggestion.last.isoformat(timespec="seconds") if suggestion.last else None
    return asdict(suggestion) | {"last": last, "confidence": round(suggestion.confidence, 4)}
