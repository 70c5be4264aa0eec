from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chatbot.errors import ContentError
from chatbot.knowledge.content import load_content
from chatbot.knowledge.problems import ContentErrors

_GOOD = "- question: 几点退房？\n  answer: 12:00。\n"


def _problems(folder: Path) -> list[str]:
    with pytest.raises(ContentErrors) as caught:
        load_content(folder, None)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def _write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_that_every_key_is_read(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "a.yaml",
        """\
- id: late-checkout
  question: 可以延迟退房吗？
  similar: [能晚点退房吗, 退房时间能延到下午吗]
  not: [怎么提前退房]
  answer:
    - 会员可免费延迟至 14:00。
    - {type: text, text: 请提前告诉前台。}
  category: 退房
  tags: ["意向:续住", 来源：问答]
  valid: {from: 2026-01-01, until: "2026-12-31"}
""",
    )
    (entry,) = load_content(tmp_path, None).entries
    assert entry.id == "late-checkout"
    assert entry.wordings == ("可以延迟退房吗？", "能晚点退房吗", "退房时间能延到下午吗")
    assert entry.excluded == ("怎么提前退房",)
    assert entry.answer == ("会员可免费延迟至 14:00。", "请提前告诉前台。")
    assert entry.category == "退房"
    assert entry.tags == ("意向:续住", "来源:问答")
    assert (entry.valid.start, entry.valid.end) == (date(2026, 1, 1), date(2026, 12, 31))


def test_that_files_are_read_in_order_with_category_from_entry_file_or_folder(
    tmp_path: Path,
) -> None:
    _write(tmp_path, "b.yaml", "category: 文件\nentries:\n" + _GOOD.replace("几点", "最晚几点"))
    _write(tmp_path, "a/x.yml", _GOOD)
    _write(tmp_path, "a/y/z.jsonl", '{"question": "早餐几点？", "answer": "6:30。"}\n\n')
    content = load_content(tmp_path, None)
    assert [(entry.question, entry.category) for entry in content.entries] == [
        ("几点退房？", "a"),
        ("早餐几点？", "a/y"),
        ("最晚几点退房？", "文件"),
    ]


def test_that_names_which_are_no_entries_are_skipped(tmp_path: Path) -> None:
    for name in ("_tests.yaml", "README.md", ".x.yaml.swp", "tables/房型.csv", "_media/x.png"):
        _write(tmp_path, name, "this: [is, no, entry")
    _write(tmp_path, "a.yaml", _GOOD)
    assert len(load_content(tmp_path, None).entries) == 1


def test_that_a_single_file_is_knowledge_too(tmp_path: Path) -> None:
    assert len(load_content(_write(tmp_path, "a.yaml", _GOOD), None).entries) == 1


def test_that_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "# later\n")
    _write(tmp_path, "b.jsonl", "\n")
    assert load_content(tmp_path, None).entries == ()


