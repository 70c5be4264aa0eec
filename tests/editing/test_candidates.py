"""A candidate with edits: published, let go, and beside the files of the machine that watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from chatbot.clock import SystemClock
from chatbot.editing.desk import EditDesk, Prefer
from chatbot.editing.entries import EntryKind, entry_record
from chatbot.editing.kinds import FileChange
from chatbot.editing.registry import restored
from chatbot.editing.writing_back import WriteBack
from chatbot.exchange.applying import Drafts
from chatbot.knowledge.content import Content
from chatbot.publishing import offer_of
from chatbot.store.database import Database
from chatbot.store.edits import discard_edits, edits_are_held, edits_seen
from chatbot.store.snapshots import (
    EditsCame,
    Origin,
    candidate_snapshot,
    drop_candidate,
    live_number,
    offer_snapshot,
)
from chatbot.workshop import Folders
from tests.editing.brand import BASIS, YAML, Brand, subject, waiting
from tests.pipeline.machines import Machine, machine
from tests.pipeline.stage import eventually

OLD = "早餐每天 7:00 至 10:00 供应。"


def _discard(house: Brand) -> None:
    candidate = house.database.run_sync(candidate_snapshot)
    assert candidate is not None
    assert house.database.run_sync(drop_candidate, candidate.number)
    now = SystemClock().now()
    house.database.run_sync(discard_edits, candidate.number, "chen", now, restored)


async def test_that_what_is_let_go_before_it_is_written_never_is(house: Brand) -> None:
    await house.edit("breakfast", answer="甲")
    _discard(house)
    assert await house.write() == {}
    assert await house.states("breakfast") == ["discarded"]
    assert (await house.desk.working()).content == house.files
    assert not house.database.run_sync(edits_are_held)


async def test_that_what_is_let_go_is_taken_out_of_the_files_again(house: Brand) -> None:
    file = house.folders.knowledge / "faq.yaml"
    before = file.read_text("utf-8")
    await house.edit("breakfast", owner="餐厅", answer="甲")
    await house.edit("breakfast", "chen", answer="乙")
    await house.desk.save(subject("pool"), None, {"question": "泳池？", "answer": "有"}, "liang")
    await house.write()
    file.write_text(file.read_text("utf-8").replace("有停车场吗", "能停车吗"), "utf-8")
    _discard(house)
    await house.write()
    assert [each.id for each in house.files.entries] == ["breakfast", "parking"]
    wanted = before.replace("有停车场吗", "能停车吗").replace(OLD, f'"{OLD}"')
    assert file.read_text("utf-8") == wanted, "but for the quotes of what was written"
    history = await house.desk.history(subject("breakfast"))
    assert [(each.actor, each.state) for each in history] == [
        ("chen", "written"), ("chen", "discarded"), ("liang", "discarded"),
    ]  # fmt: skip


@pytest.mark.parametrize("prefer", ["mine", "file"])
async def test_that_what_was_decided_about_a_file_is_let_go_without_touching_what_it_said(
    house: Brand, prefer: Prefer
) -> None:
    file = house.folders.knowledge / "faq.yaml"
    await house.edit("breakfast", answer="网页先写的", owner="餐厅")
    await house.write()
    await house.edit("breakfast", answer="网页写的")
    file.write_text(file.read_text("utf-8").replace("网页先写的", "文件写的"), "utf-8")
    assert await house.write() == {}
    await house.desk.decide(subject("breakfast"), prefer, "chen")
    await house.write()
    _discard(house)
    await house.write()
    record = entry_record(house.files.entries[0])
    assert (record["answer"], record.get("owner")) == ("文件写的", None)
    assert not house.rows("SELECT 1 FROM content_edits WHERE state IN ('waiting', 'conflict')")


async def test_that_what_is_let_go_while_it_is_written_is_taken_out_again(house: Brand) -> None:
    file = house.folders.knowledge / "faq.yaml"

    class LetGoMeanwhile(EntryKind):
        def drafts(
            self, folders: Folders, content: Content, changes: Sequence[FileChange]
        ) -> Drafts:
            _discard(house)
            return super().drafts(folders, content, changes)

    await house.edit("breakfast", answer="甲甲甲")
    kinds = {"entry": LetGoMeanwhile()}
    writing = WriteBack(house.database, SystemClock(), house.folders, kinds)
    await asyncio.to_thread(lambda: writing.write(again=False))
    assert "甲甲甲" in file.read_text("utf-8")
    await house.write()
    assert "甲甲甲" not in file.read_text("utf-8")
    assert await house.states("breakfast") == ["written", "discarded"]


async def test_that_published_edits_are_written_though_a_later_candidate_is_let_go(
    house: Brand,
) -> None:
    await house.edit("breakfast", answer="甲")
    content = waiting(house.database)
    now = SystemClock().now()
    house.database.run_sync(
        offer_snapshot, offer_of(content, {}), Origin("publish", "liang"), BASIS, now, publish=True
    )
    assert not house.database.run_sync(edits_are_held)
    await house.edit("breakfast", answer="乙")
    _discard(house)
    await house.write()
    assert house.files == content


async def test_that_an_offer_prepared_before_an_edit_is_refused(house: Brand) -> None:
    seen = house.database.run_sync(edits_seen)
    await house.edit("breakfast", answer="甲")
    offer = offer_of(house.files, {})
    with pytest.raises(EditsCame):
        house.database.run_sync(
            offer_snapshot, offer, Origin("watch"), BASIS, SystemClock().now(), publish=False,
            seen=seen,
        )  # fmt: skip
    assert waiting(house.database).entries[0].answer != house.files.entries[0].answer


@pytest.fixture
async def watched(database: Database, tmp_path: Path) -> AsyncIterator[Machine]:
    """A machine that watches its files and publishes what is saved."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "faq.yaml").write_text(YAML, "utf-8")
    async with machine(database, tmp_path, knowledge_watch=True, publish="auto") as found:
        yield found


