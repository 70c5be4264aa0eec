"""What is edited gets into the files, with comments kept, and what a file says is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from chatbot.clock import SystemClock
from chatbot.editing.content import in_order_of
from chatbot.editing.desk import Prefer
from chatbot.editing.entries import EntryKind, entry_record
from chatbot.editing.kinds import EditRefused, FileChange
from chatbot.editing.writing_back import WriteBack
from chatbot.exchange.applying import Drafts
from chatbot.exchange.export import export_entries
from chatbot.knowledge.content import Content, read_content
from chatbot.store.database import Database
from chatbot.workshop import Folders
from tests.editing.brand import YAML, Brand, brand, subject
from tests.exchange.entries import answers

MARKDOWN = """\
# 早餐

## 早餐几点供应？

- 编号：breakfast
- 相似问：几点吃早餐

早餐每天 7:00 至 10:00 供应。
"""
OLD, NEW = "早餐每天 7:00 至 10:00 供应。", "早餐 6:30 开始。"
FORMS = (".yaml", ".jsonl", ".csv", ".xlsx", ".md")
SIMILAR = ["几点吃早餐", "早饭时间"]
PNG = b"\x89PNG\r\n\x1a\n" + b"a map"


def _as(form: str, folder: Path) -> bytes:
    """Return the entries of the small brand in another form."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "in.yaml").write_text(YAML, "utf-8")
    entries = read_content(folder / "in.yaml", None).content.entries
    path = folder / f"out{form}"
    export_entries(path, entries, None)
    return path.read_bytes()


async def _working(house: Brand) -> Content:
    return (await house.desk.working()).content


@pytest.mark.parametrize("form", FORMS)
async def test_that_files_of_every_form_hold_just_what_was_edited(
    database: Database, tmp_path: Path, form: str
) -> None:
    house = brand(database, tmp_path / "b", {f"faq{form}": _as(form, tmp_path / "a")})
    await house.edit(
        "breakfast", question="早餐几点开始？", similar=["几点吃早餐", "早餐到几点"],
        answer="周末 7:30 开始。", owner="餐厅", valid={"until": "2027-01-31"},
    )  # fmt: skip
    await house.edit("parking", auto="ask")
    written = await house.write()
    assert [path.name for path in written] == [f"faq{form}"]
    assert house.files.digest == (await house.desk.working()).digest
    assert await house.states("breakfast") == ["written"]
    assert await house.write(again=True) == {}, "nothing is left to write"


async def test_that_comments_and_all_else_stay(house: Brand) -> None:
    await house.edit("breakfast", answer=NEW)
    await house.write()
    file = house.folders.knowledge / "faq.yaml"
    assert file.read_text("utf-8") == YAML.replace(OLD, f'"{NEW}"')


@pytest.mark.parametrize("category", ["", "住店", "住店/早餐"])
async def test_that_a_new_entry_is_written_for_its_category(house: Brand, category: str) -> None:
    record = {
        "question": "有泳池吗？",
        "answer": "有。",
        **({"category": category} if category else {}),
    }
    await house.desk.save(subject("pool"), None, record, "liang")
    written = await house.write()
    file = house.folders.knowledge / category / "客户问题.yaml"
    assert list(written) == [file]
    assert "id: pool" in file.read_text("utf-8")
    assert in_order_of(house.files, await _working(house)) == await _working(house)


async def test_that_a_retired_entry_is_kept_aside(house: Brand) -> None:
    base = await house.desk.record(subject("parking"))
    await house.desk.save(subject("parking"), base, None, "liang")
    await house.write()
    assert house.files == await _working(house)
    assert "有停车场吗" in (house.folders.knowledge / "_retired.yaml").read_text("utf-8")


async def test_that_a_new_picture_is_put_where_the_folder_has_them(house: Brand) -> None:
    base = await house.desk.record(subject("parking"))
    assert base is not None
    after = {**base, "answer": [base["answer"], {"type": "image", "file": "_media/map.png"}]}
    await house.desk.save(subject("parking"), base, after, "liang", {"_media/map.png": PNG})
    await house.write()
    assert (house.folders.knowledge / "_media/map.png").read_bytes() == PNG
    assert house.files == await _working(house)


