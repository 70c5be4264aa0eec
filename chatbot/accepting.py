"""Accepted changes to the knowledge: what pages may add to it, as edits like any others.

``KnowledgeChanges`` is all that pages know of it. Whatever is behind it, an accepted change is
never live by itself: it becomes part of the candidate, and somebody publishes that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chatbot.answers.entries import Entry
from chatbot.curation.personal import blanks_in
from chatbot.curation.workshop_wording import entry_called, new_wording
from chatbot.editing.desk import Clash, EditDesk
from chatbot.editing.entries import entry_record
from chatbot.editing.kinds import Subject
from chatbot.editing.merging import Record
from chatbot.errors import UserError

#: An answer of more letters is no answer to a question of a customer's.
_LONGEST_ANSWER = 2000


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be made: the id it should get if that is free, and what it says."""

    faq_id: str
    question: str
    similar: tuple[str, ...]
    answer: str


class KnowledgeChanges(Protocol):
    """Takes accepted changes, and returns the id of the entry that has them.

    Each raises UserError, with nothing changed, if that cannot be.
    """

    async def similar(self, faq_id: str, texts: Sequence[str], actor: str) -> str:
        """Add similar questions to an entry."""
        ...

    async def entry(self, new: NewEntry, actor: str) -> str:
        """Add an entry."""
        ...


class EditedKnowledge:
    """Takes accepted changes as edits, on any machine."""

    def __init__(self, desk: EditDesk) -> None:
        self._desk = desk

    async def similar(self, faq_id: str, texts: Sequence[str], actor: str) -> str:
        """Add the texts to the entry, all of them or none."""
        if not texts:
            raise UserError("要写出至少一个问法。")
        entries = (await self._desk.working()).content.entries
        entry = entry_called(entries, faq_id)
        wordings = await asyncio.to_thread(_wordings, entries, entry, texts)
        after = entry_record(replace(entry, similar=(*entry.similar, *wordings)))
        await self._save(faq_id, entry_record(entry), after, actor)
        return faq_id

    async def entry(self, new: NewEntry, actor: str) -> str:
        """Make the entry, under the next id if its own is taken."""
        answer = new.answer.strip()
        if not answer:
            raise UserError("要写出答案。")
        _refuse_blanks(answer)
        if len(answer) > _LONGEST_ANSWER:
            raise UserError(f"答案最多 {_LONGEST_ANSWER} 个字，这里有 {len(answer)} 个。")
        entries = (await self._desk.working()).content.entries
        faq_id = _free_id(entries, new.faq_id)
        question, *similar = await asyncio.to_thread(
            _wordings, entries, Entry(faq_id, "", ()), (new.question, *new.similar)
        )
        record: Record = {"question": question, "similar": similar or None, "answer": answer}
        await self._save(faq_id, None, record, actor)
        return faq_id

    async def _save(self, faq_id: str, base: Record | None, after: Record, actor: str) -> None:
        try:
            await self._desk.save(Subject("entry", faq_id), base, after, actor)
        except Clash:
            raise UserError(f"条目“{faq_id}”刚刚被别人改过，没有写进去，请再试一次。") from None


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
