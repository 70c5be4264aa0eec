"""A form in the conversation: begun by an intent, filled, interrupted, corrected, ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import HUMAN_MENU_ID, Context, Outcome
from chatbot.forms.form import Choice, Flow, HandoffAction, Slot, WebhookAction
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.dialogue.stage import HERE, Stage

_SLOTS = (
    Slot("date", "date", "请问哪天入住？"),
    Slot("nights", "number", "住几晚？", default=1, minimum=1, maximum=30, units=("晚",)),
    Slot("room", "choice", "想要哪种房型？", choices=(Choice("大床房"), Choice("双床房"))),
)
_FLOW = Flow("book", _SLOTS, HandoffAction("预订"), confirm="{date} 住 {nights} 晚 {room}，对吗？")
_CALL = replace(
    _FLOW, name="call", action=WebhookAction("https://pms.example/bookings"), done="订好了。"
)
_ENTRIES = (
    Entry("breakfast", "早餐几点供应？", plain_answer("6:30 至 10:00。"), ("早饭几点",)),
    Entry("pets", "可以带宠物吗？", plain_answer("可以。"), ("能带狗吗",)),
)
_INTENTS = (
    Intent("book", "订房", keywords=("我要订房",), tags=("意向:预订",), stage="售前", flow=_FLOW),
    Intent("call", "预约", keywords=("我要预约",), flow=_CALL),
    Intent("leak", "漏水", keywords=("漏水",), handoff=IntentHandoff("工程", "urgent")),
)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content(_ENTRIES, _INTENTS))


class _Talk:
    """A customer who goes on with the context of the turn before."""

    def __init__(self, stage: Stage, dialogue: Dialogue) -> None:
        self._stage = stage
        self._dialogue = dialogue
        self.context = Context()

    def say(self, text: str, menu_id: str | None = None) -> Outcome:
        context = Context.from_json(self.context.to_json())
        outcome = self._stage.say(
            text, menu_id=menu_id, dialogue=self._dialogue, context=context, situation=HERE
        )
        self.context = outcome.context
        return outcome


@pytest.fixture
def talk(stage: Stage, dialogue: Dialogue) -> _Talk:
    return _Talk(stage, dialogue)


def _said(outcome: Outcome) -> str:
    parts = (part.to_json() for part in outcome.decision.reply)
    return "\n".join(part.get("text") or part["head"] for part in parts)


def test_that_an_intent_begins_its_form(talk: _Talk) -> None:
    begun = talk.say("我要订房")
    assert begun.decision.action == "flow"
    assert _said(begun) == "请问哪天入住？"
    assert begun.decision.to_json()["slots"] == {"nights": 1}
    assert begun.decision.tags == ("意向:预订", "阶段:售前")


def test_that_one_sentence_may_fill_several_slots_and_a_menu_the_last(talk: _Talk) -> None:
    asked = talk.say("我要订房，五月三号住两晚")
    assert _said(asked) == "想要哪种房型？"
    assert asked.decision.menu is not None
    captions = [item.text for item in asked.decision.menu.items]
    assert captions == ["大床房", "双床房", "转人工"]
    confirmed = talk.say("双床房", menu_id=asked.decision.menu.items[1].id)
    assert confirmed.decision.slots == {"date": "2026-05-03", "nights": 2, "room": "双床房"}
    assert "2" in _said(confirmed)
    assert "双床房" in _said(confirmed)


def test_that_a_filled_form_is_handed_over_with_what_it_knows(talk: _Talk) -> None:
    talk.say("我要订房，五月三号住两晚大床房")
    done = talk.say("对的")
    handoff = done.decision.handoff
    assert handoff is not None
    assert (done.decision.action, handoff.skill, handoff.reason) == ("handoff", "预订", "form")
    assert done.decision.slots == {"date": "2026-05-03", "nights": 2, "room": "大床房"}
    assert [title for title, _ in done.trace["form"]]
    assert [(given.tag, given.by) for given in done.decision.given] == [("意向:预订", "flow")]
    assert done.context.form == {}


def test_that_a_filled_form_may_call_another_system(talk: _Talk) -> None:
    talk.say("我要预约五月三号大床房")
    done = talk.say("是")
    assert done.decision.action == "flow"
    assert done.webhook is not None
    assert done.webhook.slots == {"date": "2026-05-03", "nights": 1, "room": "大床房"}


@pytest.mark.parametrize("aside", ["早餐几点供应？", "能带狗吗"])
def test_that_a_question_in_between_is_answered_and_the_form_goes_on(
    aside: str, talk: _Talk
) -> None:
    talk.say("我要订房")
    answered = talk.say(aside)
    assert answered.decision.action == "answer"
    assert "请问哪天入住" in _said(answered)
    following = talk.say("后天")
    assert following.decision.action == "flow"
    assert following.decision.slots["date"] == "2026-05-03"


def test_that_small_talk_is_no_answer_and_three_of_them_call_a_person(talk: _Talk) -> None:
    talk.say("我要订房")
    actions = [talk.say("嗯嗯").decision.action for _ in range(3)]
    assert actions == ["flow", "flow", "handoff"]


def test_that_a_correction_changes_one_slot(talk: _Talk) -> None:
    talk.say("我要订房，五月三号住两晚大床房")
    corrected = talk.say("不对，是三晚")
    assert corrected.decision.slots == {"date": "2026-05-03", "nights": 3, "room": "大床房"}


def test_that_giving_up_ends_the_form(talk: _Talk) -> None:
    talk.say("我要订房")
    assert talk.say("算了不订了").decision.action == "flow"
    assert talk.context.form == {}


@pytest.mark.parametrize(
    ("said", "menu_id", "reason"),
    [("转人工", None, "wish"), ("点一下", HUMAN_MENU_ID, "wish"), ("房间漏水了", None, "intent")],
)
def test_that_a_wish_and_an_emergency_win_over_the_form(
    said: str, menu_id: str | None, reason: str, talk: _Talk
) -> None:
    talk.say("我要订房")
    handoff = talk.say(said, menu_id).decision.handoff
    assert handoff is not None
    assert handoff.reason == reason
    assert talk.context.form == {}


def test_that_the_menu_leaves_the_form_open(talk: _Talk) -> None:
    talk.say("我要订房")
    assert talk.say("菜单").decision.action == "reply"
    assert talk.say("明天").decision.action == "flow"


def test_that_a_form_that_is_gone_is_forgotten(stage: Stage, talk: _Talk) -> None:
    talk.say("我要订房")
    without = stage.dialogue(Content(_ENTRIES, ()))
    outcome = stage.say("早餐几点供应？", dialogue=without, context=talk.context)
    assert outcome.decision.action == "answer"
    assert "请问哪天入住" not in _said(outcome)
