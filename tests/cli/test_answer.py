from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatbot.cli.answer import answer
from chatbot.errors import UserError

_ENTRIES = [
    {"id": "late", "question": "可以延迟退房吗？", "answer": "会员免费延迟至 14:00。"},
    {"id": "food", "question": "早餐几点供应？", "similar": ["早餐时间"], "answer": "6:30 起。"},
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path) -> None:
    lines = [json.dumps(entry, ensure_ascii=False) for entry in _ENTRIES]
    (tmp_path / "faq.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))


def _answer(*more: str, knowledge: str = "faq.jsonl") -> Result:
    arguments = ["--knowledge", knowledge, "--input", "q.jsonl", "--output", "d.jsonl", *more]
    return CliRunner().invoke(answer, arguments)


def _ask(*lines: str) -> None:
    Path("q.jsonl").write_text("\n".join(lines), encoding="utf-8")


def _decided() -> list[dict[str, object]]:
    return [json.loads(line) for line in Path("d.jsonl").read_text("utf-8").splitlines()]


def test_that_every_line_gets_its_decision_in_order() -> None:
    _ask(
        '{"text": "早餐时间", "kind": "in", "id": 1}',
        "",
        '{"text": "可以延迟退房吗", "faq_id": "unread"}',
        '{"text": "火星上有水吗"}',
        '{"text": "a\\u0000\\ud800b"}',
        '{"text": ""}',
    )
    assert _answer().exit_code == 0
    food, late, far, odd, empty = _decided()
    assert (food["action"], food["faq_id"], food["kind"], food["id"]) == ("answer", "food", "in", 1)
    assert late["faq_id"] == "late"
    assert (far["action"], far["faq_id"]) == ("handoff", None)
    assert odd["text"] == "ab"
    assert empty["action"] == "smalltalk"
    assert {"text", "action", "faq_id", "confidence", "candidates", "intent", "intents", "tags",
            "reply", "threshold", "reason", "snapshot"} <= far.keys()  # fmt: skip


def test_that_two_runs_write_the_same_bytes() -> None:
    _ask(*(json.dumps({"text": text}) for text in ("早饭", "能晚些退房不", "转人工", "价格") * 3))
    runs = []
    for _ in range(2):
        assert _answer().exit_code == 0
        runs.append(Path("d.jsonl").read_bytes())
    assert runs[0] == runs[1]


def test_that_intents_count_when_given() -> None:
    Path("intents").mkdir()
    Path("intents/complaint.yaml").write_text(
        "intent: complaint\nkeywords: [投诉]\nhandoff: {skill: 售后}\n", encoding="utf-8"
    )
    _ask('{"text": "我要投诉"}')
    assert _answer("--intents", "intents").exit_code == 0
    assert _decided()[0]["handoff"] == {"skill": "售后", "priority": "normal", "reason": "intent"}
    assert _answer().exit_code == 0
    assert _decided()[0]["intent"] is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "q.jsonl:2: not JSON"),
        ("[1]", "q.jsonl:2: an object with a text is expected"),
        ('{"text": 5}', "q.jsonl:2: an object with a text is expected"),
        ("[" * 100_000, "q.jsonl:2: not JSON"),
    ],
)
def test_that_a_bad_line_is_named_before_anything_is_written(line: str, problem: str) -> None:
    _ask('{"text": "早餐"}', line)
    result = _answer()
    assert isinstance(result.exception, UserError)
    assert problem in str(result.exception)
    assert not Path("d.jsonl").exists()


def test_that_wrong_paths_are_named() -> None:
    assert "q.jsonl: No such file" in str(_answer().exception)
    _ask('{"text": "早餐"}')
    assert "none：没有这个文件或文件夹" in str(_answer(knowledge="none").exception)
    assert "--intents none: no such folder" in str(_answer("--intents", "none").exception)
    Path("d.jsonl").mkdir()
    assert _answer().exit_code != 0
