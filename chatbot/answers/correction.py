"""What labelled messages say about confidence: how far it is off here, and what holds by test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.matching.confidence import FITTED_SHARE

#: How sure the shipped models are, as standard deviations: of the level and the slope in log-odds.
_DOUBT_OF_OFFSET = 0.5
_DOUBT_OF_SLOPE = 0.25
#: The risk, at most, that a threshold found on labels does not keep its promise.
DOUBT = 0.1
#: Where tests of thresholds start: each start takes its part of the risk, but one alone is lost to
#: a single wrong label among the surest.
_MOST_STARTS = 4
_LABELS_A_START = 400
_STEPS = 50
_LEAST_SLOPE = 0.1
#: No label counts for more than so many, however rare its kind is among the labels.
_MOST_WEIGHT = 5.0
#: Labels from which on it is known for how many messages each of a band stands.
_LABELS_A_BAND = 30
#: Sums of weights that are whole numbers are, but for rounding.
_ROUNDING = 1e-9

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JudgedLabel:
    """A labelled message as it is judged now.

    ``logit`` are the log-odds, not yet corrected, that its best entry is right; ``confidence`` the
    probability; ``entry`` the best entry's id. ``known``: some entry is right. ``weight``: for how
    many labels it counts where confidence is corrected; ``messages``: for how many messages it
    stands where thresholds are tested.
    """

    logit: float
    confidence: float
    entry: str
    right: bool
    known: bool = True
    weight: float = 1.0
    messages: float = 1.0


@dataclass(frozen=True, slots=True)
class Correction:
    """What was learnt from ``labels`` labelled messages; learnt once and kept with a snapshot.

    ``share`` is the share of messages without an entry. ``offset`` and ``slope`` correct the
    log-odds of the shipped model. ``thresholds`` hold by test, by group (``everything``,
    ``category_group``, ``entry_group``). ``newest`` tells the labels that were known from later
    ones: it grows with each. ``content`` is the digest of what it was learnt for.
    """

    share: float = FITTED_SHARE
    offset: float = 0.0
    slope: float = 1.0
    labels: int = 0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    newest: int = 0
    content: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "share": self.share,
            "offset": self.offset,
            "slope": self.slope,
            "labels": self.labels,
            "thresholds": dict(self.thresholds),
            "newest": self.newest,
            "content": self.content,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Correction:
        """Rebuild what ``to_json`` gave."""
        return cls(**record)


def everything(target: float) -> str:
    """Return the name of the group of all entries without a target of their own."""
    return f"*@{target:g}"


def category_group(category: str, target: float) -> str:
    """Return the name of the group of a category's entries with this target of their own."""
    return f"category:{category}@{target:g}"


def entry_group(faq_id: str, target: float) -> str:
    """Return the name of the group of one entry."""
    return f"entry:{faq_id}@{target:g}"


def corrected(labels: Sequence[JudgedLabel]) -> tuple[float, float]:
    """Return offset and slope in log-odds that fit ``labels``, doubting them as a prior does.

    The maximum a posteriori of Platt's scaling ("Probabilistic Outputs for Support Vector
    Machines", 1999) with normal priors around 0 and 1: few labels change little.
    """
    logits = np.array([label.logit for label in labels])
    right = np.array([label.right for label in labels], dtype=float)
    weights = np.array([label.weight for label in labels])
    rows = np.column_stack([np.ones(len(logits)), logits])
    usual = np.array([0.0, 1.0])
    pull = np.diag([_DOUBT_OF_OFFSET**-2, _DOUBT_OF_SLOPE**-2])

    def loss(at: Floats) -> float:
        odds = rows @ at
        missed = np.logaddexp(0.0, odds) - right * odds
        return float(weights @ missed + 0.5 * (at - usual) @ pull @ (at - usual))

    fitted = usual.copy()
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(rows @ fitted, -30, 30)))
        slope = rows.T @ (weights * (chance - right)) + pull @ (fitted - usual)
        bend = (rows * (weights * chance * (1.0 - chance))[:, None]).T @ rows + pull
        step = np.linalg.solve(bend, slope)
        # Newton's method may step too far where the curve is nearly straight.
        while np.abs(step).max() > 1e-9 and loss(fitted - step) > loss(fitted):
            step /= 2
        fitted -= step
        if np.abs(step).max() < 1e-9:
            break
    offset, by = np.round(fitted, 4).tolist()
    return offset, max(_LEAST_SLOPE, by)


def as_fitted(labels: Sequence[JudgedLabel], share: float) -> list[JudgedLabel]:
    """Return ``labels`` weighted as if the share without an entry were what models are fitted for.

    ``share`` is the share of them among the messages that the labels are a sample of.
    """
    share = min(max(share, 1e-9), 1.0 - 1e-9)
    having = min(_MOST_WEIGHT, (1.0 - FITTED_SHARE) / (1.0 - share))
    without = min(_MOST_WEIGHT, FITTED_SHARE / share)
    return [replace(each, weight=having if each.known else without) for each in labels]


def messages_a_label(bands: Sequence[tuple[int, int]]) -> list[float]:
    """Return for how many messages a label of each band stands; 0 where nothing is known of that.

    ``bands`` are ranges of confidence, the least sure first: (messages there, labels there). Where
    a band has too few labels to tell, it is taken together with the next less sure ones: their
    labels stand for its messages too, which makes the bot look rather worse than better.
    """
    found = [0.0] * len(bands)
    together: list[int] = []
    for number in reversed(range(len(bands))):
        together.append(number)
        labels = sum(bands[each][1] for each in together)
        if labels >= _LABELS_A_BAND or (labels and number == 0):
            messages = sum(bands[each][0] for each in together)
            for each in together:
                found[each] = messages / labels
            together.clear()
    return found


