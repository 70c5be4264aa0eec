"""What a session with people needs, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.accounts.desk_rules import DeskRules
from chatbot.handoff.watch import RETRY, OpenCase, Seen, Step, next_step

_NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
_RULES = DeskRules()
_SERVED = Seen(
    in_pool=False,
    owned_at=_NOW,
    asked_at=_NOW,
    spoken_at=None,
    urgent=False,
    serves=True,
    free=False,
    staffed=True,
    alarmed=False,
)
_POOLED = replace(_SERVED, in_pool=True)


def _after(seen: Seen, **minutes: float) -> Step:
    return next_step(seen, _RULES, _NOW + timedelta(**minutes))


def test_that_who_waits_for_an_answer_is_passed_on_when_the_limit_is_reached() -> None:
    assert _after(_SERVED) == Step("wait", _NOW + timedelta(minutes=5))
    free = replace(_SERVED, free=True)
    assert _after(free, minutes=4.9).action == "wait"
    assert _after(free, minutes=5) == Step("pass-on")


def test_that_without_anybody_else_supervisors_are_told_once_and_looking_goes_on() -> None:
    assert _after(_SERVED, minutes=5) == Step("alarm")
    told = replace(_SERVED, alarmed=True)
    assert _after(told, minutes=6) == Step("wait", _NOW + timedelta(minutes=6) + RETRY)
    assert _after(replace(told, free=True), minutes=7) == Step("pass-on")


def test_that_what_is_urgent_waits_a_minute() -> None:
    urgent = replace(_SERVED, urgent=True)
    assert _after(urgent) == Step("wait", _NOW + timedelta(seconds=60))
    assert _after(urgent, seconds=60) == Step("alarm")
    assert _after(replace(urgent, in_pool=True), seconds=60) == Step("alarm")


def test_that_who_is_gone_is_not_waited_for() -> None:
    gone = replace(_SERVED, serves=False)
    assert _after(replace(gone, free=True)) == Step("pass-on")
    assert _after(replace(gone, staffed=False)) == Step("close")
    assert _after(replace(gone, staffed=False, urgent=True), seconds=60) == Step("alarm")
    assert _after(gone) == Step("wait", _NOW + RETRY)


def test_that_a_session_in_which_the_person_spoke_last_ends_after_a_silence() -> None:
    answered = replace(_SERVED, asked_at=None, spoken_at=_NOW, serves=False, free=True)
    assert _after(answered) == Step("wait", _NOW + timedelta(minutes=30))
    assert _after(answered, minutes=30) == Step("end")


def test_that_a_session_staff_took_and_said_nothing_in_ends_as_well() -> None:
    silent = replace(_SERVED, asked_at=None)
    assert _after(silent, minutes=29).action == "wait"
    assert _after(silent, minutes=30) == Step("end")


def test_that_somebody_free_gets_who_waits_in_the_pool_at_once() -> None:
    assert _after(replace(_POOLED, free=True)) == Step("pass-on")
    assert _after(_POOLED) == Step("wait", _NOW + RETRY)
    assert _after(_POOLED, minutes=3) == Step("alarm")


def test_that_the_pool_sleeps_while_nobody_is_there() -> None:
    opens_at = _NOW + timedelta(hours=9)
    closed = replace(_POOLED, staffed=False, opens_at=opens_at)
    assert _after(closed, minutes=10) == Step("wait", opens_at)
    assert _after(replace(closed, urgent=True), minutes=10) == Step("alarm")


_SEEN = st.builds(
    Seen,
    in_pool=st.booleans(),
    owned_at=st.integers(-4000, 0).map(lambda seconds: _NOW + timedelta(seconds=seconds)),
    asked_at=st.one_of(st.none(), st.integers(-4000, 0).map(lambda s: _NOW + timedelta(seconds=s))),
    spoken_at=st.one_of(
        st.none(), st.integers(-4000, 0).map(lambda s: _NOW + timedelta(seconds=s))
    ),
    urgent=st.booleans(),
    serves=st.booleans(),
    free=st.booleans(),
    staffed=st.booleans(),
    alarmed=st.booleans(),
    opens_at=st.one_of(st.none(), st.just(_NOW + timedelta(hours=8))),
    case=st.one_of(
        st.none(),
        st.builds(
            OpenCase,
            closes_at=st.integers(-4000, 4000).map(lambda s: _NOW + timedelta(seconds=s)),
            told=st.booleans(),
            listed=st.booleans(),
        ),
    ),
)


@given(_SEEN)
def test_that_waiting_has_an_end_and_nothing_impossible_is_asked(seen: Seen) -> None:
    step = next_step(seen, _RULES, _NOW)
    if step.action == "wait":
        assert step.until is not None
        assert step.until > _NOW
    else:
        assert step.until is None
    if step.action == "pass-on":
        assert seen.free
    if step.action == "alarm":
        assert not seen.alarmed
    if seen.in_pool:
        assert step.action in {"wait", "pass-on", "alarm"}  # from the pool only to a person
    if step.action == "end":
        assert seen.asked_at is None  # nobody who waits for an answer is sent away
    if step.action in {"end", "close"}:
        assert seen.case is None or seen.case.closes_at <= _NOW  # what is promised is waited for


@pytest.mark.parametrize(
    ("urgent", "in_pool", "limit"),
    [(False, False, 300), (False, True, 180), (True, False, 60), (True, True, 60)],
)
def test_that_nobody_who_is_looked_after_waits_longer_than_the_limit_unseen(
    urgent: bool, in_pool: bool, limit: int
) -> None:
    """Follow one customer through all looks: supervisors hear of them in time."""
    seen = replace(_SERVED, urgent=urgent, in_pool=in_pool)
    now = _NOW
    while (step := next_step(seen, _RULES, now)).until is not None:
        assert step.until <= _NOW + timedelta(seconds=limit)
        now = step.until
    assert step == Step("alarm")
    assert now == _NOW + timedelta(seconds=limit)


_ANSWERED = replace(_SERVED, asked_at=None, spoken_at=_NOW)
_CASE = OpenCase(closes_at=_NOW + timedelta(hours=40), told=False, listed=False)


def test_that_a_session_with_a_case_is_kept_until_the_48_hours_are_over() -> None:
    waits = replace(_ANSWERED, case=_CASE)
    assert _after(waits, minutes=29).action == "wait"
    assert _after(waits, minutes=30) == Step("hold")
    told = replace(waits, case=replace(_CASE, told=True))
    assert _after(told, minutes=30) == Step("wait", _CASE.closes_at)
    assert _after(told, minutes=40 * 60) == Step("end")
    assert _after(_ANSWERED, minutes=30) == Step("end")


def test_that_a_kept_session_is_not_closed_after_hours_but_listed_once() -> None:
    opens_at = _NOW + timedelta(hours=12)
    gone = replace(_SERVED, serves=False, staffed=False, opens_at=opens_at, case=_CASE)
    assert _after(gone) == Step("keep")
    listed = replace(gone, case=replace(_CASE, listed=True))
    assert _after(listed) == Step("wait", opens_at)
    assert _after(replace(gone, free=True)) == Step("pass-on")
    assert _after(gone, minutes=40 * 60) == Step("close")
