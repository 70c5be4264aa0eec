"""Which message to take first: the one that would have most others answered as well."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from chatbot.curation.workshop_kernel import Floats, Outlook

#: So many are chosen one after the other, each given those before; the rest as it stands then.
_IN_TURN = 30


def by_gain(
    outlook: Outlook, candidates: Sequence[int], weights: Floats, accepted: Floats, threshold: float
) -> list[tuple[int, float]]:
    """Return (candidate, predicted gain), each the best after those before it.

    The gain is the number of messages that will be answered rightly because of a candidate: over
    all messages how much nearer each comes to ``threshold``, times its weight (how often it is
    written, and how likely it belongs to the entry; below 0 if it belongs to another). The best is
    the one with the largest gain times the square root of its probability to be ``accepted``: one
    that will be rejected helps nobody, and one that is sure anyway teaches little. That is the
    greedy solution of a facility location problem; gains mostly shrink as others are taken, so a
    stale one that is still the largest when renewed is taken for the next (Minoux, "Accelerated
    Greedy Algorithms for Maximizing Submodular Set Functions", 1978).
    """
    worth = np.sqrt(accepted)

    def gain(new: int) -> float:
        nearer = _near(outlook.with_wording(new), threshold) - _near(outlook.confidences, threshold)
        return float((weights * nearer).sum())

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


def _near(confidences: Floats, threshold: float) -> Floats:
    """Return how near each message is to being answered directly, 1 if it is."""
    return np.asarray(np.minimum(confidences / threshold, 1.0))
