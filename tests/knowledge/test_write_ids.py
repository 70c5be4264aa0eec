"""Ids written into files that people keep."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.knowledge.content import read_content
from chatbot.knowledge.write_ids import write_ids

_TEXT = st.text("答退房a1 ：:#-'\"，", max_size=12).map(lambda text: f"问{text}")


def _write(path: Path) -> tuple[int, int]:
    reading = read_content(path.parent, None)
    done = write_ids(path.parent, reading.places)
    assert read_content(path.parent, None).content == reading.content
    return done.written, sum(done.left.values())


def test_that_every_way_to_write_an_entry_gets_its_id(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(
        "category: 退房\r\nentries: # 都在这里\r\n"
        "  -   question: 一问\r\n      answer: |\r\n        甲\r\n\r\n"
        "  - {question: 二问, answer: 乙}   # 二\r\n"
        "  - id: ~\r\n    question: 三问\r\n    answer: 丙\r\n"
        "  - id: own\r\n    question: 四问\r\n    answer: 丁\r\n".encode()
    )
    assert _write(path) == (3, 0)
    written = path.read_bytes().decode()
    assert written.count("id: q-") == 3
    assert "\r\n      question: 一问\r\n" in written
    assert "answer: 乙}   # 二\r\n" in written
    assert written.count("\n") == written.count("\r\n")


def test_that_entries_in_one_line_get_theirs_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("[{question: 一问, answer: 甲}, {question: 一问, answer: 乙}]\n", "utf-8")
    assert _write(path) == (2, 0)


def test_that_lines_of_json_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    first, second = (
        '{"question":"一问",  "answer":"甲"}',
        '{"id": null, "question": "b", "answer": "c"}',
    )
    path.write_text(f"{first}\n\n{second}\n", "utf-8")
    assert _write(path) == (2, 0)
    first, _, second, _ = path.read_text("utf-8").split("\n")
    assert first.endswith('"question":"一问",  "answer":"甲"}')
    assert json.loads(second)["id"].startswith("q-")


@pytest.mark.parametrize(
    "changed", ["- {question: 二问, answer: 甲}\n", "\n- {question: 一问, answer: 甲}\n", "[", ""]
)
def test_that_a_file_saved_meanwhile_is_left_alone(tmp_path: Path, changed: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- {question: 一问, answer: 甲}\n", "utf-8")
    reading = read_content(tmp_path, None)
    path.write_text(changed, "utf-8")
    assert write_ids(tmp_path, reading.places).written == 0
    assert path.read_text("utf-8") == changed


@given(st.lists(st.tuples(_TEXT, _TEXT, st.booleans()), min_size=1, max_size=5))
def test_that_only_ids_are_new(entries: list[tuple[str, str, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        lines = []
        for question, answer, is_flow in entries:
            one, two = (json.dumps(each, ensure_ascii=False) for each in (question, answer))
            flow = f"- {{question: {one}, answer: {two}}}\n"
            lines.append(flow if is_flow else f"- question: {one}  # 注释\n  answer: {two}\n")
        path.write_text("".join(lines), "utf-8")
        assert _write(path) == (len(entries), 0)
        kept = path.read_text("utf-8").splitlines()
        assert sum("# 注释" in line for line in kept) == sum(not each[2] for each in entries)
