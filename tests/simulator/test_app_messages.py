from __future__ import annotations

import pytest
from aiohttp import web

from chatbot.simulator.app.cards import check_card
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.wire import xml

from .harness import LIANG, ZHEN, ZHOU, Bot, Client, Json, simulator

AGENT = 1000002
DAY = 86_400.0


def text(content: str = "有新的转接", to: str = ZHEN, **more: object) -> Json:
    body = {"touser": to, "agentid": AGENT, "msgtype": "text", "text": {"content": content}}
    return {**body, **more}


def button_card(**changes: object) -> Json:
    card: Json = {
        "card_type": "button_interaction",
        "main_title": {"title": "接手会话？", "desc": "小林 · 退款"},
        "button_list": [
            {"text": "接手", "style": 1, "key": "take"},
            {"text": "记录", "type": 1, "url": "https://a.example"},
        ],
        "task_id": "hand-1",
    }
    return {k: v for k, v in {**card, **changes}.items() if v is not None}


def notice_card(**changes: object) -> Json:
    card: Json = {
        "card_type": "text_notice",
        "main_title": {"title": "有顾客需要人工", "desc": "已等待 2 分钟"},
        "horizontal_content_list": [{"keyname": "顾客", "value": "小林"}],
        "card_action": {"type": 1, "url": "https://a.example/turns/1"},
    }
    return {k: v for k, v in {**card, **changes}.items() if v is not None}


def card_message(card: Json, to: str = ZHEN, **more: object) -> Json:
    body = {"touser": to, "agentid": AGENT, "msgtype": "template_card", "template_card": card}
    return {**body, **more}


async def click(sim: Client, bot: Bot, msgid: str, key: str, userid: str = ZHEN) -> Json:
    """Tap a card and return the event that the bot gets."""
    before = len(bot.received)
    body = {"userid": userid, "action": "click", "msgid": msgid, "key": key}
    await sim.control("staff", body)
    return (await bot.wait(before + 1))[before].fields


async def test_that_a_message_reaches_the_named_members(sim: Client) -> None:
    answer = await sim.ok("message/send", text(to=f"{ZHEN}|{LIANG}"))
    assert answer["msgid"]
    assert "response_code" not in answer
    (entry,) = await sim.log("app_message")
    assert entry["users"] == [ZHEN, LIANG]
    assert entry["content"] == {"content": "有新的转接"}


async def test_that_all_means_everybody(sim: Client) -> None:
    await sim.ok("message/send", text(to="@all"))
    assert (await sim.log("app_message"))[0]["users"] == [ZHEN, ZHOU, LIANG]


async def test_that_unknown_recipients_come_back_in_lower_case(sim: Client) -> None:
    answer = await sim.ok("message/send", text(to="AZhen|NoBody"))
    assert answer["invaliduser"] == "nobody"
    assert (await sim.log("app_message"))[0]["users"] == [ZHEN]


async def test_that_only_unknown_recipients_are_an_error(sim: Client) -> None:
    answer = await sim.call("message/send", text(to="NoBody|Nemo"))
    assert answer["errcode"] == 81013
    assert answer["invaliduser"] == "nobody|nemo"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"agentid": 1000009}, 301002),
        ({"agentid": None}, 40063),
        ({"touser": ""}, 40063),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40058),
        ({"msgtype": "poem"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "字" * 682}}, 0),
        ({"text": {"content": "字" * 683}}, 45002),
        ({"msgtype": "markdown", "markdown": {"content": "字" * 683}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "none"}}, 40007),
        ({"msgtype": "textcard", "textcard": {"title": "字" * 43, "description": "d"}}, 45002),
        (
            {"msgtype": "news", "news": {"articles": [{"title": "t", "url": "https://a"}] * 9}},
            45008,
        ),
    ],
)
async def test_that_messages_are_checked(sim: Client, change: Json, code: int) -> None:
    assert await sim.code("message/send", text() | change) == code


async def test_that_more_than_thirty_a_minute_are_silently_dropped(sim: Client) -> None:
    for number in range(31):
        assert await sim.code("message/send", text(str(number), to=f"{ZHEN}|{ZHOU}")) == 0
        if number == 0:
            assert await sim.code("message/send", text("x", to=LIANG)) == 0
    entries = await sim.log("app_message")
    assert entries[-1]["users"] == []
    assert entries[-1]["dropped"] == [ZHEN, ZHOU]
    await sim.advance(61)
    await sim.ok("message/send", text("later"))
    assert (await sim.log("app_message"))[-1]["users"] == [ZHEN]


