"""The card: ten thousand conversations, whatever was said in them, fit the platform's limits."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from chatbot.handoff.card import (
    CardFacts,
    Colleague,
    Draft,
    card_outcome,
    handoff_card,
    time_in_words,
)
from chatbot.simulator.app.cards import check_card
from chatbot.store.staff_messages import Place
from chatbot.store.turns import Turn
from chatbot.texts import make_texts

_TEXTS = make_texts({})
_PLACES: tuple[Place, ...] = ("assigned", "pool", "failed", "waiting")
_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
#: What customers write, and what is made to break things.
_WORDS = (
    "", "早餐几点", "门锁打不开，我在西湖店 1203", "<b>粗</b>&amp;<script>", "\u202e反着写",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 40, "一" * 10_000, "\x00\x07\x1b[31m",
    "第一行\n第二行\r\n\t第三行", "\U00020bb7" * 50, "e\u0301" * 60, "a" * 37, "客" * 31,
)  # fmt: skip


def _turn(words: str, form: tuple[tuple[str, str], ...] = ()) -> Turn:
    return Turn(1, 1, _NOW, words, "handoff", {}, form=form)


def _conversation(chance: random.Random) -> CardFacts:
    """Return a conversation as it may be when a card is made."""

    def words() -> str:
        if chance.random() < 0.5:
            return chance.choice(_WORDS)
        return "".join(chr(chance.randrange(0x20, 0x9FFF)) for _ in range(chance.randrange(60)))

    def some(most: int) -> range:
        return range(chance.randint(0, most))

    return CardFacts(
        customer=words(),
        account=words(),
        reason=chance.choice(["wish", "low-confidence", "no-such-reason"]),
        priority=chance.choice(["normal", "high", "urgent"]),
        turns=[_turn(words(), tuple((words(), words()) for _ in some(8))) for _ in some(5)],
        page_url="https://desk.example.com/turns/abcdefghijklmnopqrstuv",
        console_url="https://desk.example.com/console/open/abcdefghijklmnopqrstuv",
        place=chance.choice(_PLACES),
        informed=chance.choice(["now", "later", "never"]),
        messages_left=chance.randint(0, 5),
        time_left=timedelta(seconds=chance.randint(0, 172_800)),
        servicer=words(),
        drafts=[Draft(words(), chance.choice([None, chance.random()])) for _ in some(3)],
        colleagues=[Colleague(f"user{number}", words()) for number in some(14)],
        tags=[words() for _ in some(6)],
        stage=words(),
        duty_phone=chance.choice(["", "0571-8888 0000"]),
    )


def test_that_every_card_of_ten_thousand_is_one_that_the_platform_accepts() -> None:
    chance = random.Random(20261122)
    for number in range(10_000):
        check_card(handoff_card(_conversation(chance), _TEXTS, f"task-{number}"))


def _card(**changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "customer": "小林", "account": "云栖酒店", "reason": "wish", "priority": "normal",
        "turns": [_turn("早餐几点"), _turn("我要投诉")], "page_url": "https://desk/turns/x",
        "console_url": "https://desk/console/open/x",
        "place": "pool", "messages_left": 4, "time_left": timedelta(hours=47, minutes=30),
    }  # fmt: skip
    return handoff_card(CardFacts(**{**facts, **changes}), _TEXTS, "task-1")


def _values(card: dict[str, Any]) -> dict[str, str]:
    return {line["keyname"]: line["value"] for line in card["horizontal_content_list"]}


def test_that_the_stage_is_read_beside_any_name() -> None:
    assert _values(_card(stage="售后"))["客户"] == "小林（售后）"
    long = _values(_card(customer="客" * 40, stage="售后"))["客户"]
    assert long.endswith("…（售后）")
    assert len(long) == 30


def test_that_a_case_is_one_tap_away() -> None:
    assert _card()["jump_list"] == [
        {"type": 1, "title": "记一件事", "url": "https://desk/console/open/x?case"},
        {"type": 1, "title": "在工作台打开", "url": "https://desk/console/open/x"},
    ]


def test_that_it_says_who_wants_what_and_what_may_still_be_sent() -> None:
    card = _card(tags=("意向:投诉",))
    assert card["main_title"] == {"title": "有客户等待接待", "desc": "我要投诉"}
    assert card["sub_title_text"] == "早餐几点"
    assert _values(card)["还可发送"] == "4 条，还有 47 小时"
    assert _values(card)["标签"] == "意向:投诉"


def test_that_a_closed_window_is_said_instead_of_a_number() -> None:
    values = _values(_card(time_left=timedelta()))
    assert values["还可发送"] == "已过 48 小时，微信里发不出了"


def test_that_what_is_urgent_has_the_phone_first() -> None:
    card = _card(priority="urgent", duty_phone="0571-1")
    assert card["horizontal_content_list"][0] == {"keyname": "值班电话", "value": "0571-1"}
    assert card["main_title"]["title"].startswith("紧急")


def test_that_supervisors_read_whether_the_customer_was_told_or_cannot_be_any_more() -> None:
    said = {
        informed: _values(_card(place="waiting", informed=informed))["会话"]
        for informed in ("later", "now", "never")
    }
    assert said == {
        "later": "客户在等，没有人回复，请安排",
        "now": "没有人回复，已请客户稍候，请安排",
        "never": "没有人回复，客户已无法再通知，请安排",
    }


def test_that_a_draft_says_how_sure_it_is() -> None:
    quote = _card(drafts=[Draft("早餐七点开始", 0.62)])["quote_area"]
    assert (quote["title"], quote["quote_text"]) == ("回复草稿，把握 62%", "早餐七点开始")


def test_that_colleagues_can_be_chosen_where_there_are_some() -> None:
    alone = _card()
    assert [button["key"] for button in alone["button_list"]] == ["take", "later"]
    assert "button_selection" not in alone
    card = _card(colleagues=[Colleague("xiaozhou", "小周"), Colleague("li.ming", "")])
    assert [button["key"] for button in card["button_list"]] == ["take", "pass", "later"]
    assert [option["text"] for option in card["button_selection"]["option_list"]] == [
        "小周", "li.ming",
    ]  # fmt: skip


def test_that_the_time_left_is_told_in_words() -> None:
    assert time_in_words(timedelta(hours=2, minutes=59), _TEXTS) == "还有 2 小时"
    assert time_in_words(timedelta(minutes=59, seconds=59), _TEXTS) == "还有 59 分钟"
    assert time_in_words(timedelta(seconds=-5), _TEXTS) == "还有 0 分钟"


def test_that_the_buttons_become_what_happened() -> None:
    assert card_outcome("taken", "小周", _TEXTS) == "小周已接待"
    assert card_outcome("taken", None, _TEXTS) == "同事已接待"
    assert card_outcome("something-new", None, _TEXTS) == "会话已经变了"
