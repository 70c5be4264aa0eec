"""What is read of the record to count it: one conversation, as small facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A message: of the customer's (``userid`` None), perhaps of a turn, or of a member's."""

    at: datetime
    userid: str | None = None
    turn_id: int | None = None


@dataclass(frozen=True, slots=True)
class TurnFact:
    """A turn of the bot's.

    ``answered`` are the entries that it answered by, ``leading`` is the entry that came first,
    answered or not. ``verdict`` is what a member said of it: "right", "wrong" or "other".
    """

    id: int
    at: datetime
    action: str
    mode: str
    rule: str
    answered: tuple[str, ...]
    leading: str | None
    confidence: float
    reason: str | None
    verdict: str | None
    tags: tuple[str, ...]

    @property
    def topic(self) -> str:
        """Return the first entry that it answered by, "" if there is none."""
        return self.answered[0] if self.answered else ""


@dataclass(frozen=True, slots=True)
class LabelFact:
    """What a turn told about an earlier message, see `chatbot.store.turn_labels`."""

    turn_id: int
    source: str
    faq_id: str | None
    leading: str | None
    confidence: float
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandoffFact:
    """A handoff to people; ``ended_at`` is None while it lasts."""

    turn_id: int | None
    reason: str
    at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RatingFact:
    """A customer who was asked about a member's service; ``score`` is None if they did not say."""

    at: datetime
    userid: str
    score: str | None


@dataclass(frozen=True, slots=True)
class Talk:
    """Everything that is counted of a conversation, oldest first."""

    open_kfid: str
    said: Sequence[Said] = ()
    turns: Sequence[TurnFact] = ()
    labels: Sequence[LabelFact] = ()
    handoffs: Sequence[HandoffFact] = ()
    ratings: Sequence[RatingFact] = ()
