"""What to do about the best entry, by confidence alone: answer, ask back, or hand over."""

from __future__ import annotations

from typing import Literal

#: What may be done about a message by its meaning.
Step = Literal["answer", "clarify", "handoff"]

#: Least probability that a right entry is among those offered for asking back: a menu shall rather
#: help than not.
ASK_FROM = 0.55


def step_by_confidence(
    confidence: float, threshold: float, offerable: float, *, asks_first: bool
) -> Step:
    """Return what to do about an entry that is right with ``confidence``.

    ``offerable`` is the probability that a right one is among those to be asked about;
    ``asks_first``: the entry is never answered without asking back.
    """
    if confidence >= threshold and not asks_first:
        return "answer"
    return "clarify" if asks_first or offerable >= ASK_FROM else "handoff"
