"""A booking by form, from the first message to the other system's answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from chatbot.knowledge.problems import ContentErrors
from chatbot.pipeline.checkpoints import Checkpoint, Step, pass_by
from chatbot.pipeline.webhook_client import signature
from tests.pipeline.stage import Stage, eventually, play, serving
from tests.ports import quiet_port

SECRET = "a shared secret"
_FLOW = """\
intent: book
title: 订房
keywords: [订房]
flow:
  slots:
    - {name: date, type: date, ask: 请问哪天入住？, title: 入住日期}
    - {name: nights, type: number, ask: 住几晚？, min: 1, max: 30}
    - {name: room, type: choice, ask: 想要哪种房型？, choices: {大床房: [大床], 双床房: [标间]}}
  confirm: "{date}入住{nights}晚{room}，确认吗？"
  action: ACTION
  done: 已为您预订{room}，订单号 {result.number}。
"""
_WHOLE = "我要订房，大后天住两晚大床房"

Json = dict[str, Any]
Reply = Callable[[int], web.StreamResponse]


@dataclass
class Receiver:
    """The other system: what it was sent, in order."""

    reply: Reply
    delay: float = 0.0
    calls: list[Json] = field(default_factory=list)
    headers: list[Json] = field(default_factory=list)

    async def book(self, request: web.Request) -> web.StreamResponse:
        """Check the signature as the documentation says, and answer."""
        body = await request.read()
        stamp = request.headers["X-Chatbot-Timestamp"]
        assert request.headers["X-Chatbot-Signature"] == signature(SECRET.encode(), stamp, body)
        self.headers.append(dict(request.headers))
        self.calls.append(json.loads(body))
        await asyncio.sleep(self.delay)
        return self.reply(len(self.calls))


def _booked(_call: int) -> web.StreamResponse:
    return web.json_response({"number": "B1001"})


@asynccontextmanager
async def _booking_desk(
    database_url: str,
    data_dir: Path,
    folder: Path,
    receiver: Receiver,
    *,
    more: str = "",
    checkpoint: Checkpoint = pass_by,
    **changes: Any,
) -> AsyncIterator[Stage]:
    app = web.Application()
    app.router.add_post("/bookings", receiver.book)
    port = quiet_port()
    action = f'{{webhook: "http://127.0.0.1:{port}/bookings", timeout: 0.5{more}}}'
    folders = {"intents_dir": _intents(folder, action), "knowledge_dir": _knowledge(folder)}
    settings = {"outbound_hosts": ("127.0.0.1",), "webhook_secret": SecretStr(SECRET), **changes}
    async with (
        serving(app, port),
        play(
            database_url,
            data_dir,
            clock_file=folder / "clock",
            checkpoint=checkpoint,
            **folders,
            **settings,
        ) as stage,
    ):
        yield stage


def _intents(folder: Path, action: str) -> Path:
    intents = folder / "intents"
    intents.mkdir()
    (intents / "订房.yaml").write_text(_FLOW.replace("ACTION", action), encoding="utf-8")
    return intents


def _knowledge(folder: Path) -> Path:
    knowledge = folder / "knowledge"
    knowledge.mkdir()
    entry = "- {question: 有停车场吗？, answer: 有，住客免费。}\n"
    (knowledge / "常见问题.yaml").write_text(entry, encoding="utf-8")
    return knowledge


def _parts(stage: Stage) -> list[Json]:
    return stage.rows(
        "SELECT state, attempts, msgid, result, error_text FROM outbox WHERE kind = 'webhook'"
    )


async def test_that_a_booking_is_filled_corrected_confirmed_and_made(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    receiver = Receiver(_booked)
    async with _booking_desk(database_url, vectors_dir, tmp_path, receiver) as stage:
        said: list[str] = []
        for count, words in enumerate(
            ["我要订房，大床房", "有停车场吗？", "大后天", "两晚", "不对，是三晚", "确认"], 1
        ):
            await stage.say(words)
            said = await stage.delivered(count=count + (count > 1))
            await stage.advance(2)
        assert said[0] == "请问哪天入住？"
        assert said[1] == "有，住客免费。"
        assert said[2] == "我们接着刚才的：请问哪天入住？"
        assert said[3] == "住几晚？"
        assert "入住2晚大床房" in said[4]
        assert "入住3晚大床房" in said[5]
        assert said[6] == "已为您预订大床房，订单号 B1001。"
        (call,), (part,) = receiver.calls, _parts(stage)
        assert call["flow"] == "book"
        assert call["slots"].items() >= {"nights": 3, "room": "大床房"}.items()
        assert call["key"] == part["msgid"] == receiver.headers[0]["Idempotency-Key"]
        assert (part["state"], part["result"]) == ("delivered", {"number": "B1001"})
        (turn,) = stage.rows("SELECT decision FROM turns ORDER BY id DESC LIMIT 1")
        assert turn["decision"]["action"] == "flow"
        assert turn["decision"]["slots"] == call["slots"]


async def test_that_a_failing_system_is_asked_again_with_the_same_key(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    def late(call: int) -> web.StreamResponse:
        return _booked(call) if call == 3 else web.Response(status=503)

    receiver = Receiver(late)
    async with _booking_desk(database_url, vectors_dir, tmp_path, receiver) as stage:
        await stage.say(_WHOLE)
        await stage.delivered()
        await stage.say("确认")
        assert (await stage.delivered(count=2))[1] == "已为您预订大床房，订单号 B1001。"
        assert len({call["key"] for call in receiver.calls}) == 1
        assert len(receiver.calls) == 3


async def test_that_a_system_that_is_too_slow_hands_over_with_the_form(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    receiver = Receiver(_booked, delay=1.0)
    async with _booking_desk(database_url, vectors_dir, tmp_path, receiver) as stage:
        await stage.say(_WHOLE)
        await stage.delivered()
        await stage.say("确认")
        await stage.in_state(3)
        await stage.settled()
        assert len(receiver.calls) == 3
        (part,) = _parts(stage)
        assert part["state"] == "unknown", "it may have been booked all the same"
        (handoff,) = stage.rows("SELECT reason, state FROM handoffs")
        assert handoff == {"reason": "webhook", "state": "served"}


async def test_that_a_refusal_says_what_the_form_wants_to_be_said(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    receiver = Receiver(lambda _: web.json_response({"error": "full"}, status=409))
    more = ", on_error: 抱歉，当天已满房。"
    async with _booking_desk(database_url, vectors_dir, tmp_path, receiver, more=more) as stage:
        await stage.say(_WHOLE)
        await stage.delivered()
        await stage.say("确认")
        assert (await stage.delivered(count=2))[1] == "抱歉，当天已满房。"
        await stage.settled()
        (part,) = _parts(stage)
        assert (part["state"], part["attempts"], part["error_text"]) == ("refused", 1, "HTTP 409")
        assert stage.rows("SELECT id FROM handoffs") == []


async def test_that_without_a_secret_nothing_is_sent_and_a_person_takes_over(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    receiver = Receiver(_booked)
    desk = _booking_desk(
        database_url, vectors_dir, tmp_path, receiver, webhook_secret=SecretStr("")
    )
    async with desk as stage:
        await stage.say(_WHOLE)
        await stage.delivered()
        await stage.say("确认")
        await stage.in_state(3)
        await stage.settled()
        assert receiver.calls == []
        assert "CHATBOT_WEBHOOK_SECRET" in _parts(stage)[0]["error_text"]


async def test_that_a_form_for_a_host_that_is_not_listed_is_refused_when_it_is_read(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    desk = _booking_desk(
        database_url, vectors_dir, tmp_path, Receiver(_booked), outbound_hosts=("pms.example.com",)
    )
    with pytest.raises(ContentErrors, match="CHATBOT_OUTBOUND_HOSTS"):
        async with desk:
            pass


async def test_that_a_crash_after_the_call_repeats_it_with_the_same_key(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    receiver = Receiver(_booked)
    crashes = 0

    def crash(step: Step) -> None:
        nonlocal crashes
        if step == "part-sent" and receiver.calls and not crashes:
            crashes += 1
            raise RuntimeError("the process dies here")

    desk = _booking_desk(database_url, vectors_dir, tmp_path, receiver, checkpoint=crash)
    async with desk as stage:
        await stage.say(_WHOLE)
        await stage.delivered()
        await stage.say("确认")
        await eventually(lambda: _calls(receiver), lambda calls: len(calls) == 2)
        await stage.settled()
        said = await stage.delivered(count=2)
        assert said[1:] == ["已为您预订大床房，订单号 B1001。"]
        assert receiver.calls[0] == receiver.calls[1]
        assert _parts(stage)[0]["state"] == "delivered"


async def _calls(receiver: Receiver) -> list[Json]:
    return receiver.calls


async def test_that_a_form_for_a_person_is_handed_over_to_the_skill(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    intents = _intents(tmp_path, "{handoff: 预订}")
    file = intents / "订房.yaml"
    file.write_text(file.read_text("utf-8").replace("，订单号 {result.number}", ""), "utf-8")
    async with play(database_url, vectors_dir, intents_dir=intents) as stage:
        await stage.say(_WHOLE)
        await stage.delivered()
        await stage.say("确认")
        await stage.in_state(3)
        await stage.settled()
        (handoff,) = stage.rows("SELECT reason, skill FROM handoffs")
        assert handoff == {"reason": "form", "skill": "预订"}
        assert "已为您预订大床房。" in await stage.delivered(count=2)
