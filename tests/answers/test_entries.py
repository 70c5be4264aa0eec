from __future__ import annotations

from datetime import date

import pytest

from chatbot.answers.entries import Condition, Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    Message,
    MiniprogramMessage,
    TextMessage,
    message_from_json,
    message_to_json,
)

_DAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("valid", "covers"),
    [
        (Validity(), True),
        (Validity(start=_DAY), True),
        (Validity(end=_DAY), True),
        (Validity(_DAY, _DAY), True),
        (Validity(start=date(2026, 5, 2)), False),
        (Validity(end=date(2026, 4, 30)), False),
    ],
)
def test_that_both_ends_are_inclusive(valid: Validity, covers: bool) -> None:
    assert valid.covers(_DAY) is covers


def test_that_an_entry_survives_storage() -> None:
    entry = Entry(
        id="a",
        question="几点退房？",
        answer=(
            Variant(
                (TextMessage("14:00。"), ImageMessage("_media/a.png")),
                Condition(("会员等级:金卡",), ("qijian",)),
            ),
            Variant((TextMessage("By 12:00."),), Condition(language="en")),
            *plain_answer("12:00。", "可以延迟。"),
        ),
        similar=("退房时间",),
        excluded=("提前退房",),
        category="入住/退房",
        tags=("意向:续住",),
        valid=Validity(_DAY, None),
        target=0.99,
        auto="ask",
        owner="阿珍",
        review=_DAY,
        scope=("qijian",),
    )
    assert Entry.from_json(entry.to_json()) == entry


@pytest.mark.parametrize(
    ("tags", "account", "holds"),
    [
        (["会员等级:金卡", "身份:商旅"], "qijian", True),
        (["会员等级:银卡", "身份:商旅"], "qijian", True),
        (["会员等级:金卡"], "qijian", False),
        (["身份:商旅"], "qijian", False),
        (["会员等级:金卡", "身份:商旅"], "other", False),
    ],
)
def test_that_one_tag_of_each_group_is_asked_for(
    tags: list[str], account: str, holds: bool
) -> None:
    condition = Condition(("会员等级:金卡", "会员等级:银卡", "身份:商旅"), ("qijian",))
    assert condition.holds(tags, account) is holds


def test_that_the_first_variant_that_holds_answers() -> None:
    gold = Variant((TextMessage("金"),), Condition(("会员等级:金卡",)))
    entry = Entry("a", "几点退房？", (gold, *plain_answer("平")))
    assert entry.answer_for(["会员等级:金卡"], "") == (TextMessage("金"),)
    assert entry.answer_for([], "") == (TextMessage("平"),)


def test_that_a_message_is_answered_in_its_language() -> None:
    gold = Variant((TextMessage("金"),), Condition(("会员等级:金卡",)))
    english = Variant((TextMessage("12:00"),), Condition(language="en"))
    entry = Entry("a", "几点退房？", (gold, english, *plain_answer("平")))
    assert entry.answer_for(["会员等级:金卡"], "", "en") == english.messages
    assert entry.answer_for([], "") == (TextMessage("平"),)
    assert entry.answer_for([], "", "ja") == ()
    own = Entry("b", "q", plain_answer("朝食は七時からです。"))
    assert own.answer_for([], "", "ja") == own.messages
    assert own.answer_for([], "") == own.messages


def test_that_a_condition_of_former_releases_is_of_every_language() -> None:
    record = Entry("a", "q", (Variant((), Condition(("a:b",))), *plain_answer("平"))).to_json()
    assert record["answer"][0]["when"] == {"tags": ["a:b"], "accounts": []}
    assert Entry.from_json(record).answer[0].when == Condition(("a:b",))


@pytest.mark.parametrize(
    "message",
    [
        TextMessage("好"),
        ImageMessage("_media/a.png"),
        LinkMessage("券", "https://example.com", "_media/a.png", "点此"),
        MiniprogramMessage("wx1", "pages/x", "小程序", "_media/a.png"),
        MenuMessage("还想了解", ("早餐几点？",), "或直接输入"),
    ],
)
def test_that_a_message_survives_storage(message: Message) -> None:
    assert message_from_json(message_to_json(message)) == message
