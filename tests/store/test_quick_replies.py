"""Agents' own quick replies and the counts of uses in the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from chatbot.store import quick_replies as store
from chatbot.store.database import Database
from chatbot.store.quick_replies import OwnReply, Uses

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _add(database: Database, userid: str, title: str, most: int = 9) -> int | None:
    reply = OwnReply(0, "夹", title, f"{title}\x00的话")
    return database.run_sync(store.add_reply, userid, reply, most, NOW)


def _titles(database: Database, userid: str) -> list[str]:
    return [each.title for each in database.run_sync(store.own_replies, userid)]


def test_that_an_agent_sees_and_changes_his_own_alone(database: Database) -> None:
    one = _add(database, "azhen", "一")
    _add(database, "xiaozhou", "别人的")
    assert one is not None
    assert database.run_sync(store.own_replies, "azhen") == [OwnReply(one, "夹", "一", "一的话")]
    changed = OwnReply(one, "", "改了", "新的话")
    assert not database.run_sync(store.change_reply, "xiaozhou", changed, NOW)
    assert not database.run_sync(store.delete_reply, "xiaozhou", one)
    assert database.run_sync(store.change_reply, "azhen", changed, NOW)
    assert database.run_sync(store.own_replies, "azhen") == [changed]
    assert database.run_sync(store.delete_reply, "azhen", one)
    assert not database.run_sync(store.delete_reply, "azhen", one)
    assert _titles(database, "xiaozhou") == ["别人的"]


def test_that_they_stay_in_the_order_that_was_given(database: Database) -> None:
    ids = [_add(database, "azhen", title) for title in "甲乙丙"]
    first, second, third = (each for each in ids if each is not None)
    assert database.run_sync(store.order_replies, "azhen", [third, first, second])
    assert _titles(database, "azhen") == ["丙", "甲", "乙"]
    _add(database, "azhen", "丁")
    assert _titles(database, "azhen") == ["丙", "甲", "乙", "丁"]
    assert not database.run_sync(store.order_replies, "azhen", [first, second])
    assert not database.run_sync(store.order_replies, "xiaozhou", [first, second, third])
    assert _titles(database, "azhen") == ["丙", "甲", "乙", "丁"]


def test_that_the_limit_holds_over_windows(database: Database) -> None:
    with ThreadPoolExecutor(4) as windows:
        added = list(windows.map(lambda n: _add(database, "azhen", f"第{n}条", 5), range(12)))
    assert sum(each is not None for each in added) == 5
    assert len(_titles(database, "azhen")) == 5


def test_that_uses_are_counted_by_agent_and_in_all(database: Database) -> None:
    own = _add(database, "azhen", "一")
    for userid, item in (
        ("azhen", "faq:late"), ("azhen", "faq:late"), ("xiaozhou", "faq:late"),
        ("azhen", f"own:{own}"),
    ):  # fmt: skip
        database.run_sync(store.note_use, userid, item, NOW)
    assert database.run_sync(store.uses_of, "azhen") == {
        "faq:late": Uses(2, 3), f"own:{own}": Uses(1, 1),
    }  # fmt: skip
    assert database.run_sync(store.uses_of, "xiaozhou")["faq:late"] == Uses(1, 3)
    assert own is not None
    database.run_sync(store.delete_reply, "azhen", own)
    assert set(database.run_sync(store.uses_of, "azhen")) == {"faq:late"}
