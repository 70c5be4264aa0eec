"""Claiming conversations, and giving them back with the last reply."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from chatbot.pipeline.fates import Verdict
from chatbot.pipeline.sending import settle_then_next
from chatbot.pipeline.steps import claim_work
from chatbot.store import outbox
from chatbot.store.conversations import Claim, claim_due, lock_conversations
from chatbot.store.database import Database, statement
from chatbot.store.errors import LeaseLost
from chatbot.store.outbox import Part
from tests.pipeline.samples import NOW

ME, OTHER = 7, 8
SECOND = timedelta(seconds=1)
UNTIL = NOW + timedelta(seconds=60)
DELIVERED = Verdict("delivered")
_DUE = statement(
    "UPDATE conversations SET due_at = :at, burst_due_at = :at WHERE external_userid = :name"
)
_STATE = statement("SELECT state, settled_at FROM outbox WHERE id = :id")


def _wait_for_work(database: Database, **due: datetime) -> None:
    """Make a conversation for each name, due at its time."""

    def make(connection: Connection) -> None:
        lock_conversations(connection, "wk1", list(due), NOW)
        for name, at in due.items():
            connection.execute(_DUE, {"name": name, "at": at})

    database.run_sync(make)


def _claimed(database: Database) -> Claim:
    (claim,) = database.run_sync(claim_due, ME, [], NOW, UNTIL, 1)
    return claim


def _being_sent(database: Database, claim: Claim) -> Part:
    """Take the burst and put a reply to it under way."""

    def send(connection: Connection) -> Part:
        connection.execute(_DUE, {"name": claim.conversation.external_userid, "at": None})
        new = outbox.NewPart(
            lane="conversation", kind="kf_message", conversation_id=claim.conversation.id,
            session_version=0, msgid="m1", payload={}, due_at=NOW,
        )  # fmt: skip
        part = outbox.insert_part(connection, new, NOW)
        begun = outbox.begin_part(connection, part.id, ME, NOW, UNTIL)
        assert begun is not None
        return begun

    return database.run_sync(send)


def _part_state(database: Database, part: Part) -> tuple[str, datetime | None]:
    def read(connection: Connection) -> tuple[str, datetime | None]:
        row = connection.execute(_STATE, {"id": part.id}).one()
        return row.state, row.settled_at

    return database.run_sync(read)


def test_that_a_claim_that_took_all_says_when_the_next_is_due(database: Database) -> None:
    _wait_for_work(database, wm1=NOW, wm2=NOW + 3 * SECOND)
    works, next_due = database.run_sync(claim_work, ME, [], NOW, UNTIL, 5)
    assert [work.claim.conversation.external_userid for work in works] == ["wm1"]
    assert next_due == NOW + 3 * SECOND


def test_that_the_last_reply_gives_the_conversation_back(database: Database) -> None:
    _wait_for_work(database, wm1=NOW)
    claim = _claimed(database)
    part = _being_sent(database, claim)
    following = database.run_sync(
        settle_then_next, claim, part, DELIVERED, (), NOW + SECOND, release=True
    )
    assert following.released
    assert following.wait_until is None
    assert following.settled == (("kf_message", "delivered"),)
    assert _part_state(database, part) == ("delivered", NOW + SECOND)
    _wait_for_work(database, wm1=NOW)
    assert len(database.run_sync(claim_due, OTHER, [], NOW, UNTIL, 1)) == 1


def test_that_a_message_which_came_meanwhile_makes_it_due_again(database: Database) -> None:
    _wait_for_work(database, wm1=NOW)
    claim = _claimed(database)
    part = _being_sent(database, claim)
    _wait_for_work(database, wm1=NOW + 2 * SECOND)
    following = database.run_sync(settle_then_next, claim, part, DELIVERED, (), NOW, release=True)
    assert following.wait_until == NOW + 2 * SECOND


def test_that_a_reply_is_not_settled_under_a_lease_that_was_lost(database: Database) -> None:
    _wait_for_work(database, wm1=NOW)
    claim = _claimed(database)
    part = _being_sent(database, claim)
    _wait_for_work(database, wm1=NOW)
    later = UNTIL + SECOND
    database.run_sync(claim_due, OTHER, [], later, later + SECOND, 1)
    with pytest.raises(LeaseLost):
        database.run_sync(settle_then_next, claim, part, DELIVERED, (), later, release=True)
    assert _part_state(database, part) == ("sending", None)


def test_that_a_conversation_is_kept_while_a_turn_follows(database: Database) -> None:
    _wait_for_work(database, wm1=NOW)
    claim = _claimed(database)
    part = _being_sent(database, claim)
    following = database.run_sync(settle_then_next, claim, part, DELIVERED, (), NOW, release=False)
    assert not following.released
    _wait_for_work(database, wm1=NOW)
    assert database.run_sync(claim_due, OTHER, [], NOW, UNTIL, 1) == []
