"""Single corners that storms have found, each alone and without chance."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from chatbot.clock import SystemClock
from chatbot.dialogue.decision import Decision
from chatbot.dialogue.turn import Context, Outcome
from chatbot.pipeline.checkpoints import Step
from chatbot.pipeline.fates import judge_failure
from chatbot.pipeline.intake import IntakePolicy, store_page
from chatbot.pipeline.notices import Notices
from chatbot.pipeline.planning import Plan
from chatbot.pipeline.sessions import ended
from chatbot.pipeline.steps import claim_work, commit_turn
from chatbot.store import outbox
from chatbot.store.accounts import PullLease, lease_pull, save_accounts
from chatbot.store.conversations import (
    Claim,
    Conversation,
    claim_due,
    get_conversation,
    lock_conversations,
    next_due_at,
    release_claim,
    save_conversation,
)
from chatbot.store.database import Database, statement
from chatbot.store.presence import Presence
from chatbot.wecom.errors import error_for_code
from chatbot.wecom.kf import SyncPage
from tests.chaos.evidence import rows
from tests.pipeline.stage import Json, eventually, play

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SOON = NOW + timedelta(seconds=60)
ME, OTHER = 7, 8
KF, CUSTOMER = "wkCorner", "wmCorner"
_FREE = statement("UPDATE conversations SET lease_owner = NULL, lease_until = NULL")


@pytest.fixture
def lease(database: Database) -> PullLease:
    """The right to pull the account, in this process's hands."""

    def take(connection: Connection) -> PullLease | None:
        save_accounts(connection, {KF: "酒店"})
        return lease_pull(connection, KF, ME, NOW, SOON)

    taken = database.run_sync(take)
    assert taken is not None
    return taken


def _text(msgid: str, sent_at: datetime) -> Json:
    return {
        "msgid": msgid, "open_kfid": KF, "external_userid": CUSTOMER, "origin": 3,
        "send_time": int(sent_at.timestamp()), "msgtype": "text", "text": {"content": msgid},
    }  # fmt: skip


def _arrives(database: Database, lease: PullLease, sent_at: datetime, now: datetime) -> None:
    """Let a page with one message arrive."""
    page = SyncPage(items=(_text(f"m{now.timestamp()}", sent_at),), next_cursor="c", has_more=False)
    policy = IntakePolicy(timedelta(), timedelta(), timedelta(minutes=10))
    notices = Notices({}, {}, {}, {})
    database.run_sync(
        store_page, lease, page, policy=policy, notices=notices, now=now, lease_until=SOON
    )


def _conversation(database: Database) -> Conversation:
    def look(connection: Connection) -> Conversation:
        return lock_conversations(connection, KF, [CUSTOMER], NOW)[CUSTOMER]

    return database.run_sync(look)


def _sent_part(database: Database, at: datetime, *, settled: bool = True) -> None:
    """Put a message into the outbox that went out at ``at``."""

    def send(connection: Connection) -> None:
        conversation = lock_conversations(connection, KF, [CUSTOMER], NOW)[CUSTOMER]
        new = outbox.NewPart(
            lane="conversation", kind="kf_message", conversation_id=conversation.id,
            session_version=conversation.session_version, msgid=f"p{at.timestamp()}", payload={},
            due_at=at,
        )  # fmt: skip
        part = outbox.insert_part(connection, new, at)
        outbox.begin_part(connection, part.id, ME, at, SOON)
        if settled:
            outbox.settle_part(connection, part.id, "delivered", at)

    database.run_sync(send)


def test_that_a_spent_code_leaves_the_first_attempt_in_doubt() -> None:
    error = error_for_code("kf/send_msg_on_event", 40058, "code is unknown or was used")
    verdict = judge_failure(error, uncertain=True, attempts=2, now=NOW, one_time=True)
    assert verdict.fate == "unknown"
    first = judge_failure(error, uncertain=False, attempts=1, now=NOW, one_time=True)
    assert first.fate == "refused"


def test_that_replies_between_writing_and_reading_a_message_count_against_its_five(
    database: Database, lease: PullLease
) -> None:
    _arrives(database, lease, NOW, NOW)
    for second in (-1, 2, 3):
        _sent_part(database, NOW + second * SECOND)
    _sent_part(database, NOW + 4 * SECOND, settled=False)
    _arrives(database, _moved(lease), NOW + SECOND, NOW + 5 * SECOND)
    assert _conversation(database).sent_since_customer == 3


def _moved(lease: PullLease) -> PullLease:
    return PullLease(lease.open_kfid, lease.owner, lease.fence, "c", caught_up=True)


def test_that_a_turn_is_planned_with_the_messages_left_when_it_is_stored(
    database: Database, lease: PullLease
) -> None:
    _arrives(database, lease, NOW, NOW)
    works, _ = database.run_sync(claim_work, ME, [], NOW, SOON, 1)

    def spend(connection: Connection) -> None:
        conversation = get_conversation(connection, works[0].claim.conversation.id)
        spent = {field: getattr(conversation, field) for field in conversation.__slots__}
        save_conversation(connection, Conversation(**{**spent, "sent_since_customer": 4}), NOW)

    database.run_sync(spend)
    sent: list[int] = []

    def plan(conversation: Conversation) -> Plan:
        sent.append(conversation.sent_since_customer)
        return Plan(())

    decision = Decision("早餐", "answer", "", snapshot=1, threshold=0.9)
    outcome = Outcome(decision, Context())
    database.run_sync(commit_turn, works[0], outcome, plan, expires_at=SOON, now=NOW)
    assert sent == [4]