async def test_that_repeated_messages_are_dropped_on_request(sim: Client) -> None:
    checked: Json = {"enable_duplicate_check": 1, "duplicate_check_interval": 600}
    first = await sim.ok("message/send", text(**checked))
    assert (await sim.ok("message/send", text(**checked)))["msgid"] == first["msgid"]
    assert len(await sim.log("app_message")) == 1
    await sim.ok("message/send", text("other", **checked))
    await sim.ok("message/send", text(to=ZHOU, **checked))
    await sim.ok("message/send", text())
    assert len(await sim.log("app_message")) == 4
    await sim.advance(601)
    await sim.ok("message/send", text(**checked))
    assert len(await sim.log("app_message")) == 5


async def test_that_a_card_sent_again_under_duplicate_check_keeps_its_code(sim: Client) -> None:
    body = card_message(button_card(), enable_duplicate_check=1)
    first, second = await sim.ok("message/send", body), await sim.ok("message/send", body)
    assert first["response_code"] == second["response_code"]
    assert len(await sim.log("app_message")) == 1


async def test_that_a_task_id_is_used_once(sim: Client) -> None:
    await sim.ok("message/send", card_message(button_card()))
    assert await sim.code("message/send", card_message(button_card())) == 42014
    assert await sim.code("message/send", card_message(button_card(task_id="hand-2"))) == 0


async def test_that_interactive_cards_need_a_callback_address(sim: Client) -> None:
    async with simulator(sim.config.override(callback_url="")) as deaf:
        assert await deaf.code("message/send", card_message(button_card())) == 43012
        assert await deaf.code("message/send", card_message(notice_card())) == 0


def line(name: str = "顾客", value: str = "小林", **more: object) -> Json:
    return {"keyname": name, "value": value, **more}


def button(caption: str = "接手", **more: object) -> Json:
    return {"text": caption, "key": "take", **more}


@pytest.mark.parametrize(
    "card",
    [
        notice_card(),
        notice_card(main_title=None, sub_title_text="只有副标题"),
        notice_card(horizontal_content_list=[line(value="字" * 30)] * 6),
        notice_card(task_id="t-1"),
        notice_card(task_id="t-1", action_menu={"action_list": [{"text": "忽略", "key": "k"}]}),
        button_card(),
        button_card(button_list=[button()] * 6),
        button_card(
            button_selection={"question_key": "q", "option_list": [{"id": "1", "text": "是"}]}
        ),
        {
            "card_type": "vote_interaction",
            "main_title": {"title": "哪天值班"},
            "checkbox": {"question_key": "q", "option_list": [{"id": "1", "text": "周一"}]},
            "submit_button": {"text": "提交", "key": "ok"},
            "task_id": "v-1",
        },
        {
            "card_type": "news_notice",
            "main_title": {"title": "周报"},
            "card_image": {"url": "https://a.example/1.png", "aspect_ratio": 2.25},
            "card_action": {"type": 1, "url": "https://a.example"},
        },
    ],
)
def test_that_sound_cards_are_accepted(card: Json) -> None:
    check_card(card)


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"card_type": "poem"}, 40058),
        (notice_card(card_action=None), 40063),
        (notice_card(card_action={"type": 1}), 40063),
        (notice_card(card_action={"type": 3, "url": "https://a"}), 40058),
        (notice_card(main_title=None), 40063),
        (notice_card(main_title={"title": "字" * 37}), 40058),
        (notice_card(main_title={"title": "标题", "desc": "字" * 45}), 40058),
        (notice_card(emphasis_content={"title": "字" * 15}), 40058),
        (notice_card(sub_title_text="字" * 161), 40058),
        (notice_card(source={"desc": "字" * 21}), 40058),
        (notice_card(source={"desc_color": 4}), 40058),
        (notice_card(horizontal_content_list=[line()] * 7), 40058),
        (notice_card(horizontal_content_list=[line("六个字的名称")]), 40058),
        (notice_card(horizontal_content_list=[line(value="字" * 31)]), 40058),
        (notice_card(horizontal_content_list=[line(type=1)]), 40063),
        (notice_card(horizontal_content_list=[line(type=3)]), 40063),
        (notice_card(jump_list=[{"title": "看", "type": 0}] * 4), 40058),
        (notice_card(jump_list=[{"title": "字" * 19, "type": 0}]), 40058),
        (notice_card(jump_list=[{"title": "看", "type": 1}]), 40063),
        (notice_card(action_menu={"action_list": [{"text": "a", "key": "k"}]}), 42014),
        (notice_card(action_menu={"action_list": []}, task_id="t"), 40063),
        (button_card(task_id=None), 42014),
        (button_card(task_id="有汉字"), 42014),
        (button_card(task_id="x" * 129), 42014),
        (button_card(main_title={"desc": "无标题"}), 40063),
        (button_card(button_list=None), 40063),
        (button_card(button_list=[]), 40063),
        (button_card(button_list=[button()] * 7), 40058),
        (button_card(button_list=[button("字" * 11)]), 40058),
        (button_card(button_list=[button(style=5)]), 40058),
        (button_card(button_list=[button(key="")]), 40063),
        (button_card(button_list=[button(key="k" * 1025)]), 40058),
        (button_card(button_list=[button(type=1)]), 40063),
        (button_card(button_selection={"question_key": "q", "option_list": []}), 40063),
    ],
)
def test_that_faulty_cards_are_refused(card: Json, code: int) -> None:
    with pytest.raises(PlatformError) as caught:
        check_card(card)
    assert caught.value.code == code


