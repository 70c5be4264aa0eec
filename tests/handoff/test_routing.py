"""Who takes over a conversation, and in which order."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.accounts.agent import Agent
from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import OpeningHours, parse_spans
from chatbot.handoff.routing import Candidate, Desk, Wanted, candidates
from chatbot.wecom.kf import Servicer, ServicerDepartment, ServicerStatus

_ZONE = ZoneInfo("Asia/Shanghai")
#: A Tuesday that is no holiday.
_NOON = datetime(2026, 11, 24, 12, tzinfo=_ZONE)
_EARLY = OpeningHours.parse(["每天 06:00-10:00"])


def _desk(
    *agents: Agent,
    loads: dict[str, int] | None = None,
    stopped: tuple[str, ...] = (),
    named: tuple[str, ...] = (),
    at: datetime = _NOON,
) -> Desk:
    servicers = [
        Servicer(
            agent.userid,
            ServicerStatus.STOPPED if agent.userid in stopped else ServicerStatus.RECEIVING,
        )
        for agent in agents
    ]
    roster = {agent.userid: agent for agent in agents}
    return Desk([*servicers, ServicerDepartment(7)], roster, loads or {}, at, Calendar(), named)


def _order(wanted: Wanted, desk: Desk) -> list[str]:
    return [found.userid for found in candidates(wanted, desk)]


def test_that_the_fewest_open_conversations_decide_among_equals() -> None:
    desk = _desk(Agent("a"), Agent("b"), Agent("c"), loads={"a": 2, "b": 1, "c": 1})
    assert _order(Wanted(), desk) == ["b", "c", "a"]


def test_that_adviser_store_skill_and_former_agent_count_in_this_order() -> None:
    desk = _desk(
        Agent("idle"),
        Agent("former"),
        Agent("skilled", skills=("售后",)),
        Agent("local", stores=("西湖店",)),
        Agent("adviser"),
        loads={"adviser": 9, "local": 8, "skilled": 7, "former": 6},
    )
    wanted = Wanted("售后", "normal", frozenset({"西湖店"}), frozenset({"adviser"}), "former")
    assert candidates(wanted, desk) == [
        Candidate("adviser", ("adviser",)),
        Candidate("local", ("store",)),
        Candidate("skilled", ("skill",)),
        Candidate("former", ("served-last",)),
        Candidate("idle", ()),
    ]


def test_that_two_reasons_are_better_than_one() -> None:
    desk = _desk(
        Agent("one", stores=("西湖店",)), Agent("two", stores=("西湖店",), skills=("售后",))
    )
    assert _order(Wanted("售后", stores=frozenset({"西湖店"})), desk) == ["two", "one"]


def test_that_nobody_gets_one_who_is_off_duty_full_stopped_or_not_named() -> None:
    agents = [
        Agent("off", hours=_EARLY),
        Agent("full", capacity=2),
        Agent("stopped"),
        Agent("unnamed"),
        Agent("free"),
    ]
    named = ("off", "full", "stopped", "free")
    desk = _desk(*agents, loads={"full": 2}, stopped=("stopped",), named=named)
    assert _order(Wanted(), desk) == ["free"]


def test_that_what_is_urgent_knows_neither_hours_nor_capacity_but_still_the_client() -> None:
    agents = [
        Agent("off", hours=_EARLY, skills=("工程",)),
        Agent("full", capacity=1),
        Agent("stopped", skills=("工程",)),
        Agent("free"),
    ]
    desk = _desk(*agents, loads={"full": 1}, stopped=("stopped",))
    assert _order(Wanted("工程", "urgent"), desk) == ["free", "off", "full"]


def test_that_who_is_on_no_roster_has_no_limits() -> None:
    servicers = [Servicer("known", ServicerStatus.RECEIVING)]
    servicers += [Servicer("unknown", ServicerStatus.RECEIVING)]
    roster = {"known": Agent("known", hours=_EARLY)}
    desk = Desk(servicers, roster, {"unknown": 99}, _NOON, Calendar())
    assert _order(Wanted(), desk) == ["unknown"]


@pytest.mark.parametrize(
    ("hour", "minute", "works"),
    [(12, 59, False), (13, 0, True), (21, 59, True), (22, 0, False), (9, 30, False)],
)
def test_that_a_shift_replaces_the_regular_hours_of_its_day(
    hour: int, minute: int, works: bool
) -> None:
    agent = Agent(
        "a",
        hours=OpeningHours.parse(["周一至周五 09:00-18:00"]),
        shifts={date(2026, 11, 24): parse_spans("13:00-22:00")},
    )
    assert agent.is_on_duty(_NOON.replace(hour=hour, minute=minute), Calendar()) is works
    next_day = _NOON.replace(day=25, hour=9, minute=30)
    assert agent.is_on_duty(next_day, Calendar())


def test_that_a_night_shift_goes_on_after_midnight_and_a_day_off_is_one() -> None:
    agent = Agent(
        "a",
        shifts={date(2026, 11, 24): parse_spans("22:00-06:00"), date(2026, 11, 25): ()},
    )
    assert not agent.is_on_duty(_NOON, Calendar())
    assert agent.is_on_duty(_NOON.replace(day=25, hour=5, minute=59), Calendar())
    assert not agent.is_on_duty(_NOON.replace(day=25, hour=6), Calendar())
    assert agent.is_on_duty(_NOON.replace(day=26, hour=0), Calendar())


_AGENTS = st.lists(
    st.builds(
        Agent,
        userid=st.sampled_from("abcdef"),
        skills=st.sampled_from([(), ("售后",), ("预订", "售后")]),
        stores=st.sampled_from([(), ("西湖店",)]),
        hours=st.sampled_from([OpeningHours(), _EARLY]),
        capacity=st.sampled_from([None, 1, 3]),
    ),
    unique_by=lambda agent: agent.userid,
)
_WANTED = st.builds(
    Wanted,
    skill=st.sampled_from([None, "售后", "工程"]),
    priority=st.sampled_from(["normal", "high", "urgent"]),
    stores=st.frozensets(st.sampled_from(["西湖店", "滨江店"])),
    advisers=st.frozensets(st.sampled_from("abcxyz")),
    served_last=st.sampled_from([None, "a", "x"]),
)


@given(_AGENTS, _WANTED, st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 4)))
def test_that_everybody_who_can_take_it_is_offered_once(
    agents: list[Agent], wanted: Wanted, loads: dict[str, int]
) -> None:
    desk = _desk(*agents, loads=loads)
    order = _order(wanted, desk)
    able = {
        agent.userid
        for agent in agents
        if wanted.is_urgent
        or (
            agent.is_on_duty(_NOON, Calendar())
            and (agent.capacity is None or loads.get(agent.userid, 0) < agent.capacity)
        )
    }
    assert len(order) == len(set(order))
    assert set(order) == able
    with_skill = [agent.userid for agent in agents if wanted.skill in agent.skills]
    if not wanted.stores and not wanted.advisers and not wanted.is_urgent:
        skilled = [userid in with_skill for userid in order]
        assert skilled == sorted(skilled, reverse=True)
