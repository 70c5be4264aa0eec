"""``POST /api/v1/answer``: one decision."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from click.testing import CliRunner
from pydantic import SecretStr

from chatbot.api.bodies import DecisionBody
from chatbot.app import running_server
from chatbot.cli import cli
from chatbot.dialogue.turn import Context
from chatbot.store.api_conversations import forget_contexts, read_context, save_context
from chatbot.store.database import Database
from tests.api.caller import BREAKFAST, LATE, TOKEN, Caller, calling, write_content
from tests.pipeline.stage import KF, serving, simulated, stage_settings
from tests.ports import quiet_port

NOW = datetime(2026, 5, 1, tzinfo=UTC)
_QUESTIONS = (LATE, "早饭时间", "你好", "转人工", "我想带鹦鹉参加婚礼", "怎么开发票？", "菜单", "")


async def test_that_the_body_is_the_line_of_the_command(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        bodies = [await caller.decide(question) for question in _QUESTIONS]
    source, target = tmp_path / "q.jsonl", tmp_path / "d.jsonl"
    lines = [json.dumps({"text": question}) for question in _QUESTIONS]
    source.write_text("\n".join(lines), encoding="utf-8")
    arguments = [
        "answer", "--knowledge", str(tmp_path / "knowledge"), "--intents",
        str(tmp_path / "intents"), "--input", str(source), "--output", str(target),
    ]  # fmt: skip
    result = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
    assert result.exit_code == 0, result.output
    for body, line in zip(bodies, target.read_text(encoding="utf-8").splitlines(), strict=True):
        record = json.loads(line)
        assert (body.pop("snapshot"), record.pop("snapshot")) == (1, 0)
        assert body == record
        DecisionBody.model_validate({**body, "snapshot": 1})
    assert {body["action"] for body in bodies} == {
        "answer", "smalltalk", "handoff", "clarify", "reply",
    }  # fmt: skip


async def test_that_account_tags_and_time_are_taken_into_account(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        gold = await caller.decide(LATE, customer_tags=["会员等级:金卡", "会员等级:金卡"])
        assert "16:00" in gold["reply"][0]["text"]
        assert "14:00" in (await caller.decide(LATE))["reply"][0]["text"]
        summer = await caller.decide("泳池开放吗？", at="2026-07-01T12:00")
        assert summer["faq_id"] == "pool"
        assert (await caller.decide("泳池开放吗？", at="2026-12-01"))["faq_id"] is None
        # In Shanghai the season begins eight hours before it does in London.
        assert (await caller.decide("泳池开放吗？", at="2026-06-01T00:30"))["faq_id"] == "pool"
        early = await caller.decide("泳池开放吗？", at="2026-05-31T17:00+01:00")
        assert early["faq_id"] == "pool"
        too_early = await caller.decide("泳池开放吗？", at="2026-05-31T17:00+02:00")
        assert too_early["faq_id"] is None
        for name in ("wkDemoSouth0001", "south", "南店"):
            assert (await caller.decide("怎么去南店？", account=name))["faq_id"] == "south"
        for name in (KF, "yunqi", "云栖酒店"):
            assert (await caller.decide("怎么去南店？", account=name))["faq_id"] is None
        unknown = await caller.answer(LATE, account="north")
        assert unknown.error == (404, "unknown_account")
        assert "north" in unknown.message
        assert "south（南店）" in unknown.message


async def test_that_an_account_that_only_the_platform_names_is_known(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        stage.database.run_sync(
            lambda connection: connection.exec_driver_sql(
                "INSERT INTO kf_accounts (open_kfid, name) VALUES ('wkNew', '新店')"
            )
        )
        for name in ("wkNew", "新店"):
            assert (await caller.decide("怎么去南店？", account=name))["faq_id"] is None


async def test_that_a_key_carries_the_context_and_another_does_not(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        asked = await caller.decide("怎么开发票？", conversation="c1")
        assert asked["action"] == "clarify"
        picked = await caller.decide("第一个", conversation="c1")
        assert picked["faq_id"] == "invoice"
        assert (await caller.decide("第一个", conversation="c2"))["faq_id"] is None
        assert (await caller.decide("第一个"))["faq_id"] is None


async def test_that_parallel_calls_of_one_key_are_decided_one_after_the_other(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        calls = [caller.decide("怎么开发票？", conversation="c1") for _ in range(12)]
        decisions = await asyncio.gather(*calls)
        # It asks back only if it has not just done so: a turn that saw no context shows.
        actions = [decision["action"] for decision in decisions]
        (row,) = stage.rows("SELECT version FROM api_conversations")
        assert row == {"version": 12}
        alone = [
            (await caller.decide("怎么开发票？", conversation="alone"))["action"] for _ in range(12)
        ]
        assert sorted(actions) == sorted(alone)


async def test_that_two_servers_carry_on_one_conversation_turn_by_turn(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    ports = quiet_port(), quiet_port()
    content = {**write_content(tmp_path), "api_token": SecretStr(TOKEN)}
    async with AsyncExitStack() as stack:
        config, platform = await stack.enter_async_context(simulated(ports[0]))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        callers = []
        for port in ports:
            settings = stage_settings(config, platform, port, data_dir=vectors_dir, **content)
            app = await stack.enter_async_context(running_server(settings, database_url))
            server = await stack.enter_async_context(serving(app, port))
            callers.append(Caller(session, server))
        answers = await asyncio.gather(
            *(caller.answer(BREAKFAST, conversation="shared") for caller in callers * 8)
        )
    assert [answer.status for answer in answers] == [200] * 16
    database = Database(database_url, threads=1)
    stored = database.run_sync(read_context, "shared", NOW)
    assert stored.version == 16
    database.dispose()


def test_that_a_turn_on_an_old_context_is_not_stored(database: Database) -> None:
    assert database.run_sync(save_context, "k", 0, Context().to_json(), NOW)
    assert not database.run_sync(save_context, "k", 0, {"late": True}, NOW)
    assert database.run_sync(save_context, "k", 1, {"next": True}, NOW)
    assert not database.run_sync(save_context, "k", 1, {"late": True}, NOW)
    stored = database.run_sync(read_context, "k", NOW)
    assert (stored.context, stored.version) == ({"next": True}, 2)


def test_that_a_conversation_is_forgotten_after_its_time(database: Database) -> None:
    hour = timedelta(hours=1)
    assert database.run_sync(save_context, "k", 0, {"a": 1}, NOW)
    stored = database.run_sync(read_context, "k", NOW + hour)
    assert (stored.context, stored.version) == ({}, 1)
    assert database.run_sync(forget_contexts, NOW) == 0
    assert database.run_sync(forget_contexts, NOW + hour) == 1
    assert database.run_sync(read_context, "k", NOW).version == 0
