"""A booking form, and messages to fill it with."""

from __future__ import annotations

from datetime import date

from chatbot.forms.engine import Forms
from chatbot.forms.form import Choice, Flow, HandoffAction, Slot, WebhookAction
from chatbot.forms.step import FormState, FormStep
from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser

#: A Wednesday.
TODAY = date(2026, 4, 15)
NORMALISER = Normaliser()
TEXTS = make_texts({})
FORMS = Forms(TEXTS, NORMALISER)

DATE = Slot("date", "date", "请问哪天入住？", "入住日期", minimum=0, maximum=365)
NIGHTS = Slot("nights", "number", "住几晚？", minimum=1, maximum=30, units=("晚",))
ROOM = Slot(
    "room",
    "choice",
    "想要哪种房型？",
    "房型",
    choices=(Choice("大床房", ("大床",)), Choice("双床房", ("双床", "标间"))),
)
PHONE = Slot("phone", "phone", "方便留个手机号吗？", optional=True)

BOOKING = Flow(
    "booking",
    (DATE, NIGHTS, ROOM, PHONE),
    HandoffAction("预订"),
    "{date} 入住 {nights} 晚 {room}，电话 {phone}，确认吗？",
)
BY_WEBHOOK = Flow(
    "booking",
    (DATE, NIGHTS, ROOM),
    WebhookAction("https://pms.example.com/bookings"),
    "{date} 入住 {nights} 晚 {room}，确认吗？",
    "已为您预订 {date} 的{room}，订单号 {result.number}。",
)


def answer(flow: Flow, state: FormState | None, said: str) -> FormStep:
    """Take one step with ``said``."""
    return FORMS.advance(flow, state, NORMALISER.normalise(said), said, TODAY)


def play(flow: Flow, *messages: str) -> FormStep:
    """Take a step for each message and return the last."""
    step = answer(flow, None, messages[0])
    for said in messages[1:]:
        assert step.state is not None, f"the form was over before {said!r}"
        step = answer(flow, step.state, said)
    return step
