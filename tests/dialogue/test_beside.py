"""A question beside what an intent only replies to."""

from __future__ import annotations

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.answers.messages import TextMessage
from chatbot.dialogue.decision import TextReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Outcome
from chatbot.facts.tables import Table
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.dialogue.stage import Stage

_PRAISE = "谢谢您的夸奖，我会转告给同事们。"
_ENTRIES = (
    Entry("breakfast", "早餐几点供应？", plain_answer("6:30 起。"), ("早餐几点", "早餐时间")),
    Entry("checkout", "几点退房？", plain_answer("12:00 前。"), ("退房时间",)),
    Entry("invoice", "怎么开发票？", plain_answer("前台开。"), ("发票怎么开", "能开发票吗")),
)
_INTENTS = (
    Intent(
        "praise",
        "夸奖",
        keywords=("/(服务|态度)(真|很)(好|棒)/",),
        exclude=("/但是/",),
        tags=("意向:好评",),
        reply=(TextMessage(_PRAISE),),
    ),
    Intent("broken", "报修", keywords=("坏了",), handoff=IntentHandoff("工程", "high")),
)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content(_ENTRIES, _INTENTS, {}))


def _texts(outcome: Outcome) -> list[str]:
    return [part.text for part in outcome.decision.reply if isinstance(part, TextReply)]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("你们服务真好，请问早餐几点", "6:30 起。"),
        ("几点退房？谢谢！你们服务真好", "12:00 前。"),
        ("服务很好，就是想问下发票怎么开", "前台开。"),
    ],
)
def test_that_the_reply_stands_in_front_of_the_answer(
    said: str, answer: str, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(said, dialogue=dialogue)
    assert outcome.decision.action == "answer"
    assert _texts(outcome) == [_PRAISE, answer]
    assert "意向:好评" in outcome.decision.tags
    assert outcome.decision.intent == "praise"


def test_that_several_questions_are_answered_behind_it(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say("你们服务真好，早餐几点，几点退房", dialogue=dialogue)
    assert _texts(outcome) == [_PRAISE, "6:30 起。", "12:00 前。"]


@pytest.mark.parametrize("said", ["你们服务真好", "你们服务真好，下次还要来", "谢谢，你们服务真好"])
def test_that_it_is_all_there_is_where_nothing_else_is_asked(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say(said, dialogue=dialogue)
    assert outcome.decision.action == "reply"
    assert _texts(outcome) == [_PRAISE]


def test_that_a_question_without_an_answer_goes_to_a_person(
    stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("你们服务真好，请问昨晚的球赛谁赢了", dialogue=dialogue)
    assert outcome.decision.handoff is not None
    assert _texts(outcome) == [_PRAISE]


def _rows(stage: Stage) -> Dialogue:
    stores = Table(
        "门店",
        ("酒店", "别名", "健身", "停车"),
        {
            "云栖西湖店": {"别名": "西湖店", "健身": "西湖六点开", "停车": "西湖停车免费"},
            "云栖外滩店": {"别名": "外滩店", "健身": "外滩七点开", "停车": "外滩停车收费"},
        },
    )
    gym = Entry("gym", "健身房几点开？", plain_answer("{门店.健身}"), ("健身房时间",))
    parking = Entry("parking", "停车收费吗？", plain_answer("{门店.停车}"), ("停车多少钱",))
    return stage.dialogue(Content((*_ENTRIES, gym, parking), _INTENTS, tables=(stores,)))


@pytest.mark.parametrize(
    ("said", "texts"),
    [
        ("西湖店 另外停车收费吗", ["西湖六点开", "西湖停车免费"]),
        ("西湖店，几点退房", ["西湖六点开", "12:00 前。"]),
        ("我住外滩店。请问发票怎么开？", ["外滩七点开", "前台开。"]),
    ],
)
def test_that_the_answer_that_waits_is_not_lost_beside_a_question(
    said: str, texts: list[str], stage: Stage
) -> None:
    dialogue = _rows(stage)
    asked = stage.say("健身房几点开", dialogue=dialogue)
    outcome = stage.say(said, dialogue=dialogue, context=asked.context)
    assert _texts(outcome) == texts
    assert outcome.decision.faq_id == "gym"
    assert outcome.context.waiting_row is None


def test_that_an_unknown_question_beside_the_row_calls_a_person_after_it(stage: Stage) -> None:
    dialogue = _rows(stage)
    asked = stage.say("健身房几点开", dialogue=dialogue)
    said = "西湖店，请问昨晚的球赛谁赢了"
    outcome = stage.say(said, dialogue=dialogue, context=asked.context)
    assert outcome.decision.handoff is not None
    assert _texts(outcome) == ["西湖六点开"]


def test_that_an_intent_that_hands_over_still_does(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say("你们服务真好，不过空调坏了，几点退房", dialogue=dialogue)
    assert outcome.decision.handoff is not None
    assert outcome.decision.handoff.skill == "工程"
