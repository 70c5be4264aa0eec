"""Which message to take first: the one that would have most others answered as well."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from chatbot.curation.workshop_kernel import Floats, Outlook

#: So many are chosen one after the other, each given those before; the rest as it stands then.
_IN_TURN = 30
#: How far confidences, and the threshold of the next snapshot, may lie from what is predicted.
_SCATTER = 0.05


def by_gain(
    outlook: Outlook, candidates: Sequence[int], often: Floats, likely: Floats, threshold: float
) -> list[tuple[int, float]]:
    """Return (candidate, predicted gain), each the best after those before it.

    The gain is the number of messages that will be answered rightly because of a candidate, if that
    belongs to the entry: over all messages the rise of the probability to be answered, times how
    ``often`` each is written and how ``likely`` it belongs to the entry (−1 if it does not). The
    best is the one with the largest gain times the square root of its own ``likely``: one that will
    be rejected helps nobody, and one that is sure anyway teaches little. That is the greedy
    solution of a facility location problem; gains mostly shrink as others are taken, so a stale one
    that is still the largest when renewed is taken for the next (Minoux, "Accelerated Greedy
    Algorithms for Maximizing Submodular Set Functions", 1978).
    """
    weights, worth = often * likely, np.sqrt(np.maximum(likely, 0.0))

    def gain(new: int) -> float:
        then, now = outlook.with_wording(new), outlook.confidences
        rise = answered_directly(then, threshold) - answered_directly(now, threshold)
        return float(weights @ rise + (often[new] - weights[new]) * rise[new])

    heap = [(-gain(new) * worth[new], new) for new in candidates]
    heapq.heapify(heap)
    order: list[tuple[int, float]] = []
    while heap and len(order) < _IN_TURN:
        _, new = heapq.heappop(heap)
        now = gain(new)
        if heap and (-now * worth[new], new) > heap[0]:
            heapq.heappush(heap, (-now * worth[new], new))
            continue
        order.append((new, now))
        outlook.add(new)
    return order + [(new, gain(new)) for _, new in sorted(heap)]


def answered_directly(confidences: Floats, threshold: float) -> Floats:
    """Return how likely each message is answered directly: half at the threshold, a wording is."""
    likely = 1.0 / (1.0 + np.exp((threshold - confidences) / _SCATTER))
    return np.asarray(np.where(confidences < 1.0, likely, 1.0))
