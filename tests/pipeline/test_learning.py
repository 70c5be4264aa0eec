"""Which recorded choices and complaints are learnt from, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from chatbot.curation.learning import Labelled
from chatbot.learning import read_turns
from chatbot.store.database import Database
from chatbot.store.turn_labels import LabelSource, NewLabel, save_label

_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def turns(database: Database) -> dict[str, int]:
    """Return a turn each of two customers, by name."""
    return database.run_sync(_add_turns)


def _add_turns(connection: Connection) -> dict[str, int]:
    connection.execute(text("INSERT INTO kf_accounts (open_kfid, name) VALUES ('wk', 'k')"))
    made = {}
    for name in ("ann", "bob"):
        values = {"name": name, "now": _NOW}
        conversation = text(
            "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at)"
            " VALUES (:name, 'wk', :name, :now) RETURNING id"
        )
        number = connection.scalar(conversation, values)
        turn = text(
            "INSERT INTO turns (conversation_id, session_version, created_at, text, action,"
            " snapshot, decision, trace) VALUES (:number, 1, :now, '1', 'answer', 7, '{}', '{}')"
            " RETURNING id"
        )
        made[name] = int(connection.scalar(turn, {"number": number, "now": _NOW}) or 0)
    return made


def _label(
    database: Database, turn: int | None, source: LabelSource, faq_id: str | None = None,
    *, words: str = "早饭几点", refused: tuple[str, ...] = (), days: float = 1,
) -> None:  # fmt: skip
    label = NewLabel(words, faq_id, source, 7, "food", 0.96, refused=refused)
    database.run_sync(save_label, label, turn, _NOW - timedelta(days=days))


def _told(database: Database) -> list[Labelled]:
    return list(database.run_sync(read_turns, _NOW).labels)


@pytest.mark.parametrize("source", ["dissatisfied", "wish"])
@pytest.mark.parametrize("refused", [("food",), ()])
def test_that_who_is_not_content_says_what_it_was_not_about(
    database: Database, turns: dict[str, int], source: LabelSource, refused: tuple[str, ...]
) -> None:
    _label(database, turns["ann"], source, refused=refused)
    assert _told(database) == [Labelled("早饭几点", None, ("food",), 0.96)]


def test_that_choices_are_heeded_for_a_year_and_complaints_as_long_as_answers_are_counted(
    database: Database, turns: dict[str, int]
) -> None:
    for days in (1, 89, 91, 364, 366):
        _label(database, turns["ann"], "click", "late", words=f"晚走{days}", days=days)
        refused = ("food",)
        _label(database, turns["ann"], "wish", words=f"早饭{days}", refused=refused, days=days)
    told = _told(database)
    assert [each.text for each in told if not each.is_complaint] == [
        "晚走1", "晚走89", "晚走91", "晚走364",
    ]  # fmt: skip
    assert [each.text for each in told if each.is_complaint] == ["早饭1", "早饭89"]


def test_that_a_message_is_complained_of_once_whatever_is_said_next(
    database: Database, turns: dict[str, int]
) -> None:
    """After 不是这个 there is a menu: its choice, or a person, comes of the same wrong answer."""
    ann, bob = turns["ann"], turns["bob"]
    _label(database, ann, "dissatisfied", refused=("food",))
    _label(database, ann, "click", "late", refused=("food",))
    _label(database, ann, "dissatisfied", refused=("food", "late"))
    _label(database, ann, "wish", refused=("food", "late"))
    _label(database, ann, "click", "park", words="那停车呢", refused=("food",))
    once = [Labelled("早饭几点", None, ("food",), 0.96)]
    assert _told(database) == once
    _label(database, bob, "dissatisfied", refused=("food",))
    assert _told(database) == once * 2, "another customer's is another message"
    _label(database, ann, "dissatisfied", words="几点有早饭", refused=("food",))
    assert len(_told(database)) == 3


def test_that_complaints_without_recorded_answers_to_count_say_nothing(
    database: Database, turns: dict[str, int]
) -> None:
    _label(database, None, "dissatisfied", refused=("food",))
    _label(database, None, "typed", "late")
    assert _told(database) == [Labelled("早饭几点", "late", (), 0.96)]
