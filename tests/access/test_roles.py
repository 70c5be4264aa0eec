"""Which role and which stores a member has."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.access.roles import ROLES, Action, Appointed, Grant, Standing, may, viewer_for
from chatbot.access.viewer import Role, Viewer

_ZHEN = Standing("azhen", "阿珍", departments=(2, 5))
_GRANTS = st.builds(
    Grant,
    role=st.sampled_from(ROLES),
    stores=st.sampled_from([(), ("西湖店",), ("滨江店", "西湖店")]),
    userid=st.sampled_from([None, "azhen", "liang"]),
    department=st.sampled_from([None, 2, 7]),
)


def test_that_nobody_is_let_in_who_was_given_nothing() -> None:
    assert viewer_for(_ZHEN, []) is None
    others = [Grant("admin", userid="liang"), Grant("admin", department=7)]
    assert viewer_for(_ZHEN, others) is None


def test_that_who_serves_is_an_agent_of_all_stores() -> None:
    serving = Standing("azhen", "阿珍", serves=True)
    assert viewer_for(serving, []) == Viewer("azhen", "阿珍", "agent", None)


@pytest.mark.parametrize("grant", [Grant("agent", ("西湖店",), userid="azhen")])
def test_that_a_limit_holds_for_who_serves_too(grant: Grant) -> None:
    serving = Standing("azhen", "阿珍", serves=True)
    assert viewer_for(serving, [grant]) == Viewer("azhen", "阿珍", "agent", ("西湖店",))


def test_that_the_highest_role_wins_with_its_own_stores_alone() -> None:
    grants = [Grant("agent", userid="azhen"), Grant("supervisor", ("西湖店",), department=5)]
    assert viewer_for(_ZHEN, grants) == Viewer("azhen", "阿珍", "supervisor", ("西湖店",))


def test_that_stores_of_the_same_role_add_up_and_one_without_lifts_the_limit() -> None:
    grants = [
        Grant("supervisor", ("西湖店",), userid="azhen"),
        Grant("supervisor", ("滨江店",), department=2),
    ]
    assert viewer_for(_ZHEN, grants) == Viewer("azhen", "阿珍", "supervisor", ("滨江店", "西湖店"))
    grants.append(Grant("supervisor", department=5))
    assert viewer_for(_ZHEN, grants) == Viewer("azhen", "阿珍", "supervisor", None)


def test_that_the_settings_count_without_regard_to_case_and_without_limit() -> None:
    appointed = Appointed.by(["LIANG"], ["AZhen"])
    limited = [Grant("supervisor", ("西湖店",), userid="azhen")]
    assert viewer_for(_ZHEN, limited, appointed) == Viewer("azhen", "阿珍", "supervisor", None)
    liang = viewer_for(Standing("liang", "梁主管"), [], appointed)
    assert liang == Viewer("liang", "梁主管", "admin", None)


@given(st.lists(_GRANTS))
def test_that_no_grant_of_others_ever_counts(grants: list[Grant]) -> None:
    mine = [each for each in grants if each.userid == "azhen" or each.department == 2]
    assert viewer_for(_ZHEN, grants) == viewer_for(_ZHEN, mine)


def test_that_every_action_is_allowed_to_some_role_and_to_all_above_it() -> None:
    for action in get_args(Action):
        allowed = [may(Viewer("u", "", role), action) for role in ROLES]
        assert allowed[-1]
        assert allowed == sorted(allowed)


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("agent", {"desk"}),
        ("supervisor", {"desk", "roster", "figures", "staff_sessions"}),
        (
            "operations",
            {"desk", "roster", "figures", "staff_sessions", "mode", "gaps", "knowledge", "publish"},
        ),
    ],
)
def test_that_roles_may_what_they_are_there_for(role: Role, actions: set[Action]) -> None:
    viewer = Viewer("u", "", role)
    assert {action for action in get_args(Action) if may(viewer, action)} == actions