def with_share(labels: Sequence[JudgedLabel], share: float) -> list[JudgedLabel]:
    """Return ``labels`` so that at least a ``share`` of what they stand for has no entry.

    Those with an entry stand for fewer messages if need be. None at all are returned where no
    label is without: then nothing is known of how sure the bot is about such messages.
    """
    having = sum(label.messages for label in labels if label.known)
    without = sum(label.messages for label in labels if not label.known)
    if share <= 0.0:
        return list(labels)
    if without <= 0.0:
        return []
    left = min(1.0, without * (1.0 - share) / share / having) if having else 1.0
    return [replace(each, messages=each.messages * left) if each.known else each for each in labels]


def counted_alike(labels: Sequence[JudgedLabel]) -> tuple[int, int]:
    """Return (labels, wrong ones) as if each label stood for as many messages.

    That is for as many as the one that stands for most: no more is proved than by labels all as
    scarce. Whole numbers, rounded to the worse.
    """
    if not labels:
        return 0, 0
    counts, wrong = _counted_alike(labels)
    return int(counts[-1]), int(wrong[-1])


def _counted_alike(labels: Sequence[JudgedLabel]) -> tuple[Whole, Whole]:
    """Return what ``counted_alike`` says of the first label, the first two, and so on."""
    messages = np.array([label.messages for label in labels])
    wrong = np.array([not label.right for label in labels])
    most = np.maximum(np.maximum.accumulate(messages), _ROUNDING)
    counts = np.floor(np.cumsum(messages) / most + _ROUNDING)
    return counts.astype(int), np.ceil(np.cumsum(messages * wrong) / most - _ROUNDING).astype(int)


def threshold_by_test(labels: Sequence[JudgedLabel], target: float) -> float | None:
    """Return the least confidence at which ``target`` holds by test on ``labels``; None: none.

    Learn then test (Angelopoulos, Bates, Candès, Jordan and Lei, 2021), as fixed sequences with
    several starts: from each, thresholds from the strictest down, each by an exact binomial test
    that more than 1 − ``target`` of the answers are wrong, until one is not rejected at its start's
    part of ``DOUBT``. So with probability 1 − ``DOUBT`` the promise holds for the messages that the
    labels stand for. Where they stand for unequal numbers, ``counted_alike`` says how many are
    tested: the wrong ones are the mean of what drawing that many at random would give, which
    spreads no more than a binomial number (Hoeffding, "On the Distribution of the Number of
    Successes in Independent Trials", 1956).
    """
    ranked = sorted(labels, key=lambda label: -label.confidence)
    # What is equally sure is answered together.
    ends = [
        count
        for count, label in enumerate(ranked, 1)
        if count == len(ranked) or ranked[count].confidence != label.confidence
    ]
    starts = 1 + min(_MOST_STARTS - 1, len(ranked) // _LABELS_A_START)
    alike = _counted_alike(ranked)
    held = [
        _last_held(alike, [count for count in ends if count * starts >= len(ranked) * part],
                   target, DOUBT / starts)
        for part in range(starts)
    ]  # fmt: skip
    return ranked[max(held) - 1].confidence if any(held) else None


def _last_held(alike: tuple[Whole, Whole], ends: Sequence[int], target: float, doubt: float) -> int:
    """Return the last of ``ends`` in a row at which the test holds, 0 if it does at none.

    ``alike`` are labels and wrong ones up to each. Where they are too few to prove anything even if
    all are right, as at first, is passed over.
    """
    held = 0
    for end in ends:
        count, wrong = int(alike[0][end - 1]), int(alike[1][end - 1])
        if target >= 1.0 or count * math.log(target) > math.log(doubt):
            continue
        if binomial_tail(wrong, count, 1.0 - target) > doubt:
            break
        held = end
    return held


def least_precision(right: int, answered: int, doubt: float = DOUBT) -> float:
    """Return the lower bound of the share of right answers (Clopper and Pearson, 1934).

    With probability 1 − ``doubt`` the true share is not below it; 0 without answers.
    """
    if not answered or not right:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        # At a true share of ``middle``, how likely are no more wrong answers than were seen?
        if binomial_tail(answered - right, answered, 1.0 - middle) < doubt:
            low = middle
        else:
            high = middle
    return low


def binomial_tail(most: int, trials: int, chance: float) -> float:
    """Return the probability of at most ``most`` hits in ``trials`` with ``chance`` each."""
    if chance <= 0.0 or most >= trials:
        return 1.0
    if chance >= 1.0:
        return 0.0
    logs = (
        math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
        + hits * math.log(chance) + (trials - hits) * math.log1p(-chance)
        for hits in range(most + 1)
    )  # fmt: skip
    return min(1.0, math.fsum(map(math.exp, logs)))


def share_without_entry(
    stated: float, bands: Sequence[tuple[int, int, int]], weight: float = 100.0
) -> float:
    """Return the share of messages without an entry, estimated from labels.

    ``bands`` are ranges of confidence: (messages there, labels there, labels without an entry).
    Labels are not given at random, more of them where the bot asked back; within a band they are
    taken for a sample of its messages (post-stratification: Holt and Smith, 1979). ``stated``
    counts as ``weight`` messages more, and stands in for bands without a label.
    """
    total = sum(messages for messages, _, _ in bands)
    without = sum(
        messages * (none / labels if labels else stated) for messages, labels, none in bands
    )
    labelled = sum(labels for _, labels, _ in bands)
    if not total or not labelled:
        return stated
    return round((stated * weight + without / total * labelled) / (weight + labelled), 4)