async def test_that_a_picture_that_the_folder_still_has_is_shown_again(house: Brand) -> None:
    base = await house.desk.record(subject("parking"))
    assert base is not None
    after = {**base, "answer": [base["answer"], {"type": "image", "file": "_media/map.png"}]}
    await house.desk.save(subject("parking"), base, after, "liang", {"_media/map.png": PNG})
    await house.write()
    without = await house.desk.save(subject("parking"), after, base, "liang")
    await house.write()
    assert without.edit is not None
    await house.desk.undo(without.edit, "liang")
    await house.write()
    assert house.rows("SELECT 1 FROM content_edits WHERE state <> 'written'") == []
    assert house.files == await _working(house)


async def test_that_what_was_saved_in_the_file_meanwhile_is_kept(house: Brand) -> None:
    file = house.folders.knowledge / "faq.yaml"
    file.write_text(YAML.replace("早饭时间", "早饭几点"), "utf-8")
    await house.edit("breakfast", answer=NEW, similar=["几点吃早餐", "早饭时间", "早点"])
    await house.write()
    (entry, _) = house.files.entries
    assert entry.similar == ("几点吃早餐", "早饭几点", "早点")
    assert entry_record(entry)["answer"] == NEW


_DECISIONS: list[tuple[Any, str]] = [("mine", "网页写的"), ("file", "文件写的")]


@pytest.mark.parametrize(("prefer", "answer"), _DECISIONS)
async def test_that_a_person_decides_where_page_and_file_say_something_else(
    house: Brand, prefer: Any, answer: str
) -> None:
    file = house.folders.knowledge / "faq.yaml"
    await house.edit("breakfast", answer="网页写的", owner="餐厅")
    file.write_text(YAML.replace(OLD, "文件写的"), "utf-8")
    assert await house.write() == {}
    assert await house.states("breakfast") == ["conflict"]
    found = await house.desk.conflict(subject("breakfast"))
    assert found is not None
    assert [(each.key, each.theirs, each.mine) for each in found.merged.clashes] == [
        ("answer", "文件写的", "网页写的")
    ]
    await house.desk.decide(subject("breakfast"), prefer, "chen")
    await house.write()
    record = await house.desk.record(subject("breakfast"))
    assert record is not None
    assert (record["answer"], record["owner"]) == (answer, "餐厅"), "what does not clash is kept"
    assert house.files == await _working(house)
    assert await house.desk.conflict(subject("breakfast")) is None


async def test_that_a_conflict_ends_when_somebody_puts_the_file_right(house: Brand) -> None:
    file = house.folders.knowledge / "faq.yaml"
    await house.edit("breakfast", answer="网页写的")
    file.write_text(YAML.replace(OLD, "文件写的"), "utf-8")
    await house.write()
    file.write_text(YAML.replace(OLD, "网页写的"), "utf-8")
    assert await house.write() == {}, "each look tries only what is new"
    assert await house.states("breakfast") == ["conflict"]
    await house.write(again=True)
    assert await house.states("breakfast") == ["written"]


async def test_that_what_could_not_be_written_goes_with_the_files_that_are_offered(
    house: Brand,
) -> None:
    file = house.folders.knowledge / "faq.yaml"
    await house.edit("breakfast", answer="网页写的")
    file.write_text(YAML.replace(OLD, "文件写的"), "utf-8")
    await house.write()
    reading = read_content(house.folders.knowledge, house.folders.intents)
    merged, _ = house.writing.with_unwritten(reading)
    assert entry_record(merged.content.entries[0])["answer"] == "网页写的"


@pytest.mark.parametrize("prefer", ["mine", "file"])
async def test_that_an_entry_that_the_file_lacks_by_now_is_offered_whole_and_decided_about(
    house: Brand, prefer: Prefer
) -> None:
    file = house.folders.knowledge / "faq.yaml"
    await house.edit("parking", answer="网页写的")
    file.write_text(YAML[: YAML.index("- id: parking")], "utf-8")
    assert await house.write() == {}
    reading = read_content(house.folders.knowledge, house.folders.intents)
    merged, _ = house.writing.with_unwritten(reading)
    assert merged.content.digest == (await _working(house)).digest
    await house.desk.decide(subject("parking"), prefer, "chen")
    await house.write()
    assert house.files == await _working(house)
    assert len(house.files.entries) == (2 if prefer == "mine" else 1)


