"""What more similar questions would gain, measured on the knowledge base itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chatbot.answers.calibration import Thresholds
from chatbot.answers.entries import Entry
from chatbot.matching.confidence import Judge
from chatbot.matching.matcher import Matcher
from chatbot.matching.practice import LeftOut, spread
from chatbot.matching.vector_cache import Progress

#: How many of an entry's other wordings are kept while one of them is asked.
KEPT = (1, 2, 4, 8)
#: The question and ten similar ones: what an entry could have.
PLENTY = 11
#: Entries needed to measure a number of wordings, and asked at most unless all are wanted.
_FEWEST = 5
_SAMPLE = 50
_ASKED_OF_EACH = 2
#: Of what is not answered directly, the share that still is not with twice as many wordings, and
#: the share with one wording: measured on real messages of one brand with 0, 2 and 10 similar
#: questions an entry.
_USUAL_REST = 0.73
_USUAL_MISSED = 0.77
#: How many questions the average of all entries counts for, beside an entry's own.
_AVERAGE_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Of ``questions`` of entries with ``kept`` wordings, the share answered directly and right."""

    kept: int
    questions: int
    direct: float

    def to_json(self) -> dict[str, Any]:
        return {
            "wordings": self.kept,
            "questions": self.questions,
            "direct": round(self.direct, 4),
        }


@dataclass(frozen=True, slots=True)
class Need:
    """What an entry would gain with ten similar questions.

    ``direct`` is the share of messages about it that are answered directly and right now,
    ``gain`` what is added to that.
    """

    entry: Entry
    wordings: int
    direct: float
    gain: float

    def to_json(self) -> dict[str, Any]:
        return {
            "faq_id": self.entry.id,
            "question": self.entry.question,
            "wordings": self.wordings,
            "direct": round(self.direct, 4),
            "gain": round(self.gain, 4),
        }


@dataclass(frozen=True, slots=True)
class Growth:
    """The learning curve: missed with one wording, and what rest twice as many leave."""

    curve: tuple[CurvePoint, ...]
    missed: float = _USUAL_MISSED
    rest: float = _USUAL_REST

    def missed_with(self, wordings: int) -> float:
        """Return the share of messages about an entry that is not answered directly and right."""
        return self.missed * self.left(1, wordings)

    def left(self, before: int, after: int) -> float:
        """Return what share of the missed ones is still missed with more wordings."""
        return float(self.rest ** max(0.0, math.log2(after / before)))


class Practice:
    """The knowledge base asks itself, with only a few of an entry's wordings there."""

    def __init__(
        self, entries: Sequence[Entry], matcher: Matcher, judge: Judge, thresholds: Thresholds
    ) -> None:
        self._entries = entries
        self._matcher = matcher
        self._judge = judge
        self._thresholds = thresholds

    def growth(self, *, full: bool, advance: Progress | None = None) -> Growth:
        """Return the learning curve, over the same entries for each number of wordings.

        Those that have as many wordings as the most that enough entries have; without enough, what
        is usual.
        """
        kept = [number for number in KEPT if len(self._having(number + 1)) >= _FEWEST]
        if len(kept) < 2:
            return Growth(())
        labels = spread(self._having(kept[-1] + 1), len(self._entries) if full else _SAMPLE)
        curve = []
        for done, number in enumerate(kept):
            curve.append(self._point(labels, number))
            if advance is not None:
                advance(done + 1, len(kept))
        return _fitted(tuple(curve))

    def _having(self, wordings: int) -> list[int]:
        return [
            label
            for label in self._matcher.labels
            if len(self._matcher.texts_of(label)) >= wordings and self._entries[label].auto == "yes"
        ]

    def _point(self, labels: Sequence[int], kept: int) -> CurvePoint:
        answered = [
            self._is_answered(label, at, kept)
            for label in labels
            for at in spread(range(len(self._matcher.texts_of(label))), _ASKED_OF_EACH)
        ]
        return CurvePoint(kept, len(answered), sum(answered) / len(answered))

    def _is_answered(self, label: int, at: int, kept: int) -> bool:
        own = list(self._matcher.texts_of(label))
        others = own[at + 1 :] + own[:at]
        ranking = self._matcher.rank_left_out(own[at], [own[at], *others[kept:]])
        if ranking.signals is None or ranking.labels[0].label != label:
            return False
        sure = self._judge.judge(replace(ranking.signals, wordings=kept)).right
        return round(sure, 4) >= self._thresholds.of(label)


def needs(
    entries: Sequence[Entry],
    growth: Growth,
    answered: Mapping[int, Sequence[bool]],
    wordings: Mapping[int, int],
) -> list[Need]:
    """Return the entries that would gain from more similar questions, the most first.

    ``answered`` tells of an entry's wordings, asked with one left out, whether each was answered
    directly and right; ``wordings`` how many an entry has. An entry's own few are taken together
    with what the curve says of all.
    """
    found = []
    for number, count in wordings.items():
        # Others are never answered directly, however many they have.
        if count >= PLENTY or entries[number].auto != "yes":
            continue
        own = answered.get(number, ())
        missed = _AVERAGE_WEIGHT * growth.missed_with(count)
        if count > 1 and own:
            missed += (len(own) - sum(own)) * growth.left(count - 1, count)
        missed /= _AVERAGE_WEIGHT + len(own)
        gain = missed * (1.0 - growth.left(count, PLENTY))
        found.append(Need(entries[number], count, 1.0 - missed, gain))
    return sorted(found, key=lambda need: (-need.gain, need.entry.id))


def known_answered(
    left_out: Sequence[LeftOut], labels: Sequence[int], answers: Sequence[bool]
) -> dict[int, list[bool]]:
    """Return whether each left-out question with an entry was answered right, by its entry."""
    found: dict[int, list[bool]] = {}
    for each, label, answer in zip(left_out, labels, answers, strict=True):
        if each.known:
            found.setdefault(label, []).append(answer and each.right)
    return found


def _fitted(curve: tuple[CurvePoint, ...]) -> Growth:
    """Return the curve with its rest a doubling, between the first point and the last."""
    first, last = curve[0], curve[-1]
    missed = max(1.0 - first.direct, 0.01)
    doublings = math.log2(last.kept / first.kept)
    rest = (max(1.0 - last.direct, 0.005) / missed) ** (1.0 / doublings)
    return Growth(curve, missed, min(0.99, max(0.3, rest)))