def _desk(database: Database, watched: Machine) -> EditDesk:
    return EditDesk(database, SystemClock(), lambda: watched.follower.publisher.bench.basis)


async def _edit(desk: EditDesk, faq_id: str, answer: str) -> None:
    base = await desk.record(subject(faq_id))
    await desk.save(subject(faq_id), base, {**(base or {}), "answer": answer}, "liang")


async def _holds(file: Path, text: str) -> None:
    async def read() -> str:
        return await asyncio.to_thread(file.read_text, "utf-8")

    await eventually(read, lambda found: text in found)


async def test_that_the_machine_that_watches_writes_edits_and_publishes_none(
    database: Database, watched: Machine
) -> None:
    desk, file = _desk(database, watched), watched.folder / "faq.yaml"
    await _edit(desk, "breakfast", "甲甲甲")
    number = (await desk.working()).number
    await _holds(file, "甲甲甲")
    assert "# 早餐由餐厅维护" in file.read_text("utf-8")
    watched.save("可以。")

    async def with_both() -> set[str]:
        return {each.id for each in waiting(database).entries}

    await eventually(with_both, lambda ids: len(ids) == 3)
    assert database.run_sync(live_number) == 1
    assert number == 2
    assert waiting(database).entries[1].answer[0].messages[0].text == "甲甲甲"  # type: ignore[union-attr]


async def test_that_an_edit_in_conflict_stays_in_the_candidate_when_files_are_offered(
    database: Database, watched: Machine
) -> None:
    desk, file = _desk(database, watched), watched.folder / "faq.yaml"
    await _edit(desk, "breakfast", "甲甲甲")
    await _holds(file, "甲甲甲")
    # An editor that was open since before overwrites what was written, and somebody edits again.
    file.write_text("坏掉的文件：[", "utf-8")
    await _edit(desk, "breakfast", "丙丙丙")
    file.write_text(YAML.replace(OLD, "乙乙乙"), "utf-8")

    async def states() -> list[str]:
        return [each.state for each in await desk.history(subject("breakfast"))]

    await eventually(states, lambda found: found[0] == "conflict")
    watched.save("可以。")

    async def entries() -> int:
        return len(waiting(database).entries)

    await eventually(entries, lambda count: count == 3)
    record = await desk.record(subject("breakfast"))
    assert record is not None
    assert record["answer"] == "丙丙丙"
    assert "乙乙乙" in file.read_text("utf-8")


async def test_that_another_machine_takes_over_without_losing_what_was_edited(
    database: Database, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "knowledge").mkdir(parents=True)
        (tmp_path / name / "knowledge" / "faq.yaml").write_text(YAML, "utf-8")
    first, second = tmp_path / "one", tmp_path / "two"
    async with machine(database, first, knowledge_watch=True, publish="auto") as one:
        await _edit(_desk(database, one), "breakfast", "甲甲甲")
        await _holds(first / "knowledge" / "faq.yaml", "甲甲甲")
    async with machine(database, second, knowledge_watch=True, publish="auto") as two:
        await _holds(second / "knowledge" / "faq.yaml", "甲甲甲")
        record = await _desk(database, two).record(subject("breakfast"))
        assert record is not None
        assert record["answer"] == "甲甲甲"
        assert database.run_sync(live_number) == 1
