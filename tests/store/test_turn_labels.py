"""Labels that customers' choices make, kept for learning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from chatbot.store.database import Database
from chatbot.store.turn_labels import NewLabel, StoredLabel, labels, save_label

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CHOSEN = NewLabel(
    "退房的事", "late", "click", 7, "early", 0.4, offered=("early", "late"), refused=("spa",)
)
PERSON = NewLabel("\0怎么\ud800取消", None, "typed", 8, None, 0.0)


def _turn(connection: Connection) -> int:
    made = "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at) VALUES"
    connection.execute(text("INSERT INTO kf_accounts (open_kfid, name) VALUES ('wk', 'k')"))
    connection.execute(text(f"{made} ('p', 'wk', 'wm', :now)"), {"now": NOW})
    made = (
        "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
        " decision, trace) SELECT id, 1, :now, '1', 'answer', 7, '{}', '{}' FROM conversations"
        " RETURNING id"
    )
    return int(connection.scalar(text(made), {"now": NOW}) or 0)


def test_that_a_label_is_read_as_it_was_told(database: Database) -> None:
    turn = database.run_sync(_turn)
    database.run_sync(save_label, CHOSEN, turn, NOW)
    database.run_sync(save_label, PERSON, None, NOW + timedelta(days=1))
    first, second = database.run_sync(labels)
    (conversation,) = database.run_sync(
        lambda c: list(c.scalars(text("SELECT conversation_id FROM turns")))
    )
    assert first == StoredLabel(CHOSEN, turn, NOW, conversation)
    assert (second.turn_id, second.conversation_id) == (None, None)
    assert (second.label.faq_id, second.label.text) == (None, "怎么?取消")
    assert database.run_sync(labels, NOW + timedelta(hours=1)) == [second]


def test_that_a_label_goes_with_its_turn(database: Database) -> None:
    turn = database.run_sync(_turn)
    database.run_sync(save_label, CHOSEN, turn, NOW)
    database.run_sync(lambda c: c.execute(text("DELETE FROM turns")))
    assert database.run_sync(labels) == []
