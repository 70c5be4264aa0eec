"""Accepted changes to the knowledge: what pages may write, and how it is written into the files.

``KnowledgeChanges`` is all that pages know of it. Whatever is behind it, an accepted change is
never live by itself: it becomes part of the candidate, and somebody publishes that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from chatbot.answers.entries import Entry
from chatbot.clock import Clock
from chatbot.curation.personal import blanks_in
from chatbot.curation.workshop_wording import entry_called, new_wording
from chatbot.errors import UserError
from chatbot.knowledge.content import read_content
from chatbot.knowledge.edit_files import add_similar, editing
from chatbot.knowledge.new_entry_file import add_entry
from chatbot.knowledge.problems import ContentErrors
from chatbot.store.accepted_changes import note_accepted, take_back_accepted
from chatbot.store.database import Database
from chatbot.workshop import Folders

#: An answer of more letters is no answer to a question of a customer's.
_LONGEST_ANSWER = 2000


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be made: the id it should get if that is free, and what it says."""

    faq_id: str
    question: str
    similar: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Written:
    """The entry that a change was written to, and what a check says of the knowledge now."""

    faq_id: str
    problems: tuple[str, ...] = ()


class KnowledgeChanges(Protocol):
    """Writes accepted changes; each raises UserError, with nothing written, if it cannot."""

    def similar(self, faq_id: str, texts: Sequence[str], actor: str) -> Written:
        """Add similar questions to an entry."""
        ...

    def entry(self, new: NewEntry, actor: str) -> Written:
        """Add an entry."""
        ...


class FolderChanges:
    """Writes into the files of this machine; who watches them makes the candidate."""

    def __init__(self, folders: Folders, database: Database, clock: Clock) -> None:
        self._read = partial(read_content, folders.knowledge, folders.intents, folders.hosts)
        self._root = folders.knowledge
        self._database = database
        self._clock = clock

    def similar(self, faq_id: str, texts: Sequence[str], actor: str) -> Written:
        """Write the texts into the entry's file, all of them or none."""
        if not texts:
            raise UserError("要写出至少一个问法。")
        with editing(self._root):
            entries = self._read().content.entries
            entry = entry_called(entries, faq_id)
            wordings = _wordings(entries, entry, texts)
            self._write(faq_id, actor, lambda: self._add(entry, wordings))
        return self._checked(faq_id)

    def _add(self, entry: Entry, wordings: Sequence[str]) -> None:
        for wording in wordings:
            add_similar(self._root, entry, wording)

    def entry(self, new: NewEntry, actor: str) -> Written:
        """Write the entry into the file for new ones."""
        answer = new.answer.strip()
        if not answer:
            raise UserError("要写出答案。")
        _refuse_blanks(answer)
        if len(answer) > _LONGEST_ANSWER:
            raise UserError(f"答案最多 {_LONGEST_ANSWER} 个字，这里有 {len(answer)} 个。")
        with editing(self._root):
            entries = self._read().content.entries
            faq_id = _free_id(entries, new.faq_id)
            made = Entry(faq_id, "", ())
            question, *similar = _wordings(entries, made, (new.question, *new.similar))
            write = partial(add_entry, self._root, faq_id, question, similar, answer)
            self._write(faq_id, actor, write)
        return self._checked(faq_id)

    def _write(self, faq_id: str, actor: str, write: Callable[[], object]) -> None:
        """Write, with a note before that keeps it from going live by itself."""
        note = self._database.run_sync(note_accepted, faq_id, actor, self._clock.now())
        try:
            write()
        except UserError:
            self._database.run_sync(take_back_accepted, note)
            raise

    def _checked(self, faq_id: str) -> Written:
        try:
            self._read()
        except ContentErrors as error:
            return Written(faq_id, tuple(map(str, error.problems)))
        return Written(faq_id)


def _wordings(entries: Sequence[Entry], entry: Entry, texts: Sequence[str]) -> list[str]:
    """Return the texts as they may be added to an entry, each with those before it."""
    found: list[str] = []
    for text in dict.fromkeys(texts):
        wording = new_wording(entries, entry, text)
        _refuse_blanks(wording)
        found.append(wording)
        grown = replace(entry, similar=(*entry.similar, wording))
        entries = [grown if each is entry else each for each in entries]
        entry = grown
    return found


def _refuse_blanks(text: str) -> None:
    blanks = blanks_in(text)
    if blanks:
        raise UserError(f"“{text[:40]}”里还有抹掉的内容（{'、'.join(blanks)}），请先改好。")


def _free_id(entries: Sequence[Entry], wanted: str) -> str:
    taken = {each.id for each in entries}
    candidates = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in candidates if each not in taken)
