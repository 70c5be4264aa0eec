"""When sessions with people are looked after, whatever happens meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from chatbot.store.conversations import (
    WATCH_AGAIN,
    Claim,
    claim_due,
    get_conversation,
    next_due_at,
    release_claim,
    save_conversation,
)
from chatbot.store.database import Database
from chatbot.store.watch import (
    note_answer,
    note_offer,
    read_watched,
    watch_again,
    watch_servicer,
)

_NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
_SOON = _NOW + timedelta(minutes=1)
_ME = 7


@pytest.fixture
def served(database: Database) -> Database:
    """A database in which one person has one session, which is to be looked after."""

    def insert(connection: Connection) -> None:
        connection.execute(
            text(
                "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at,"
                " service_state, servicer_userid, session_started_at, owned_at, watch_at)"
                " VALUES ('p', 'wk', 'wm', :now, 3, 'azhen', :now, :now, :now)"
            ),
            {"now": _NOW},
        )

    database.run_sync(insert)
    return database


def _watch_at(database: Database) -> Any:
    return database.run_sync(lambda c: c.scalar(text("SELECT watch_at FROM conversations")))


def _claim(database: Database, now: datetime = _NOW) -> Claim:
    (claim,) = database.run_sync(claim_due, _ME, [], now, now + timedelta(seconds=60), 5)
    return claim


def test_that_a_claimed_session_is_looked_after_again_even_if_nobody_says_when(
    served: Database,
) -> None:
    claim = _claim(served)
    assert claim.watched
    served.run_sync(release_claim, claim, None)
    assert _watch_at(served) == _NOW + WATCH_AGAIN
    assert served.run_sync(next_due_at, [], _NOW) == _NOW + WATCH_AGAIN
    assert served.run_sync(claim_due, _ME, [], _NOW, _SOON, 5) == []


def test_that_it_is_looked_after_when_it_was_said(served: Database) -> None:
    later = _NOW + timedelta(minutes=30)
    claim = _claim(served)
    served.run_sync(watch_again, claim, later)
    served.run_sync(release_claim, claim, None)
    assert _watch_at(served) == later


@pytest.mark.parametrize("happening", ["customer", "staff", "servicer"])
def test_that_what_happens_while_it_is_looked_after_is_not_slept_over(
    served: Database, happening: str
) -> None:
    claim = _claim(served)
    meanwhile = _NOW + timedelta(seconds=1)

    def happen(connection: Connection) -> None:
        if happening == "customer":
            conversation = get_conversation(connection, claim.conversation.id)
            save_conversation(connection, conversation, meanwhile)
        elif happening == "staff":
            note_answer(connection, claim.conversation.id, meanwhile)
        else:
            watch_servicer(connection, "wk", "azhen", meanwhile)

    served.run_sync(happen)
    served.run_sync(watch_again, claim, _NOW + timedelta(minutes=30))
    served.run_sync(release_claim, claim, None)
    assert _watch_at(served) == meanwhile
    assert _claim(served, meanwhile).watched


def test_that_an_answer_lets_everybody_be_asked_again(served: Database) -> None:
    served.run_sync(note_offer, 1, "azhen")
    served.run_sync(note_offer, 1, "xiaozhou")
    assert served.run_sync(read_watched, 1, _NOW).offered_to == ("azhen", "xiaozhou")
    served.run_sync(note_answer, 1, _NOW)
    assert served.run_sync(read_watched, 1, _NOW).offered_to == ()
