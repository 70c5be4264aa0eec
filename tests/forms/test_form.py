"""How a form goes on from one message to the next."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.forms.form import Flow, HandoffAction, Slot
from chatbot.forms.showing import form_lines
from chatbot.forms.step import FormState, FormStep
from tests.forms.samples import (
    BOOKING,
    BY_WEBHOOK,
    DATE,
    NIGHTS,
    ROOM,
    TEXTS,
    TODAY,
    answer,
    play,
)

_ALL = "我要订房，5月1日住两晚大床房，电话13812345678"
_ARRIVAL = Slot("arrival", "date", "哪天入住？", "入住日期", minimum=0)
_DEPARTURE = Slot("departure", "date", "哪天退房？", "退房日期", minimum=0)
_STAY = Flow("stay", (_ARRIVAL, _DEPARTURE), HandoffAction("预订"), "{arrival} 到 {departure}？")
_TABLE = Flow(
    "table",
    (
        Slot("time", "time", "几点到店？", minimum=11 * 60, maximum=22 * 60),
        Slot("people", "number", "几位用餐？", minimum=1, units=("位",)),
        Slot("note", "text", "有什么忌口吗？", "忌口", maximum=10),
    ),
    HandoffAction("餐厅"),
    "{time}，{people} 位，{note}，对吗？",
    "已转给餐厅：{time}。",
)


def _text(step: FormStep) -> str:
    return "\n".join(line.text for line in step.lines)


def test_that_one_sentence_fills_several_slots() -> None:
    step = play(BOOKING, _ALL)
    assert step.kind == "confirm"
    assert step.slots == {
        "date": "2026-05-01", "nights": 2, "room": "大床房", "phone": "13812345678",
    }  # fmt: skip
    assert _text(step) == "5月1日（周五） 入住 2 晚 大床房，电话 13812345678，确认吗？"
    assert step.lines[0].options == ("确认", "修改", "取消")


def test_that_required_slots_are_asked_for_and_choices_offered() -> None:
    first = play(BOOKING, "我要订房")
    assert (first.kind, _text(first)) == ("ask", DATE.ask)
    third = play(BOOKING, "我要订房", "明天", "两晚")
    assert third.lines[0].options == ("大床房", "双床房")
    fourth = play(BOOKING, "我要订房", "明天", "两晚", "标间")
    assert fourth.lines[0].options == ("跳过",)
    assert play(BOOKING, "我要订房", "明天", "两晚", "标间", "不用了").kind == "confirm"


def test_that_a_default_is_not_asked_for_but_may_be_said() -> None:
    flow = replace(BOOKING, slots=(DATE, replace(NIGHTS, default=1)))
    assert play(flow, "订明天的房").slots == {"date": "2026-04-16", "nights": 1}
    assert play(flow, "订明天的房，住三晚").slots["nights"] == 3


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("不对，是三晚", {"nights": 3}),
        ("三晚", {"nights": 3}),
        ("不是两晚，是三晚", {"nights": 3}),
        ("日期改成后天", {"date": "2026-04-17"}),
        ("改到5月3号", {"date": "2026-05-03"}),
        ("房型换成标间", {"room": "双床房"}),
        ("不要大床房，要双床房", {"room": "双床房"}),
        ("电话是13900000000", {"phone": "13900000000"}),
        ("改成4晚，双床", {"nights": 4, "room": "双床房"}),
    ],
)
def test_that_a_correction_changes_what_it_names_and_asks_again(
    said: str, changed: dict[str, object]
) -> None:
    before = play(BOOKING, _ALL)
    step = answer(BOOKING, before.state, said)
    assert step.kind == "confirm"
    assert step.slots == {**before.slots, **changed}


def test_that_an_earlier_answer_can_be_corrected_on_the_way() -> None:
    step = play(BOOKING, "订房", "明天", "不对，改成后天")
    assert (step.kind, _text(step)) == ("ask", NIGHTS.ask)
    assert step.slots == {"date": "2026-04-17"}


@pytest.mark.parametrize(
    "said", ["确认", "好的", "对的没错", "嗯嗯", "OK", "可以，谢谢", "是的，5月1日"]
)
def test_that_a_yes_does_it(said: str) -> None:
    step = play(BOOKING, _ALL, said)
    assert (step.kind, step.state, step.webhook) == ("done", None, None)


def test_that_a_webhook_gets_all_it_needs() -> None:
    step = play(BY_WEBHOOK, "订5月1日的大床房，两晚", "确认")
    assert step.lines == ()
    assert step.webhook is not None
    assert step.webhook.slots == step.slots
    assert step.webhook.words == {"date": "5月1日（周五）", "nights": "2", "room": "大床房"}


def test_that_a_no_asks_what_to_change() -> None:
    step = play(BOOKING, _ALL, "不对")
    assert _text(step) == TEXTS.form_what_to_change
    assert answer(BOOKING, step.state, "两晚改三晚").slots["nights"] == 3
    asked = answer(BOOKING, step.state, "手机号")
    assert _text(asked) == "方便留个手机号吗？"
    assert answer(BOOKING, asked.state, "13700000000").slots["phone"] == "13700000000"


@pytest.mark.parametrize("said", ["算了", "取消", "不订了", "先不订了，谢谢", "那算了吧"])
def test_that_the_customer_may_stop_at_any_time(said: str) -> None:
    for messages in (("订房",), (_ALL,)):
        step = play(BOOKING, *messages, said)
        assert (step.kind, step.state, _text(step)) == ("cancelled", None, TEXTS.form_cancelled)


@pytest.mark.parametrize(
    "said", ["早餐几点供应？", "两晚多少钱", "可以取消吗", "你们酒店在哪里", "一个人可以带几个孩子"]
)
def test_that_a_question_in_between_is_not_the_forms(said: str) -> None:
    before = play(BOOKING, "订房", "明天")
    step = answer(BOOKING, before.state, said)
    assert step.kind == "not-mine"
    assert step.state == before.state
    assert NIGHTS.ask in _text(step)


def test_that_what_nothing_else_answers_is_the_forms_after_all() -> None:
    before = play(BOOKING, "订房", "明天")
    step = answer(BOOKING, before.state, "两晚多少钱")
    assert step.otherwise is not None
    assert step.otherwise.slots["nights"] == 2


def test_that_a_value_out_of_range_is_asked_again_with_its_limit() -> None:
    assert "最多是 30" in _text(play(BOOKING, "订房", "明天", "50晚"))
    assert "最早可以选 4月15日（周三）" in _text(play(BOOKING, "订房", "昨天"))
    assert "最晚可以选 2027年4月15日" in _text(play(BOOKING, "订房", "2028年5月1日"))
    assert "最多写 10 个字" in _text(play(_TABLE, "订位", "晚上六点", "四位", "一" * 11))


def test_that_three_useless_answers_hand_over_with_what_is_known() -> None:
    step = play(BOOKING, "订房", "明天")
    for _ in range(2):
        step = answer(BOOKING, step.state, "哈哈哈").otherwise or step
        assert "没看懂" in _text(step)
    last = answer(BOOKING, step.state, "哈哈哈").otherwise
    assert last is not None
    assert (last.kind, last.state, last.slots) == ("give-up", None, {"date": "2026-04-16"})


def test_that_a_useful_answer_forgives_the_misses() -> None:
    step = play(BOOKING, "订房", "昨天", "昨天")
    assert step.state is not None
    assert step.state.misses == 2
    after = answer(BOOKING, step.state, "明天")
    assert after.state is not None
    assert after.state.misses == 0


def test_that_a_range_fills_two_dates() -> None:
    step = play(_STAY, "5月1日到3日")
    assert step.slots == {"arrival": "2026-05-01", "departure": "2026-05-03"}


def test_that_the_date_that_was_asked_for_is_the_one_that_is_filled() -> None:
    step = play(_STAY, "订房", "5月1日", "5月3日")
    assert step.slots == {"arrival": "2026-05-01", "departure": "2026-05-03"}
    changed = answer(_STAY, step.state, "退房日期改成5月4日")
    assert changed.slots == {"arrival": "2026-05-01", "departure": "2026-05-04"}


def test_that_an_unclear_hour_is_the_one_within_the_limits() -> None:
    assert play(_TABLE, "订位，8点").slots == {"time": "20:00"}
    assert play(_TABLE, "订位，11点半，四个人").slots == {"time": "11:30", "people": 4}


def test_that_free_text_is_kept_as_it_was_written() -> None:
    step = play(_TABLE, "晚上7点订位，两位", "Tom 忌 Nuts")
    assert step.slots["note"] == "Tom 忌 Nuts"
    asking = play(_TABLE, "晚上7点订位，两位", "能做清淡点吗")
    assert asking.kind == "not-mine"
    assert asking.otherwise is not None
    assert asking.otherwise.slots["note"] == "能做清淡点吗"


def test_that_an_action_for_a_person_is_ended_with_its_text() -> None:
    step = play(_TABLE, "晚上7点订位，两位", "没有", "对")
    assert _text(step) == "已转给餐厅：19:00。"


def test_that_agents_read_the_form_in_words() -> None:
    lines = form_lines(BOOKING, play(BOOKING, _ALL).slots, TODAY, TEXTS)
    assert lines == [
        ("入住日期", "5月1日（周五）"),
        ("数量", "2"),
        ("房型", "大床房"),
        ("电话", "13812345678"),
    ]


def test_that_a_flow_edited_meanwhile_keeps_what_still_fits() -> None:
    state = play(BOOKING, _ALL).state
    suites = replace(ROOM, choices=(replace(ROOM.choices[0], name="套房", synonyms=()),))
    edited = replace(BOOKING, slots=(DATE, suites))
    step = answer(edited, state, "确认")
    assert (step.kind, _text(step)) == ("ask", ROOM.ask)
    assert step.slots == {"date": "2026-05-01"}


def test_that_a_flow_is_rebuilt_from_its_json() -> None:
    for flow in (BOOKING, BY_WEBHOOK, _STAY, _TABLE):
        assert Flow.from_json(json.loads(json.dumps(flow.to_json()))) == flow


@pytest.mark.parametrize("record", [None, {}, [], "x", {"flow": "a", "values": 1}])
def test_that_what_is_no_state_is_none(record: object) -> None:
    assert FormState.from_json(record) is None


_PIECES = st.sampled_from(
    ["5月1日", "两晚", "大床", "双床房", "13812345678", "明天", "不", "对", "改成", "吗", "？",
     "跳过", "确认", "取消", "99晚", "昨天", "到",
     "abc", " ", "一", "😀", "第二个", "早餐", "修改", "日期"]
)  # fmt: skip


@given(st.lists(st.lists(_PIECES, max_size=5).map("".join) | st.text(max_size=12), max_size=12))
def test_that_whatever_is_written_the_form_stays_sane(messages: list[str]) -> None:
    state: FormState | None = None
    for said in messages:
        step = answer(BOOKING, state, said)
        assert (step.kind == "not-mine") == (step.otherwise is not None)
        assert (step.state is None) == (step.kind in {"done", "cancelled", "give-up"})
        assert 1 <= step.slots.get("nights", 1) <= 30  # type: ignore[operator]  # a number's slot
        assert str(step.slots.get("date", "2026-04-15")) >= "2026-04-15"
        taken = step.otherwise or step
        if taken.kind == "done":
            assert {"date", "nights", "room"} <= taken.slots.keys()
        state = taken.state
        if state is not None:
            assert FormState.from_json(json.loads(json.dumps(state.to_json()))) == state