def test_that_a_message_whose_session_ended_before_its_turn_is_kept_for_a_person(
    database: Database, lease: PullLease
) -> None:
    _arrives(database, lease, NOW, NOW)

    def end(connection: Connection) -> None:
        conversation = lock_conversations(connection, KF, [CUSTOMER], NOW)[CUSTOMER]
        save_conversation(connection, ended(conversation), NOW)

    database.run_sync(end)
    works, _ = database.run_sync(claim_work, ME, [], NOW, SOON, 1)
    decision = Decision("早餐", "answer", "", snapshot=1, threshold=0.9)

    def plan(_: Conversation) -> Plan:
        return Plan(({"msgtype": "text", "text": {"content": "七点到十点"}},))

    outcome = Outcome(decision, Context())
    database.run_sync(commit_turn, works[0], outcome, plan, expires_at=SOON, now=NOW)
    assert rows(database, "SELECT kind FROM open_items") == [{"kind": "unanswered"}]


def test_that_a_burst_waits_with_the_part_that_is_to_be_tried_again(
    database: Database, lease: PullLease
) -> None:
    _arrives(database, lease, NOW, NOW)
    (claim,) = database.run_sync(claim_due, ME, [], NOW, SOON, 1)
    retry_at = NOW + 4 * SECOND
    assert database.run_sync(release_claim, claim, retry_at) == retry_at
    assert database.run_sync(claim_due, ME, [], NOW + SECOND, SOON, 1) == []
    assert len(database.run_sync(claim_due, ME, [], retry_at, SOON, 1)) == 1


def test_that_a_message_which_arrives_meanwhile_is_not_slept_over(
    database: Database, lease: PullLease
) -> None:
    _arrives(database, lease, NOW, NOW)
    (claim,) = database.run_sync(claim_due, ME, [], NOW, SOON, 1)
    database.run_sync(release_claim, claim, SOON)
    _arrives(database, _moved(lease), NOW + SECOND, NOW + SECOND)
    assert len(database.run_sync(claim_due, ME, [], NOW + SECOND, SOON, 1)) == 1


def test_that_a_job_under_way_is_not_started_twice_when_its_lease_was_freed(
    database: Database, lease: PullLease
) -> None:
    _arrives(database, lease, NOW, NOW)
    (claim,) = database.run_sync(claim_due, ME, [], NOW, SOON, 1)
    busy = [claim.conversation.id]
    database.run_sync(lambda connection: connection.execute(_FREE).rowcount)
    assert database.run_sync(claim_due, ME, busy, NOW, SOON, 1) == []
    assert database.run_sync(next_due_at, busy, NOW) is None
    assert _owners(database.run_sync(claim_due, OTHER, [], NOW, SOON, 1)) == [OTHER]


def _owners(claims: list[Claim]) -> list[int]:
    return [claim.owner for claim in claims]


def test_that_a_pull_cut_off_by_an_outage_goes_on_at_once(
    database: Database, lease: PullLease
) -> None:
    again = database.run_sync(lease_pull, KF, ME, NOW, SOON)
    assert again is not None
    assert again.fence > lease.fence
    assert database.run_sync(lease_pull, KF, OTHER, NOW, SOON) is None


async def test_that_nothing_stays_with_a_number_whose_process_was_taken_for_dead(
    database: Database, lease: PullLease
) -> None:
    _arrives(database, lease, NOW, NOW)
    first, second = Presence(database, SystemClock()), Presence(database, SystemClock())
    async with _kept(first):
        former = first.process_id
    async with _kept(second):
        assert await second.reap()  # as after an outage, when one is back before the other
        assert database.run_sync(claim_due, former, [], NOW, SOON, 1)
        async with _kept(first):
            assert first.process_id != former
            me = second.process_id
            await eventually(partial(database.run, claim_due, me, [], NOW, SOON, 1), bool)


@asynccontextmanager
async def _kept(presence: Presence) -> AsyncIterator[None]:
    """Keep a process registered for a while; it then vanishes without leaving."""
    number = presence.process_id
    task = asyncio.create_task(presence.keep())
    try:
        await eventually(partial(_listens, presence, number), bool)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _listens(presence: Presence, former: int) -> bool:
    return presence.process_id != former


async def test_that_a_conversation_with_a_waiting_part_is_left_alone_while_its_customer_writes(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.say("西湖店早餐几点供应？")
        await stage.delivered()
        await stage.fault("kf/send_msg", "errcode", errcode=-1, times=2)
        for words in ("可以延迟退房吗？", "停车收费吗"):
            await stage.say(words)
        await stage.settled()
        (row,) = stage.rows("SELECT fence FROM conversations")
        assert row["fence"] <= 12


def _failing(times: int, wanted: Step) -> tuple[list[Step], Callable[[Step], None]]:
    """Return a checkpoint with a defect, and the list of the times it was met."""
    met: list[Step] = []

    def checkpoint(step: Step) -> None:
        if step == wanted and len(met) < times:
            met.append(step)
            raise RuntimeError("a defect")

    return met, checkpoint


async def test_that_a_turn_that_met_a_defect_is_taken_again_later(
    database_url: str, vectors_dir: Path
) -> None:
    met, checkpoint = _failing(1, "turn-committed")
    async with play(database_url, vectors_dir, checkpoint=checkpoint) as stage:
        await stage.say("可以延迟退房吗？")
        assert len(await stage.delivered()) == 1
        await stage.settled()
        assert met == ["turn-committed"]
        assert len(stage.rows("SELECT id FROM turns")) == 1
