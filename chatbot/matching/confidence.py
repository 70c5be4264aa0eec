"""How likely the best label is right: calibrated probabilities from a few signals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

_LEAST = 0.01

#: A row of the inputs of a logistic model.
Features = Sequence[float]


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for and against the best label of a ranking."""

    #: Kernel ridge score of the best label; 1 for one of its own questions, 0 for nothing near.
    score: float
    #: Its distance to the second best label's score.
    margin: float
    #: How little the message is like anything known: posterior variance, 0 to 1.
    novelty: float
    #: Share of the message's words, rare ones weighing more, that the label's questions have.
    words: float
    #: Sum of the other labels' scores.
    rivals: float
    #: Highest centred cosine with a question of the label, and with a message of everyday talk.
    dense: float
    everyday: float
    #: Letters and digits of the message.
    length: int
    #: Questions of the label.
    wordings: int

    def centred(self) -> tuple[float, ...]:
        """Return the inputs whose level depends on the knowledge base."""
        return (
            math.log(max(self.score, _LEAST)),
            self.margin,
            math.log(max(self.novelty, _LEAST)),
            self.words,
            math.log(max(self.rivals, _LEAST)),
        )

    def plain(self) -> tuple[float, ...]:
        """Return the inputs that mean the same in every knowledge base."""
        return (math.log1p(self.length), 1.0 - 1.0 / self.wordings)

    def to_json(self) -> dict[str, float]:
        return {each.name: round(getattr(self, each.name), 4) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """A logistic model over a row of features."""

    intercept: float
    coefficients: tuple[float, ...]

    def of_features(self, features: Features) -> float:
        """Return the probability for one row of features, strictly between 0 and 1."""
        return 1.0 / (1.0 + math.exp(-self.logit(features)))

    def logit(self, features: Features) -> float:
        """Return the logarithm of the odds for one row of features, −30 to 30."""
        pairs = zip(self.coefficients, features, strict=True)
        return min(max(self.intercept + sum(by * value for by, value in pairs), -30.0), 30.0)


@dataclass(frozen=True, slots=True)
class Confidence:
    """``right``: that the best label is right; ``known``: that any label is right."""

    right: float
    known: float


#: The share of messages without an entry that the shipped models were fitted for.
FITTED_SHARE = 0.3

#: Fitted by ``benchmarks/answers_fit.py --data FOLDER`` on real customer messages of one brand:
#: logistic regression (L2 1e-4 on standardised features) over its entries with 0, 2 and 10
#: similar questions; messages weighted so that 30 % have no entry, two thirds of these near misses.
#: No text or vector of that data is part of this. That the best label is right:
SHIPPED_MODEL = ConfidenceModel(
    intercept=-0.52,
    coefficients=(2.494, 4.613, 1.211, 0.873, -1.728, 0.387, -0.99),
)
#: That no label is right, if the best one is not; over score, margin and words.
SHIPPED_UNKNOWN_MODEL = ConfidenceModel(intercept=0.455, coefficients=(-1.786, 5.472, -0.775))

#: How far ``Signals.centred`` of near misses lie above those of everyday talk, on average over
#: knowledge bases of 10 to 190 entries: where there are too few entries to leave one out.
NEAR_MISS = (0.8, 0.1, -0.2, 0.3, -0.05)


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns signals into probabilities for one knowledge base.

    ``level`` is the mean of ``Signals.centred`` over messages that have no entry in it: the models
    look at what lies above or below, so that they mean the same in every knowledge base.
    ``share`` is the share of messages without an entry that the probabilities are for. ``offset``
    and ``slope`` are what labelled turns have corrected.
    """

    level: tuple[float, ...]
    share: float = FITTED_SHARE
    offset: float = 0.0
    slope: float = 1.0
    right: ConfidenceModel = SHIPPED_MODEL
    unknown: ConfidenceModel = SHIPPED_UNKNOWN_MODEL

    def judge(self, signals: Signals) -> Confidence:
        """Return how likely the best label, and any label, is right.

        The odds are moved from the share the models were fitted for to ``share`` by Bayes' rule
        (Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori
        Probabilities", 2002): messages with an entry become (1 − share) / 0.7 times as frequent,
        those without share / 0.3 times. What is nearer to everyday talk than to the best label has
        no other label to look for: of real messages that is 98 % of those about something else
        altogether, and 0 to 6 % of the others.
        """
        features = self.features(signals)
        logit = self.offset + self.slope * self.right.logit(features)
        right = 1.0 / (1.0 + math.exp(-logit))
        unknown = (1.0 - right) * self.unknown.of_features(unknown_features(features))
        missed = 1.0 - right - unknown
        with_entry = (1.0 - self.share) / (1.0 - FITTED_SHARE)
        without = self.share / FITTED_SHARE
        total = (right + missed) * with_entry + unknown * without
        known = right if signals.everyday > signals.dense else right + missed
        return Confidence(right * with_entry / total, known * with_entry / total)

    def features(self, signals: Signals) -> tuple[float, ...]:
        """Return the inputs of ``right``: first those above the knowledge base's level."""
        pairs = zip(signals.centred(), self.level, strict=True)
        return (*(value - usual for value, usual in pairs), *signals.plain())


def unknown_features(features: Features) -> tuple[float, ...]:
    """Return the inputs of the model that no label is right: score, margin and words."""
    return (features[0], features[1], features[3])


def threshold_for(target_precision: float) -> float:
    """Return the confidence from which on answers are right as often as ``target_precision``.

    Of calibrated confidences spread evenly between t and 1 the mean, which is the share of right
    answers, is (1 + t) / 2; real ones crowd towards 1, so t = 2 · target − 1 keeps the promise
    with something to spare.
    """
    return max(0.5, 2.0 * target_precision - 1.0)
