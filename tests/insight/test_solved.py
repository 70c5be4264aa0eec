"""“Solved” is: answered, no handoff, no dissatisfaction, no return to the topic within 24 hours.

Each case is written as raw turns, and decided here by those words alone, in a way of its own.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, text

from chatbot.insight.sessions import result_of, sessions_of
from chatbot.store.database import Database
from chatbot.store.insight_record import talks_of
from tests.store.desk_samples import add_conversation, add_message

_AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
_TURN = text(
    "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
    " decision, trace, mode, drafts) VALUES (:talk, 1, :at, '问', :action, 1,"
    " CAST(:decision AS jsonb), '{}', 'full', '[]') RETURNING id"
)
_HANDOFF = text(
    "INSERT INTO handoffs (conversation_id, turn_id, reason, priority, state, created_at)"
    " VALUES (:talk, :turn, 'wish', 'normal', 'pooled', :at)"
)
_LABEL = text(
    "INSERT INTO turn_labels (turn_id, text, faq_id, source, snapshot, ranked_first, confidence,"
    " offered, refused, created_at) VALUES (:turn, '问', NULL, 'dissatisfied', 1, 'late', 0.9,"
    " '[]', '[\"late\"]', :at)"
)
#: Hours until the customer asks again; about which entry.
_RETURNS = [None, (0.5, "late"), (5, "late"), (5, "parking"), (23.9, "late"), (24.5, "late")]


def _turn(connection: Connection, talk: int, at: datetime, faq_id: str | None, action: str) -> int:
    decision: dict[str, Any] = {"faq_id": faq_id, "candidates": [], "confidence": 0.9}
    values = {"talk": talk, "at": at, "action": action, "decision": json.dumps(decision)}
    turn = int(connection.execute(_TURN, values).scalar_one())
    add_message(connection, talk, "问", at, fate="turn", turn=turn)
    return turn


@pytest.mark.parametrize(
    ("handoff", "dissatisfied", "returns"), list(product([False, True], [False, True], _RETURNS))
)
def test_that_a_session_is_solved_exactly_if_nothing_speaks_against_it(
    database: Database, handoff: bool, dissatisfied: bool, returns: tuple[float, str] | None
) -> None:
    def write(connection: Connection) -> int:
        talk = add_conversation(connection, "小林", 1, at=_AT)
        turn = _turn(connection, talk, _AT, "late", "answer")
        if dissatisfied:
            told = _turn(connection, talk, _AT + timedelta(minutes=1), None, "clarify")
            connection.execute(_LABEL, {"turn": told, "at": _AT})
        if handoff:
            connection.execute(_HANDOFF, {"talk": talk, "turn": turn, "at": _AT})
        if returns is not None:
            _turn(connection, talk, _AT + timedelta(hours=returns[0]), returns[1], "answer")
        return talk

    talk = database.run_sync(write)
    first, *later = sessions_of(database.run_sync(talks_of, [talk])[talk])
    # Who writes again within the hour has not returned, but goes on.
    again = returns is not None and 1 <= returns[0] < 24 and returns[1] == "late"
    solved = not handoff and not dissatisfied and not again
    assert (result_of(first, later).outcome == "solved") == solved
