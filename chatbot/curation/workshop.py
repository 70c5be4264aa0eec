"""The workshop: per entry, the real messages that would help it most as similar questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chatbot.curation.workshop_asked import Asked, Embed, Heard, asked_questions
from chatbot.curation.workshop_entry import EntryBench, Suggestion
from chatbot.curation.workshop_kernel import Outlook, Texts, beside
from chatbot.curation.workshop_waiting import Settled, Waiting, waiting_for
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText

#: Messages of an entry that are looked at, the most frequent ones.
_LOOKED_AT = 200
_NOTHING_SETTLED = Settled()


@dataclass(frozen=True, slots=True)
class EntryWork:
    """The suggestions for an entry, best first, and how many messages wait for it.

    ``answered`` are those of them that are probably answered directly, and rightly, already.
    """

    faq_id: str
    question: str
    waiting: int
    suggestions: tuple[Suggestion, ...]
    answered: float = 0.0

    @property
    def gain(self) -> float:
        """Return the expected gain of all suggestions that probably have an entry."""
        gains = (each.expected_gain for each in self.suggestions if not each.maybe_none)
        return round(sum(gains, 0.0), 2)


class Workshop:
    """Suggests messages for the entries of one dialogue; ``embed`` is of its encoder."""

    def __init__(self, dialogue: Dialogue, embed: Embed) -> None:
        self._dialogue = dialogue
        self._embed = embed

    def suggest(
        self,
        heard: Iterable[Heard],
        at: datetime,
        settled: Settled = _NOTHING_SETTLED,
        only: str | None = None,
    ) -> tuple[EntryWork, ...]:
        """Return what messages could do for each entry, or ``only`` the one, most gain first."""
        return self.backlog(heard, at).suggest(settled, only)

    def backlog(self, heard: Iterable[Heard], at: datetime) -> Backlog:
        """Return what there is to suggest from, judged as of ``at``; takes most of the time."""
        asked = asked_questions(self._dialogue, heard, self._embed, at)
        return Backlog(self._dialogue.snapshot, asked)


class Backlog:
    """Messages as one snapshot judges them, to be suggested again as verdicts come in."""

    def __init__(self, snapshot: Snapshot, asked: Sequence[Asked]) -> None:
        self._snapshot = snapshot
        self._asked = asked

    def suggest(
        self, settled: Settled = _NOTHING_SETTLED, only: str | None = None
    ) -> tuple[EntryWork, ...]:
        """Return what messages could do for each entry, or ``only`` the one, most gain first.

        What was accepted does not come again. What was rejected for an entry goes to the next one
        that it may belong to: it needs no new snapshot to get there.
        """
        snapshot, waiting = self._snapshot, self._waiting(settled)
        wanted = {each.number for each in waiting}
        if only is not None:
            wanted &= {snapshot.by_id[only]} if only in snapshot.by_id else set()
        works = [self._work(number, waiting) for number in sorted(wanted)]
        return tuple(sorted(works, key=lambda work: -work.gain))

    def _waiting(self, settled: Settled) -> list[Waiting]:
        """Return the messages that still wait."""
        key_of = self._snapshot.normaliser.key
        accepted = set(map(key_of, settled.accepted))
        rejected: dict[str, set[str]] = {}
        for faq_id, text in settled.rejected:
            rejected.setdefault(key_of(text), set()).add(faq_id)
        keyed = ((key_of(each.heard.text), each) for each in self._asked)
        waiting = (
            waiting_for(self._snapshot, each, rejected.get(key, ()))
            for key, each in keyed
            if key not in accepted
        )
        return [each for each in waiting if each is not None]

    def _work(self, number: int, everything: Sequence[Waiting]) -> EntryWork:
        """Return the suggestions for the entry ``number``."""
        snapshot = self._snapshot
        own = [each for each in everything if each.number == number]
        # Another entry's by a choice or a verdict though they rank this one first: what it must
        # not answer.
        foreign = [each for each in everything if each.number != number == each.first]
        bench = self._bench(number, _most_frequent(own), _most_frequent(foreign))
        answered = bench.answered(snapshot.threshold_of(number))
        suggestions = sorted(bench.suggestions(snapshot), key=lambda each: each.maybe_none)
        entry, count = snapshot.entries[number], sum(each.heard.times for each in own)
        return EntryWork(entry.id, entry.question, count, tuple(suggestions), answered)

    def _bench(self, number: int, own: Sequence[Waiting], foreign: Sequence[Waiting]) -> EntryBench:
        ranker = self._snapshot.ranker
        assert ranker.matcher is not None  # noqa: S101 - what waits has ranked an entry first
        both = [*own, *foreign]
        vectors = np.stack([each.vector for each in both])
        texts = self._texts([each.form for each in both], vectors)
        known = beside(ranker.matcher, texts, number)
        signals = [each.signals for each in both]
        outlook = Outlook(known, number, texts, signals, ranker.judge)
        return EntryBench(number, own, foreign, known, outlook)

    def _texts(self, forms: Sequence[NormalText], vectors: Vectors) -> Texts:
        weigh = self._snapshot.segmenter.weigh
        return Texts([form.key for form in forms], [weigh(form.text) for form in forms], vectors)


def _most_frequent(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return the messages written most often, of equal ones by their letters."""
    return sorted(waiting, key=lambda each: (-each.heard.times, each.form.key))[:_LOOKED_AT]
