"""Accepted changes to the knowledge: written as asked or not at all, never live by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from chatbot.accepting import FolderChanges, NewEntry
from chatbot.errors import ContentError, UserError
from chatbot.knowledge.content import load_content
from chatbot.knowledge.new_entry_file import NEW_ENTRIES, add_entry
from chatbot.store.accepted_changes import accepted_change_waits
from chatbot.store.database import Database
from chatbot.workshop import Folders
from tests.gaps.conftest import SetClock

POOL = NewEntry("gap-7", "有游泳池吗？", ("酒店有没有游泳池",), "有的，在二楼。\n七点开门。")


_SNAPSHOT = text(
    "INSERT INTO snapshots (digest, content, entries, intents, encoder, target_precision, release,"
    " out_of_scope_share, cause, actor, state, created_at, published_at)"
    " VALUES ('d', '{}', 1, 0, 'e', 0.9, 'r', 0.3, :cause, '', 'live', :at, :at)"
)


def _publish(connection: Connection, cause: str, at: datetime) -> None:
    connection.execute(_SNAPSHOT, {"cause": cause, "at": at})


@pytest.fixture
def changes(knowledge: Path, database: Database, clock: SetClock) -> FolderChanges:
    return FolderChanges(Folders(knowledge, knowledge.parent / "intents"), database, clock)


def test_that_a_new_entry_stands_in_a_file_of_its_own_and_others_follow(
    changes: FolderChanges, knowledge: Path
) -> None:
    assert changes.entry(POOL, "liang").faq_id == "gap-7"
    second = changes.entry(NewEntry("gap-7", "能开发票吗", (), "可以。"), "liang")
    assert second.faq_id == "gap-7-2"
    assert second.problems == ()
    entries = {each.id: each for each in load_content(knowledge, None).entries}
    assert entries["gap-7"].similar == POOL.similar
    assert entries["gap-7-2"].question == "能开发票吗"
    assert (knowledge / NEW_ENTRIES).read_text("utf-8").count("- id:") == 2


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda c: c.similar("late", ["能晚点退房吗"], "x"), "已经是条目“late”的问法"),
        (lambda c: c.similar("late", ["几点退都行吗", "几点退都行吗？"], "x"), "已经是条目“late”"),
        (lambda c: c.similar("late", ["我叫[姓名]能晚点吗"], "x"), "还有抹掉的内容（[姓名]）"),
        (lambda c: c.similar("late", ["打13812345678"], "x"), "里面有手机号"),
        (lambda c: c.similar("late", [], "x"), "要写出至少一个问法"),
        (lambda c: c.similar("nope", ["问"], "x"), "没有条目“nope”"),
        (lambda c: c.entry(NewEntry("g", "有停车场吗？", (), "有"), "x"), "已经是条目“parking”"),
        (lambda c: c.entry(NewEntry("g", "新的", (), " "), "x"), "要写出答案"),
        (lambda c: c.entry(NewEntry("g", "新的", (), "打[号码]"), "x"), "还有抹掉的内容（[号码]）"),
        (lambda c: c.entry(NewEntry("g", "新的", (), "字" * 2001), "x"), "答案最多 2000 个字"),
    ],
)
def test_that_what_cannot_be_written_is_told_in_one_sentence_and_nothing_is(
    changes: FolderChanges,
    knowledge: Path,
    database: Database,
    act: Callable[[FolderChanges], object],
    problem: str,
) -> None:
    before = {path: path.read_bytes() for path in knowledge.iterdir()}
    with pytest.raises(UserError) as told:
        act(changes)
    assert problem in str(told.value)
    assert {path: path.read_bytes() for path in knowledge.iterdir()} == before
    assert not database.run_sync(accepted_change_waits)


def test_that_a_file_that_is_no_list_is_left_to_a_person(
    changes: FolderChanges, knowledge: Path, database: Database
) -> None:
    (knowledge / NEW_ENTRIES).write_text("entries:\n- {id: a, question: 甲, answer: 乙}\n", "utf-8")
    with pytest.raises(UserError, match="应是一列条目"):
        changes.entry(POOL, "liang")
    assert not database.run_sync(accepted_change_waits), "nothing was written that could wait"


def test_that_an_accepted_change_waits_until_a_person_publishes(
    changes: FolderChanges, database: Database, clock: SetClock
) -> None:
    changes.similar("parking", ["停车要不要钱"], "liang")
    assert database.run_sync(accepted_change_waits)
    for cause, waits in (("watch", True), ("basis", True), ("publish", False)):
        database.run_sync(_publish, cause, clock.now() + timedelta(minutes=1))
        assert database.run_sync(accepted_change_waits) is waits


_TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"]),
    min_size=1, max_size=40,
)  # fmt: skip


@given(st.lists(st.tuples(_TEXTS, st.lists(_TEXTS, max_size=3), _TEXTS), min_size=1, max_size=4))
def test_that_any_entries_are_read_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, list[str], str]]
) -> None:
    import yaml

    root = tmp_path_factory.mktemp("knowledge")
    for number, (question, similar, answer) in enumerate(written):
        try:
            add_entry(root, f"e{number}", question, similar, answer)
        except ContentError:  # pragma: no cover - no text is refused
            pytest.fail("a text was refused")
    found = yaml.safe_load((root / NEW_ENTRIES).read_text("utf-8"))
    assert [
        (each["question"], each.get("similar", []), each["answer"]) for each in found
    ] == written