async def test_that_a_click_brings_an_event_with_a_code_of_its_own(sim: Client, bot: Bot) -> None:
    sent = await sim.ok("message/send", card_message(button_card(), to=f"{ZHEN}|{ZHOU}"))
    event = await click(sim, bot, sent["msgid"], "take")
    assert event["Event"] == "template_card_event"
    assert (event["FromUserName"], event["EventKey"]) == (ZHEN, "take")
    assert (event["TaskId"], event["CardType"]) == ("hand-1", "button_interaction")
    assert event["AgentID"] == str(AGENT)
    assert event["ResponseCode"] not in {"", sent["response_code"]}
    url_button = {"userid": ZHEN, "action": "click", "msgid": sent["msgid"], "key": "none"}
    await sim.control("staff", url_button, expect=409)
    await sim.control("staff", url_button | {"userid": LIANG, "key": "take"}, expect=409)


async def test_that_a_menu_entry_brings_a_menu_event(sim: Client, bot: Bot) -> None:
    menu = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]}
    card = notice_card(task_id="n-1", action_menu=menu)
    sent = await sim.ok("message/send", card_message(card))
    event = await click(sim, bot, sent["msgid"], "mute")
    assert (event["Event"], event["EventKey"]) == ("template_card_menu_event", "mute")


async def test_that_selections_come_with_the_click(sim: Client, bot: Bot) -> None:
    options = [{"id": "1", "text": "一"}, {"id": "2", "text": "二"}]
    card = {
        "card_type": "vote_interaction",
        "main_title": {"title": "哪天值班"},
        "checkbox": {"question_key": "day", "mode": 1, "option_list": options},
        "submit_button": {"text": "提交", "key": "ok"},
        "task_id": "v-1",
    }
    sent = await sim.ok("message/send", card_message(card))
    body = {"userid": ZHEN, "action": "click", "msgid": sent["msgid"], "key": "ok"}
    await sim.control("staff", {**body, "selected": {"day": ["1", "2"]}})
    item = (await bot.wait(1))[0].fields["SelectedItems"]["SelectedItem"]
    assert item == {"QuestionKey": "day", "OptionIds": {"OptionId": ["1", "2"]}}


def update(code: str, **more: object) -> Json:
    body: Json = {"userids": [ZHEN, "NoBody"], "agentid": AGENT, "response_code": code}
    return {**body, "button": {"replace_name": "已接手"}, **more}


async def test_that_a_response_code_works_once(sim: Client, bot: Bot) -> None:
    sent = await sim.ok("message/send", card_message(button_card()))
    answer = await sim.ok("message/update_template_card", update(sent["response_code"]))
    assert answer["invaliduser"] == ["nobody"]
    assert await sim.code("message/update_template_card", update(sent["response_code"])) == 60140
    event = await click(sim, bot, sent["msgid"], "take")
    code = event["ResponseCode"]
    assert await sim.code("message/update_template_card", update(code)) == 0
    assert await sim.code("message/update_template_card", update(code)) == 60140
    assert [e["users"] for e in await sim.log("card_update")] == [[ZHEN], [ZHEN]]


async def test_that_a_response_code_lives_72_hours(sim: Client) -> None:
    sent = await sim.ok("message/send", card_message(button_card()))
    await sim.advance(3 * DAY)
    assert await sim.code("message/update_template_card", update(sent["response_code"])) == 60140


async def test_that_a_card_can_be_replaced_by_another(sim: Client, bot: Bot) -> None:
    sent = await sim.ok("message/send", card_message(button_card()))
    body = update(sent["response_code"])
    del body["button"]
    body["template_card"] = notice_card(main_title={"title": "已由小周接手"})
    await sim.ok("message/update_template_card", body)
    old = {"userid": ZHEN, "action": "click", "msgid": sent["msgid"], "key": "take"}
    await sim.control("staff", old, expect=409)


