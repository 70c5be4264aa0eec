"""How long customers wait for people at most, and what happens then. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class DeskRules:
    """The limits of a session that is not the bot's; minutes, but for ``urgent_seconds``.

    Who waits in the pool for ``pool_minutes``, or for an answer for ``answer_minutes``, becomes
    somebody else's, or the supervisors are told; what is urgent after ``urgent_seconds``. A
    session in which the person spoke last is ended after ``end_minutes`` of silence.
    The card about a conversation follows it after ``card_seconds``, if it was not answered by
    then. The owner of a case is reminded ``case_soon_minutes`` before it is due, the supervisors
    hear of it when it is ``case_late_minutes`` late. ``duty_phone`` is on the card that tells
    supervisors of what is urgent. The figures of the day before are told at ``digest_hour``; 24:
    they are not told.
    """

    answer_minutes: int = 5
    pool_minutes: int = 3
    urgent_seconds: int = 60
    end_minutes: int = 30
    duty_phone: str = ""
    card_seconds: int = 2
    case_soon_minutes: int = 30
    case_late_minutes: int = 60
    digest_hour: int = 9

    def waits_in_pool(self, *, urgent: bool) -> timedelta:
        """Return how long somebody may wait in the pool."""
        return self._urgent if urgent else timedelta(minutes=self.pool_minutes)

    def waits_for_answer(self, *, urgent: bool) -> timedelta:
        """Return how long somebody may wait for the person who has the session."""
        return self._urgent if urgent else timedelta(minutes=self.answer_minutes)

    @property
    def ends_after(self) -> timedelta:
        """Return the customer's silence after which a session ends."""
        return timedelta(minutes=self.end_minutes)

    @property
    def _urgent(self) -> timedelta:
        return timedelta(seconds=self.urgent_seconds)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> DeskRules:
        """Rebuild what ``to_json`` gave."""
        return cls(**record)
