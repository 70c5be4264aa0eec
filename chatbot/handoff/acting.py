"""What comes of something that a member does at the desk. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

#: Why something could not be done: the conversation is not what the member saw (``changed``),
#: another member moves it right now (``moving``), or is about to reply to it (``paused``); the
#: bot has it, so nothing is to be ended (``bots``), a person or the pool has it and only the WeCom
#: client can write (``persons``), it has ended (``ended``), five messages have gone out since the
#: customer wrote (``budget``) or 48 hours have passed (``window``), or there is no such
#: conversation (``unknown``).
Obstacle = Literal[
    "changed", "moving", "paused", "bots", "persons", "ended", "budget", "window", "unknown"
]


@dataclass(frozen=True, slots=True)
class Now:
    """How a conversation stands: WeCom's session state 0 to 4, and who has it or replies to it."""

    state: int
    servicer: str | None
    version: int
    paused_by: str | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and this is how the conversation stands."""

    now: Now


@dataclass(frozen=True, slots=True)
class Underway:
    """It is under way, but WeCom has not answered yet; it will be done, or told why not."""

    now: Now


@dataclass(frozen=True, slots=True)
class Conflict:
    """It was not done: somebody was faster, or it does not fit how the conversation stands."""

    obstacle: Obstacle
    now: Now | None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """WeCom refused it; ``reason`` is in words, and says what to do."""

    reason: str
    now: Now


Acted: TypeAlias = Done | Underway | Conflict | NotTaken
