"""The head of the pages: ways to what one may open, and to nothing else."""

from __future__ import annotations

from itertools import pairwise

from chatbot.access.roles import ROLES
from chatbot.access.viewer import Viewer
from chatbot.console.navigation import Navigation, navigation
from chatbot.texts import make_texts

_TEXTS = make_texts({})


def _of(role: str, here: str = "sessions") -> Navigation:
    viewer = next(Viewer("wei", "小伟", each) for each in ROLES if each == role)
    return navigation(_TEXTS, viewer, here)


def test_that_an_agent_sees_only_their_own_sessions() -> None:
    found = _of("agent")
    assert [way.caption for way in found.groups] == ["登录与权限"]
    assert [(way.caption, way.is_here) for way in found.pages] == [("登录的设备", True)]


def test_that_each_role_sees_all_that_the_one_below_sees() -> None:
    seen = [
        {page.path for group in _of(role).groups for page in _of(role, group.path[9:]).pages}
        for role in ROLES
    ]
    assert all(less < more for less, more in pairwise(seen))


def test_that_somebody_without_a_role_may_see_their_sessions() -> None:
    assert [way.path for way in navigation(_TEXTS, None, "").groups] == ["/console/sessions"]


def test_that_a_group_is_marked_and_shows_its_pages_where_one_is() -> None:
    found = _of("admin", "gaps")
    assert [way.caption for way in found.groups if way.is_here] == ["改进"]
    assert [way.path for way in found.pages if way.is_here] == ["/console/gaps"]


def test_that_a_page_out_of_all_groups_marks_none() -> None:
    found = _of("admin", "")
    assert not any(way.is_here for way in found.groups)
    assert found.pages == ()