async def test_that_what_somebody_saves_at_this_moment_is_not_undone(house: Brand) -> None:
    file = house.folders.knowledge / "faq.yaml"

    class SavedMeanwhile(EntryKind):
        def drafts(
            self, folders: Folders, content: Content, changes: Sequence[FileChange]
        ) -> Drafts:
            file.write_text(YAML.replace("几点吃早餐", "早餐何时").replace(OLD, "人写的"), "utf-8")
            return super().drafts(folders, content, changes)

    await house.edit("breakfast", similar=["几点吃早餐", "早饭时间", "早点"])
    kinds = {"entry": SavedMeanwhile()}
    writing = WriteBack(house.database, SystemClock(), house.folders, kinds)
    assert await asyncio.to_thread(lambda: writing.write(again=False)) == {}
    await house.write(again=True)
    (entry, _) = house.files.entries
    assert entry_record(entry)["answer"] == "人写的"
    assert entry.similar == ("早餐何时", "早饭时间", "早点")


async def test_that_what_no_program_can_write_is_left_to_a_person(
    database: Database, tmp_path: Path
) -> None:
    house = brand(database, tmp_path, {"faq.md": MARKDOWN})
    record = await house.desk.record(subject("breakfast"))
    assert record is not None
    assert record["category"] == "早餐"
    await house.edit("breakfast", category=None)
    assert await house.write() == {}
    found = await house.desk.conflict(subject("breakfast"))
    assert found is not None
    assert "第 3 行" in found.why
    await house.desk.decide(subject("breakfast"), "file", "chen")
    await house.write()
    assert await house.desk.conflict(subject("breakfast")) is None
    assert house.files == await _working(house)


async def test_that_a_process_that_dies_before_noting_it_writes_nothing_twice(
    house: Brand,
) -> None:
    await house.edit("breakfast", answer="甲", similar=["几点吃早餐", "早饭时间", "早点"])
    await house.edit("breakfast", "chen", answer="乙")
    await house.desk.save(subject("pool"), None, {"question": "泳池？", "answer": "有"}, "liang")
    written = await house.write()
    house.rows("UPDATE content_edits SET state = 'waiting' RETURNING 1")
    assert await house.write() == {}
    assert {path: path.read_bytes() for path in written} == written
    assert await house.states("breakfast") == ["written", "written"]


async def test_that_another_folder_gets_what_nobody_has_published(
    house: Brand, tmp_path: Path
) -> None:
    await house.edit("breakfast", answer="甲")
    await house.write()
    other = brand(house.database, tmp_path / "other", {"faq.yaml": YAML})
    house.rows("UPDATE content_edits SET held = true RETURNING 1")
    second = WriteBack(other.database, SystemClock(), other.folders)
    assert second.lacking(read_content(other.folders.knowledge, None)) == ["breakfast"]
    assert house.writing.lacking(read_content(house.folders.knowledge, None)) == []
    second.begin()
    assert [path.name for path in second.write(again=False)] == ["faq.yaml"]
    house.writing.begin()
    assert list(house.writing.write(again=False)) == [], "this one holds it already"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answer=answers)
def test_that_any_answer_reads_back_from_the_file_as_it_was_edited(
    house: Brand, answer: Any
) -> None:
    async def play() -> None:
        before = (await _working(house)).entries[0]
        after = entry_record(replace(before, answer=answer))
        pictures = {"_media/a.png": PNG, "_media/店/b c.png": PNG}
        try:
            await house.desk.save(
                subject("breakfast"), entry_record(before), after, "liang", pictures
            )
        except EditRefused:  # a variable, an account or a control character that is not known
            return
        await house.write()
        assert house.files == await _working(house)

    asyncio.run(play())


async def test_that_a_place_that_cannot_be_written_to_is_told_of_and_tried_again(
    house: Brand,
) -> None:
    in_the_way = house.folders.knowledge / "客户问题.yaml"
    in_the_way.mkdir()
    record = {"question": "有泳池吗？", "answer": "有。"}
    await house.desk.save(subject("pool"), None, record, "liang")
    assert await house.write() == {}
    found = await house.desk.conflict(subject("pool"))
    assert found is not None
    assert "客户问题.yaml" in found.why
    in_the_way.rmdir()
    await house.write(again=True)
    assert await house.states("pool") == ["written"]


async def test_that_no_picture_is_written_outside_of_its_folder(house: Brand) -> None:
    base = await house.desk.record(subject("parking"))
    assert base is not None
    for path in ("../evil.png", "_media/../../evil.png", "faq.yaml"):
        after = {**base, "answer": [{"type": "image", "file": path}]}
        with pytest.raises(EditRefused, match="没有图片"):
            await house.desk.save(subject("parking"), base, after, "liang", {path: PNG})
