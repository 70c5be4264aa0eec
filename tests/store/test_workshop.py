"""Messages that nothing confirmed, and what admins said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from chatbot.store.database import Database
from chatbot.store.turn_labels import LabelSource, NewLabel, save_label
from chatbot.store.workshop import (
    UnconfirmedMessage,
    save_verdict,
    settled_suggestions,
    unconfirmed_messages,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=100)
_TURN = text(
    "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
    " decision, trace) SELECT id, 1, :at, :text, 'answer', 1,"
    " jsonb_build_object('confidence', CAST(:confidence AS float8)),"
    " jsonb_build_object('rule', CAST(:rule AS text)) FROM conversations"
)


def _conversation(connection: Connection) -> None:
    connection.execute(text("INSERT INTO kf_accounts (open_kfid, name) VALUES ('wk', 'k')"))
    made = "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at) VALUES"
    connection.execute(text(f"{made} ('p', 'wk', 'wm', :now)"), {"now": NOW})


def _turn(
    connection: Connection, words: str, rule: str, confidence: float = 0.5, at: datetime = NOW
) -> None:
    values = {"at": at, "text": words, "rule": rule, "confidence": confidence}
    connection.execute(_TURN, values)


def _label(
    text: str, faq_id: str | None, source: LabelSource = "click", **more: tuple[str, ...]
) -> NewLabel:
    return NewLabel(text, faq_id, source, 1, "late", 0.4, **more)


def _found(database: Database) -> dict[str, UnconfirmedMessage]:
    since = NOW - timedelta(days=90)
    found = database.run_sync(unconfirmed_messages, since, 0.95)
    return {each.text: each for each in found}


def test_that_what_was_decided_by_meaning_and_not_surely_waits(database: Database) -> None:
    database.run_sync(_conversation)
    for words, rule, confidence in (
        ("反问", "clarify", 0.6), ("转人工", "low-confidence", 0.2),
        ("有点把握", "confidence", 0.9), ("很有把握", "confidence", 0.97),
        ("写法相同", "exact", 0.5), ("你好", "greeting", 0.0),
    ):  # fmt: skip
        database.run_sync(_turn, words, rule, confidence)
    database.run_sync(_turn, "很久以前", "clarify", 0.6, LONG_AGO)
    assert set(_found(database)) == {"反问", "转人工", "有点把握"}


def test_that_messages_are_counted_and_the_most_frequent_come_first(database: Database) -> None:
    database.run_sync(_conversation)
    database.run_sync(_turn, "一次", "clarify")
    for days in (3, 1, 2):
        database.run_sync(_turn, "三次", "clarify", 0.5, NOW - timedelta(days=days))
    first, second = _found(database).values()
    assert first == UnconfirmedMessage("三次", 3, NOW - timedelta(days=1))
    assert second.times == 1


def test_that_a_choice_labels_a_message_and_none_refuses_what_was_offered(
    database: Database,
) -> None:
    database.run_sync(_conversation)
    for words in ("选了", "都不是", "不满意"):
        database.run_sync(_turn, words, "clarify")
    for label in (
        _label("选了", None, offered=("late", "early")),
        _label("选了", "early", offered=("late", "early")),
        _label("都不是", None, "typed", offered=("late", "early")),
        _label("不满意", None, "dissatisfied", refused=("late",), offered=("spa",)),
    ):
        database.run_sync(save_label, label, None, NOW)
    found = _found(database)
    assert (found["选了"].label, found["选了"].refused) == ("early", ("late",))
    assert (found["都不是"].label, found["都不是"].refused) == (None, ("early", "late"))
    assert (found["不满意"].label, found["不满意"].refused) == (None, ("late",))


def test_that_a_labelled_message_of_the_api_waits_as_well(database: Database) -> None:
    database.run_sync(save_label, _label("接口里选的", "late"), None, NOW)
    database.run_sync(save_label, _label("接口里没选", None), None, NOW)
    [message] = _found(database).values()
    assert message == UnconfirmedMessage("接口里选的", 1, NOW, "late")


def test_that_the_latest_verdict_counts_and_is_kept_once(database: Database) -> None:
    long = "很长的话" * 2000
    database.run_sync(save_verdict, "late", "晚点走", "reject", "one", NOW)
    database.run_sync(save_verdict, "late", "晚点走", "accept", "two", NOW + timedelta(hours=1))
    database.run_sync(save_verdict, "early", f"{long}\0\ud800", "reject", "one", NOW)
    assert list(database.run_sync(settled_suggestions)) == [
        ("early", f"{long}?"), ("late", "晚点走"),
    ]  # fmt: skip
    rows = "SELECT verdict, actor FROM workshop_verdicts WHERE faq_id = 'late'"
    assert database.run_sync(lambda c: tuple(c.execute(text(rows)).one())) == ("accept", "two")
