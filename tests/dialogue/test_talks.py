"""Whole talks: what an open question, a named row or an old menu means a message later."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.accounts.account import Account, Accounts
from chatbot.answers.entries import Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import LinkMessage, MenuMessage, MiniprogramMessage, TextMessage
from chatbot.dialogue.decision import LinkReply, MenuReply, MiniprogramReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, Situation
from chatbot.facts.tables import Table
from chatbot.forms.form import Flow, HandoffAction, Slot
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.dialogue.stage import HERE, NOW, Stage

_PLACES = {
    "杭州": "西湖 湖滨 城站 滨江 萧山", "上海": "外滩 虹桥 浦东 静安 徐汇",
    "南京": "夫子庙 新街口 玄武湖 仙林 江宁", "苏州": "平江路 金鸡湖 园区 吴江 昆山",
}  # fmt: skip
STORES = Table(
    "门店",
    ("酒店", "代码", "别名", "城市", "类型", "早餐时间", "停车", "地图", "泳池"),
    {
        f"云栖{city}{place}店": {
            "代码": f"YQ-{city}-{number}",
            "别名": f"{place}店",
            "城市": city,
            "类型": "亲子型" if number % 2 else "商务型",
            "早餐时间": f"{number + 5}:00",
            "停车": f"{place}停车",
            "地图": f"{place} 店?x=1",
        }
        for city, places in _PLACES.items()
        for number, place in enumerate(places.split(), 1)
    },
)
LEVELS = Table("等级", ("等级", "退房"), {"普通": {"退房": "12:00"}, "金卡": {"退房": "16:00"}})
_PAST = Validity(None, date(2020, 1, 1))
ENTRIES = (
    Entry("breakfast", "早餐几点供应？", plain_answer("{门店.早餐时间}开始。"), ("早饭几点",)),
    Entry("parking", "可以停车吗？", plain_answer("{门店.停车}"), ("有停车场吗", "停车方便吗")),
    Entry("pool", "有泳池吗？", plain_answer("{门店.泳池}"), ("能游泳吗",)),
    Entry("west", "西湖店早餐几点供应？", plain_answer("西湖店专门的回答。")),
    Entry("rule", "可以延迟退房吗？", plain_answer("可以到 {等级.退房}。"), ("能晚点退房吗",)),
    Entry("invoice", "能开普通发票吗？", plain_answer("能。"), ("普票可以开吗",)),
    Entry("pets", "可以带宠物吗？", plain_answer("可以。"), ("能带狗吗",), auto="ask"),
    Entry("old", "春节有什么活动？", plain_answer("没有了。"), valid=_PAST),
    Entry("here", "有接送吗？", plain_answer("有的。"), scope=("flagship",)),
    Entry(
        "not-there", "健身房几点开？", plain_answer("全天。"), ("能健身吗",),
        excluded=("浦东店能健身吗",),
    ),
    Entry(
        "way",
        "酒店怎么走？",
        (
            Variant(
                (
                    LinkMessage("地图", "https://e.cn/{门店.地图}", "_media/a.png"),
                    MiniprogramMessage("wx1", "pages/{门店.地图}", "导航", "_media/a.png"),
                )
            ),
        ),
    ),
    Entry(
        "more",
        "还有什么服务？",
        (Variant((MenuMessage("还有", ("春节有什么活动？", "有接送吗？")),)),),
    ),
    Entry("last", "除夕有什么安排？", (Variant((MenuMessage("有", ("春节有什么活动？",)),)),)),
)  # fmt: skip
_KIDS = Flow("kids", (Slot("kids", "number", "几位儿童？", minimum=0),), HandoffAction("预订"))
INTENTS = (
    Intent(
        "leak", "漏水", keywords=("漏水",), reply=(TextMessage("请打 {门店.泳池}"),),
        handoff=IntentHandoff("工程", "urgent"),
    ),
    Intent("where", "停哪", keywords=("车停哪",), reply=(TextMessage("{门店.停车}"),)),
    Intent("family", "亲子", keywords=("亲子型",), tags=("意向:亲子",)),
    Intent("rain", "下雨", keywords=("下雨",), reply=(TextMessage("前台有伞。"),)),
    Intent("kids", "儿童", keywords=("带小孩",), flow=_KIDS),
)  # fmt: skip
ACCOUNTS = Accounts(
    Account(menu=("早餐几点供应？", "春节有什么活动？", "有接送吗？")),
    (Account("flagship", "wk1", menu=("早餐几点供应？", "有接送吗？")),),
)


class _Talk:
    def __init__(self, stage: Stage, dialogue: Dialogue) -> None:
        self._stage, self.dialogue = stage, dialogue
        self.context = Context()
        self.situation = HERE

    def say(self, text: str, menu_id: str | None = None) -> Outcome:
        outcome = self._stage.say(
            text,
            menu_id=menu_id,
            dialogue=self.dialogue,
            context=Context.from_json(self.context.to_json()),
            situation=self.situation,
        )
        self.context = outcome.context
        return outcome

    def tap(self, outcome: Outcome, caption: str) -> Outcome:
        menu = outcome.decision.menu
        assert menu is not None
        item = next(item for item in menu.items if item.text == caption)
        return self.say(item.text, item.id)


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    content = Content(ENTRIES, INTENTS, tables=(STORES, LEVELS), accounts=ACCOUNTS)
    return stage.dialogue(content)


@pytest.fixture
def talk(stage: Stage, dialogue: Dialogue) -> _Talk:
    return _Talk(stage, dialogue)


def _said(outcome: Outcome) -> str:
    parts = (part.to_json() for part in outcome.decision.reply)
    return "\n".join(part.get("text") or part.get("head") or "" for part in parts)


def _captions(outcome: Outcome) -> list[str]:
    menu = outcome.decision.menu
    return [item.text for item in menu.items] if menu else []


# -- rows --------------------------------------------------------------------------------------


def test_that_city_and_store_lead_from_twenty_rows_to_the_answer(talk: _Talk) -> None:
    cities = talk.say("早餐几点供应")
    assert _captions(cities) == [*_PLACES, "转人工"]
    stores = talk.tap(cities, "南京")
    assert len(_captions(stores)) == 6
    assert _said(talk.tap(stores, "云栖南京玄武湖店")) == "8:00开始。"


def test_that_what_was_narrowed_stays_narrowed(talk: _Talk) -> None:
    talk.tap(talk.say("早餐几点供应"), "南京")
    left = talk.say("商务型的")
    assert _captions(left) == ["云栖南京新街口店", "云栖南京仙林店", "转人工"]


def test_that_another_question_that_names_a_row_is_no_choice(talk: _Talk) -> None:
    talk.say("早餐几点供应")
    other = talk.say("外滩店可以停车吗")
    assert (other.decision.faq_id, _said(other)) == ("parking", "外滩停车")


@pytest.mark.parametrize(
    "said", ["我住的是外滩店", "外滩店呢", "就外滩店吧谢谢", "我老板在外滩店开会"]
)
def test_that_a_row_is_chosen_in_a_sentence(said: str, talk: _Talk) -> None:
    talk.say("早餐几点供应")
    assert talk.say(said).decision.faq_id == "breakfast"


def test_that_another_row_asks_the_same_again_named_or_tapped_in_the_old_menu(talk: _Talk) -> None:
    stores = talk.tap(talk.say("早餐几点供应"), "上海")
    assert _said(talk.tap(stores, "云栖上海外滩店")) == "6:00开始。"
    assert _said(talk.tap(stores, "云栖上海静安店")) == "9:00开始。"
    assert _said(talk.say("那虹桥店呢")) == "7:00开始。"
    talk.say("谢谢")
    assert _said(talk.say("外滩店呢")) == "6:00开始。"


def test_that_a_row_named_in_passing_is_remembered(talk: _Talk) -> None:
    talk.say("下雨了，我在外滩店")
    assert _said(talk.say("早餐几点供应")) == "6:00开始。"


def test_that_the_row_in_the_text_wins_over_the_one_remembered(talk: _Talk) -> None:
    talk.say("外滩店早饭几点")
    assert _said(talk.say("虹桥店可以停车吗")) == "虹桥停车"
    assert talk.context.rows["门店"] == "云栖上海虹桥店"


def test_that_two_rows_are_asked_back(talk: _Talk) -> None:
    both = talk.say("外滩店和虹桥店早餐几点供应")
    assert _captions(both) == ["云栖上海外滩店", "云栖上海虹桥店", "转人工"]


def test_that_a_short_name_inside_a_word_is_not_remembered(talk: _Talk) -> None:
    talk.situation = replace(HERE, tags=("等级:金卡",))
    assert talk.say("能开普通发票吗").decision.faq_id == "invoice"
    assert _said(talk.say("能晚点退房吗")) == "可以到 16:00。"


def test_that_a_row_that_is_gone_is_not_offered(talk: _Talk, stage: Stage) -> None:
    stores = talk.tap(talk.say("早餐几点供应"), "苏州")
    rows = {key: cells for key, cells in STORES.rows.items() if "昆山" not in key}
    fewer = Table(STORES.name, STORES.columns, rows)
    talk.dialogue = stage.dialogue(Content(ENTRIES, INTENTS, tables=(fewer,), accounts=ACCOUNTS))
    asked = talk.tap(stores, "云栖苏州昆山店")
    assert "云栖苏州昆山店" not in _captions(asked)


def test_that_the_next_page_of_a_menu_nobody_waits_for_is_the_service_menu(talk: _Talk) -> None:
    assert talk.say("更多…", "row:+8").decision.action == "reply"


def test_that_values_in_addresses_are_quoted(talk: _Talk) -> None:
    link, page = talk.say("外滩店怎么走").decision.reply
    assert isinstance(link, LinkReply)
    assert link.url == "https://e.cn/%E5%A4%96%E6%BB%A9%20%E5%BA%97?x=1"
    assert isinstance(page, MiniprogramReply)
    assert " " not in page.page


# -- wordings and intents ----------------------------------------------------------------------


def test_that_the_wording_with_the_name_wins_over_the_one_for_any_row(talk: _Talk) -> None:
    assert talk.say("西湖店早餐几点供应").decision.faq_id == "west"


def test_that_what_is_refused_with_a_name_is_refused(talk: _Talk) -> None:
    assert talk.say("浦东店能健身吗").decision.faq_id is None
    assert talk.say("静安店能健身吗").decision.candidates[0].faq_id == "not-there"


def test_that_a_keyword_may_be_the_name_of_a_row(talk: _Talk) -> None:
    assert talk.say("有亲子型的吗").decision.tags == ("意向:亲子",)


def test_that_an_emergency_without_its_facts_is_still_one(talk: _Talk) -> None:
    handoff = talk.say("外滩店房间漏水了").decision.handoff
    assert handoff is not None
    assert (handoff.skill, handoff.priority) == ("工程", "urgent")


def test_that_a_fixed_reply_takes_facts_of_the_row_that_is_named(talk: _Talk) -> None:
    assert _said(talk.say("虹桥店车停哪")) == "虹桥停车"
    talk.context = Context()
    assert _said(talk.say("上海外滩店那边，车停哪啊")) == "外滩停车"


# -- menus -------------------------------------------------------------------------------------


@pytest.mark.parametrize("insisting", ["可以带宠物吗？", "能带狗吗", "1"])
def test_that_an_entry_is_confirmed_once(insisting: str, talk: _Talk) -> None:
    assert talk.say("能带狗吗").decision.action == "clarify"
    assert talk.say(insisting).decision.faq_id == "pets"


def test_that_a_number_after_the_service_menu_is_none_of_an_older_menu(talk: _Talk) -> None:
    talk.say("能带狗吗")
    talk.say("菜单")
    assert talk.say("1").decision.faq_id is None


def test_that_a_number_after_a_fixed_reply_is_none_of_an_older_menu(talk: _Talk) -> None:
    talk.say("能带狗吗")
    talk.say("下雨了")
    assert talk.say("1").decision.faq_id is None


def test_that_an_entry_that_asks_is_offered_although_another_was(talk: _Talk) -> None:
    talk.context = Context(offered=("breakfast",))
    assert talk.say("能带狗吗，可以带宠物吗").decision.action == "clarify"


def test_that_menus_hold_what_is_valid_here(talk: _Talk) -> None:
    assert _captions(talk.say("菜单")) == ["早餐几点供应？", "转人工"]
    talk.situation = Situation(NOW, "wk1")
    assert _captions(talk.say("菜单")) == ["早餐几点供应？", "有接送吗？", "转人工"]
    assert _captions(talk.say("还有什么服务")) == ["有接送吗？"]
    assert talk.say("除夕有什么安排").decision.action == "handoff"


def test_that_a_tapped_line_is_not_about_the_picture_before(
    stage: Stage, dialogue: Dialogue
) -> None:
    shown = stage.say(shown=("image",), dialogue=dialogue)
    tapped = stage.say(
        "能开普通发票吗？", menu_id="faq:invoice", dialogue=dialogue, context=shown.context
    )
    assert tapped.decision.faq_id == "invoice"


def test_that_nought_answers_a_form_that_asks_for_a_number(talk: _Talk) -> None:
    talk.say("带小孩")
    done = talk.say("0")
    assert done.decision.slots == {"kids": 0}
    assert talk.say("0").decision.reason == "the customer asks for the menu"


@pytest.mark.parametrize("said", ["随便啊都听你的", "我老公说了算"])
def test_that_a_guess_is_no_answer_while_a_form_is_filled(said: str, talk: _Talk) -> None:
    talk.say("带小孩")
    assert talk.say(said).decision.action == "flow"


# -- what reaches the customer -----------------------------------------------------------------

_VARIABLE = re.compile(r"\{[^{}']*\.[^{}']*\}")
_names = st.sampled_from(["门店.早餐", "门店.停车", "助手.名字", "助手.语气", "顾客.称呼", "无.有"])
_plain = st.sampled_from(["可以。", "是", " "])
_words = st.lists(_plain | _names.map("{{{}}}".format), min_size=1)
_messages = st.sampled_from(["甲店早餐几点", "早餐几点供应？", "菜单", "甲店", "下雨了", "好"])
_cells = st.sampled_from(["", "7:00", "免费", " ", "https://e.cn/a b"])


@pytest.fixture(scope="module")
def build(stage: Stage) -> Callable[[Content], Dialogue]:
    return stage.dialogue


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    words=_words, cells=st.lists(_cells, min_size=4, max_size=4), tone=_cells,
    said=st.lists(_messages, max_size=5),
    customer=st.sampled_from(["", " ", "王姐"]),
)  # fmt: skip
def test_that_no_variable_reaches_a_customer(
    words: list[str], cells: list[str], tone: str, said: list[str], customer: str,
    build: Callable[[Content], Dialogue], stage: Stage,
) -> None:  # fmt: skip
    text = "".join(words)
    rows = {key: dict(zip(("早餐", "停车"), pair, strict=True)) for key, pair in
            (("甲店", cells[:2]), ("乙店", cells[2:]))}  # fmt: skip
    table = Table("门店", ("门店", "早餐", "停车"), rows)
    messages = (
        TextMessage(text),
        LinkMessage(text, f"https://e.cn/{text}", "_media/a.png", text),
        MenuMessage(text, (text, "早餐几点供应？"), text),
    )
    content = Content(
        (Entry("b", "早餐几点供应？", (Variant(messages),)),),
        (Intent("rain", "雨", keywords=("下雨",), reply=messages),),
        tables=(table,),
        accounts=Accounts(Account(variables={"语气": tone})),
    )
    talk = _Talk(stage, build(content))
    talk.situation = replace(HERE, customer=customer)
    for message in said:
        outcome = talk.say(message)
        assert not _VARIABLE.search(str([part.to_json() for part in outcome.decision.reply]))
        assert outcome.decision.reply or outcome.decision.action == "handoff"
        for part in outcome.decision.reply:
            assert not isinstance(part, MenuReply) or part.items


def test_that_a_base_without_entries_or_with_one_decides(stage: Stage) -> None:
    empty, one = stage.dialogue(Content()), stage.dialogue(Content(ENTRIES[5:6]))
    assert stage.say("能开发票吗", dialogue=empty).decision.action == "handoff"
    assert stage.say("菜单", dialogue=empty).decision.action == "reply"
    assert stage.say("能开普通发票吗", dialogue=one).decision.faq_id == "invoice"
