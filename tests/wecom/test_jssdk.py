"""Pages are signed with the right ticket, and tickets are fetched seldom."""

from __future__ import annotations

import asyncio

import pytest

from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import Misconfigured, RateLimited, Refused, Transient
from chatbot.wecom.jssdk import sign, ticket_mark

from .fake_platform import CORP, PUBLIC_URL, FixedClock, Platform

PAGE = f"{PUBLIC_URL}/sidebar/?v=1"
_TICKETS = ("get_jsapi_ticket", "ticket/get")


def fetches(platform: Platform) -> tuple[int, int]:
    """Return how often each ticket was fetched: the enterprise's and the app's."""
    corp, app = (len(platform.calls(api)) for api in _TICKETS)
    return corp, app


def test_that_a_signature_is_the_documented_one() -> None:
    signature = sign("TICKET-abc", "Nn01", 1735689600, "https://crm.example.com/side?x=1")
    assert signature == "25676d066aaab537f62acab4b20d4bd324dc91c6"


async def test_that_each_signature_has_its_own_ticket(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    platform.answer("get_jsapi_ticket", {"errcode": 0, "ticket": "CORP", "expires_in": 7200})
    platform.answer("ticket/get", {"errcode": 0, "ticket": "APP", "expires_in": 7200})
    signed = await client.jssdk.signatures(PAGE)
    for signature, ticket in ((signed.config, "CORP"), (signed.agent_config, "APP")):
        assert signature.timestamp == int(clock.now().timestamp())
        expected = sign(ticket, signature.nonce, signature.timestamp, PAGE)
        assert signature.signature == expected
        assert signature.ticket == ticket_mark(ticket)
    assert platform.calls("ticket/get")[0].query["type"] == "agent_config"
    assert (client.jssdk.corp_id, client.jssdk.agent_id) == (CORP, 1000007)


async def test_that_the_part_behind_the_hash_is_not_signed(client: WeComClient) -> None:
    signed = (await client.jssdk.signatures(f"{PAGE}#/customer?x=#2")).config
    clean = sign("planted-ticket-1", signed.nonce, signed.timestamp, PAGE)
    other = sign("planted-ticket-2", signed.nonce, signed.timestamp, PAGE)
    assert signed.signature in {clean, other}


async def test_that_a_nonce_is_never_used_twice(client: WeComClient) -> None:
    pages = [await client.jssdk.signatures(PAGE) for _ in range(20)]
    nonces = {each.nonce for page in pages for each in (page.config, page.agent_config)}
    assert len(nonces) == 40


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/sidebar/",
        "https://crm.example.com.evil.example/",
        "https://crm.example.com:8443/sidebar/",
        "http://crm.example.com/sidebar/",
        "https://crm.example.com@evil.example/",
        "https://crm.example.com\\@evil.example/",
        "//crm.example.com/sidebar/",
        "/sidebar/",
        "javascript:alert(1)",
        "https://crm.example.com/\nx",
        "https://[::1/",
        "",
        f"{PAGE}{'x' * 5000}",
    ],
)
async def test_that_only_pages_of_our_own_are_signed(
    client: WeComClient, platform: Platform, url: str
) -> None:
    with pytest.raises(Misconfigured, match="CHATBOT_PUBLIC_URL"):
        await client.jssdk.signatures(url)
    assert not platform.seen


@pytest.mark.parametrize("url", ["https://CRM.example.com/x", "https://crm.example.com:443/x"])
async def test_that_one_origin_may_be_written_in_several_ways(
    client: WeComClient, url: str
) -> None:
    assert (await client.jssdk.signatures(url)).config.signature


async def test_that_a_hundred_pages_at_once_fetch_each_ticket_once(
    patient_client: WeComClient, platform: Platform
) -> None:
    await asyncio.gather(*(patient_client.jssdk.signatures(PAGE) for _ in range(100)))
    assert fetches(platform) == (1, 1)
    assert platform.tokens_issued == 1


async def test_that_tickets_are_renewed_before_they_expire(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    await client.jssdk.signatures(PAGE)
    clock.move(seconds=7200 - 301)
    await client.jssdk.signatures(PAGE)
    assert fetches(platform) == (1, 1)
    clock.move(seconds=2)
    await client.jssdk.signatures(PAGE)
    assert fetches(platform) == (2, 2)


async def test_that_a_refused_ticket_alone_is_fetched_anew(
    client: WeComClient, platform: Platform
) -> None:
    first = await client.jssdk.signatures(PAGE)
    refused = (first.agent_config.ticket,)
    second = await client.jssdk.signatures(PAGE, refused=refused)
    assert fetches(platform) == (1, 2)
    assert second.config.ticket == first.config.ticket
    assert second.agent_config.ticket != first.agent_config.ticket
    # A second page that was signed with the old ticket gets the new one without a fetch.
    third = await client.jssdk.signatures(PAGE, refused=refused)
    assert third.agent_config.ticket == second.agent_config.ticket
    assert fetches(platform) == (1, 2)


async def test_that_complaints_cost_few_tickets(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    """A page whose domain is not trusted is refused whatever the ticket; pages try again."""
    refused: set[str] = set()
    for _ in range(360):
        signed = await client.jssdk.signatures(PAGE, refused=refused)
        refused |= {signed.config.ticket, signed.agent_config.ticket}
        clock.move(seconds=10)
    assert max(fetches(platform)) <= 8


async def test_that_the_same_ticket_again_is_not_given_up_again(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    same = {"errcode": 0, "ticket": "SAME", "expires_in": 7200}
    platform.answer("get_jsapi_ticket", *[same] * 50)
    for _ in range(20):
        await client.jssdk.signatures(PAGE, refused=[ticket_mark("SAME")])
        clock.move(minutes=1)
    assert len(platform.calls("get_jsapi_ticket")) == 2


async def test_that_an_exhausted_limit_is_left_alone(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    platform.refuse("ticket/get", 45009)
    for _ in range(3):
        with pytest.raises(RateLimited):
            await client.jssdk.signatures(PAGE)
    assert len(platform.calls("ticket/get")) == 1
    clock.move(seconds=61)
    await client.jssdk.signatures(PAGE)


async def test_that_a_refusal_is_not_asked_for_again_at_once(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    platform.refuse("get_jsapi_ticket", 48002)
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            await client.jssdk.signatures(PAGE)
        assert caught.value.code == 48002
    assert len(platform.calls("get_jsapi_ticket")) == 1
    clock.move(seconds=31)
    await client.jssdk.signatures(PAGE)


@pytest.mark.parametrize("answer", [{"errcode": 0}, {"errcode": 0, "ticket": "t"}])
async def test_that_an_answer_without_a_ticket_is_named(
    client: WeComClient, platform: Platform, answer: dict[str, object]
) -> None:
    platform.answer("ticket/get", answer)
    with pytest.raises(Transient) as caught:
        await client.jssdk.signatures(PAGE)
    assert "ticket/get" in str(caught.value)


async def test_that_an_expired_token_does_not_cost_the_ticket(
    client: WeComClient, platform: Platform
) -> None:
    platform.refuse("get_jsapi_ticket", 42001)
    await client.jssdk.signatures(PAGE)
    assert platform.tokens_issued == 2


async def test_that_no_ticket_is_shown(client: WeComClient) -> None:
    assert "planted" not in repr(await client.jssdk.signatures(PAGE))
