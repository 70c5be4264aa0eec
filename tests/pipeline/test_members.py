"""Colleagues write to the app: what they see of it."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from operator import le
from pathlib import Path

import pytest

from chatbot.store.events import insert_app_event
from chatbot.store.staff_messages import MESSAGES_PER_MINUTE
from tests.pipeline.stage import AZHEN, LIANG, XIAOZHOU, Json, Stage, eventually, play

LATE = "可以延迟退房吗？"
_LONG = "。".join(f"第{number}条规定请大家遵守" for number in range(120))
_ROOMS = 100
_PLATFORM_LIMIT = 30
_FAQ = f"""\
- {{id: late, question: 可以延迟退房吗？, answer: "{{顾客.称呼}}，会员可免费延迟至 14:00。"}}
- {{id: rules, question: 员工守则有哪些？, answer: {_LONG}。}}
- id: map
  question: 员工食堂怎么走？
  answer:
    - messages:
        - {{type: text, text: 看图。}}
        - {{type: image, file: _media/map.png}}
        - type: link
          title: 食堂菜单
          desc: 每周更新
          url: https://canteen.example.com/menu
          image: _media/map.png
        - type: miniprogram
          appid: wx1234567890abcdef
          page: pages/index
          title: 订餐
          image: _media/map.png
- {{id: invoice, question: 怎么开发票？, answer: 退房时在前台开。, auto: ask}}
"""
_COMPLAINT = """\
intent: complaint
title: 投诉
keywords: [投诉]
reply: 非常抱歉，马上请经理联系您。
handoff: {skill: 售后, priority: high}
"""
_FIRE = """\
intent: fire
title: 着火
keywords: [着火]
reply: 请立即离开房间，走安全通道。
handoff: {skill: 值班, priority: urgent}
"""
_TRIP = """\
intent: trip
title: 出差
keywords: [出差登记]
flow:
  slots:
    - {name: nights, type: number, ask: 住几晚？, optional: true, min: 1, max: 30}
    - {name: room, type: choice, ask: 想要哪种房型？, choices: {大床房: [大床], 双床房: [标间]}}
  confirm: "{nights}晚{room}，确认吗？"
  action: {webhook: "http://127.0.0.1:1/trips"}
  done: 已登记。
"""


class House:
    """A server with a small knowledge folder."""

    def __init__(self, folder: Path, database_url: str, data_dir: Path) -> None:
        self._folder = folder
        self._database_url = database_url
        self._data_dir = data_dir
        knowledge, intents = folder / "knowledge", folder / "intents"
        (knowledge / "_media").mkdir(parents=True)
        intents.mkdir()
        (knowledge / "faq.yaml").write_text(_FAQ, encoding="utf-8")
        (knowledge / "_media" / "map.png").write_bytes(_png())
        for name, intent in (("complaint", _COMPLAINT), ("fire", _FIRE), ("trip", _TRIP)):
            (intents / f"{name}.yaml").write_text(intent, encoding="utf-8")

    def add_rooms(self) -> None:
        """Add a hundred questions, each with its own answer."""
        rooms = [
            f"- {{question: {number}号房在几楼？, answer: {number}号房的楼层问前台。}}"
            for number in range(_ROOMS)
        ]
        text = "\n".join(rooms)
        (self._folder / "knowledge" / "rooms.yaml").write_text(text, encoding="utf-8")

    def play(self) -> AbstractAsyncContextManager[Stage]:
        """Run a play whose clock can be moved."""
        return play(
            self._database_url,
            self._data_dir,
            clock_file=self._folder / "clock",
            knowledge_dir=self._folder / "knowledge",
            intents_dir=self._folder / "intents",
            outbound_hosts=("127.0.0.1:1",),
            webhook_secret="secret-of-a-test",
        )


def _png() -> bytes:
    """Return a picture of one grey point."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.fixture
def house(tmp_path: Path, database_url: str, vectors_dir: Path) -> House:
    return House(tmp_path, database_url, vectors_dir)


