from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from wechatpy.work.crypto import WeChatCrypto

from chatbot.simulator import SimulatorConfig
from chatbot.simulator.wire import xml
from tests.ports import quiet_port

from .harness import KF, LIN, ZHEN, Bot, Client, simulator


async def settled(sim: Client, outcome: str, count: int = 1) -> list[dict[str, Any]]:
    """Return the callback entries with this outcome once there are ``count``."""
    async with asyncio.timeout(10):
        while True:
            found = [e for e in await sim.log("callback") if e["outcome"] == outcome]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def test_that_a_callback_can_be_read_by_an_independent_library(sim: Client, bot: Bot) -> None:
    await sim.write()
    (delivery,) = await bot.wait(1)
    reader = WeChatCrypto(sim.config.app.token, sim.config.app.encoding_aes_key, sim.config.corp.id)
    query = delivery.query
    text = reader.decrypt_message(
        delivery.raw.decode(), query["msg_signature"], query["timestamp"], query["nonce"]
    )
    assert xml.parse(text) == delivery.fields
    assert xml.parse(delivery.raw.decode())["ToUserName"] == sim.config.corp.id


async def test_that_a_failed_delivery_is_repeated_twice_with_new_encryption(
    sim: Client, bot: Bot
) -> None:
    bot.replies = [web.Response(status=500), web.Response(status=503)]
    body = {"userid": ZHEN, "content": "今天谁值班"}
    msgid = (await sim.control("app_messages", body))["msgid"]
    first, second, third = await bot.wait(3)
    assert first.fields == second.fields == third.fields
    assert first.fields["MsgId"] == msgid
    assert len({d.raw for d in (first, second, third)}) == 3
    assert len({d.query["nonce"] for d in (first, second, third)}) == 3
    (done,) = await settled(sim, "ok")
    assert done["attempt"] == 3


async def test_that_a_delivery_is_given_up_after_three_attempts(sim: Client, bot: Bot) -> None:
    bot.replies = [web.Response(status=500) for _ in range(4)]
    await sim.write()
    await settled(sim, "status", 3)
    await asyncio.sleep(0.1)
    assert len(bot.received) == 3


async def test_that_repeating_on_a_status_can_be_switched_off(
    config: SimulatorConfig, bot: Bot
) -> None:
    bot.replies = [web.Response(status=500)]
    async with simulator(config.override(rules={"retry_on_status": False})) as sim:
        await sim.write()
        await settled(sim, "status")
        await asyncio.sleep(0.1)
        assert len(bot.received) == 1


async def test_that_a_slow_answer_counts_as_failure(config: SimulatorConfig, bot: Bot) -> None:
    bot.replies = [0.6]
    async with simulator(config.override(rules={"callback_seconds": 0.3})) as sim:
        await sim.write()
        await bot.wait(2)
        await settled(sim, "timeout")
        await settled(sim, "ok")


async def test_that_attempts_are_five_seconds_apart_on_the_simulators_clock(
    config: SimulatorConfig, bot: Bot
) -> None:
    bot.replies = [web.Response(status=500)]
    async with simulator(config.override(rules={"callback_retry_seconds": 5.0})) as sim:
        await sim.write()
        await settled(sim, "status")
        await asyncio.sleep(0.1)
        assert len(bot.received) == 1
        await sim.advance(5)
        await bot.wait(2)


async def test_that_an_absent_bot_holds_nothing_up(demo: SimulatorConfig) -> None:
    url = f"http://127.0.0.1:{quiet_port()}/callback"
    async with simulator(demo.override(callback_url=url)) as sim:
        await sim.write()
        await settled(sim, "unreachable")
        assert (await sim.send())["errcode"] == 0


async def test_that_without_a_callback_url_nothing_is_sent(demo: SimulatorConfig) -> None:
    async with simulator(demo.override(callback_url="")) as sim:
        await sim.write()
        assert len(await sim.sync()) == 1
        await settled(sim, "unset")


async def test_that_a_doorbell_can_be_left_out(sim: Client, bot: Bot) -> None:
    await sim.write(callback="none")
    await sim.write()
    await bot.wait(1)
    await asyncio.sleep(0.1)
    assert len(bot.received) == 1
    assert len(await sim.sync()) == 2


async def test_that_a_doorbell_can_be_repeated_and_shuffled(sim: Client, bot: Bot) -> None:
    messages = [{"customer": LIN, "text": {"content": str(n)}} for n in range(3)]
    await sim.control(
        "messages",
        {"messages": messages, "callback": {"copies": 3, "shuffle": True, "delay": 0.05}},
    )
    received = await bot.wait(9)
    assert len(received) == 9
    assert all(delivery.genuine for delivery in received)


async def test_that_a_doorbell_can_be_late(sim: Client, bot: Bot) -> None:
    await sim.write(callback={"delay": 30})
    await asyncio.sleep(0.1)
    assert bot.received == []
    await sim.advance(30)
    await bot.wait(1)


async def test_that_a_forged_signature_does_not_verify(sim: Client, bot: Bot) -> None:
    answer = await sim.control("callbacks", {"doorbell": KF, "callback": {"flaw": "forged"}})
    assert answer["results"] == [{"outcome": "ok", "status": 200, "attempts": 1}]
    assert not bot.received[0].genuine


@pytest.mark.parametrize("flaw", ["truncated", "foreign"])
async def test_that_a_damaged_callback_cannot_be_read(sim: Client, bot: Bot, flaw: str) -> None:
    await sim.control("callbacks", {"doorbell": KF, "callback": {"flaw": flaw}})
    assert bot.received[0].fields == {}


async def test_that_a_stale_callback_is_signed_for_an_hour_ago(sim: Client, bot: Bot) -> None:
    await sim.control("callbacks", {"doorbell": KF, "callback": {"flaw": "stale"}})
    await sim.control("callbacks", {"doorbell": KF})
    stale, fresh = bot.received
    assert stale.genuine
    assert int(fresh.query["timestamp"]) - int(stale.query["timestamp"]) >= 3600


async def test_that_a_callback_can_be_oversized(sim: Client, bot: Bot) -> None:
    await sim.control("callbacks", {"doorbell": KF, "callback": {"flaw": "oversized"}})
    assert len(bot.received[0].raw) > 1024 * 1024


async def test_that_any_event_can_be_sent(sim: Client, bot: Bot) -> None:
    fields = {"FromUserName": "sys", "MsgType": "event", "Event": "something_new", "N": 1}
    await sim.control("callbacks", {"fields": fields})
    assert bot.received[0].fields == {**fields, "N": "1"}
    assert (await sim.control("callbacks", {}, expect=400))["error"]


async def test_that_the_address_can_be_verified(sim: Client, bot: Bot) -> None:
    answer = await sim.control("callbacks", {"verify": True})
    assert answer["ok"], answer


async def test_that_a_wrong_or_late_verification_fails(config: SimulatorConfig) -> None:
    async def wrong(_request: web.Request) -> web.Response:
        return web.Response(text="nonsense")

    async def late(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.5)
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/wrong", wrong), web.get("/late", late)])
    async with TestServer(app) as server:
        for path in ("/wrong", "/late"):
            url = str(server.make_url(path))
            settings = config.override(callback_url=url, rules={"verify_seconds": 0.2})
            async with simulator(settings) as sim:
                assert not (await sim.control("callbacks", {"verify": True}))["ok"]