async def test_that_messages_can_be_recalled_for_a_day(sim: Client) -> None:
    first = (await sim.ok("message/send", card_message(button_card())))["msgid"]
    await sim.ok("message/recall", {"msgid": first})
    gone = {"userid": ZHEN, "action": "click", "msgid": first, "key": "take"}
    await sim.control("staff", gone, expect=409)
    second = (await sim.ok("message/send", text()))["msgid"]
    await sim.advance(DAY + 1)
    assert await sim.code("message/recall", {"msgid": second}) == 42052
    assert await sim.code("message/recall", {"msgid": "none"}) == 40058


async def test_that_a_member_writes_to_the_app(sim: Client, bot: Bot) -> None:
    body = {"userid": "AZhen", "msgtype": "text", "content": "还有几天假？"}
    msgid = (await sim.control("app_messages", body))["msgid"]
    fields = (await bot.wait(1))[0].fields
    assert fields["ToUserName"] == sim.config.corp.id
    assert (fields["FromUserName"], fields["MsgType"]) == (ZHEN, "text")
    assert (fields["Content"], fields["MsgId"]) == ("还有几天假？", msgid)
    assert int(msgid) < 2**63
    place = {"Location_X": "30.2", "Location_Y": "120.1", "Label": "西湖"}
    await sim.control("app_messages", body | {"msgtype": "location", "fields": place})
    assert (await bot.wait(2))[1].fields["Label"] == "西湖"
    await sim.control("app_messages", {**body, "msgtype": "event", "event": "enter_agent"})
    event = (await bot.wait(3))[2].fields
    assert event["Event"] == "enter_agent"
    assert "MsgId" not in event


def passive(bot: Bot, fields: Json) -> web.Response:
    """Return the encrypted in-line reply to a callback."""
    encrypted = bot.crypto.encrypt(xml.build(fields))
    outer = {
        "Encrypt": encrypted,
        "MsgSignature": bot.crypto.sign("1735689605", "77", encrypted),
        "TimeStamp": 1735689605,
        "Nonce": "77",
    }
    return web.Response(text=xml.build(outer))


async def test_that_a_passive_reply_reaches_the_member(sim: Client, bot: Bot) -> None:
    bot.replies = [passive(bot, {"MsgType": "text", "Content": "还有 5 天。"})]
    await sim.control("app_messages", {"userid": ZHEN, "content": "还有几天假？"})
    answer = await sim.control("log?kind=app_message&wait=5")
    assert answer["entries"][0]["content"] == {"content": "还有 5 天。"}


async def test_that_a_passive_reply_updates_the_card(sim: Client, bot: Bot) -> None:
    sent = await sim.ok("message/send", card_message(button_card(), to=f"{ZHEN}|{ZHOU}"))
    bot.replies = [
        passive(bot, {"MsgType": "update_button", "Button": {"ReplaceName": "已接手"}}),
        passive(
            bot,
            {
                "MsgType": "update_template_card",
                "TemplateCard": {
                    "CardType": "text_notice",
                    "MainTitle": {"Title": "已结束"},
                    "HorizontalContentList": {"Keyname": "顾客", "Value": "小林"},
                },
            },
        ),
    ]
    await click(sim, bot, sent["msgid"], "take")
    await sim.control("log?kind=card_update&wait=5")
    await click(sim, bot, sent["msgid"], "take")
    first = await sim.log("card_update")
    await sim.control(f"log?kind=card_update&since={first[-1]['n'] + 1}&wait=5")
    first_update, second_update = await sim.log("card_update")
    assert first_update["users"] == [ZHEN]
    assert first_update["content"] == {"button": {"replace_name": "已接手"}}
    card = second_update["content"]["template_card"]
    assert card["main_title"] == {"title": "已结束"}
    assert card["horizontal_content_list"] == [{"keyname": "顾客", "value": "小林"}]


async def test_that_an_unreadable_passive_reply_is_logged_and_dropped(
    sim: Client, bot: Bot
) -> None:
    bot.replies = [web.Response(text="<xml><Encrypt>x</Encrypt></xml>"), web.Response(text="ok")]
    await sim.control("app_messages", {"userid": ZHEN, "content": "一"})
    await sim.control("app_messages", {"userid": ZHEN, "content": "二"})
    await bot.wait(2)
    await sim.control("log?kind=passive_reply&wait=5")
    assert all(entry["error"] for entry in await sim.log("passive_reply"))
    assert await sim.log("app_message") == []