async def _write(stage: Stage, words: str, userid: str = AZHEN, copies: int = 1) -> None:
    delivery = {"copies": copies, "shuffle": True}
    body = {"userid": userid, "content": words, "callback": delivery}
    await stage.control("app_messages", body)


async def _send(stage: Stage, msgtype: str, userid: str = AZHEN, **fields: str) -> None:
    body = {"userid": userid, "msgtype": msgtype, "fields": fields}
    await stage.control("app_messages", body)


async def _replies(stage: Stage, count: int, userid: str = AZHEN) -> list[Json]:
    """Wait until ``count`` messages have reached the member, and no more are to come."""

    async def look() -> list[Json]:
        entries = await stage.log("app_message")
        return [each for each in entries if userid in (*each["users"], *each["dropped"])]

    await eventually(look, lambda found: len(found) >= count)
    await _settled(stage)
    return await look()


async def _settled(stage: Stage) -> None:
    async def open_work() -> int:
        return int(
            stage.rows(
                "SELECT (SELECT count(*) FROM app_events WHERE state = 'waiting')"
                " + (SELECT count(*) FROM staff_messages WHERE settled_at IS NULL) AS n"
            )[0]["n"]
        )

    await eventually(open_work, lambda found: found == 0)


async def _talk(stage: Stage, *lines: str, each: int = 1) -> list[str]:
    """Say one line after the other, each after the answer; return the words of all answers."""
    said: list[Json] = []
    for line in lines:
        before = len(said)
        await _write(stage, line)
        said = await _replies(stage, before + each)
    return [_words(entry) for entry in said]


def _words(entry: Json) -> str:
    return str(entry["content"].get("content", ""))


def _parts(stage: Stage) -> list[Json]:
    return stage.rows(
        "SELECT userid, state, attempts, error_code, message FROM staff_messages ORDER BY id"
    )


async def test_that_a_message_delivered_three_times_is_answered_once(house: House) -> None:
    async with house.play() as stage:
        await _write(stage, LATE, copies=3)
        (reply,) = await _replies(stage, 1)
        assert _words(reply) == "阿珍，会员可免费延迟至 14:00。"
        (turn,) = stage.rows("SELECT userid, action, decision FROM member_turns")
        assert (turn["userid"], turn["action"]) == (AZHEN, "answer")
        assert turn["decision"]["faq_id"] == "late"
        (part,) = _parts(stage)
        assert (part["state"], part["attempts"]) == ("delivered", 1)
        (event,) = stage.rows("SELECT state FROM app_events")
        assert event["state"] == "done"


async def test_that_a_menu_is_numbered_and_a_number_picks_its_line(house: House) -> None:
    async with house.play() as stage:
        asked, picked, again = await _talk(stage, "怎么开发票？", "1", "1")
        assert "1. 怎么开发票？\n2. 转人工" in asked
        assert picked == "退房时在前台开。"
        assert again != picked  # a menu counts for the very next message only


@pytest.mark.parametrize("pick", ["2", "第二个", "转人工"])
async def test_that_picking_the_person_names_whom_to_ask(house: House, pick: str) -> None:
    async with house.play() as stage:
        _, told = await _talk(stage, "怎么开发票？", pick)
        assert "梁主管" in told
        assert stage.rows("SELECT id FROM handoffs") == []


async def test_that_a_supervisor_is_not_told_to_ask_themselves(house: House) -> None:
    async with house.play() as stage:
        await _write(stage, "转人工", userid=LIANG)
        (reply,) = await _replies(stage, 1, LIANG)
        assert "梁" not in _words(reply)


async def test_that_a_promised_handover_is_not_said_but_advice_in_an_emergency_is(
    house: House,
) -> None:
    async with house.play() as stage:
        (told,) = await _talk(stage, "我要投诉")
        assert "马上" not in told
        advice, contact = (await _talk(stage, "着火了", each=2))[1:]
        assert "安全通道" in advice
        assert "梁主管" in contact


