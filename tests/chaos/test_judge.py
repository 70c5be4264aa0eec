"""The judge of the storms notices every kind of broken promise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.evidence import Evidence
from tests.chaos.judge import findings
from tests.pipeline.stage import Json

ANNA = "wmAnna"


def _part(number: int, turn: int, kind: str = "kf_message", **changes: Any) -> Json:
    part: Json = {
        "id": number, "lane": "conversation", "kind": kind, "turn_id": turn, "handoff_id": None,
        "msgid": f"p{number}", "payload": {"msgtype": "text", "text": {"content": f"答{number}"}},
        "state": "delivered", "attempts": 1, "error_code": None, "error_text": None,
        "customer": ANNA,
    }  # fmt: skip
    return {**part, **changes}


def _delivery(n: int, msgid: str) -> Json:
    return {"n": n, "customer": ANNA, "msgid": msgid, "via": "send_msg"}


def _call(n: int, api: str, errcode: int = 0, **body: str) -> Json:
    return {"n": n, "api": api, "errcode": errcode, "body": body}


def _turn(number: int, *words: str) -> Json:
    reply = [{"type": "text", "text": text} for text in words]
    return {"id": number, "decision": {"reply": reply}, "mode": "full", "customer": ANNA}


def sound() -> Evidence:
    """Two questions of one customer: an answer in one message, then a handoff."""
    return Evidence(
        said=((ANNA, "m1"), (ANNA, "m2")),
        messages=(
            {"id": 1, "msgid": "m1", "fate": "turn", "turn_id": 1, "customer": ANNA},
            {"id": 2, "msgid": "m2", "fate": "turn", "turn_id": 2, "customer": ANNA},
        ),
        turns=(_turn(1, "答1"), _turn(2)),
        parts=(
            _part(1, 1),
            _part(2, 2, handoff_id=5),
            _part(3, 2, "transition", handoff_id=5, payload={}),
        ),
        handoffs=({"id": 5, "turn_id": 2, "reason": "wish", "state": "served", "customer": ANNA},),
        conversations=({"customer": ANNA, "public_id": "anna", "service_state": 3, "fence": 3},),
        delivered=(_delivery(10, "p1"), _delivery(11, "p2")),
        queued_cards=(
            {"handoff_id": 5, "userid": "azhen", "state": "delivered", "customer": ANNA},
        ),
        cards=({"content": {"url": "http://desk/turns/anna"}},),
        calls=(_call(12, "kf/service_state/trans", external_userid=ANNA),),
        sessions=({"customer": ANNA, "state": 3},),
        staff=(),
    )


def _with_part(number: int, **changes: Any) -> tuple[Json, ...]:
    return tuple({**part, **changes} if part["id"] == number else part for part in sound().parts)


def _with_message(number: int, **changes: Any) -> tuple[Json, ...]:
    return tuple(
        {**message, **changes} if message["id"] == number else message
        for message in sound().messages
    )


BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "a lost message": ("each_message_arrived_once", {"messages": sound().messages[:1]}),
    "a doubled message": ("each_message_arrived_once", {"messages": sound().messages * 2}),
    "a message from nowhere": ("each_message_arrived_once", {"said": ((ANNA, "m1"),)}),
    "a message without a turn": (
        "each_message_has_its_turn",
        {"messages": _with_message(1, fate="pending", turn_id=None)},
    ),
    "a message for a person who is not there": (
        "each_message_has_its_turn",
        {"messages": _with_message(1, fate="person", turn_id=None)},
    ),
    "a turn for nothing": ("each_turn_has_messages", {"turns": (*sound().turns, _turn(3, "答1"))}),
    "messages out of order": (
        "turns_follow_the_messages",
        {"said": ((ANNA, "m2"), (ANNA, "m1"))},
    ),
    "turns out of order": (
        "turns_follow_the_messages",
        {"messages": (*_with_message(1, turn_id=2)[:1], *_with_message(2, turn_id=1)[1:])},
    ),
    "an open part": ("each_part_has_a_fate", {"parts": _with_part(1, state="sending")}),
    "a doubled delivery": (
        "nothing_is_delivered_twice",
        {"delivered": (*sound().delivered, _delivery(12, "p2"))},
    ),
    "a delivery out of nowhere": (
        "both_sides_agree",
        {"delivered": (*sound().delivered, _delivery(12, "p9"))},
    ),
    "a delivery that never was": ("both_sides_agree", {"delivered": sound().delivered[:1]}),
    "a delivery taken for a refusal": (
        "both_sides_agree",
        {"parts": _with_part(1, state="refused")},
    ),
    "a doubt without a reason": ("both_sides_agree", {"parts": _with_part(1, state="unknown")}),
    "too much doubt": (
        "doubt_is_rare",
        {"parts": tuple(_part(n, 1, state="unknown", error_code=95001) for n in range(1, 5))},
    ),
    "deliveries out of order": (
        "deliveries_follow_the_outbox",
        {"delivered": sound().delivered[::-1]},
    ),
    "an answer that is missing": ("no_answer_is_missing", {"parts": sound().parts[1:]}),
    "half an answer": ("no_answer_is_missing", {"turns": (_turn(1, "答1", "还有"), _turn(2))}),
    "an answer that was dropped": (
        "no_answer_is_missing",
        {"parts": _with_part(1, state="superseded")},
    ),
    "a card sent twice": ("each_handoff_is_told_once", {"cards": sound().cards * 2}),
    "a card never sent": ("each_handoff_is_told_once", {"cards": ()}),
    "a card planned twice": (
        "each_handoff_is_told_once",
        {"queued_cards": sound().queued_cards * 2},
    ),
    "a handoff that nobody is told of": ("each_handoff_is_told_once", {"queued_cards": ()}),
    "a session moved twice": ("each_handoff_is_told_once", {"calls": sound().calls * 2}),
    "a handoff that failed": (
        "each_handoff_is_carried_out_once",
        {"handoffs": ({**sound().handoffs[0], "state": "failed"},)},
    ),
    "a sixth message": (
        "the_bot_never_talked_over_a_person",
        {"calls": (*sound().calls, _call(20, "kf/send_msg", 95001, touser=ANNA, msgid="p7"))},
    ),
    "a session taken for another's": (
        "sessions_agree",
        {"sessions": ({"customer": ANNA, "state": 1},)},
    ),
    "work in vain": (
        "nobody_worked_in_vain",
        {"conversations": ({**sound().conversations[0], "fence": 400},)},
    ),
}


def test_that_sound_evidence_is_accepted() -> None:
    assert findings(sound()) == []


@pytest.mark.parametrize("name", BROKEN)
def test_that_a_broken_promise_is_noticed(name: str) -> None:
    check, changes = BROKEN[name]
    found = findings(replace(sound(), **changes))
    assert any(line.startswith(check) for line in found), found


def test_that_the_refused_repeat_of_a_delivered_message_is_no_fault() -> None:
    repeat = _call(20, "kf/send_msg", 95001, touser=ANNA, msgid="p2")
    assert findings(replace(sound(), calls=(*sound().calls, repeat))) == []
