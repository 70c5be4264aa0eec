"""From a decision to messages within the budget."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatbot.dialogue.decision import (
    Decision,
    GivenNotice,
    HandoffRequest,
    MenuItem,
    MenuReply,
    TextReply,
)
from chatbot.pipeline.planning import Plan, plan_reply, to_messages
from chatbot.wecom.messages import TEXT_BYTES

TOLD: dict[str, Any] = {"msgtype": "text", "text": {"content": "正在为您转接"}}


def _decision(**changes: Any) -> Decision:
    values: dict[str, Any] = {
        "text": "问",
        "action": "answer",
        "reason": "r",
        "snapshot": 1,
        "threshold": 0.9,
    }
    return Decision(**{**values, **changes})


def test_that_one_message_is_kept_for_handing_over() -> None:
    four = tuple(TextReply(f"第{n}条") for n in range(4))
    assert len(plan_reply(_decision(reply=four), TOLD, 5).messages) == 4


def test_that_short_texts_are_joined_when_there_are_too_many() -> None:
    many = tuple(TextReply(f"第{n}条") for n in range(9))
    (message,) = plan_reply(_decision(reply=many), TOLD, 5).messages
    assert message["text"]["content"].count("\n") == 8


def test_that_an_answer_that_does_not_fit_goes_to_a_person_uncut() -> None:
    plan = plan_reply(_decision(reply=(TextReply("长。" * 4000),)), TOLD, 5)
    assert plan == Plan((TOLD,), HandoffRequest(None, "normal", "budget"))


def test_that_a_handoff_is_told_with_the_last_message_and_without_it_happens_silently() -> None:
    wish = _decision(action="handoff", handoff=HandoffRequest(None, "normal", "wish"))
    assert plan_reply(wish, TOLD, 1).messages == (TOLD,)
    assert plan_reply(wish, TOLD, 0) == Plan((), wish.handoff)


def test_that_a_menu_is_one_message_with_clickable_lines() -> None:
    menu = MenuReply("还想问？", (MenuItem("human", "转人工"),))
    (message,) = to_messages((menu,), 4)
    assert message["msgmenu"]["list"][0]["click"] == {"id": "human", "content": "转人工"}


@given(st.lists(st.text(alphabet="早餐几点。！\n 😀ab", min_size=1, max_size=900), max_size=6))
def test_that_no_message_is_ever_over_the_platforms_limit(texts: list[str]) -> None:
    replies = tuple(TextReply(text) for text in texts if text.strip())
    for message in to_messages(replies, 4):
        assert 0 < len(message["text"]["content"].encode()) <= TEXT_BYTES


def test_that_a_notice_in_front_waits_if_it_does_not_fit_and_is_told_if_it_does() -> None:
    notice = GivenNotice(1, "prefix", date(2026, 7, 1))
    menus = tuple(MenuReply(f"第{n}个", (MenuItem("a", "甲"),)) for n in range(3))
    decision = _decision(reply=(TextReply("停水"), *menus), unheaded=menus, notices=(notice,))
    plan = plan_reply(decision, TOLD, 5)
    assert (len(plan.messages), plan.told) == (4, (notice,))
    plan = plan_reply(decision, TOLD, 4)
    assert (len(plan.messages), plan.told, plan.handoff) == (3, (), None)


def test_that_who_is_handed_over_reads_the_notice_first() -> None:
    notice = GivenNotice(1, "prefix", date(2026, 7, 1))
    wanted = HandoffRequest(None, "normal", "wish")
    decision = _decision(
        action="handoff", handoff=wanted, reply=(TextReply("停水"),), unheaded=(),
        notices=(notice,),
    )  # fmt: skip
    plan = plan_reply(decision, TOLD, 5)
    assert (len(plan.messages), plan.messages[-1], plan.told) == (2, TOLD, (notice,))
    assert plan_reply(decision, TOLD, 1) == Plan((TOLD,), wanted)