async def test_that_a_number_answers_a_form_and_picks_only_where_it_asks_to_choose(
    house: House,
) -> None:
    async with house.play() as stage:
        nights, room, confirm, done = await _talk(stage, "出差登记", "3", "2", "1")
        assert "· 跳过" in nights
        assert "1. 大床房\n2. 双床房" in room
        assert "3晚双床房" in confirm
        # The webhook is for customers: a colleague is told whom to ask.
        assert "梁主管" in done


async def test_that_pictures_and_links_arrive_in_their_order(house: House) -> None:
    async with house.play() as stage:
        await _write(stage, "员工食堂怎么走？")
        replies = await _replies(stage, 4)
        assert [entry["msgtype"] for entry in replies] == ["text", "image", "textcard", "text"]
        assert replies[1]["content"]["media_id"]
        assert replies[2]["content"]["url"] == "https://canteen.example.com/menu"
        assert "订餐" in _words(replies[3])


async def test_that_a_long_answer_is_split_in_order(house: House) -> None:
    async with house.play() as stage:
        await _write(stage, "员工守则有哪些？")
        texts = [_words(entry) for entry in await _replies(stage, 2)]
        assert len(texts) > 1
        assert all(len(text.encode()) <= 2048 for text in texts)
        assert "".join(texts) == f"{_LONG}。"


async def test_that_what_is_no_text_is_answered_politely(house: House) -> None:
    async with house.play() as stage:
        await _send(stage, "voice", Format="amr")
        await _send(stage, "video", userid=XIAOZHOU)
        (voice,) = await _replies(stage, 1)
        (video,) = await _replies(stage, 1, XIAOZHOU)
        assert "打字" in _words(voice)
        assert "打字" in _words(video)
        await _send(stage, "voice", Format="amr")
        assert "梁主管" in _words((await _replies(stage, 2))[1])


async def test_that_opening_the_chat_and_old_messages_get_no_answer(house: House) -> None:
    async with house.play() as stage:
        await stage.control(
            "app_messages", {"userid": AZHEN, "msgtype": "event", "event": "enter_agent"}
        )
        old = {
            "ToUserName": "corp", "FromUserName": AZHEN, "CreateTime": int(time.time()) - 3600,
            "MsgType": "text", "Content": LATE, "MsgId": "77", "AgentID": 1000002,
        }  # fmt: skip
        await stage.control("callbacks", {"fields": old})
        await _write(stage, LATE)
        assert len(await _replies(stage, 1)) == 1
        states = [row["state"] for row in stage.rows("SELECT state FROM app_events ORDER BY id")]
        assert states == ["ignored", "ignored", "done"]


async def test_that_a_chat_is_forgotten_after_two_hours(house: House) -> None:
    async with house.play() as stage:
        await _talk(stage, "怎么开发票？")
        await stage.advance(2 * 3600 + 60)
        answers = await _talk(stage, "1")
        assert "退房时在前台开。" not in answers


async def test_that_a_lost_answer_of_the_platform_doubles_nothing(house: House) -> None:
    async with house.play() as stage:
        await stage.fault("message/send", "drop_after")
        await _write(stage, "员工食堂怎么走？")
        replies = await _replies(stage, 4)
        assert [entry["msgtype"] for entry in replies] == ["text", "image", "textcard", "text"]
        assert [part["attempts"] for part in _parts(stage)] == [2, 1, 1, 1]
        assert {part["state"] for part in _parts(stage)} == {"delivered"}


async def test_that_a_refused_part_takes_the_rest_of_its_answer_with_it(house: House) -> None:
    async with house.play() as stage:
        await stage.fault("message/send", "errcode", errcode=81013)
        await _write(stage, "员工食堂怎么走？")
        await eventually(lambda: _states(stage), lambda found: len(found) == 4)
        await _settled(stage)
        assert await _states(stage) == ["refused", "superseded", "superseded", "superseded"]
        assert _parts(stage)[0]["error_code"] == 81013
        assert len(await _talk(stage, LATE)) == 1