def test_that_an_entry_without_id_keeps_the_one_derived_from_its_question(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.yaml", _GOOD)
    (before,) = load_content(tmp_path, None).entries
    path.write_text("- question: 早餐几点？\n  answer: 6:30。\n" + _GOOD.replace("12", "13"))
    assert load_content(tmp_path, None).entries[1].id == before.id


def test_that_equal_questions_without_ids_are_told_apart(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", _GOOD * 2)
    first, second = load_content(tmp_path, None).entries
    assert second.id == f"{first.id}-2"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- question: 几点退房？\n", "1: answer: this key is missing"),
        ("- answer: x\n", "1: question: this key is missing"),
        ("- question:\n  answer: x\n", "1: question: a text is expected, not nothing"),
        ("- question: ''\n  answer: x\n", "1: question: a text is expected, not an empty one"),
        ("- question: ？！\n  answer: x\n", "1: question: '？！': letters or digits are expected"),
        ("- question: q\n  answer: ' '\n", "2: answer: a text is expected, not an empty one"),
        ("- question: q\n  answer: []\n", "2: answer: at least one message is expected"),
        ("- question: q\n  answer:\n", "2: answer: a text is expected, not nothing"),
        (
            "- question: 12306\n  answer: x\n",
            "1: question: a text is expected, not a number (12306); put it in quotes",
        ),
        (
            "- question: q\n  answer: x\n  similar: 退房\n",
            "3: similar: a list is expected, not a text",
        ),
        (
            "- question: q\n  answer: x\n  similar:\n    - a\n    - [b]\n",
            "5: similar: a text is expected, not a list",
        ),
        ("- question: q\n  answer: {type: text}\n", "2: answer.text: this key is missing"),
        (
            "- question: q\n  answer: [{type: image, text: x}]\n",
            "2: answer.type: only text is expected here",
        ),
        (
            "- question: q\n  answer: x\n  colour: red\n",
            (
                "3: colour: unknown key; expected one of: id, question, similar, not, answer, "
                "category, tags, valid"
            ),
        ),
        (
            "- question: q\n  answer: x\n  question: p\n",
            "3: question: this key is already in line 1",
        ),
        (
            "- question: q\n  answer: x\n  valid: 2026-01-01\n",
            "3: valid: a mapping with from, until is expected, not a date (2026-01-01)",
        ),
        (
            "- question: q\n  answer: x\n  valid: {from: 2026-02-30}\n",
            "3: valid.from: a date such as 2026-01-31 is expected, not '2026-02-30'",
        ),
        (
            "- question: q\n  answer: x\n  valid: {from: 2026-02-03, until: 2026-02-01}\n",
            (
                "3: valid.until: 2026-02-01 is before 2026-02-03; `from` comes first, "
                "`until` is inclusive"
            ),
        ),
        (
            "- question: q\n  answer: x\n  tags: [续住]\n",
            "3: tags: group:tag is expected, as in 意向:续住, not '续住'",
        ),
        (
            "- question: q\n  answer: x\n  id: a b\n",
            "3: id: up to 64 characters without spaces are expected",
        ),
        (
            "- question: q\n  answer: x\n  not: [Q！]\n",
            "3: not: 'Q！': this is also a wording of the same entry",
        ),
        ("- just text\n", "1: an entry with question and answer is expected"),
        ("just text\n", "1: a list of entries is expected"),
        ("category: c\n", "1: entries: this key is missing"),
        ("entries: x\n", "1: entries: a list of entries is expected"),
        ("- question: q\n\tanswer: x\n", "2: a tab is used to indent; YAML wants spaces"),
        ("- question: 'q\n  answer: x\n", "not YAML: found unexpected end of stream"),
        ("- &a [*a]\n", "1: a value refers to itself"),
        ("- question: a\x07\n  answer: x\n", "1: the control character U+0007 is not allowed"),
        ("- ? [a]\n  : b\n", "1: a key must be a single word"),
    ],
)
def test_that_a_mistake_is_named_with_its_line_and_key(
    text: str, problem: str, tmp_path: Path
) -> None:
    _write(tmp_path, "faq.yaml", text)
    (found,) = _problems(tmp_path)
    assert found.startswith("faq.yaml:")
    assert problem in found


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "2: not JSON"),
        ("[]", "2: an entry with question and answer is expected"),
        ('{"question": "q"}', "2: answer: this key is missing"),
        ('{"question": "q", "answer": "x", "answer": "y"}', "2: answer: this key is already"),
        ('{"question": true, "answer": "x"}', "2: question: a text is expected, not yes/no"),
    ],
)
def test_that_a_bad_json_line_is_named(line: str, problem: str, tmp_path: Path) -> None:
    _write(tmp_path, "faq.jsonl", f'{{"question": "a", "answer": "b"}}\n{line}\n')
    (found,) = _problems(tmp_path)
    assert problem in found


def test_that_a_repeated_id_is_refused_with_the_place_of_the_first(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "- id: x\n  question: q\n  answer: a\n")
    _write(tmp_path, "b.jsonl", '\n{"id": "x", "question": "p", "answer": "b"}')
    (found,) = _problems(tmp_path)
    assert found.startswith("b.jsonl:2: id: x is already used in ")
    assert "a.yaml:1" in found


@pytest.mark.parametrize(
    ("raw", "guess"),
    [
        (_GOOD.encode("gb18030"), "GBK/GB18030"),
        (_GOOD.encode("utf-16"), "UTF-16"),
        (b"\xff\xff\xff", "not UTF-8; save"),
    ],
)
def test_that_a_file_in_another_encoding_is_told_so(raw: bytes, guess: str, tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", raw)
    (found,) = _problems(tmp_path)
    assert guess in found


def test_that_a_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", b"\xef\xbb\xbf" + _GOOD.replace("\n", "\r\n").encode())
    assert load_content(tmp_path, None).entries[0].question == "几点退房？"


def test_that_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, "faq.docx", "x")
    (found,) = _problems(tmp_path)
    assert found == "faq.docx: files of this kind are not read; use .yaml or .yml or .jsonl"


def test_that_all_problems_are_found_and_twenty_are_shown(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "- question: q\n" * 30)
    with pytest.raises(ContentErrors) as caught:
        load_content(tmp_path, None)
    assert len(caught.value.problems) == 30
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "... and 10 more problems"


def test_that_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no such file or folder"):
        load_content(tmp_path / "none", None)


def test_that_deep_nesting_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "[" * 5000)
    _write(tmp_path, "b.jsonl", "[" * 100_000)
    assert len(_problems(tmp_path)) == 2


def test_that_an_alias_bomb_is_read_in_no_time(tmp_path: Path) -> None:
    lines = ["- &a0 [x, x]"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    _write(tmp_path, "a.yaml", "\n".join(lines))
    assert len(_problems(tmp_path)) == 30
