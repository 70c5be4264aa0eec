"""What an answer says to whom: variants, variables, rows of tables, menus, who may be answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.accounts.account import Account, Accounts
from chatbot.answers.entries import Condition, Entry, Variant, plain_answer
from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    MiniprogramMessage,
    TextMessage,
)
from chatbot.dialogue.decision import MenuReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import HUMAN_MENU_ID, Context, Outcome, Situation
from chatbot.facts.tables import Table
from chatbot.knowledge.content import Content
from tests.dialogue.stage import HERE, NOW, Stage

_CITIES = {"杭州": ("西湖店", "城站店"), "上海": ("外滩店", "虹桥店")}
_HOURS = {1: "7:00-10:00", 2: "6:30-9:30"}
STORES = Table(
    "门店",
    ("门店", "代码", "别名", "城市", "早餐时间", "泳池"),
    {
        f"云栖{city}{name}": {
            "代码": f"YQ-{number}{place}",
            "别名": f"{name}|{name[:2]}",
            "城市": city,
            "早餐时间": _HOURS[place],
        }
        for number, (city, names) in enumerate(_CITIES.items(), 1)
        for place, name in enumerate(names, 1)
    },
)
ENTRIES = (
    Entry("breakfast", "早餐几点供应？", plain_answer("{门店.早餐时间}供应早餐。"), ("早饭几点",)),
    Entry("pool", "有游泳池吗？", plain_answer("{门店.泳池}"), ("能游泳吗",)),
    Entry(
        "late",
        "可以延迟退房吗？",
        (
            Variant(
                (TextMessage("金卡可到 16:00。"),),
                Condition(tags=("会员等级:金卡", "会员等级:白金卡")),
            ),
            Variant((TextMessage("{顾客.称呼}，{助手.名字}帮您问问{助手.语气}。"),)),
        ),
        ("能晚点退房吗",),
        category="退房",
    ),
    Entry(
        "map",
        "怎么走到前台？",
        (
            Variant(
                (
                    ImageMessage("_media/map.png"),
                    LinkMessage("地图", "https://example.com/map", "_media/map.png", "点此"),
                    MiniprogramMessage("wx1", "pages/map", "导航", "_media/map.png"),
                    MenuMessage("还想了解", ("可以延迟退房吗？", "附近有什么")),
                )
            ),
        ),
        category="交通/酒店内",
    ),
    Entry("secret", "内部价是多少？", plain_answer("七折。"), auto="agents-only"),
    Entry("pets", "可以带宠物吗？", plain_answer("可以。"), ("能带狗吗",), auto="ask"),
    Entry("vip", "贵宾厅在哪里？", plain_answer("二楼。"), scope=("flagship",)),
)
ACCOUNTS = Accounts(
    default=Account(assistant="小栖", variables={"语气": "哦"}),
    accounts=(
        Account(
            "flagship", "wk1", assistant="店小二", variables={"语气": "呀"},
            menu_head="我是{助手.名字}：", menu=("可以延迟退房吗？", "今天有什么活动"),
        ),
        Account("narrow", "wk2", categories=("交通",)),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content(ENTRIES, tables=(STORES,), accounts=ACCOUNTS))


def _texts(outcome: Outcome) -> list[str]:
    return [part.to_json().get("text", "") for part in outcome.decision.reply]


def _menu(outcome: Outcome) -> MenuReply:
    menu = outcome.decision.menu
    assert menu is not None
    return menu


# -- variants and variables --------------------------------------------------------------------


def test_that_a_tag_chooses_the_variant(stage: Stage, dialogue: Dialogue) -> None:
    gold = replace(HERE, tags=("会员等级:金卡",))
    outcome = stage.say("能晚点退房吗", dialogue=dialogue, situation=gold)
    assert _texts(outcome) == ["金卡可到 16:00。"]


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        (HERE, "您，小栖帮您问问哦。"),
        (Situation(NOW, account="wk1", customer="王姐"), "王姐，店小二帮您问问呀。"),
    ],
)
def test_that_variables_name_the_customer_and_the_assistant(
    situation: Situation, said: str, stage: Stage, dialogue: Dialogue
) -> None:
    assert _texts(stage.say("能晚点退房吗", dialogue=dialogue, situation=situation)) == [said]


def test_that_a_name_is_never_looked_through_for_variables(
    stage: Stage, dialogue: Dialogue
) -> None:
    odd = Situation(NOW, customer="{助手.语气}{门店.早餐时间}")
    assert _texts(stage.say("能晚点退房吗", dialogue=dialogue, situation=odd)) == [
        "{助手.语气}{门店.早餐时间}，小栖帮您问问哦。"
    ]


def test_that_every_kind_of_message_is_said(stage: Stage, dialogue: Dialogue) -> None:
    reply = stage.say("怎么走到前台", dialogue=dialogue).decision.reply
    assert [part.to_json()["type"] for part in reply] == ["image", "link", "miniprogram", "menu"]
    assert reply[-1].to_json()["items"] == [
        {"id": "faq:late", "text": "可以延迟退房吗？"},
        {"id": "ask:2", "text": "附近有什么"},
    ]


# -- facts -------------------------------------------------------------------------------------


def test_that_the_text_names_the_row(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say("西湖店早餐几点供应", dialogue=dialogue)
    assert _texts(outcome) == ["7:00-10:00供应早餐。"]
    assert outcome.context.rows == {"门店": "云栖杭州西湖店"}
    following = stage.say("早饭几点", dialogue=dialogue, context=outcome.context)
    assert _texts(following) == ["7:00-10:00供应早餐。"]


@pytest.mark.parametrize(
    "situation",
    [
        replace(HERE, scene="YQ-11-1203"),
        replace(HERE, tags=("门店:云栖杭州西湖店",)),
    ],
)
def test_that_a_link_or_a_tag_names_the_row(
    situation: Situation, stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("早餐几点供应", dialogue=dialogue, situation=situation)
    assert _texts(outcome) == ["7:00-10:00供应早餐。"]


@pytest.mark.parametrize("typed", [False, True])
def test_that_one_menu_asks_for_the_row_and_the_choice_is_remembered(
    typed: bool, stage: Stage, dialogue: Dialogue
) -> None:
    asked = stage.say("早餐几点供应", dialogue=dialogue)
    assert asked.decision.action == "clarify"
    assert asked.decision.faq_id is None
    items = _menu(asked).items
    assert [item.text for item in items] == [*STORES.rows, "转人工"]
    chosen = items[3]
    told = stage.say(
        chosen.text if not typed else "虹桥的",
        menu_id=None if typed else chosen.id,
        dialogue=dialogue,
        context=Context.from_json(asked.context.to_json()),
    )
    assert (told.decision.action, told.decision.faq_id) == ("answer", "breakfast")
    assert _texts(told) == ["6:30-9:30供应早餐。"]
    assert told.context.rows == {"门店": "云栖上海虹桥店"}


def test_that_a_city_narrows_the_menu(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say("杭州早餐几点供应", dialogue=dialogue)
    assert [item.text for item in _menu(outcome).items] == [
        "云栖杭州西湖店", "云栖杭州城站店", "转人工",
    ]  # fmt: skip


def test_that_another_question_is_not_taken_for_a_choice(stage: Stage, dialogue: Dialogue) -> None:
    asked = stage.say("早餐几点供应", dialogue=dialogue)
    other = stage.say("能晚点退房吗", dialogue=dialogue, context=asked.context)
    assert other.decision.faq_id == "late"


def test_that_a_missing_cell_hands_over(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say("西湖店能游泳吗", dialogue=dialogue)
    assert outcome.decision.action == "handoff"
    assert outcome.decision.handoff is not None
    assert outcome.decision.handoff.reason == "missing-fact"
    assert outcome.decision.reply == ()


# -- who may be answered -----------------------------------------------------------------------


def test_that_an_entry_for_agents_never_reaches_a_customer(
    stage: Stage, dialogue: Dialogue
) -> None:
    decision = stage.say("内部价是多少", dialogue=dialogue).decision
    assert decision.action == "handoff"
    assert decision.handoff is not None
    assert decision.handoff.reason == "agents-only"
    assert decision.candidates[0].faq_id == "secret"


def test_that_an_entry_that_asks_is_confirmed_first(stage: Stage, dialogue: Dialogue) -> None:
    asked = stage.say("能带狗吗", dialogue=dialogue)
    assert asked.decision.action == "clarify"
    assert [item.id for item in _menu(asked).items] == ["faq:pets", HUMAN_MENU_ID]
    for said, menu_id in (("可以带宠物吗？", "faq:pets"), ("1", None), ("第一个", None)):
        picked = stage.say(said, menu_id=menu_id, dialogue=dialogue, context=asked.context)
        assert picked.decision.faq_id == "pets"
        assert picked.context.offered == ()


@pytest.mark.parametrize(
    ("account", "faq_id"), [("wk1", "vip"), ("wk2", None), ("", None), ("wk-unknown", None)]
)
def test_that_an_entry_answers_in_its_accounts_alone(
    account: str, faq_id: str | None, stage: Stage, dialogue: Dialogue
) -> None:
    situation = Situation(NOW, account=account)
    decision = stage.say("贵宾厅在哪里", dialogue=dialogue, situation=situation).decision
    assert decision.faq_id == faq_id


def test_that_an_account_answers_from_its_categories_alone(
    stage: Stage, dialogue: Dialogue
) -> None:
    narrow = Situation(NOW, account="wk2")
    assert stage.say("怎么走到前台", dialogue=dialogue, situation=narrow).decision.faq_id == "map"
    other = stage.say("可以延迟退房吗", dialogue=dialogue, situation=narrow).decision
    assert other.faq_id is None
    assert {candidate.faq_id for candidate in other.candidates} <= {"map"}


# -- menus -------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["菜单", "0", "０", "返回菜单"])
def test_that_the_service_menu_is_there_at_any_time(
    said: str, stage: Stage, dialogue: Dialogue
) -> None:
    asked = stage.say("早餐几点供应", dialogue=dialogue)
    situation = Situation(NOW, account="wk1")
    outcome = stage.say(said, dialogue=dialogue, context=asked.context, situation=situation)
    assert outcome.decision.action == "reply"
    assert _menu(outcome).to_json() == {
        "type": "menu",
        "head": "我是店小二：",
        "items": [
            {"id": "faq:late", "text": "可以延迟退房吗？"},
            {"id": "ask:2", "text": "今天有什么活动"},
            {"id": HUMAN_MENU_ID, "text": "转人工"},
        ],
        "tail": "",
    }
    assert outcome.decision.menu is not None
    assert outcome.context == replace(asked.context, shown=outcome.decision.menu.items)


def test_that_a_tapped_line_is_answered(stage: Stage, dialogue: Dialogue) -> None:
    outcome = stage.say("可以延迟退房吗？", menu_id="faq:late", dialogue=dialogue)
    assert outcome.decision.faq_id == "late"


def test_that_a_line_of_an_entry_that_is_gone_is_a_question_like_any(
    stage: Stage, dialogue: Dialogue
) -> None:
    outcome = stage.say("能晚点退房吗", menu_id="faq:gone", dialogue=dialogue)
    assert outcome.decision.faq_id == "late"
