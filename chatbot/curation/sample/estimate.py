"""What judged answers of a stratified sample say of all answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.insight.shares import wilson

#: So many judgements of a week tell something.
ENOUGH = 30


@dataclass(frozen=True, slots=True)
class Judged:
    """A stratum: how many answers it has, how many of them were drawn, and were right or wrong.

    What was drawn and is neither was not judged yet, or nobody could tell.
    """

    answers: int
    drawn: int
    right: int
    wrong: int

    @property
    def judged(self) -> int:
        """Return how many were judged."""
        return self.right + self.wrong


@dataclass(frozen=True, slots=True)
class Estimate:
    """The share of right ones among all ``answers``, with its 95 % interval.

    ``share`` is None while nothing is judged. ``drawn`` less ``judged`` are open: they count
    neither for right nor for wrong.
    """

    answers: int
    drawn: int
    judged: int
    right: int
    share: float | None
    least: float
    most: float

    @property
    def open(self) -> int:
        """Return how many wait for a judgement, or nobody could tell."""
        return self.drawn - self.judged

    @property
    def is_judged(self) -> bool:
        """Return whether enough is judged to tell: `ENOUGH`, or all but a few of a small week."""
        return self.share is not None and self.judged >= min(ENOUGH, 0.75 * self.drawn)

    def against(self, target: float) -> str:
        """Return what the interval says of a promised share: "kept", "broken" or "open".

        Kept or broken only where all of the interval lies on one side, and the sample is judged:
        who looks after each judgement would see it leave the interval by chance some time.
        """
        if not self.is_judged or self.least <= target <= self.most:
            return "open"
        return "kept" if self.least > target else "broken"


def estimate(strata: Sequence[Judged]) -> Estimate:
    """Return the estimate from strata of a week, or of several weeks together.

    The share is the stratified one: that of each stratum, weighted by its answers (Cochran,
    "Sampling Techniques", 3rd edition, 1977, section 5.3). A stratum in which nothing is judged
    yet is taken to be like the others.

    The interval is Wilson's ("Probable inference", JASA 22, 1927) with the effective number of
    judgements in the place of their number: (Σw)²/Σw² for the weights w = answers ÷ judgements
    (Kish, "Survey Sampling", 1965, section 11.7). The variance within strata is not used: where
    all judged answers of a stratum are right, as they mostly are, it would be 0 and the interval
    too narrow. What was judged is known, so the share is not below that of the answers found right
    nor above that of those not found wrong: once every answer is judged, nothing is in doubt. The
    interval covers the truth rather more often than promised.
    """
    told = [each for each in strata if each.judged]
    answers, judged = sum(each.answers for each in strata), sum(each.judged for each in told)
    counts = (answers, sum(each.drawn for each in strata), judged, sum(s.right for s in told))
    if not told:
        return Estimate(*counts, None, 0.0, 1.0)
    weight = sum(each.answers for each in told)
    share = sum(each.answers * each.right / each.judged for each in told) / weight
    squares = sum(each.answers**2 / each.judged for each in told)
    least, most = wilson(share, weight**2 / squares)
    right, wrong = sum(each.right for each in strata), sum(each.wrong for each in strata)
    return Estimate(*counts, share, max(least, right / answers), min(most, 1.0 - wrong / answers))
