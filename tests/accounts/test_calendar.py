"""Working days, statutory holidays and the shifted days around them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chatbot.accounts.calendar import SHIPPED_YEARS, Calendar, days_between

SPRING_FESTIVAL = date(2026, 2, 17)
SHIFTED_SATURDAY = date(2026, 2, 14)
ORDINARY_SATURDAY = date(2026, 3, 7)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 3, 4), "workday"),
        (ORDINARY_SATURDAY, "weekend"),
        (SPRING_FESTIVAL, "holiday"),
        (SHIFTED_SATURDAY, "workday"),
        (date(2025, 10, 8), "holiday"),
        (date(2025, 10, 11), "workday"),
        (date(2024, 9, 29), "workday"),
    ],
)
def test_that_a_day_has_the_kind_that_was_announced(day: date, kind: str) -> None:
    assert Calendar().kind(day) == kind


def test_that_every_shifted_working_day_is_a_weekend_day() -> None:
    days = days_between(date(min(SHIPPED_YEARS), 1, 1), date(max(SHIPPED_YEARS), 12, 31))
    empty = Calendar()
    shifted = [day for day in days if day.weekday() >= 5 and empty.is_workday(day)]
    assert len(shifted) == 8 + 5 + 6
    on_weekdays = [day for day in days if day.weekday() < 5 and not empty.is_workday(day)]
    assert all(empty.is_holiday(day) for day in on_weekdays)


def test_that_the_number_of_holidays_a_year_is_the_one_of_the_notices() -> None:
    def count(year: int) -> int:
        days = days_between(date(year, 1, 1), date(year, 12, 31))
        return sum(Calendar().is_holiday(day) for day in days)

    assert [count(year) for year in (2024, 2025, 2026)] == [28, 28, 33]


def test_that_a_year_nobody_announced_has_plain_weekdays() -> None:
    calendar = Calendar()
    assert not calendar.knows(2031)
    assert calendar.kind(date(2031, 10, 1)) == "workday"
    assert calendar.kind(date(2031, 10, 4)) == "weekend"
    assert Calendar(holidays=frozenset({date(2031, 10, 1)})).knows(2031)


def test_that_a_brands_own_days_win() -> None:
    own = Calendar(
        holidays=frozenset({date(2026, 3, 4), SHIFTED_SATURDAY}),
        workdays=frozenset({SPRING_FESTIVAL, ORDINARY_SATURDAY}),
    )
    assert own.is_holiday(date(2026, 3, 4))
    assert own.is_holiday(SHIFTED_SATURDAY)
    assert own.is_workday(SPRING_FESTIVAL)
    assert own.is_workday(ORDINARY_SATURDAY)


def test_that_a_stored_calendar_is_rebuilt_and_equal_ones_are_written_alike() -> None:
    days = days_between(date(2027, 1, 1), date(2027, 1, 3))
    one, other = Calendar(frozenset(days)), Calendar(frozenset(reversed(days)))
    assert one.to_json() == other.to_json()
    assert Calendar.from_json(one.to_json()) == one


def test_that_the_last_day_of_a_span_is_included() -> None:
    first = date(2027, 1, 1)
    assert days_between(first, first) == (first,)
    assert days_between(first, first + timedelta(days=2))[-1] == date(2027, 1, 3)
    assert days_between(first, first - timedelta(days=1)) == ()
