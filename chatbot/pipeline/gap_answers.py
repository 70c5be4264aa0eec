"""Looks what people answered to questions asked in vain, and works out what a group is about."""

from __future__ import annotations

from datetime import datetime, timedelta

from chatbot.curation.gaps.draft import MOST_REPLIES, Replied, best_reply, reply_of
from chatbot.curation.gaps.grouping import nearest_to_middle
from chatbot.curation.gaps.stretch import is_settled, stretch_after
from chatbot.curation.personal import names_in
from chatbot.dialogue.service import Mind
from chatbot.evaluation.likeness import answers_nothing
from chatbot.matching.vector_cache import VectorStore, embed_with_cache
from chatbot.pipeline.gap_intake import centred_rows
from chatbot.store.database import Database
from chatbot.store.gap_worth import (
    Contents,
    Found,
    Open,
    Settled,
    Talk,
    contents_of,
    groups_to_work_out,
    keep_found,
    open_questions,
    settle,
    talk_after,
)
from chatbot.understanding.normalise import Normaliser

_QUESTIONS, _GROUPS = 100, 20
#: So many of a group's questions tell which of them is in the middle.
_COMPARED = 200
#: An answer is looked for again after this long; later, the longer nobody has given one.
_LOOK_AFTER = timedelta(minutes=5)


class GapAnswers:
    """Reads talks, and writes minutes, replies, drafts and nearest entries."""

    def __init__(self, database: Database, vectors: VectorStore) -> None:
        self._database = database
        self._vectors = vectors
        self._normaliser = Normaliser()

    def look(self, now: datetime) -> int:
        """Look at questions that may have been answered; return how many."""
        found = self._database.run_sync(open_questions, now, _QUESTIONS)
        for question in found:
            talk = self._database.run_sync(talk_after, question)
            self._database.run_sync(settle, self._settled(question, talk, now))
        return len(found)

    def _settled(self, question: Open, talk: Talk, now: datetime) -> Settled:
        if not is_settled(question.asked_at, talk.lines, now):
            later = max(_LOOK_AFTER, (now - question.asked_at) / 4)
            return Settled(question, now + later)
        handed_over = question.kind == "handed_over"
        stretch = stretch_after(question.asked_at, talk.lines, handed_over=handed_over)
        if stretch is None:
            return Settled(question, None)
        written = [text for text in stretch.written if not self._says_nothing(text)]
        told = {
            name for line in talk.lines if line.by == "customer" for name in names_in(line.text)
        }
        reply = reply_of(written, sorted({*talk.names, *told}))
        return Settled(question, None, stretch.began, stretch.minutes, reply)

    def _says_nothing(self, text: str) -> bool:
        return answers_nothing(self._normaliser.normalise(text).text)

    def work_out(self, mind: Mind) -> int:
        """Work out what changed groups are about; return how many."""
        number = mind.dialogue.snapshot.number
        groups = self._database.run_sync(groups_to_work_out, number, _GROUPS)
        for group in groups:
            contents = self._database.run_sync(contents_of, group, _COMPARED, MOST_REPLIES)
            self._database.run_sync(keep_found, self.found(mind, contents))
        return len(groups)

    def found(self, mind: Mind, contents: Contents) -> Found:
        """Return what a group is about: its middle question, the draft, the nearest entry."""
        number, questions = mind.dialogue.snapshot.number, contents.questions
        draft, draft_of = self._draft(mind, contents)
        if not questions:
            return Found(contents.group_id, "", None, None, number, "", None, 0)
        rows = centred_rows(mind, self._vectors, [each.form for each in questions])
        middle = questions[nearest_to_middle(rows, [each.times for each in questions])]
        nearest, confidence = self._nearest(mind, middle.form)
        best = contents.replies[draft] if draft is not None else None
        return Found(
            contents.group_id, middle.text, nearest, confidence, number,
            best.text if best else "", best.id if best else None, draft_of,
        )  # fmt: skip

    def _draft(self, mind: Mind, contents: Contents) -> tuple[int | None, int]:
        """Return which of the replies is the draft, out of how many."""
        forms = [self._normaliser.normalise(each.text).text for each in contents.replies]
        rows = centred_rows(mind, self._vectors, forms)
        replies = [Replied(each.text, each.talk, each.is_written) for each in contents.replies]
        return best_reply(replies, rows), len(replies)

    def _nearest(self, mind: Mind, text: str) -> tuple[str | None, float | None]:
        """Return the entry that the live knowledge finds likeliest, with its probability."""
        snapshot = mind.dialogue.snapshot
        form = snapshot.normaliser.normalise(text)
        (row,) = embed_with_cache(mind.encoder, self._vectors, [form.text])
        assessment = snapshot.ranker.assess((form,), row[None, :], frozenset())
        if not assessment.candidates:
            return None, None
        entry, confidence = assessment.candidates[0]
        return entry.id, confidence
