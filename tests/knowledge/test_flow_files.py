"""Forms as admins write them, and what they are told when something is wrong."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from chatbot.forms.form import Choice, Flow, HandoffAction, Slot, WebhookAction
from chatbot.knowledge.fields import Fields
from chatbot.knowledge.flow_files import read_flow
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Mapping, read_yaml
from chatbot.understanding.normalise import Normaliser

_GOOD = """\
flow:
  slots:
    - {name: date, type: date, ask: 请问哪天入住？}
    - {name: nights, type: number, ask: 住几晚？, default: 1, min: 1, max: 30}
    - {name: room, type: choice, ask: 哪种房型？, choices: {大床房: [大床], 双床房: [双床, 标间]}}
    - {name: phone, type: phone, ask: 方便留个手机号吗？, optional: true}
  confirm: "{date} 入住 {nights} 晚 {room}，确认吗？"
  action: {webhook: "https://pms.example.com/bookings", timeout: 3, on_error: handoff}
  done: 已为您预订，订单号 {result.number}。
"""
_FILE = Path("book.yaml")


def _read(
    source: str, hosts: Collection[str] | None = None
) -> tuple[Flow | None, list[tuple[int, str, str]]]:
    """Return the flow, and (line, key, text) of each problem."""
    root = read_yaml(source)
    assert isinstance(root, Mapping)
    problems = Problems()
    fields = Fields(_FILE, root, problems, ("intent", "flow"))
    flow = read_flow(fields, "book", Normaliser(), hosts)
    return flow, [(each.line, each.key, each.text) for each in problems.found]


def _with(line: str) -> str:
    """Return a flow whose one slot is ``line``."""
    return f"flow:\n  slots:\n    - {{{line}}}\n  action: {{handoff: 预订}}\n"


def test_that_the_documented_form_is_read() -> None:
    flow, problems = _read(_GOOD)
    assert problems == []
    assert flow is not None
    assert flow.slots == (
        Slot("date", "date", "请问哪天入住？", minimum=0),
        Slot("nights", "number", "住几晚？", default=1, minimum=1, maximum=30, units=("晚",)),
        Slot(
            "room", "choice", "哪种房型？",
            choices=(Choice("大床房", ("大床",)), Choice("双床房", ("双床", "标间"))),
        ),
        Slot("phone", "phone", "方便留个手机号吗？", optional=True),
    )  # fmt: skip
    assert flow.action == WebhookAction("https://pms.example.com/bookings", 3.0, "handoff")
    assert Flow.from_json(flow.to_json()) == flow


def test_that_an_intent_without_a_form_has_none() -> None:
    assert _read("intent: a\nflow: null\n") == (None, [])
    assert _read("intent: a\n") == (None, [])


def test_that_a_form_for_a_person_needs_no_confirmation() -> None:
    flow, problems = _read(_with("name: 称呼, type: text, ask: 请问怎么称呼？, title: 称呼"))
    assert problems == []
    assert flow is not None
    assert (flow.action, flow.confirm, flow.done) == (HandoffAction("预订"), "", "")


@pytest.mark.parametrize(
    ("ask", "units"),
    [
        ("住几晚？", ("晚",)),
        ("请问几位用餐？", ("位",)),
        ("一共多少个人？", ("人",)),
        ("数量？", ()),
    ],
)
def test_that_a_question_tells_its_measure_word(ask: str, units: tuple[str, ...]) -> None:
    flow, _ = _read(_with(f"name: n, type: number, ask: {ask}"))
    assert flow is not None
    assert flow.slots[0].units == units


def test_that_limits_of_times_are_minutes_and_of_dates_begin_today() -> None:
    flow, problems = _read(_with("name: t, type: time, ask: 几点？, min: '11:00', max: 21:30"))
    assert problems == []
    assert flow is not None
    assert (flow.slots[0].minimum, flow.slots[0].maximum) == (660, 1290)
    past, _ = _read(_with("name: d, type: date, ask: 哪天？, min: -30, max: 0"))
    assert past is not None
    assert (past.slots[0].minimum, past.slots[0].maximum) == (-30, 0)


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("type: text, ask: a", "name", "缺少"),
        ("name: a, ask: a", "type", "缺少"),
        ("name: a, type: text", "ask", "缺少"),
        ("name: a, type: tel, ask: a", "type", "之一"),
        ("name: a.b, type: text, ask: a", "name", "名称"),
        ("name: result, type: text, ask: a", "name", "result"),
        ("name: a, type: text, ask: a, colour: b", "colour", "没有这个键"),
        ("name: a, type: text, ask: a, title: 一二三四五六", "title", "5 个字"),
        ("name: a, type: text, ask: a, optional: maybe", "optional", "true"),
        ("name: a, type: number, ask: a, min: 3, max: 1", "max", "min"),
        ("name: a, type: number, ask: a, min: x", "min", "数字"),
        ("name: a, type: number, ask: a, max: 3, default: 4", "default", "之间"),
        ("name: a, type: phone, ask: a, min: 3", "min", "上下限"),
        ("name: a, type: phone, ask: a, default: b", "default", "没有默认值"),
        ("name: a, type: time, ask: a, min: 早上", "min", "09:30"),
        ("name: a, type: time, ask: a, default: 早上", "default", "09:30"),
        ("name: a, type: text, ask: a, units: [b]", "units", "number"),
        ("name: a, type: text, ask: a, choices: {b: [c]}", "choices", "choice"),
        ("name: a, type: choice, ask: a", "choices", "选项"),
        ("name: a, type: choice, ask: a, choices: {b: c}", "choices", "列表"),
        ("name: a, type: choice, ask: a, choices: {b: [x], c: [X]}", "choices", "分不清"),
        ("name: a, type: choice, ask: a, choices: {'？': []}", "choices", "没有字母"),
        ("name: a, type: choice, ask: a, choices: {b: [], c: []}, default: d", "default", "选项"),
        ("name: a, type: choice, ask: a, choices: [1a, 2a, 3a, 4a, 5a, 6a, 7a, 8a, 9a, 10a]",
         "choices", "最多 9"),
    ],
)  # fmt: skip
def test_that_a_wrong_slot_is_named_with_its_line(line: str, key: str, words: str) -> None:
    _, problems = _read(_with(line))
    assert len(problems) == 1, problems
    number, where, text = problems[0]
    assert (number, where) == (3, f"flow.slots.{key}")
    assert words in text


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("{room}，", "{rom}，", 7, "flow.confirm", "rom"),
        ("{result.number}", "{number}", 9, "flow.done", "number"),
        ("https://pms", "http://pms", 8, "flow.action.webhook", "https"),
        ("timeout: 3", "timeout: 60", 8, "flow.action.timeout", "30"),
        ("webhook:", "handoff: a, webhook:", 8, "flow.action.", "只写一个"),
        ("name: nights", "name: date", 4, "flow.slots.name", "不能重复"),
        ("  done: 已为您预订，订单号 {result.number}。\n", "", 8, "flow.done", "告诉客户"),
        ("confirm:", "conform:", 7, "flow.conform", "没有这个键"),
    ],
)
def test_that_a_wrong_line_of_the_form_is_named(
    old: str, new: str, line: int, key: str, words: str
) -> None:
    assert old in _GOOD
    _, problems = _read(_GOOD.replace(old, new))
    assert any(
        where == (line, key) and words in text for *where_, text in problems
        for where in [tuple(where_)]
    ), problems  # fmt: skip


def test_that_a_host_outside_of_the_list_is_refused_with_the_setting() -> None:
    assert _read(_GOOD, ("pms.example.com",))[1] == []
    ((line, key, text),) = _read(_GOOD, ("other.example.com",))[1]
    assert (line, key) == (8, "flow.action.webhook")
    assert "CHATBOT_OUTBOUND_HOSTS" in text


def test_that_only_a_webhook_has_a_result() -> None:
    source = _with("name: a, type: text, ask: a") + "  done: 好，{result.number}\n"
    ((_, key, _),) = _read(source)[1]
    assert key == "flow.done"
