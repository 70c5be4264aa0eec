"""Export gives files from which an import makes the very same entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from chatbot.answers.entries import Condition, Entry, Variant, plain_answer
from chatbot.answers.messages import MenuMessage, TextMessage
from chatbot.exchange.export import AnyMedia, Exported, export_entries
from chatbot.exchange.mark import Mark, read_mark
from chatbot.exchange.template import template_bytes
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser
from tests.exchange.entries import entries

_SUFFIXES = (".yaml", ".jsonl", ".md", ".csv", ".xlsx")


def _read_back(path: Path) -> tuple[Entry, ...]:
    problems = Problems()
    read = read_entries(path, Normaliser(), problems, media=AnyMedia(path))
    assert problems.found == []
    return read


def _exported(
    suffix: str, written: Iterable[Entry], mark: Mark | None = None
) -> tuple[Exported, tuple[Entry, ...]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"faq{suffix}"
        exported = export_entries(path, tuple(written), mark)
        assert read_mark(path) == mark or not exported.written
        return exported, _read_back(path)


@pytest.mark.parametrize("suffix", [".yaml", ".jsonl"])
@settings(max_examples=25, deadline=None)
@given(written=st.lists(entries, max_size=2))
def test_that_nothing_is_lost_in_yaml_and_jsonl(suffix: str, written: list[Entry]) -> None:
    exported, read = _exported(suffix, written, Mark(12))
    assert exported.left_out == ()
    assert read == tuple(written)


@pytest.mark.parametrize("suffix", [".md", ".csv", ".xlsx"])
@settings(max_examples=15, deadline=None)
@given(written=st.lists(entries, max_size=2))
def test_that_what_other_forms_take_comes_back_and_the_rest_is_named(
    suffix: str, written: list[Entry]
) -> None:
    exported, read = _exported(suffix, written, Mark(3, "退房"))
    assert {each.id: each for each in read} == {each.id: each for each in exported.written}
    ids = [*(each.id for each in exported.written), *(each.entry.id for each in exported.left_out)]
    assert sorted(ids) == sorted(each.id for each in written)


_RICH = Entry(
    "a",
    "=1+1 等于几？",
    plain_answer('第一段，"引号"、逗号,\n\n- 列表\n# 标题\n+86 😀'),
    ("-负的", "@某人", "'=撇号", "+加"),
    ("别的",),
    "退房/延迟",
    ("意向:续住",),
    auto="ask",
)


@pytest.mark.parametrize("suffix", _SUFFIXES)
def test_that_every_form_takes_what_people_write(suffix: str) -> None:
    for entry in (
        _RICH,
        replace(_RICH, answer=plain_answer("=2")),
        replace(
            _RICH,
            answer=(
                Variant((TextMessage("a"),), Condition(tags=("等级:金卡",))),
                Variant((TextMessage("b"),), Condition(language="en")),
                Variant((TextMessage("c"),)),
            ),
        ),
    ):
        exported, read = _exported(suffix, [entry])
        assert (exported.left_out, read) == ((), (entry,))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    ("entry", "key", "why"),
    [
        (replace(_RICH, target=0.9), "target", "表格没有这一列"),
        (replace(_RICH, scope=("qijian",)), "scope", "表格没有这一列"),
        (replace(_RICH, similar=("a|b",)), "similar", "“a|b”里有竖线或换行，会被拆成两个"),
        (replace(_RICH, answer=plain_answer("a", "b")), "answer", "一格只能有一段文字"),
        (replace(_RICH, answer=(Variant((MenuMessage("x", ("y",)),)),)), "answer", "写不下菜单"),
    ],
)
def test_that_what_the_columns_cannot_hold_is_named(
    suffix: str, entry: Entry, key: str, why: str
) -> None:
    exported, read = _exported(suffix, [entry, replace(_RICH, id="b")])
    (left,) = exported.left_out
    assert (left.entry, left.key) == (entry, key)
    assert why in left.why
    assert [each.id for each in read] == ["b"]


def test_that_no_spreadsheet_computes_what_is_exported(tmp_path: Path) -> None:
    export_entries(tmp_path / "a.xlsx", [_RICH], None)
    book = load_workbook(tmp_path / "a.xlsx")
    cell = book["知识"]["B2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1 等于几？", "s", True)
    export_entries(tmp_path / "a.csv", [_RICH], None)
    assert ",'=1+1 等于几？,'-负的|" in (tmp_path / "a.csv").read_text("utf-8-sig")


def test_that_the_snapshot_stays_with_a_workbook_that_another_program_saves(tmp_path: Path) -> None:
    export_entries(tmp_path / "a.xlsx", [_RICH], Mark(7, "退房"))
    book = load_workbook(tmp_path / "a.xlsx")
    assert book["_meta"].sheet_state == "hidden"
    book.save(tmp_path / "b.xlsx")
    del book["_meta"]
    book.save(tmp_path / "c.xlsx")
    assert [read_mark(tmp_path / f"{name}.xlsx") for name in "abc"] == [Mark(7, "退房")] * 3


def test_that_the_template_is_empty_explained_and_has_examples_that_are_right(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(template_bytes())
    assert _read_back(path) == ()
    book = load_workbook(path)
    sheet = book["知识"]
    assert all(cell.comment is not None and cell.comment.text for cell in sheet[1])
    (choice,) = sheet.data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == ('"是,先确认,仅人工"', "N2:N1048576")
    del book["知识"]
    book.save(path)
    late, parking = _read_back(path)
    assert (late.id, len(late.answer), parking.auto) == ("late-checkout", 2, "ask")
