"""Hours as people write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import HoursError, OpeningHours, parse_hours

ZONE = ZoneInfo("Asia/Shanghai")  # without summer time, so that wall clock and time agree
CALENDAR = Calendar()
OFFICE = OpeningHours.parse(["周一至周五 09:00-18:00", "周六 10:00-16:00"])


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """Return an instant of 2026; 2 March is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        (at(2, 8, 59), False),
        (at(2, 9), True),
        (at(6, 17, 59), True),
        (at(6, 18), False),
        (at(7, 10), True),
        (at(7, 16), False),
        (at(8, 12), False),
    ],
)
def test_that_hours_begin_with_their_first_minute_and_end_before_their_last(
    instant: datetime, is_open: bool
) -> None:
    assert OFFICE.is_open(instant, CALENDAR) is is_open


def test_that_no_hours_mean_always() -> None:
    assert OpeningHours().is_open(at(8, 3), CALENDAR)
    assert OpeningHours().next_opening(at(8, 3), CALENDAR) is None
    assert OpeningHours().in_words() == ""


def test_that_a_weekday_does_not_hold_on_a_statutory_holiday() -> None:
    labour_day = at(1, 12, month=5)
    assert labour_day.weekday() == 4
    assert not OFFICE.is_open(labour_day, CALENDAR)
    assert OpeningHours.parse(["每天 09:00-18:00"]).is_open(labour_day, CALENDAR)
    assert OpeningHours.parse(["节假日 09:00-18:00"]).is_open(labour_day, CALENDAR)
    assert not OpeningHours.parse(["工作日 09:00-18:00"]).is_open(labour_day, CALENDAR)


def test_that_a_weekend_day_shifted_to_work_is_a_working_day_and_keeps_its_name() -> None:
    shifted = at(9, 12, month=5)
    assert shifted.weekday() == 5
    assert OpeningHours.parse(["工作日 09:00-18:00"]).is_open(shifted, CALENDAR)
    assert OFFICE.is_open(shifted, CALENDAR)
    assert not OpeningHours.parse(["周一至周五 09:00-18:00"]).is_open(shifted, CALENDAR)


def test_that_an_ordinary_weekend_is_no_holiday() -> None:
    assert not OpeningHours.parse(["节假日 00:00-24:00"]).is_open(at(8, 12), CALENDAR)


def test_that_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    night = OpeningHours.parse(["周五 20:00-02:00"])
    assert night.is_open(at(6, 20), CALENDAR)
    assert night.is_open(at(7, 1, 59), CALENDAR)
    assert not night.is_open(at(7, 2), CALENDAR)
    assert not night.is_open(at(6, 1), CALENDAR)


def test_that_a_day_may_end_at_24() -> None:
    late = OpeningHours.parse(["周一 18:00-24:00"])
    assert late.is_open(at(2, 23, 59), CALENDAR)
    assert not late.is_open(at(3, 0), CALENDAR)


def test_that_the_next_opening_skips_what_is_closed() -> None:
    assert OFFICE.next_opening(at(2, 7), CALENDAR) == at(2, 9)
    assert OFFICE.next_opening(at(7, 16), CALENDAR) == at(9, 9)
    assert OFFICE.next_opening(at(30, 19, month=4), CALENDAR) == at(6, 9, month=5)
    assert OFFICE.next_opening(at(2, 12), CALENDAR) is None


def test_that_hours_which_never_begin_have_no_next_opening() -> None:
    holidays_only = OpeningHours.parse(["节假日 09:00-18:00"])
    assert holidays_only.next_opening(datetime(2030, 1, 1, tzinfo=ZONE), CALENDAR) is None


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("星期一到星期五　9:00～18:00", ["周一至周五 09:00-18:00"]),
        ("周一-周三、周六 09：00－12：00", ["周一、周二、周三、周六 09:00-12:00"]),
        ("周一至五 09:00-12:00,13:30-18:00", ["周一至周五 09:00-12:00", "周一至周五 13:30-18:00"]),
        ("周六至周一 10:00-16:00", ["周一、周六、周日 10:00-16:00"]),
        ("周天 10:00-02:30", ["周日 10:00-02:30"]),
        ("每天 00:00-24:00", ["每天 00:00-24:00"]),
    ],
)
def test_that_people_may_write_hours_in_their_way(written: str, canonical: list[str]) -> None:
    hours = OpeningHours.parse([written])
    assert hours.to_json() == canonical
    assert OpeningHours.from_json(canonical) == hours


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("周一至周五", "空一格"),
        ("周八 09:00-18:00", "周八"),
        ("每天 9点-18点", "09:00-18:00"),
        ("每天 09:00-09:00", "00:00-24:00"),
        ("每天 09:00-24:30", "24:30"),
        ("每天 09:60-18:00", "09:60"),
        ("每天 24:00-08:00", "00:00"),
        ("每天 ", "空一格"),
    ],
)
def test_that_hours_nobody_could_keep_are_refused_with_what_is_expected(
    written: str, told: str
) -> None:
    with pytest.raises(HoursError, match=told):
        parse_hours(written)


def test_that_customers_read_spans_of_the_same_days_together() -> None:
    hours = OpeningHours.parse(["周一至周五 09:00-12:00,13:30-18:00", "周六 10:00-16:00"])
    assert hours.in_words() == "周一至周五 09:00-12:00、13:30-18:00，周六 10:00-16:00"


_CLOCK = st.integers(0, 24 * 60 - 1)
_DAY = st.dates(date(2024, 1, 2), date(2026, 12, 30))


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@given(day=_DAY, opens=_CLOCK, closes=_CLOCK, offset=st.integers(0, 24 * 60 - 1))
def test_that_daily_hours_hold_exactly_for_their_length_over_midnight_too(
    day: date, opens: int, closes: int, offset: int
) -> None:
    if opens == closes:
        return
    hours = OpeningHours.parse([f"每天 {_written(opens)}-{_written(closes)}"])
    length = (closes - opens) % (24 * 60)
    begin = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(minutes=opens)
    instant = begin + timedelta(minutes=offset)
    assert hours.is_open(instant, CALENDAR) is (offset < length)
    following = hours.next_opening(instant, CALENDAR)
    assert following == (None if offset < length else begin + timedelta(days=1))


@given(
    days=st.sampled_from(["每天", "工作日", "节假日", "周一至周五", "周六", "周日、周三"]),
    opens=_CLOCK,
    closes=_CLOCK,
    instant=st.datetimes(datetime(2024, 1, 2), datetime(2025, 12, 1)),  # noqa: DTZ001 - zone below
)
def test_that_staff_are_there_at_the_next_opening_and_not_a_minute_before(
    days: str, opens: int, closes: int, instant: datetime
) -> None:
    if opens == closes:
        return
    hours = OpeningHours.parse([f"{days} {_written(opens)}-{_written(closes)}"])
    now = instant.replace(tzinfo=ZONE)
    opening = hours.next_opening(now, CALENDAR)
    if opening is None:
        assert hours.is_open(now, CALENDAR)
        return
    assert hours.is_open(opening, CALENDAR)
    before = max(now, opening - timedelta(minutes=1))
    assert not hours.is_open(before, CALENDAR)
