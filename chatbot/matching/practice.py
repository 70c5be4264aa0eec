"""The knowledge base as its own test: its questions, asked as if they were not in it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chatbot.matching.confidence import NEAR_MISS, Signals
from chatbot.matching.matcher import Matcher, Query, Ranking
from chatbot.matching.vector_cache import Progress

#: Texts that are left out, at most: enough for means and shares, and less than a second's work.
SAMPLE = 300
#: Texts of one label that are left out, at most: how many wordings an entry has does not tell how
#: often it is asked for, and an entry with hundreds of them would speak for all.
_OF_ONE_LABEL = 12
#: Fewer left-out texts than these say too little of near misses by themselves; everyday talk, which
#: is further away, then counts as so many.
_FEW = 50
_EVERYDAY_WEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What ranked for the text ``number``, which stood for a message, and whether that was right.

    ``known``: only the text itself was left out, so its label was there to be found; otherwise all
    texts of its label were.
    """

    number: int
    known: bool
    ranking: Ranking
    right: bool

    @property
    def signals(self) -> Signals:
        """Return the signals for the best label."""
        if self.ranking.signals is None:  # pragma: no cover - practise() leaves these out
            raise ValueError("nothing ranked")
        return self.ranking.signals


def practise(
    matcher: Matcher, sample: int = SAMPLE, progress: Progress | None = None
) -> tuple[LeftOut, ...]:
    """Ask the texts of ``matcher`` as messages: each without itself, and without its label.

    The first stands for messages that have an entry (leave-one-out; labels with a single text
    have none), the second for near misses, messages about the same matters that have none. Of more
    than ``sample`` texts every so many-th is asked, so that the same texts give the same result.
    ``progress`` is called with (done, total) of the texts to ask, after each.
    """
    some = (spread(matcher.texts_of(label), _OF_ONE_LABEL) for label in matcher.labels)
    numbers = spread(sorted(itertools.chain.from_iterable(some)), sample)
    asked: list[LeftOut] = []
    for done, number in enumerate(numbers, 1):
        label = matcher.label_of(number)
        own = matcher.texts_of(label)
        if len(own) > 1:
            asked += _left_out(matcher, number, [number], known=True)
        asked += _left_out(matcher, number, own, known=False)
        if progress is not None:
            progress(done, len(numbers))
    return tuple(asked)


def without_itself(matcher: Matcher, number: int) -> LeftOut | None:
    """Ask the text ``number`` as if it were not there, but the others of its label were.

    None if there are no others, or nothing ranks.
    """
    if len(matcher.texts_of(matcher.label_of(number))) < 2:
        return None
    return next(iter(_left_out(matcher, number, [number], known=True)), None)


def spread(items: Sequence[int], most: int) -> list[int]:
    """Return at most so many of ``items``, evenly spread."""
    step = max(1.0, len(items) / most)
    return [items[int(number * step)] for number in range(min(most, len(items)))]


def _left_out(
    matcher: Matcher, number: int, without: Sequence[int], *, known: bool
) -> list[LeftOut]:
    ranking = matcher.rank_left_out(number, without)
    if ranking.signals is None:
        return []
    right = known and ranking.labels[0].label == matcher.label_of(number)
    return [LeftOut(number, known, ranking, right)]


def level_of(
    matcher: Matcher, left_out: Sequence[LeftOut], everyday: Sequence[Query]
) -> tuple[float, ...]:
    """Return the mean of ``Signals.centred`` over messages that have no label.

    Near misses tell: the ``left_out`` texts without their label. Of few, ``everyday`` messages
    help out.
    """
    misses = [each.signals.centred() for each in left_out if not each.known]
    total, weight = np.zeros(len(NEAR_MISS)), 0.0
    if misses:
        total, weight = np.sum(misses, axis=0), float(len(misses))
    if len(misses) < _FEW:
        ranked = [matcher.rank(query).signals for query in everyday]
        far = np.mean([each.centred() for each in ranked if each is not None], axis=0)
        total += _EVERYDAY_WEIGHT * (far + np.array(NEAR_MISS))
        weight += _EVERYDAY_WEIGHT
    return tuple(np.round(total / weight, 6).tolist())
