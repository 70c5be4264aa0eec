"""Short messages that go on from the last answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.answers.entries import Entry, Variant, plain_answer
from chatbot.answers.messages import MenuMessage
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.knowledge.content import Content
from tests.dialogue.stage import HERE, NOW, Stage


def _entry(faq_id: str, question: str, answer: str, category: str, *similar: str) -> Entry:
    return Entry(faq_id, question, plain_answer(answer), similar, category=category)


_MENU = MenuMessage("有", ("有健身房吗？", "可以加床吗？"))
ENTRIES = (
    _entry("parking", "有停车场吗？", "有。", "停车", "能停车吗", "车停哪"),
    _entry("fee", "停车场怎么收费？", "每小时五元。", "停车", "停车场多少钱", "停车费多少"),
    _entry("height", "停车场限高多少？", "两米一。", "停车", "多高的车能进"),
    _entry("price", "房价是多少？", "三百元起。", "", "多少钱一晚", "住一晚多少钱"),
    _entry("bed", "可以加床吗？", "一张 120 元。", "房间", "能加床吗", "加床多少钱"),
    _entry("gym", "有健身房吗？", "在三楼。", "设施", "能健身吗"),
    Entry("more", "有哪些服务？", (Variant((_MENU,)),), category="服务"),
)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content(ENTRIES))


def _after(stage: Stage, dialogue: Dialogue, *said: str) -> Outcome:
    """Return what the last of several messages leads to."""
    *before, last = said
    context = Context()
    for text in before:
        outcome = stage.say(text, dialogue=dialogue, context=context)
        context = Context.from_json(outcome.context.to_json())
    return stage.say(last, dialogue=dialogue, context=context)


@pytest.mark.parametrize("said", ["那多少钱", "多少钱呢", "那怎么收费"])
def test_that_the_question_is_asked_about_what_was_spoken_of(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = _after(stage, dialogue, "有停车场吗", said)
    assert outcome.decision.faq_id == "fee"
    assert outcome.trace["rule"] == "follow-up"
    assert outcome.decision.confidence >= outcome.decision.threshold


def test_that_it_is_about_nothing_without_an_answer_before(
    stage: Stage, dialogue: Dialogue
) -> None:
    assert _after(stage, dialogue, "那多少钱").decision.faq_id != "fee"
    first = stage.say("有停车场吗", dialogue=dialogue)
    later = Situation(NOW + timedelta(hours=1))
    outcome = stage.say("那多少钱", dialogue=dialogue, context=first.context, situation=later)
    assert outcome.decision.faq_id != "fee"


def test_that_the_entry_itself_is_meant_where_it_tells_what_is_asked(
    stage: Stage, dialogue: Dialogue
) -> None:
    assert _after(stage, dialogue, "可以加床吗", "那多少钱").decision.faq_id == "bed"
    assert _after(stage, dialogue, "可以加床吗", "天气怎么样").decision.faq_id is None


@pytest.mark.parametrize("sure", ["有健身房吗", "多少钱一晚", "房价是多少"])
def test_that_a_message_that_is_clear_by_itself_is_never_changed(
    sure: str, stage: Stage, dialogue: Dialogue
) -> None:
    alone = _after(stage, dialogue, sure).decision
    after = _after(stage, dialogue, "有停车场吗", sure).decision
    assert (after.faq_id, after.confidence) == (alone.faq_id, alone.confidence)
    assert alone.faq_id is not None


def test_that_a_long_message_needs_no_second_text(stage: Stage, dialogue: Dialogue) -> None:
    context = stage.say("有停车场吗", dialogue=dialogue).context

    def texts(said: str) -> int:
        step = dialogue.begin(Utterance((said,)), context, HERE)
        assert isinstance(step, NeedsVectors)
        return len(step.texts)

    assert texts("那多少钱呢") == 2
    assert texts("我们一家五口人住你们那里一共要花多少") == 1


def test_that_a_line_of_the_answers_menu_is_asked_for_by_its_place(
    stage: Stage, dialogue: Dialogue
) -> None:
    assert _after(stage, dialogue, "有哪些服务", "第二个").decision.faq_id == "bed"
    assert _after(stage, dialogue, "有哪些服务", "第二个", "那前面那个呢").decision.faq_id == "gym"


def test_that_what_follows_small_talk_still_goes_on(stage: Stage, dialogue: Dialogue) -> None:
    outcome = _after(stage, dialogue, "有停车场吗", "好的", "那多少钱")
    assert outcome.decision.faq_id == "fee"


@pytest.mark.parametrize(
    "remark",
    [
        "这也太贵了吧", "太贵", "真贵", "好贵", "免费的呀", "要提前啊", "那免费挺好",
        "我觉得价格有点离谱", "时间上倒也行",
    ],
)  # fmt: skip
def test_that_a_remark_is_no_question_about_the_same(
    remark: str, stage: Stage, dialogue: Dialogue
) -> None:
    for question in ("可以加床吗", "停车场怎么收费"):
        outcome = _after(stage, dialogue, question, remark)
        assert outcome.decision.action != "answer"


@pytest.mark.parametrize("said", ["真的吗", "为什么", "是的", "对", "没有", "这样啊", "怎么会"])
def test_that_a_message_that_names_nothing_gets_no_menu(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    for talk in ((said,), ("有停车场吗", said)):
        assert _after(stage, dialogue, *talk).decision.action == "smalltalk"
