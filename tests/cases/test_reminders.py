"""What is told of a case, to whom, and when."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chatbot.accounts.calendar import Calendar
from chatbot.accounts.desk_rules import DeskRules
from chatbot.accounts.hours import OpeningHours
from chatbot.cases.case import Case, Reach
from chatbot.cases.office_hours import OfficeHours
from chatbot.cases.reminders import Stage, due_reminders, next_reminder_at, reminders
from tests.cases.samples import DAYTIME, NOW, ZONE, sample_case

_RULES = DeskRules()
_ALWAYS = OfficeHours.of(OpeningHours(), Calendar(), ZONE)
_FAR = Reach(NOW + timedelta(hours=48))


def _planned(
    case: Case, reach: Reach = _FAR, hours: OfficeHours = _ALWAYS
) -> list[tuple[Stage, datetime, str]]:
    return [(each.stage, each.at, each.audience) for each in reminders(case, reach, _RULES, hours)]


def test_that_the_owner_is_reminded_before_and_at_the_time_and_supervisors_hear_of_lateness() -> (
    None
):
    due_at = NOW + timedelta(hours=5)
    assert _planned(sample_case()) == [
        ("soon", due_at - timedelta(minutes=30), "owner"),
        ("due", due_at, "owner"),
        ("overdue", due_at + timedelta(minutes=60), "supervisors"),
    ]


def test_that_what_is_due_in_a_moment_has_no_reminder_before() -> None:
    case = sample_case(due_at=NOW + timedelta(minutes=10))
    assert [stage for stage, _, _ in _planned(case)] == ["due", "overdue"]


def test_that_what_nobody_has_is_for_the_supervisors_once() -> None:
    case = sample_case(kind="message", owner=None)
    assert _planned(case) == [("due", case.due_at, "supervisors")]


def test_that_who_is_given_a_case_hears_of_it_and_who_took_it_does_not() -> None:
    given_away = sample_case(assigned_by="liang")
    assert _planned(given_away)[0] == ("assigned", NOW, "owner")
    assert "assigned" not in {stage for stage, _, _ in _planned(sample_case())}


def test_that_nothing_is_told_of_what_is_closed() -> None:
    assert _planned(sample_case(state="done", closed_at=NOW)) == []


def test_that_people_are_warned_while_the_customer_can_still_be_answered() -> None:
    case = sample_case(due_at=NOW + timedelta(hours=60))
    closes_at = NOW + timedelta(hours=48)
    (warning,) = [each for each in _planned(case) if each[0] == "window"]
    assert warning == ("window", closes_at - timedelta(hours=4), "owner")
    assert not [each for each in _planned(sample_case()) if each[0] == "window"]
    assert not [each for each in _planned(case, Reach(None)) if each[0] == "window"]
    closed = Reach(NOW - timedelta(hours=1))
    assert not [each for each in _planned(case, closed) if each[0] == "window"]


def test_that_the_warning_of_a_window_that_closes_at_night_comes_before_people_go_home() -> None:
    midnight = datetime(2026, 11, 26, 3, tzinfo=ZONE)
    case = sample_case(due_at=NOW + timedelta(hours=60))
    (warning,) = [each for each in _planned(case, Reach(midnight), DAYTIME) if each[0] == "window"]
    assert warning[1] == datetime(2026, 11, 25, 17, tzinfo=ZONE)


def test_that_the_warning_is_at_once_where_the_window_closes_soon() -> None:
    case = sample_case(due_at=NOW + timedelta(hours=9))
    (warning,) = [
        each for each in _planned(case, Reach(NOW + timedelta(hours=2))) if each[0] == "window"
    ]
    assert warning[1] == NOW


_Visits = st.lists(st.integers(1, 4000), min_size=1, max_size=60)


@given(
    due=st.integers(1, 4000),
    closes=st.none() | st.integers(-100, 4000),
    owner=st.sampled_from(["azhen", None]),
    giver=st.sampled_from(["azhen", "liang"]),
    pauses=_Visits,
)
def test_that_however_seldom_it_is_looked_everything_is_told_once_and_nothing_is_missing(
    due: int, closes: int | None, owner: str | None, giver: str, pauses: list[int]
) -> None:
    case = sample_case(
        owner=owner, kind="message", assigned_by=giver, due_at=NOW + timedelta(minutes=due)
    )
    reach = Reach(None if closes is None else NOW + timedelta(minutes=closes))
    planned = reminders(case, reach, _RULES, _ALWAYS)
    told: list[tuple[Stage, datetime]] = []
    now = NOW
    for minutes in [*pauses, 10_000]:
        now += timedelta(minutes=minutes)
        told += [(each.stage, each.about) for each in due_reminders(planned, told, now)]
    assert len(told) == len(set(told))
    stages = {stage for stage, _ in told}
    assert {each.stage for each in planned} - stages <= {"soon"}
    assert "due" in stages
    assert next_reminder_at(planned, now) is None


@given(due=st.integers(1, 4000), closes=st.none() | st.integers(-100, 4000))
def test_that_who_looks_whenever_it_is_said_misses_nothing(due: int, closes: int | None) -> None:
    case = sample_case(due_at=NOW + timedelta(minutes=due))
    reach = Reach(None if closes is None else NOW + timedelta(minutes=closes))
    planned = reminders(case, reach, _RULES, DAYTIME)
    told: list[tuple[Stage, datetime]] = []
    now: datetime | None = NOW
    while now is not None:
        told += [(each.stage, each.about) for each in due_reminders(planned, told, now)]
        now = next_reminder_at(planned, now)
    assert sorted(told) == sorted((each.stage, each.about) for each in planned)
