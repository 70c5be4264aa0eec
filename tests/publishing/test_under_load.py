"""Publishing and going back while customers write: no turn is lost, doubled or mixed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from chatbot.app import running_server
from chatbot.bench import Bench, open_bench
from chatbot.cli.knowledge import knowledge
from chatbot.clock import SystemClock
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.service import Mind
from chatbot.replay import Replay, decide_again, mind_of_then
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.snapshots import published_snapshot
from tests.chaos.forwarder import forwarding
from tests.pipeline.stage import Json, Stage, eventually, serving, simulated, stage_settings
from tests.ports import quiet_port

_WRITERS = 4
_FIRST, _SECOND = "一版", "二版"
#: In the second edition another entry has the first one's wording, and the first one has others.
_EDITIONS = {
    _FIRST: """\
- id: late
  question: 可以延迟退房吗？
  similar: [能晚点退房吗, 退房能拖到下午吗]
  answer: 一版：可以。
- {id: food, question: 早餐几点供应？, similar: [早饭几点, 早餐时间], answer: 一版：六点半。}
""",
    _SECOND: """\
- {id: late, question: 可以延迟退房吗？, similar: [退房能晚到几点], answer: 二版：不可以。}
- {id: food, question: 早餐几点供应？, similar: [早餐在哪里吃, 能晚点退房吗], answer: 二版：七点。}
""",
}
_ASKED = (
    "能晚点退房吗",
    "早饭几点开始",
    "退房可以拖到下午两点吗",
    "早餐几点供应？",
    "有没有健身房",
)


@pytest.fixture
def folder(
    tmp_path: Path, vectors_dir: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A knowledge folder, with the commands working on it and the database of this test."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    monkeypatch.setenv("CHATBOT_KNOWLEDGE_DIR", str(folder))
    monkeypatch.setenv("CHATBOT_INTENTS_DIR", str(tmp_path / "intents"))
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    _save(folder, _FIRST)
    return folder


def _save(folder: Path, edition: str) -> None:
    (folder / "faq.yaml").write_text(_EDITIONS[edition], "utf-8")


@asynccontextmanager
async def _two_servers(
    database_url: str, folder: Path, data_dir: Path
) -> AsyncIterator[tuple[Stage, list[str]]]:
    """Run two servers on one database, with callbacks to both; yield their addresses as well."""
    port, ports = quiet_port(), [quiet_port(), quiet_port()]
    async with (
        simulated(port) as (config, platform),
        forwarding(port, ports),
        aiohttp.ClientSession() as session,
    ):
        one, other = (
            stage_settings(
                config, platform, each, data_dir=data_dir, knowledge_dir=folder,
                intents_dir=folder.parent / "intents", publish="review",
            )
            for each in ports
        )  # fmt: skip
        async with (
            running_server(one, database_url) as first,
            serving(first, ports[0]) as here,
            running_server(other, database_url) as second,
            serving(second, ports[1]) as there,
        ):
            database = Database(database_url, threads=2)
            try:
                yield Stage(session, platform, here, database, first, SystemClock()), [here, there]
            finally:
                database.dispose()


async def _write_on(stage: Stage, name: str, until: asyncio.Event) -> None:
    """Let one customer after the other write, each something else than the one before."""
    for number in count():
        if until.is_set():
            return
        customer = f"wm{name}{number}"
        await stage.control("customers", {"external_userid": customer, "nickname": customer})
        await stage.say(_ASKED[number % len(_ASKED)], customer)
        await asyncio.sleep(0.2)


async def _all_decide_by(stage: Stage, servers: list[str], number: int) -> None:
    async def in_force() -> list[bool]:
        return [await _decides_by(stage, server, number) for server in servers]

    await eventually(in_force, all)


async def _decides_by(stage: Stage, server: str, number: int) -> bool:
    async with stage.session.get(f"{server}/metrics") as answer:
        return f"chatbot_content_snapshot {float(number)}\n" in await answer.text()


async def _shell(*arguments: str) -> None:
    result = await asyncio.to_thread(CliRunner().invoke, knowledge, arguments)
    assert result.exit_code == 0, (result.output, result.exception)


@pytest.mark.timeout(600)
async def test_that_no_turn_is_lost_doubled_or_mixed_while_content_goes_live_and_back(
    database_url: str, database: Database, vectors_dir: Path, folder: Path
) -> None:
    async with _two_servers(database_url, folder, vectors_dir) as (stage, servers):
        over = asyncio.Event()
        writing = [
            asyncio.create_task(_write_on(stage, f"Writer{each}-", over))
            for each in range(_WRITERS)
        ]
        _save(folder, _SECOND)
        commands = (("publish",), ("rollback", "1"), ("rollback", "2"), ("rollback", "1"))
        for number, command in enumerate(commands, 2):
            await _shell(*command)
            await _all_decide_by(stage, servers, number)
        over.set()
        await asyncio.gather(*writing)
        await stage.settled()
        turns = stage.rows("SELECT id, snapshot, decision, inputs FROM turns ORDER BY id")
        sent = stage.rows(
            "SELECT turn_id, state, payload FROM outbox"
            " WHERE turn_id IS NOT NULL AND kind = 'kf_message'"
        )
        received = [
            entry for entry in await stage.log("delivered") if entry["customer"][:3] == "wmW"
        ]
        _nothing_lost(stage)
    assert {turn["snapshot"] for turn in turns} == {1, 2, 3, 4, 5}
    assert {row["state"] for row in sent} == {"delivered"}
    assert len(received) == len(sent)
    _nothing_mixed(turns, sent)
    _decided_alike(
        turns, open_bench(Settings(data_dir=vectors_dir), database, SystemClock()), database
    )


def _nothing_lost(stage: Stage) -> None:
    """Every message has a turn, and no other has it: each is of a customer who wrote once."""
    rows = stage.rows(
        "SELECT msgid, turn_id FROM messages WHERE msgid = ANY(:said)", said=stage.said
    )
    assert len(rows) == len(stage.said)
    assert all(row["turn_id"] for row in rows)
    assert len({row["turn_id"] for row in rows}) == len(rows)


def _nothing_mixed(turns: list[Json], sent: list[Json]) -> None:
    """What was decided and what was sent are of the edition that the turn's snapshot has."""
    said: dict[int, str] = {}
    for row in sent:
        said[row["turn_id"]] = said.get(row["turn_id"], "") + str(row["payload"])
    for turn in turns:
        edition, other = (_FIRST, _SECOND) if turn["snapshot"] % 2 else (_SECOND, _FIRST)
        assert turn["decision"]["snapshot"] == turn["snapshot"]
        assert other not in said.get(turn["id"], "") + str(turn["decision"])
        if turn["decision"]["action"] == "answer":
            assert edition in said[turn["id"]]


def _decided_alike(turns: list[Json], bench: Bench, database: Database) -> None:
    """Each turn is decided to the letter as its snapshot, built anew, decides it."""
    minds: dict[int, Mind] = {}
    for turn in turns:
        number, recorded = turn["snapshot"], Recorded.from_json(turn["inputs"])
        snapshot = database.run_sync(published_snapshot, number)
        assert recorded is not None
        assert snapshot is not None
        if number not in minds:
            minds[number] = mind_of_then(bench, snapshot)
        assert Replay(turn["decision"], decide_again(minds[number], recorded)).is_identical
