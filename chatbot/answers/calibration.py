"""What confidence is worth in one knowledge base: its level, and the thresholds for a promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from chatbot.answers.correction import Correction, category_group, entry_group, everything
from chatbot.answers.entries import ENOUGH_WORDINGS, Entry
from chatbot.matching.confidence import NEAR_MISS, Judge, threshold_for
from chatbot.matching.matcher import Matcher, Query
from chatbot.matching.practice import LeftOut, level_of, practise

Floats = npt.NDArray[np.float64]

#: No answer is given that is more likely wrong than right, whatever the target.
_LEAST_THRESHOLD = 0.5
_UNTESTED: Mapping[str, float] = MappingProxyType({})

#: What a threshold rests on: labels, left-out questions, or what is usual of confidences.
Ground = Literal["labels", "left-out", "usual"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How to judge signals here, and how confidences spread over the messages to be expected.

    ``confidences`` and ``weights`` (sum 1) are those of left-out questions, the shares of messages
    with and without an entry as stated; empty where there are too few to tell. ``left_out`` are
    the questions themselves.
    """

    judge: Judge
    confidences: Floats
    weights: Floats
    left_out: tuple[LeftOut, ...] = field(default=(), repr=False)

    @property
    def spreads(self) -> bool:
        """Return whether there are enough left-out questions to know how confidences spread."""
        return bool(len(self.confidences))

    def threshold(self, target: float) -> float:
        """Return the least confidence at which at least ``target`` of the answers are right.

        The share of right answers above a threshold is the mean of the confidences there. One
        more message is counted as answered wrongly, the finite-sample correction of conformal
        risk control (Angelopoulos, Bates, Fisch, Lei and Schuster, 2022). Where confidences cannot
        be spread out, ``threshold_for`` supposes how they do.
        """
        if not len(self.confidences):
            return threshold_for(target)
        order = np.argsort(-self.confidences, kind="stable")
        weights = self.weights[order]
        right = np.cumsum(weights * self.confidences[order])
        one_more = 1.0 / (len(order) + 1)
        enough = np.flatnonzero(right / (np.cumsum(weights) + one_more) >= target)
        if not len(enough):
            return threshold_for(target)
        return max(_LEAST_THRESHOLD, float(self.confidences[order][enough[-1]]))


#: Of no entries at all.
UNCALIBRATED = Calibration(Judge((0.0,) * len(NEAR_MISS)), np.zeros(0), np.zeros(0))


class Thresholds:
    """The confidence from which on each entry answers by itself; four digits.

    ``tested`` are those that hold by test on labels, by group: of an entry with a target of its
    own its own one counts, else its category's, else what ``calibration`` gives for the target.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        calibration: Calibration,
        target_precision: float,
        tested: Mapping[str, float] = _UNTESTED,
    ) -> None:
        self.calibration = calibration
        self.target = target_precision
        self._tested = tested
        targets = {target_precision, *(each.target for each in entries if each.target)}
        self._by_target = {target: round(calibration.threshold(target), 4) for target in targets}
        self.usual, self.ground = self._first((everything(target_precision),), target_precision)
        self._own = {
            number: self._first(groups_of(entry), entry.target)
            for number, entry in enumerate(entries)
            if entry.target is not None
        }

    def of(self, number: int) -> float:
        """Return the threshold of the entry ``number``."""
        return self._own.get(number, (self.usual, self.ground))[0]

    def ground_of(self, number: int) -> Ground:
        """Return what the threshold of the entry ``number`` rests on."""
        return self._own.get(number, (self.usual, self.ground))[1]

    def _first(self, groups: Sequence[str], target: float) -> tuple[float, Ground]:
        for group in groups:
            if group in self._tested:
                return max(_LEAST_THRESHOLD, self._tested[group]), "labels"
        return self._by_target[target], "left-out" if self.calibration.spreads else "usual"


def groups_of(entry: Entry) -> tuple[str, ...]:
    """Return the groups whose tested threshold an entry with a target takes, the closest first."""
    if entry.target is None:
        return ()
    own = entry_group(entry.id, entry.target)
    return (own, category_group(entry.category, entry.target)) if entry.category else (own,)


def calibrate(matcher: Matcher, share: float, everyday: Sequence[Query]) -> Calibration:
    """Calibrate ``matcher`` on its own questions for a ``share`` of messages without an entry.

    ``everyday`` are messages that belong to no knowledge base.
    """
    left_out = practise(matcher)
    return calibrated(left_out, Judge(level_of(matcher, left_out, everyday), share))


def calibrated(left_out: Sequence[LeftOut], judge: Judge) -> Calibration:
    """Return how the confidences of ``left_out`` questions spread by ``judge``, for its share."""
    known = [each for each in left_out if each.known]
    unknown = [each for each in left_out if not each.known]
    both = (*known, *unknown)
    if len(known) < ENOUGH_WORDINGS or not unknown:
        return Calibration(judge, np.zeros(0), np.zeros(0), both)
    return Calibration(
        judge,
        np.array([judge.judge(each.signals).right for each in both]),
        np.array(weights_of(both, judge.share)),
        both,
    )


def weights_of(left_out: Sequence[LeftOut], share: float) -> list[float]:
    """Return for how many of all messages each stands, ``share`` of which have no entry.

    The sum is 1 if there are both kinds.
    """
    known = sum(each.known for each in left_out)
    of_known = (1.0 - share) / max(1, known)
    of_unknown = share / max(1, len(left_out) - known)
    return [of_known if each.known else of_unknown for each in left_out]


def corrected_judge(judge: Judge, correction: Correction) -> Judge:
    """Return ``judge`` with what labels have corrected."""
    return replace(judge, share=correction.share, offset=correction.offset, slope=correction.slope)
