"""Which messages of a talk are a question, and what a person answered. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chatbot.curation.gaps.stretch import Line, stretch_after
from chatbot.curation.mining.rows import Said

#: Short messages after one another are one question, unless this long lies between them.
_BURST = timedelta(minutes=3)
#: So many messages are read as one question; what comes later is about something else.
_MOST = 5

#: Says whether a message asks or tells something: not only thanks, greets or agrees.
Asks = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a customer asked in one go, and what a person wrote after it: nothing, if nobody did."""

    talk: str
    asked_at: datetime
    texts: tuple[str, ...]
    written: tuple[str, ...]
    minutes: float | None


def exchanges_of(said: Sequence[Said], asks: Asks) -> Iterator[Exchange]:
    """Yield the questions of one talk, ``said`` in the order of time.

    What a person wrote after a question, up to the next, answers it. Thanks and greetings are no
    question, so that what is written after them belongs to what was asked before.
    """
    spoken = [each for each in said if each.by != "none" and each.text]
    bursts = list(_bursts(spoken, asks))
    for number, (first, last) in enumerate(bursts):
        end = bursts[number + 1][0] if number + 1 < len(bursts) else len(spoken)
        yield _exchange(spoken[first : last + 1], spoken[last + 1 : end], asks)


def _bursts(spoken: Sequence[Said], asks: Asks) -> Iterator[tuple[int, int]]:
    """Yield the first and the last message of each question."""
    first: int | None = None
    last = 0
    for number, each in enumerate(spoken):
        if first is not None and (each.by != "customer" or each.at - spoken[last].at > _BURST):
            yield first, last
            first = None
        if each.by == "customer":
            last = number
            if first is None and asks(each.text):
                first = number
    if first is not None:
        yield first, last


def _exchange(asked: Sequence[Said], after: Sequence[Said], asks: Asks) -> Exchange:
    begun = asked[-1].at
    texts = tuple(each.text for each in asked if asks(each.text))
    lines = [Line(each.at, each.by, each.text) for each in after]
    stretch = stretch_after(begun, lines, handed_over=True)
    if stretch is None:
        return Exchange(asked[0].talk, begun, texts[:_MOST], (), None)
    return Exchange(asked[0].talk, begun, texts[:_MOST], stretch.written, stretch.minutes)