async def test_that_an_answer_that_is_an_hour_late_is_not_sent(house: House) -> None:
    async with house.play() as stage:
        await stage.fault("message/send", "errcode", errcode=-1, times=None)
        await _write(stage, LATE)
        await eventually(lambda: _states(stage), bool)
        await stage.advance(3700)
        await eventually(lambda: _states(stage), lambda found: found == ["expired"])
        async with stage.session.delete(f"{stage.platform}/control/faults"):
            pass
        assert len(await _talk(stage, LATE)) == 1


async def _states(stage: Stage) -> list[str]:
    return [part["state"] for part in _parts(stage)]


async def test_that_a_burst_of_a_hundred_is_answered_in_order_and_below_the_limit(
    house: House,
) -> None:
    house.add_rooms()
    async with house.play() as stage:
        for number in range(_ROOMS):
            await _write(stage, f"{number}号房在几楼？", copies=2)
        await _write(stage, LATE, userid=XIAOZHOU)
        assert len(await _replies_of_others(stage)) == 1  # nobody else waits for the pace
        for _ in range(_ROOMS // MESSAGES_PER_MINUTE):
            await stage.advance(61)
            enough = min(_ROOMS, len(_delivered(stage)) + MESSAGES_PER_MINUTE)
            await eventually(lambda: _count(stage), partial(le, enough))
        replies = await _replies(stage, _ROOMS)
        heard = stage.rows(
            "SELECT fields->>'Content' AS said FROM app_events WHERE subject = :userid ORDER BY id",
            userid=AZHEN,
        )
        wanted = [row["said"].removesuffix("在几楼？") + "的楼层问前台。" for row in heard]
        assert len(wanted) == _ROOMS
        assert [_words(entry) for entry in replies] == wanted
        assert all(entry["dropped"] == [] for entry in replies)
        assert _most_in_a_minute([entry["at"] for entry in replies]) <= _PLATFORM_LIMIT


def _delivered(stage: Stage) -> list[Json]:
    return stage.rows(
        "SELECT id FROM staff_messages WHERE state = 'delivered' AND userid = :userid", userid=AZHEN
    )


async def _count(stage: Stage) -> int:
    return len(_delivered(stage))


async def _replies_of_others(stage: Stage) -> list[Json]:
    async def look() -> list[Json]:
        return [each for each in await stage.log("app_message") if XIAOZHOU in each["users"]]

    return await eventually(look, bool)


def _most_in_a_minute(times: Sequence[float]) -> int:
    assert all(earlier <= later for earlier, later in pairwise(times))
    return max(sum(start <= other < start + 60 for other in times) for start in times)


async def test_that_a_colleague_does_not_wait_behind_news_of_contacts(house: House) -> None:
    async with house.play() as stage:
        await stage.fault("externalcontact/get", "delay", seconds=30, times=None)
        long_ago = datetime(2026, 3, 1, tzinfo=UTC)
        for number in range(20):
            fields = {
                "Event": "change_external_contact", "ChangeType": "edit_external_contact",
                "ExternalUserID": f"wm{number}", "UserID": AZHEN,
            }  # fmt: skip
            news = (f"edit {number}", "contact", fields, long_ago, long_ago)
            await stage.database.run(insert_app_event, *news)
        untouched = "SELECT id FROM app_events WHERE kind = 'contact' AND error IS NULL"
        await eventually(
            lambda: _rows(stage, f"{untouched} AND attempts > 0"), lambda found: len(found) >= 8
        )
        await _write(stage, LATE)
        await eventually(lambda: stage.log("app_message"), bool)
        assert len(stage.rows(untouched)) == 20  # not one of them was through


async def _rows(stage: Stage, sql: str) -> list[Json]:
    return stage.rows(sql)
