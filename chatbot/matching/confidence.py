"""How likely the best label is right: one probability from a few signals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

_LEAST_SCORE = 0.01


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for and against the best label of a ranking."""

    #: Kernel ridge score of the best label; 1 for one of its own questions, 0 for nothing near.
    score: float
    #: Its distance to the second best label's score.
    margin: float
    #: Highest rapidfuzz ratio with one of the label's questions, 0 to 1.
    fuzzy: float
    #: Share of the message's words, rare ones weighing more, that the label's questions have.
    words: float
    #: Highest centred cosine with an everyday message that belongs to no label.
    background: float
    #: Letters and digits of the message.
    length: int
    #: Questions of the label.
    wordings: int

    def features(self) -> tuple[float, ...]:
        """Return the inputs of the logistic model, in the order of its coefficients."""
        return (
            math.log(max(self.score, _LEAST_SCORE)),
            self.margin,
            self.fuzzy,
            self.words,
            self.background,
            math.log1p(self.length),
            math.log(self.wordings),
        )

    def to_json(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """A logistic model over ``Signals.features``."""

    intercept: float
    coefficients: tuple[float, ...]

    def probability(self, signals: Signals) -> float:
        """Return the probability that the best label is right, strictly between 0 and 1."""
        return self.of_features(signals.features())

    def of_features(self, features: Sequence[float]) -> float:
        """Return the probability for one row of features."""
        pairs = zip(self.coefficients, features, strict=True)
        logit = self.intercept + sum(weight * value for weight, value in pairs)
        return 1.0 / (1.0 + math.exp(-min(max(logit, -30.0), 30.0)))


#: Fitted by ``benchmarks/answers.py --data FOLDER --fit`` on real customer messages of one brand:
#: logistic regression (L2 1e-4 on standardised features) over its entries with 0, 2 and 10 similar
#: questions, whole and in random subsets of 10 to 80 entries; messages weighted so that 30 % have
#: no entry, two thirds of these near misses. No text or vector of that data is part of this.
SHIPPED_MODEL = ConfidenceModel(
    intercept=1.1418,
    coefficients=(1.9223, 6.4179, 0.6803, 0.9342, -0.374, 0.4429, -0.928),
)


def threshold_for(target_precision: float) -> float:
    """Return the confidence from which on answers are right as often as ``target_precision``.

    Of calibrated confidences spread evenly between t and 1 the mean, which is the share of right
    answers, is (1 + t) / 2; real ones crowd towards 1, so t = 2 · target − 1 keeps the promise
    with something to spare.
    """
    return max(0.5, 2.0 * target_precision - 1.0)
