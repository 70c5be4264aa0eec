"""What is told of a case, to whom, and when: each once for the time that it is about. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chatbot.accounts.desk_rules import DeskRules
from chatbot.cases.case import Case, Reach
from chatbot.cases.office_hours import OfficeHours

#: "assigned": it was given to somebody; "soon", "due", "overdue": the time comes, is there, is
#: over; "window": the customer cannot be answered any more when the time comes; "held": the
#: session is kept open for it.
Stage = Literal["assigned", "soon", "due", "overdue", "window", "held"]
Audience = Literal["owner", "supervisors"]
#: What was told, and the instant it was about.
Told = Collection[tuple[Stage, datetime]]

#: How long before the 48 hours of a customer end people are warned: time enough to answer.
_WINDOW_WARNING = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something to tell at ``at``; ``about`` is the instant that it is told once for."""

    stage: Stage
    at: datetime
    about: datetime
    audience: Audience


def reminders(case: Case, reach: Reach, rules: DeskRules, hours: OfficeHours) -> list[Reminder]:
    """Return all that is told of a case as it stands, the earliest first.

    ``hours`` are those of the account: of a window that closes while nobody is there people hear
    before they go home.
    """
    if not case.is_open:
        return []
    found = [*_of_the_owner(case), *_of_the_time(case, rules), *_of_the_window(case, reach, hours)]
    return sorted(found, key=lambda each: each.at)


def due_reminders(all_of_them: list[Reminder], told: Told, now: datetime) -> list[Reminder]:
    """Return what is to be told now. That the time comes is not told when it is there."""
    return [
        each
        for each in all_of_them
        if each.at <= now
        and (each.stage, each.about) not in told
        and not (each.stage == "soon" and each.about <= now)
    ]


def next_reminder_at(all_of_them: list[Reminder], now: datetime) -> datetime | None:
    """Return when there is something to tell after ``now``, None if never."""
    return next((each.at for each in all_of_them if each.at > now), None)


def _of_the_owner(case: Case) -> Iterator[Reminder]:
    if case.owner is not None and case.assigned_by != case.owner:
        yield Reminder("assigned", case.assigned_at, case.assigned_at, "owner")
    if case.held_since is not None:
        yield Reminder("held", case.held_since, case.held_since, _audience(case))


def _of_the_time(case: Case, rules: DeskRules) -> Iterator[Reminder]:
    soon = case.due_at - timedelta(minutes=rules.case_soon_minutes)
    if case.owner is not None and soon > case.armed_at:
        yield Reminder("soon", soon, case.due_at, "owner")
    yield Reminder("due", max(case.due_at, case.armed_at), case.due_at, _audience(case))
    if case.owner is not None:
        late = max(case.due_at, case.armed_at) + timedelta(minutes=rules.case_late_minutes)
        yield Reminder("overdue", late, case.due_at, "supervisors")


def _of_the_window(case: Case, reach: Reach, hours: OfficeHours) -> Iterator[Reminder]:
    closes_at = reach.closes_at
    if closes_at is None or not case.armed_at < closes_at <= case.due_at:
        return
    warns_at = hours.moment_before(hours.local(closes_at - _WINDOW_WARNING))
    yield Reminder("window", max(warns_at, case.armed_at), closes_at, _audience(case))


def _audience(case: Case) -> Audience:
    """Return who hears of it: without an owner the supervisors."""
    return "owner" if case.owner is not None else "supervisors"
