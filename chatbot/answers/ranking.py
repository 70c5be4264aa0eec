"""Which entry answers a message, and how likely that is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chatbot.answers.entries import Entry
from chatbot.matching.confidence import Confidence, Judge, Signals
from chatbot.matching.encoder import Vectors
from chatbot.matching.matcher import Matcher, Query, Ranked, Ranking
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.segment import Segmenter

#: Where the best entry is wrong though another is right, how often that is the second or third:
#: measured on real messages of one brand, with 0 to 10 similar questions an entry.
_AMONG_NEXT = 0.85


@dataclass(frozen=True, slots=True)
class Assessment:
    """The best entry's number, the probability that it is right, and those beside it.

    ``known`` is the probability that any entry is right; ``signals`` are what both rest on.
    """

    best: int | None
    confidence: float
    known: float
    candidates: tuple[tuple[Entry, float], ...]
    trace: dict[str, Any]
    signals: Signals | None = None

    @property
    def offerable(self) -> float:
        """Return the probability that a right entry is among the first three candidates."""
        return offerable(Confidence(self.confidence, self.known))


def offerable(confidence: Confidence) -> float:
    """Return the probability that a right label is among the first three."""
    return confidence.right + _AMONG_NEXT * (confidence.known - confidence.right)


_NOTHING = Assessment(None, 0.0, 0.0, (), {})


class Ranker:
    """Ranks entries for one message. ``matcher`` labels are the numbers of ``entries``."""

    def __init__(
        self,
        entries: Sequence[Entry],
        segmenter: Segmenter,
        matcher: Matcher | None,
        judge: Judge,
    ) -> None:
        self._entries = entries
        self._segmenter = segmenter
        self._matcher = matcher
        self._judge = judge
        self._dated = [number for number, entry in enumerate(entries) if entry.valid.is_limited]

    @property
    def judge(self) -> Judge:
        """Return what turns signals into probabilities here."""
        return self._judge

    @property
    def matcher(self) -> Matcher | None:
        """Return the index of the entries' wordings, by the entries' numbers; None of none."""
        return self._matcher

    def judging(self, judge: Judge) -> Ranker:
        """Return the same with another judge."""
        return Ranker(self._entries, self._segmenter, self._matcher, judge)

    @property
    def needs_vectors(self) -> bool:
        """Return whether there is anything to compare a vector with."""
        return self._matcher is not None

    def not_valid(self, day: date) -> frozenset[int]:
        """Return the entries that do not answer on ``day``."""
        return frozenset(
            number for number in self._dated if not self._entries[number].valid.covers(day)
        )

    def assess(
        self, forms: Sequence[NormalText], vectors: Vectors, barred: frozenset[int]
    ) -> Assessment:
        """Rank the entries but ``barred`` for a question, by the form that leads surest.

        ``vectors`` has a row for each of ``forms``; of equally sure ones the first counts.
        """
        assessed = [
            self._assess(form, vector, barred) for form, vector in zip(forms, vectors, strict=False)
        ]
        return max(assessed, key=lambda each: each.confidence, default=_NOTHING)

    def _assess(self, question: NormalText, vector: Vectors, barred: frozenset[int]) -> Assessment:
        if self._matcher is None:
            return _NOTHING
        words = self._segmenter.weigh(question.text)
        ranking = self._matcher.rank(Query(question.key, words, vector), barred)
        if ranking.signals is None:
            return _NOTHING
        judged = self._judge.judge(ranking.signals)
        confidence, known = round(judged.right, 4), round(judged.known, 4)
        shares = _share_out(confidence, known, ranking.labels)
        return Assessment(
            best=ranking.labels[0].label,
            confidence=confidence,
            known=known,
            candidates=tuple(
                (self._entries[ranked.label], share)
                for ranked, share in zip(ranking.labels, shares, strict=True)
            ),
            trace=self._trace(ranking),
            signals=ranking.signals,
        )

    def _trace(self, ranking: Ranking) -> dict[str, Any]:
        scores = [
            {"faq_id": self._entries[ranked.label].id, **ranked.to_json()}
            for ranked in ranking.labels
        ]
        signals = ranking.signals.to_json() if ranking.signals else {}
        return {"scores": scores, "signals": signals}


def _share_out(confidence: float, known: float, ranked: Sequence[Ranked]) -> list[float]:
    """Return a probability for each candidate.

    The others share, in proportion to their scores, the probability that one of them is right,
    and none is above the best one's.
    """
    scores = [max(0.0, label.score) for label in ranked[1:]]
    total = sum(scores)
    left = (known - confidence) / total if total > 0 else 0.0
    return [confidence, *(round(min(confidence, left * score), 4) for score in scores)]
