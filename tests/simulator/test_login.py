"""The login pages of the simulator, and what their codes are worth."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from .harness import ZHEN, Client

_STATE = "s" * 32


def _back(sim: Client) -> str:
    callback = urlsplit(sim.config.app.callback_url)
    return f"{callback.scheme}://{callback.netloc}/console/login/return"


def _authorise(sim: Client, **changes: str) -> str:
    query = {
        "appid": sim.config.corp.id, "redirect_uri": _back(sim), "response_type": "code",
        "scope": "snsapi_base", "state": _STATE, "agentid": str(sim.config.app.agent_id),
    }  # fmt: skip
    return f"{sim.address}/connect/oauth2/authorize?{urlencode({**query, **changes})}"


async def _enter(sim: Client, **who: str) -> dict[str, str]:
    """Return the query that the browser is led back with."""
    query = {
        "agentid": str(sim.config.app.agent_id), "redirect_uri": _back(sim), "state": _STATE, **who
    }  # fmt: skip
    url = f"{sim.address}/login/enter?{urlencode(query)}"
    async with sim.session.get(url, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return _query(answer.headers)


def _query(headers: Mapping[str, str]) -> dict[str, str]:
    query = parse_qs(urlsplit(headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


async def test_that_a_code_works_once(sim: Client) -> None:
    told = await _enter(sim, member=ZHEN)
    assert told["state"] == _STATE
    answer = await sim.ok("auth/getuserinfo", code=told["code"])
    assert answer["userid"] == ZHEN
    assert await sim.code("auth/getuserinfo", code=told["code"]) == 42022


async def test_that_a_code_is_too_old_after_five_minutes(sim: Client) -> None:
    told = await _enter(sim, member=ZHEN)
    await sim.advance(301)
    assert await sim.code("auth/getuserinfo", code=told["code"]) == 42003
    assert await sim.code("auth/getuserinfo", code="invented") == 40029


async def test_that_another_app_learns_nothing_from_a_code(sim: Client) -> None:
    told = await _enter(sim, member=ZHEN)
    sim.token = await sim.fetch_token(sim.config.other_apps[0].secret)
    assert await sim.code("auth/getuserinfo", code=told["code"]) == 40029


async def test_that_a_customer_is_no_member(sim: Client) -> None:
    told = await _enter(sim, customer="wmDemoXiaolin")
    answer = await sim.ok("auth/getuserinfo", code=told["code"])
    assert answer["external_userid"] == "wmDemoXiaolin"
    assert "userid" not in answer


async def test_that_who_refuses_comes_back_without_a_code(sim: Client) -> None:
    assert await _enter(sim) == {"state": _STATE}


async def test_that_the_client_logs_in_silently_and_a_browser_is_asked(sim: Client) -> None:
    async with sim.session.get(_authorise(sim), allow_redirects=False) as answer:
        assert answer.status == 200
        assert "阿珍" in await answer.text()
    cookies = {"sim_member": ZHEN}
    url = _authorise(sim)
    async with sim.session.get(url, cookies=cookies, allow_redirects=False) as answer:
        assert answer.status == 302
        told = _query(answer.headers)
    assert (await sim.ok("auth/getuserinfo", code=told["code"]))["userid"] == ZHEN


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"appid": "ww0"}, "没有企业"),
        ({"agentid": "1"}, "没有应用"),
        ({"scope": "all"}, "scope"),
        ({"response_type": "token"}, "response_type"),
        ({"state": "a-b"}, "state"),
        ({"redirect_uri": "https://evil.example/"}, "50001"),
        ({"redirect_uri": "javascript:alert(1)"}, "50001"),
    ],
)
async def test_that_a_wrong_link_is_refused_in_words(
    sim: Client, changes: dict[str, str], words: str
) -> None:
    async with sim.session.get(_authorise(sim, **changes)) as answer:
        assert answer.status == 400
        assert words in await answer.text()


async def test_that_a_member_out_of_sight_is_not_told(sim: Client) -> None:
    told = await _enter(sim, member=ZHEN)
    await sim.control("members", {"userid": ZHEN, "visible": False, "callback": "none"})
    assert await sim.code("auth/getuserinfo", code=told["code"]) == 60021


async def test_that_members_change_departments_and_leave(sim: Client) -> None:
    assert (await sim.ok("user/get", userid=ZHEN))["department"] == [2]
    change = {"userid": ZHEN, "departments": [5, 6], "callback": "none"}
    await sim.control("members", change)
    assert (await sim.ok("user/get", userid=ZHEN))["department"] == [5, 6]
    await sim.control("members", {"userid": ZHEN, "left": True, "callback": "none"})
    assert await sim.code("user/get", userid=ZHEN) == 60111
