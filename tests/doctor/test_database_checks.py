"""What only the database knows: modes in force, what is published, tags that are not written."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from chatbot.accounts.mode import Mode, ModeSetting
from chatbot.clock import SystemClock
from chatbot.doctor.local_checks import check_encoder
from chatbot.doctor.report import Status
from chatbot.knowledge.content import load_content
from chatbot.publishing import offer_of
from chatbot.settings import Settings
from chatbot.store.accounts import save_accounts
from chatbot.store.content_problems import save_problems
from chatbot.store.database import Database
from chatbot.store.encoders import EncoderSwitch, report_switch
from chatbot.store.modes import ModeChange, switch_mode
from chatbot.store.presence import Presence
from chatbot.store.snapshots import Basis, Origin, offer_snapshot
from chatbot.store.watch_lock import EmbeddingLock, WatchLock

from .clinic import KF, Clinic, found, notes, only_problem, problems, status, summary, warnings

_SECTION = f'[accounts.qijian]\nid = "{KF}"\nname = "云栖酒店"\n'
_ENCODER = check_encoder(Settings()).fact or ""


def _now() -> datetime:
    """Return the time of the test, not that of its import: a whole run takes a while."""
    return datetime.now(UTC)


def _offer(clinic: Clinic, database: Database, *, publish: bool, encoder: str = _ENCODER) -> int:
    """Publish what the files hold, or let it wait."""
    content = load_content(clinic.folder / "knowledge", clinic.folder / "intents")
    basis = Basis(encoder, 0.95, "0")
    origin = Origin("publish", "test")
    offer = offer_of(content, {})
    return database.run_sync(offer_snapshot, offer, origin, basis, _now(), publish=publish).number


def _mode(database: Database, mode: Mode, percent: int = 100) -> None:
    change = ModeChange(KF, ModeSetting(mode, percent), _now(), "test")
    database.run_sync(save_accounts, {KF: "云栖酒店"})
    database.run_sync(switch_mode, change)


@pytest.mark.parametrize(
    ("mode", "percent", "finding"),
    [
        ("off", 100, "mode-off"),
        ("assist", 100, "mode-assist"),
        ("full", 20, "mode-partial"),
        ("full", 100, None),
    ],
)
async def test_that_the_mode_in_force_is_told(
    healthy: Clinic, database_url: str, database: Database, mode: Mode, percent: int,
    finding: str | None,
) -> None:  # fmt: skip
    _mode(database, mode, percent)
    report = await healthy.examine(DATABASE_URL=database_url)
    assert notes(report) == ({finding} if finding else set())
    assert "云栖酒店" in summary(report, "modes")
    assert report.exit_code == 0


async def test_that_a_switch_to_after_hours_needs_hours(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    healthy.write("knowledge/accounts.toml", _SECTION)
    _mode(database, "after-hours")
    assert "hours-missing" in warnings(await healthy.examine(DATABASE_URL=database_url))


async def test_that_the_first_start_is_foretold(healthy: Clinic, database_url: str) -> None:
    report = await healthy.examine(DATABASE_URL=database_url)
    assert "第一次启动时发布" in summary(report, "publishing")


async def test_that_published_files_are_fine(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    number = _offer(healthy, database, publish=True)
    report = await healthy.examine(DATABASE_URL=database_url)
    assert status(report, "publishing") is Status.OK
    assert f"快照 {number}" in summary(report, "publishing")


async def test_that_files_that_differ_are_told_with_the_command(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    _offer(healthy, database, publish=True)
    healthy.write("knowledge/pool.yaml", "- {question: 有泳池吗？, answer: 有。}\n")
    report = await healthy.examine(DATABASE_URL=database_url)
    assert "chatbot knowledge publish" in found(report, "files-differ").remedy
    _offer(healthy, database, publish=False)
    report = await healthy.examine(DATABASE_URL=database_url)
    assert "--candidate" in found(report, "candidate-waits").remedy
    assert "files-differ" not in warnings(report)


async def test_that_a_snapshot_of_another_encoder_is_told(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    _offer(healthy, database, publish=True, encoder="other-model-1")
    report = await healthy.examine(DATABASE_URL=database_url)
    assert "other-model-1" in found(report, "encoder-other").cause


async def test_that_a_switch_of_encoders_is_told_while_somebody_is_at_work_on_it(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    _offer(healthy, database, publish=True, encoder="other-model-1")
    lock = EmbeddingLock(database, _ENCODER)
    assert await lock.hold()
    database.run_sync(report_switch, EncoderSwitch(_ENCODER, 320, 1000), _now())
    report = await healthy.examine(DATABASE_URL=database_url)
    await lock.release()
    told = found(report, "encoder-switching").cause
    assert "other-model-1" in told
    assert _ENCODER in told
    assert "320 / 1000" in told
    assert "encoder-other" not in warnings(report)
    assert "编码器 other-model-1" in summary(report, "publishing")


async def test_that_what_a_watcher_refused_is_one_finding(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    problem: dict[str, str | int] = {"file": "a.yaml", "line": 7, "key": "answr", "text": "不认识"}
    database.run_sync(save_problems, "elsewhere:/srv/knowledge", [problem], _now())
    told = only_problem(await healthy.examine(DATABASE_URL=database_url))
    assert told.id == "files-refused"
    assert told.place
    assert (told.place.file, told.place.line, told.place.key) == ("a.yaml", 7, "answr")


async def test_that_the_same_wrong_files_are_told_once(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    healthy.write("knowledge/faq.yaml", "- question: 没有答案\n")
    watcher = f"{socket.gethostname()}:{healthy.folder / 'knowledge'}"
    problem: dict[str, str | int] = {"file": "faq.yaml", "line": 1, "key": "", "text": "没有答案"}
    database.run_sync(save_problems, watcher, [problem], _now())
    assert only_problem(await healthy.examine(DATABASE_URL=database_url)).id == "content-wrong"


async def test_that_nobody_watching_is_told_while_a_process_lives(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    _offer(healthy, database, publish=True)
    assert "nobody-watches" not in warnings(await healthy.examine(DATABASE_URL=database_url))
    presence = Presence(database, SystemClock())
    alive = asyncio.create_task(presence.keep())
    await presence.registered()
    try:
        assert "nobody-watches" in warnings(await healthy.examine(DATABASE_URL=database_url))
        lock = WatchLock(database)
        assert await lock.hold()
        report = await healthy.examine(DATABASE_URL=database_url)
        await lock.release()
        assert "nobody-watches" not in warnings(report)
    finally:
        alive.cancel()
        await asyncio.wait([alive])


def _insert_writes(connection: Connection, rows: list[tuple[str, str, int | None, int]]) -> None:
    """Insert writes of tags: tag, state, error code and age in minutes."""
    connection.execute(
        text("INSERT INTO customers (external_userid, first_seen_at) VALUES ('wm1', :now)"),
        {"now": _now()},
    )
    for tag, state, code, minutes in rows:
        group, _, name = tag.partition(":")
        connection.execute(
            text(
                "INSERT INTO tag_writes (external_userid, userid, tag_group, name, goal, state,"
                " error_code, changed_at) VALUES ('wm1', 'azhen', :g, :n, 'present', :s, :c, :at)"
            ),
            {"g": group, "n": name, "s": state, "c": code,
             "at": _now() - timedelta(minutes=minutes)},
        )  # fmt: skip


async def test_that_tags_that_are_not_written_are_told_by_reason(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    rows = [
        ("意向:预订", "refused", 301002, 1),
        ("意向:退订", "refused", 301002, 1),
        ("身份:亲子", "refused", 40126, 1),
        ("渠道:门店", "wanted", 84074, 1),
        ("渠道:官网", "wanted", None, 60),
        ("渠道:活动", "written", None, 60),
    ]
    database.run_sync(_insert_writes, rows)
    report = await healthy.examine(DATABASE_URL=database_url)
    assert "2 处" in found(report, "tags-foreign").subject
    assert "40126" in found(report, "tags-refused").cause
    assert "权限配置" in found(report, "tags-retried").remedy
    assert found(report, "tags-waiting").subject.startswith("渠道:官网")
    assert summary(report, "tag_writes") == "2 个等待写入，3 个被拒绝"
    assert problems(report) == []


async def test_that_a_tag_on_its_way_is_no_finding(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    database.run_sync(_insert_writes, [("意向:预订", "wanted", None, 0)])
    assert status(await healthy.examine(DATABASE_URL=database_url), "tag_writes") is Status.OK


async def test_that_customers_whose_followers_are_unknown_are_counted(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    sql = (
        "INSERT INTO customers (external_userid, first_seen_at, tagging_due_at, tagging_attempts)"
        " VALUES ('wm1', :now, :now, 3)"
    )
    database.run_sync(lambda connection: connection.execute(text(sql), {"now": _now()}))
    report = await healthy.examine(DATABASE_URL=database_url)
    assert found(report, "followers-unknown").subject == "1 位顾客"


async def test_that_a_schema_of_before_is_not_read(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    sql = "UPDATE alembic_version SET version_num = '0001'"
    database.run_sync(lambda connection: connection.execute(text(sql)))
    report = await healthy.examine(DATABASE_URL=database_url)
    assert problems(report) == []
    assert status(report, "publishing") is Status.SKIPPED
    assert "结构" in summary(report, "publishing")
