"""Numbers, places and small talk around them pick a line of the menu that was shown last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chatbot.answers.entries import Entry, Variant, plain_answer
from chatbot.answers.messages import MenuMessage, TextMessage
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, Situation
from chatbot.facts.tables import Table
from chatbot.knowledge.content import Content
from tests.dialogue.stage import NOW, Stage

_STORES = Table(
    "门店",
    ("酒店", "别名", "健身"),
    {
        "云栖西湖店": {"别名": "西湖店", "健身": "西湖六点开"},
        "云栖外滩店": {"别名": "外滩店", "健身": "外滩七点开"},
        "云栖太湖店": {"别名": "太湖店", "健身": "太湖八点开"},
    },
)
_QUESTIONS = ("几点退房？", "怎么开发票？", "可以延迟退房吗？")
_ENTRIES = (
    Entry("checkout", "几点退房？", plain_answer("12:00 前。"), ("退房时间",)),
    Entry("invoice", "怎么开发票？", plain_answer("前台开。"), ("能开发票吗",)),
    Entry("late", "可以延迟退房吗？", plain_answer("可以。"), ("能晚点退房吗",)),
    Entry("gym", "健身房几点开？", plain_answer("{门店.健身}"), ("健身房开放时间",)),
    Entry("pets", "可以带狗吗？", plain_answer("可以。"), ("宠物能住吗",), auto="ask"),
    Entry(
        "booking",
        "怎么预订房间？",
        (Variant((TextMessage("小程序里订。"), MenuMessage("大家还问", _QUESTIONS[:2]))),),
        ("在哪订房",),
    ),
)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    texts = {"welcome_items": _QUESTIONS}
    return stage.dialogue(Content(_ENTRIES, (), texts, tables=(_STORES,)))


class Talk:
    """A customer's messages one after the other, the context through its JSON form."""

    def __init__(self, stage: Stage, dialogue: Dialogue) -> None:
        self._stage, self._dialogue = stage, dialogue
        self._context = Context()
        self._now = NOW

    def later(self, minutes: int) -> None:
        self._now += timedelta(minutes=minutes)

    def say(self, text: str) -> Outcome:
        outcome = self._stage.say(
            text,
            context=Context.from_json(self._context.to_json()),
            dialogue=self._dialogue,
            situation=Situation(self._now),
        )
        self._context = outcome.context
        return outcome


@pytest.fixture
def talk(stage: Stage, dialogue: Dialogue) -> Talk:
    return Talk(stage, dialogue)


@pytest.mark.parametrize(
    ("said", "row"),
    [
        ("1", "云栖西湖店"), ("2", "云栖外滩店"), ("第一个", "云栖西湖店"),
        ("最后一个", "云栖太湖店"), ("中间那个", "云栖外滩店"), ("②", "云栖外滩店"),
        ("2，谢谢", "云栖外滩店"), ("好的，1", "云栖西湖店"),
    ],
)  # fmt: skip
def test_that_a_number_picks_a_row(said: str, row: str, talk: Talk) -> None:
    assert talk.say("健身房几点开").decision.action == "clarify"
    outcome = talk.say(said)
    assert outcome.decision.faq_id == "gym"
    assert outcome.context.rows["门店"] == row
    assert outcome.decision.text == said


def test_that_the_number_behind_the_rows_calls_a_person(talk: Talk) -> None:
    talk.say("健身房几点开")
    handoff = talk.say("4").decision.handoff
    assert handoff is not None
    assert handoff.reason == "wish"


@pytest.mark.parametrize(
    ("said", "faq_id"),
    [("1", "checkout"), ("2", "invoice"), ("第二个", "invoice"), ("最后一个", "late")],
)
def test_that_a_number_picks_from_the_service_menu(said: str, faq_id: str, talk: Talk) -> None:
    talk.say("菜单")
    assert talk.say(said).decision.faq_id == faq_id


@pytest.mark.parametrize("said", ["2", "选2", "第二个呢", "2谢谢", "好的，第二个"])
def test_that_a_number_picks_from_an_answers_own_menu(said: str, talk: Talk) -> None:
    assert talk.say("怎么预订房间").decision.faq_id == "booking"
    assert talk.say(said).decision.faq_id == "invoice"


@pytest.mark.parametrize("said", ["1，谢谢", "好的，1", "1谢谢", "嗯，第一个，谢谢"])
def test_that_thanks_beside_a_number_leave_it_a_choice(said: str, talk: Talk) -> None:
    assert talk.say("可以带狗吗").decision.action == "clarify"
    picked = talk.say(said)
    assert picked.decision.faq_id == "pets"
    assert picked.label is not None
    assert picked.label.source == "typed"


def test_that_the_menu_stays_in_sight_after_small_talk_and_one_of_its_lines(talk: Talk) -> None:
    talk.say("菜单")
    assert talk.say("你好").decision.action == "smalltalk"
    assert talk.say("2").decision.faq_id == "invoice"
    assert talk.say("3").decision.faq_id == "late"
    assert talk.say("1，谢谢").decision.faq_id == "checkout"


def test_that_the_number_just_picked_says_nothing_new(talk: Talk) -> None:
    for first in ("菜单", "可以带狗吗", "健身房几点开"):
        talk.say(first)
        assert talk.say("1").decision.action == "answer"
        assert talk.say("1").decision.action == "smalltalk"


def test_that_a_number_picks_nothing_after_something_else(talk: Talk) -> None:
    talk.say("菜单")
    talk.say("宠物能住吗")
    talk.say("1")
    assert talk.say("退房时间").decision.faq_id == "checkout"
    assert talk.say("1").decision.action == "smalltalk"


def test_that_a_number_calls_the_person_offered_and_blames_no_answer(talk: Talk) -> None:
    talk.say("几点退房？你们跟希尔顿什么关系？")
    called = talk.say("1")
    assert called.decision.handoff is not None
    assert called.decision.handoff.reason == "wish"
    assert called.label is None


def test_that_a_menu_is_a_hint_for_half_an_hour_and_a_choice_for_longer(
    stage: Stage, dialogue: Dialogue
) -> None:
    fresh, stale = Talk(stage, dialogue), Talk(stage, dialogue)
    for each, minutes in ((fresh, 5), (stale, 30 * 24 * 60)):
        each.say("可以带狗吗")
        each.later(minutes)
    assert fresh.say("带宠物能住吗").label is not None
    assert stale.say("带宠物能住吗").label is None
    again = Talk(stage, dialogue)
    again.say("可以带狗吗")
    again.later(60)
    assert again.say("1").decision.faq_id == "pets"
