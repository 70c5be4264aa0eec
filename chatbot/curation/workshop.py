"""The workshop: per entry, the real messages that would help it most as similar questions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chatbot.curation.workshop_entry import EntryBench, Suggestion
from chatbot.curation.workshop_kernel import Outlook, Texts, beside
from chatbot.curation.workshop_waiting import Embed, Heard, Waiting, waiting_messages
from chatbot.dialogue.dialogue import Dialogue
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText

#: Messages of an entry that are looked at, the most frequent ones.
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class EntryWork:
    """The suggestions for an entry, best first, and how many messages wait for it."""

    faq_id: str
    question: str
    waiting: int
    suggestions: tuple[Suggestion, ...]

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
        settled: Collection[tuple[str, str]] = (),
        only: str | None = None,
    ) -> tuple[EntryWork, ...]:
        """Return what messages could do for each entry, or ``only`` the one, most gain first.

        ``settled`` holds the (entry, text) that were accepted or rejected: they do not come again.
        """
        snapshot = self._dialogue.snapshot
        done = {(faq_id, snapshot.normaliser.key(text)) for faq_id, text in settled}
        waiting = [
            each
            for each in waiting_messages(self._dialogue, heard, self._embed, at)
            if self._place(each) not in done
        ]
        wanted = {each.number for each in waiting}
        if only is not None:
            wanted &= {snapshot.by_id[only]} if only in snapshot.by_id else set()
        works = [self._work(number, waiting) for number in sorted(wanted)]
        return tuple(sorted(works, key=lambda work: -work.gain))

    def _place(self, each: Waiting) -> tuple[str, str]:
        """Return where a message would go: entry and letters."""
        snapshot = self._dialogue.snapshot
        return snapshot.entries[each.number].id, snapshot.normaliser.key(each.heard.text)

    def _work(self, number: int, everything: Sequence[Waiting]) -> EntryWork:
        """Return the suggestions for the entry ``number``."""
        snapshot = self._dialogue.snapshot
        own = [each for each in everything if each.number == number]
        # Labelled as another entry's though they rank this one first: what it must not answer.
        foreign = [each for each in everything if each.number != number == each.first]
        bench = self._bench(number, _most_frequent(own), _most_frequent(foreign))
        suggestions = sorted(bench.suggestions(snapshot), key=lambda each: each.maybe_none)
        entry, count = snapshot.entries[number], sum(each.heard.times for each in own)
        return EntryWork(entry.id, entry.question, count, tuple(suggestions))

    def _bench(self, number: int, own: Sequence[Waiting], foreign: Sequence[Waiting]) -> EntryBench:
        ranker = self._dialogue.snapshot.ranker
        assert ranker.matcher is not None  # noqa: S101 - what waits has ranked an entry first
        both = [*own, *foreign]
        vectors = np.stack([each.vector for each in both])
        texts = self._texts([each.form for each in both], vectors)
        known = beside(ranker.matcher, texts, number)
        signals = [each.signals for each in both]
        outlook = Outlook(known, number, texts, signals, ranker.judge)
        return EntryBench(number, own, foreign, known, outlook)

    def _texts(self, forms: Sequence[NormalText], vectors: Vectors) -> Texts:
        weigh = self._dialogue.snapshot.segmenter.weigh
        return Texts([form.key for form in forms], [weigh(form.text) for form in forms], vectors)


def _most_frequent(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return the messages written most often, of equal ones by their letters."""
    return sorted(waiting, key=lambda each: (-each.heard.times, each.form.key))[:_LOOKED_AT]
