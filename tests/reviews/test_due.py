"""Of which day somebody is reminded, and whom an owner names."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chatbot.reviews.due import AGAIN, BEFORE, People, reminded_of

_DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
_DAY = timedelta(days=1)


def test_that_reminders_are_before_on_the_day_and_weekly_after() -> None:
    review = date(2026, 7, 15)
    days = [review + timedelta(days=n) for n in (-8, -7, -1, 0, 6, 7, 20, 21)]
    assert [reminded_of(review, day) for day in days] == [
        None, date(2026, 7, 8), date(2026, 7, 8), review, review, date(2026, 7, 22),
        date(2026, 7, 29), date(2026, 8, 5),
    ]  # fmt: skip


@given(review=_DAYS, today=_DAYS)
def test_that_a_reminder_is_never_of_a_day_to_come_and_holds_a_week_at_most(
    review: date, today: date
) -> None:
    about = reminded_of(review, today)
    if about is None:
        assert today < review - BEFORE
    else:
        assert about <= today < about + AGAIN
        assert reminded_of(review, about) == about


@given(review=_DAYS, today=_DAYS)
def test_that_days_are_reminded_of_in_order(review: date, today: date) -> None:
    before, after = reminded_of(review, today), reminded_of(review, today + _DAY)
    assert before is None or (after is not None and before <= after)


def test_that_an_owner_is_named_by_id_or_by_a_name_of_one_alone() -> None:
    people = People({"AZhen": "阿珍", "zhou1": "小周", "zhou2": "小周", "liang": ""})
    assert people.userid_of("azhen") == people.userid_of(" 阿珍 ") == "azhen"
    assert people.userid_of("Liang") == "liang"
    assert people.userid_of("小周") is None
    assert people.userid_of("") is None
    assert people.name_of("azhen") == "阿珍"
    assert people.name_of("liang") == "liang"
