"""The stretch of a talk in which a person answered: how long it took, what they wrote. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

#: What a question costs that nobody was timed with: it says so wherever it is counted.
DEFAULT_MINUTES = 3.0
#: Who takes longer over one message was doing something else meanwhile.
_LONGEST_PAUSE = timedelta(minutes=5)
#: The first message has no message of theirs before it: reading and writing it takes about this.
_FIRST = timedelta(minutes=1)
#: Nobody can write to a customer who has been silent for so long.
WINDOW = timedelta(hours=48)
#: A question that nobody was called for is answered by a person soon, or not at all.
_SOON = timedelta(minutes=30)
#: Who has been silent for so long has said what there was to say.
_SETTLED = timedelta(minutes=30)
#: An answer is in the first messages; what comes later is about something else.
_FIRST_MESSAGES = 6


@dataclass(frozen=True, slots=True)
class Line:
    """Something said: ``by`` is "customer", "person", or "bot" where a turn of the bot's began."""

    at: datetime
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """When a person began to answer, the minutes it took them, and what they wrote at first."""

    began: datetime
    minutes: float
    written: tuple[str, ...]


def stretch_after(
    asked_at: datetime, lines: Sequence[Line], *, handed_over: bool
) -> Stretch | None:
    """Return the stretch that answers what was asked at ``asked_at``; None if nobody answered.

    ``lines`` are what came after it, oldest first. It ends where the bot's next turn begins.
    """
    patience = WINDOW if handed_over else _SOON
    first = next((at for at, line in enumerate(lines) if line.by == "person"), None)
    if first is None or lines[first].at - asked_at > patience:
        return None
    after = lines[first:]
    end = next((at for at, line in enumerate(after) if line.by == "bot"), len(after))
    told = after[:end]
    return Stretch(told[0].at, _minutes(told), _answer(told))


def is_settled(asked_at: datetime, lines: Sequence[Line], now: datetime) -> bool:
    """Return whether nothing more will be said in the stretch after a question."""
    if now - asked_at >= WINDOW:
        return True
    spoken = [line.at for line in lines if line.by == "person"]
    return bool(spoken) and now - max(line.at for line in lines) >= _SETTLED


def _minutes(told: Sequence[Line]) -> float:
    """Return how long the person was at it: what their messages took, without longer pauses."""
    spent = _FIRST
    for before, line in pairwise(told):
        if line.by == "person":
            spent += min(line.at - before.at, _LONGEST_PAUSE)
    return round(spent.total_seconds() / 60, 2)


def _answer(told: Sequence[Line]) -> tuple[str, ...]:
    """Return the first messages of the person, up to where they have answered and been heard."""
    return tuple(line.text for line in told if line.by == "person" and line.text)[:_FIRST_MESSAGES]
