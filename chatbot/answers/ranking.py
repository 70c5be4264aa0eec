"""Which entry answers a message, and how likely that is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chatbot.answers.entries import Entry
from chatbot.matching.confidence import ConfidenceModel
from chatbot.matching.encoder import Vectors
from chatbot.matching.matcher import Matcher, Query, Ranked, Ranking
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.segment import Segmenter


@dataclass(frozen=True, slots=True)
class Assessment:
    """The best entry's number, the probability that it is right, and those beside it."""

    best: int | None
    confidence: float
    candidates: tuple[tuple[Entry, float], ...]
    trace: dict[str, Any]


_NOTHING = Assessment(None, 0.0, (), {})


class Ranker:
    """Ranks entries for one message. ``matcher`` labels are the numbers of ``entries``."""

    def __init__(
        self,
        entries: Sequence[Entry],
        segmenter: Segmenter,
        matcher: Matcher | None,
        model: ConfidenceModel,
    ) -> None:
        self._entries = entries
        self._segmenter = segmenter
        self._matcher = matcher
        self._model = model
        self._dated = [number for number, entry in enumerate(entries) if entry.valid.is_limited]

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
        confidence = round(self._model.probability(ranking.signals), 4)
        shares = _share_out(confidence, ranking.labels)
        return Assessment(
            best=ranking.labels[0].label,
            confidence=confidence,
            candidates=tuple(
                (self._entries[ranked.label], share)
                for ranked, share in zip(ranking.labels, shares, strict=True)
            ),
            trace=self._trace(ranking),
        )

    def _trace(self, ranking: Ranking) -> dict[str, Any]:
        scores = [
            {"faq_id": self._entries[ranked.label].id, **ranked.to_json()}
            for ranked in ranking.labels
        ]
        signals = ranking.signals.to_json() if ranking.signals else {}
        return {"scores": scores, "signals": signals}


def _share_out(confidence: float, ranked: Sequence[Ranked]) -> list[float]:
    """Return a probability for each candidate, in proportion to the scores.

    The others share what the best one leaves, and none is above the best one's.
    """
    best = max(ranked[0].score, 1e-6)
    scores = [max(0.0, label.score) for label in ranked]
    nothing = max(0.0, 1.0 - sum(scores))
    total = sum(scores[1:]) + nothing
    left = (1.0 - confidence) / total if total > 0 else 0.0
    rest = (min(confidence * score / best, left * score) for score in scores[1:])
    return [confidence, *(round(probability, 4) for probability in rest)]
