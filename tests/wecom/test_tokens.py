"""Tokens are fetched once, renewed in time, and never fetched in vain again and again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import Misconfigured, TokenProblem, Transient, Unreachable
from chatbot.wecom.tokens import FetchedToken, MemoryTokenStore, token_key

from .fake_platform import CORP, SECRET, FixedClock, Platform, drop, gateway_error, refusal


async def test_that_a_hundred_parallel_calls_fetch_one_token(
    patient_client: WeComClient, platform: Platform
) -> None:
    await asyncio.gather(*(patient_client.app.callback_ips() for _ in range(100)))
    assert len(platform.calls("getcallbackip")) == 100
    assert len(platform.calls("gettoken")) == 1


async def test_that_a_hundred_calls_with_a_rejected_token_renew_it_once(
    patient_client: WeComClient, platform: Platform
) -> None:
    await patient_client.check_token()
    platform.refuse("getcallbackip", *[40014] * 100)
    await asyncio.gather(*(patient_client.app.callback_ips() for _ in range(100)))
    assert len(platform.calls("gettoken")) == 2


async def test_that_a_token_is_renewed_before_it_expires(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    await client.app.callback_ips()
    clock.move(seconds=7200 - 301)
    await client.app.callback_ips()
    assert platform.tokens_issued == 1
    clock.move(seconds=2)
    await client.app.callback_ips()
    assert platform.tokens_issued == 2
    assert platform.calls("getcallbackip")[-1].query["access_token"] == "planted-token-2"


async def test_that_a_short_lived_token_is_used_for_most_of_its_life(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    platform.token_life = 60
    await client.app.callback_ips()
    clock.move(seconds=50)
    await client.app.callback_ips()
    assert platform.tokens_issued == 1


@pytest.mark.parametrize("code", [40014, 42001])
async def test_that_a_rejected_token_is_renewed_and_the_call_repeated_once(
    client: WeComClient, platform: Platform, code: int
) -> None:
    platform.refuse("kf/send_msg", code)
    await client.kf.send_msg("wk1", "wm1", "m1", {"msgtype": "text", "text": {"content": "x"}})
    first, second = platform.calls("kf/send_msg")
    assert first.raw == second.raw
    assert (first.query["access_token"], second.query["access_token"]) == (
        "planted-token-1",
        "planted-token-2",
    )


async def test_that_a_token_rejected_twice_is_a_token_problem(
    client: WeComClient, platform: Platform
) -> None:
    platform.refuse("getcallbackip", 40014, 40014)
    with pytest.raises(TokenProblem):
        await client.app.callback_ips()
    assert platform.tokens_issued == 2


async def test_that_a_wrong_secret_is_not_tried_again_for_half_a_minute(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    platform.refuse("gettoken", 40001)
    for _ in range(3):
        with pytest.raises(Misconfigured) as caught:
            await client.app.callback_ips()
        assert caught.value.code == 40001
    assert len(platform.calls("gettoken")) == 1
    clock.move(seconds=31)
    await client.app.callback_ips()
    assert len(platform.calls("gettoken")) == 2


async def test_that_a_busy_platform_is_asked_three_times_for_a_token(
    client: WeComClient, platform: Platform
) -> None:
    platform.refuse("gettoken", -1, -1, -1)
    with pytest.raises(Transient) as caught:
        await client.app.callback_ips()
    assert caught.value.api == "gettoken"
    assert len(platform.calls("gettoken")) == 3


@pytest.mark.parametrize("reaction", [drop, gateway_error])
async def test_that_a_send_without_a_token_was_surely_not_executed(
    client: WeComClient, platform: Platform, reaction: object
) -> None:
    assert callable(reaction)
    platform.answer("gettoken", *[reaction] * 6)
    with pytest.raises(Unreachable) as caught:
        await client.kf.send_msg("wk1", "wm1", "m1", {"msgtype": "text", "text": {"content": "x"}})
    assert not caught.value.may_have_executed
    assert not platform.calls("kf/send_msg")


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 0, "errmsg": "ok"},
        {"errcode": 0, "access_token": "", "expires_in": 7200},
        {"errcode": 0, "access_token": "t", "expires_in": "soon"},
        {"access_token": "t", "expires_in": 7200},
    ],
)
async def test_that_an_answer_without_a_token_is_unreachable(
    client: WeComClient, platform: Platform, answer: dict[str, object]
) -> None:
    platform.answer("gettoken", *[answer] * 3)
    with pytest.raises(Unreachable):
        await client.check_token()


async def test_that_a_failed_fetch_reaches_every_waiter_once(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("gettoken", refusal(60020))
    results = await asyncio.gather(
        *(client.app.callback_ips() for _ in range(20)), return_exceptions=True
    )
    assert {type(result) for result in results} == {Misconfigured}
    assert len(platform.calls("gettoken")) == 1


async def test_that_a_caller_that_gives_up_leaves_the_fetch_to_the_others(
    clock: FixedClock,
) -> None:
    store = MemoryTokenStore(clock)
    gate = asyncio.Event()

    async def fetch() -> FetchedToken:
        await gate.wait()
        return FetchedToken("t1", clock.now(), clock.now() + timedelta(hours=2))

    impatient = asyncio.create_task(store.get("k", fetch))
    patient = asyncio.create_task(store.get("k", fetch))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    gate.set()
    assert await patient == "t1"


def test_that_the_shared_name_does_not_show_the_secret() -> None:
    key = token_key(CORP, SECRET)
    assert SECRET not in key
    assert key != token_key(CORP, SECRET + "x")


def test_that_the_repr_of_a_token_does_not_show_it(clock: FixedClock) -> None:
    assert "planted" not in repr(FetchedToken("planted", clock.now(), clock.now()))
