"""A member who serves customers: what they know, where they work, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import OpeningHours, Span, is_within

_ALWAYS = OpeningHours()


@dataclass(frozen=True, slots=True)
class Agent:
    """One line of the roster. ``userid`` is the member's id, in lower case.

    ``skills`` are those that an intent's ``handoff.skill`` names, ``stores`` keys of a table's
    rows. ``hours`` are the regular ones, none for always; ``shifts`` replace them on single days
    (no hours: a day off). ``capacity`` is how many conversations they have open at most, None for
    any number.
    """

    userid: str
    name: str = ""
    skills: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    hours: OpeningHours = _ALWAYS
    shifts: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    capacity: int | None = None

    def is_on_duty(self, local: datetime, calendar: Calendar) -> bool:
        """Return whether they work at this instant, an aware one in the brand's time zone."""
        return is_within(local, lambda day: self.spans_on(day, calendar))

    def spans_on(self, day: date, calendar: Calendar) -> tuple[Span, ...]:
        """Return their hours that begin on ``day``."""
        shift = self.shifts.get(day)
        return self.hours.spans_on(day, calendar) if shift is None else shift

    def has_room(self, open_conversations: int) -> bool:
        """Return whether they can take one more conversation."""
        return self.capacity is None or open_conversations < self.capacity


#: The agents by member id. Who is not in it has no skills, no store, and no limits.
Roster = Mapping[str, Agent]
