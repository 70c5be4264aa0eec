"""What is stored or happens between a claim and the transaction that follows it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from chatbot.handoff.recipients import Recipients, card_recipients
from chatbot.pipeline import steps
from chatbot.store.conversations import claim_due
from chatbot.store.database import Database
from chatbot.wecom.kf import Servicer, ServicerDepartment, ServicerStatus
from tests.pipeline.samples import NOW
from tests.pipeline.stage import AZHEN, play


def _conversation_with_burst(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at,"
            " service_state, pending_message_id, burst_started_at, burst_due_at, due_at)"
            " VALUES ('p', 'wk', 'wm', :now, 1, 1, :now, :now, :now)"
        ),
        {"now": NOW},
    )


def _late_message(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
            " sent_at, received_at, fate)"
            " VALUES ('wk', 'late', 1, 3, 'text', '{}', :now, :now, 'pending')"
        ),
        {"now": NOW},
    )


def _due_at(connection: Connection) -> object:
    return connection.scalar(text("SELECT burst_due_at FROM conversations"))


def test_that_a_message_stored_after_the_claim_keeps_the_burst_due(database: Database) -> None:
    database.run_sync(_conversation_with_burst)
    until = NOW + timedelta(seconds=60)
    (claim,) = database.run_sync(claim_due, 1, [], NOW, until, 5)
    database.run_sync(_late_message)
    database.run_sync(steps.drop_messages, claim, (), "stale", NOW)
    assert database.run_sync(_due_at) == NOW


def test_that_a_burst_that_was_taken_back_ends(database: Database) -> None:
    database.run_sync(_conversation_with_burst)
    until = NOW + timedelta(seconds=60)
    (claim,) = database.run_sync(claim_due, 1, [], NOW, until, 5)
    database.run_sync(steps.drop_messages, claim, (), "stale", NOW)
    assert database.run_sync(_due_at) is None


async def test_that_an_agent_who_was_faster_than_our_note_is_not_overwritten(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("kf/service_state/trans", "delay_after", seconds=2)
        await stage.say("转人工")
        await stage.in_state(3)
        await stage.staff(AZHEN, "answer", text="您好")
        await stage.staff(AZHEN, "end")
        await asyncio.sleep(0.5)
        await stage.settled()
        (row,) = stage.rows("SELECT service_state FROM conversations")
        assert row["service_state"] == 4
        await stage.say("西湖店早餐几点供应？")
        assert "10:30" in (await stage.delivered(count=3))[-1]


async def test_that_a_handover_that_keeps_failing_calls_the_supervisors_once(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        await stage.fault("kf/service_state/trans", "errcode", errcode=48002, times=6)
        await stage.say("转人工")
        for _ in range(8):
            await asyncio.sleep(0.4)
            await stage.advance(31)
        await stage.in_state(3)
        await stage.settled()
        users = [card["users"] for card in await stage.cards(count=2)]
        assert sorted(users) == [[AZHEN], ["liang"]]
        assert [row["kind"] for row in stage.rows("SELECT kind FROM open_items")] == ["refused"]


def test_that_everybody_who_serves_gets_a_card_of_their_own() -> None:
    members = [Servicer(f"u{n}", ServicerStatus.STOPPED) for n in range(3)]
    servicers: list[Servicer | ServicerDepartment] = [*members, ServicerDepartment(7)]
    receivers = card_recipients(None, servicers, ["boss"]).receivers()
    assert receivers == ["u0", "u1", "u2", "party:7"]
    assert card_recipients("u1", servicers, ["boss"]) == Recipients(("u1",))
    assert card_recipients(None, [], ["Boss", "boss"]).receivers() == ["boss"]
