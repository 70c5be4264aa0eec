from __future__ import annotations

from io import BytesIO

import pytest

from .harness import KF, LIN, WANG, Bot, Client

HOUR, DAY = 3600.0, 86_400.0


async def test_that_a_customers_message_is_announced_and_can_be_pulled(
    sim: Client, bot: Bot
) -> None:
    msgid = await sim.write("能晚点退房吗")
    (delivery,) = await bot.wait(1)
    assert delivery.genuine
    assert delivery.fields["Event"] == "kf_msg_or_event"
    assert delivery.fields["OpenKfId"] == KF
    assert "MsgId" not in delivery.fields
    (item,) = await sim.sync(token=delivery.fields["Token"])
    assert item["msgid"] == msgid
    assert item["origin"] == 3
    assert (item["open_kfid"], item["external_userid"]) == (KF, LIN)
    assert item["text"] == {"content": "能晚点退房吗"}


async def test_that_an_answer_reaches_the_phone_and_is_not_pulled(sim: Client) -> None:
    await sim.write()
    answer = await sim.send("14:00 前都可以。", msgid="out_1")
    assert answer["msgid"] == "out_1"
    (delivered,) = await sim.log("delivered")
    assert delivered["customer"] == LIN
    assert delivered["content"] == {"content": "14:00 前都可以。"}
    assert delivered["via"] == "send_msg"
    assert [item["origin"] for item in await sim.sync()] == [3]


async def test_that_the_account_must_be_named_and_known(sim: Client) -> None:
    assert await sim.code("kf/sync_msg", {}) == 95000
    assert await sim.code("kf/sync_msg", {"open_kfid": "wkNobody"}) == 95004


async def test_that_pages_follow_one_another_by_cursor(sim: Client) -> None:
    ids = [await sim.write(str(number)) for number in range(5)]
    seen: list[str] = []
    cursor, more = "", 1
    while more:
        page = await sim.ok("kf/sync_msg", {"open_kfid": KF, "cursor": cursor, "limit": 2})
        assert len(page["msg_list"]) <= 2
        seen += [item["msgid"] for item in page["msg_list"]]
        cursor, more = page["next_cursor"], page["has_more"]
        assert len(cursor) <= 64
    assert seen == ids
    await sim.write("later")
    assert [i["text"]["content"] for i in await sim.sync(cursor=cursor)] == ["later"]


async def test_that_the_log_keeps_three_days(sim: Client) -> None:
    await sim.write("old")
    await sim.advance(2 * DAY)
    await sim.write("new")
    await sim.advance(1.5 * DAY)
    assert [item["text"]["content"] for item in await sim.sync()] == ["new"]


@pytest.mark.parametrize("cursor", ["nonsense", "AAAAAAAAAAAAAAAAAAAAAAA=", "x" * 65])
async def test_that_a_foreign_cursor_is_refused(sim: Client, cursor: str) -> None:
    assert await sim.code("kf/sync_msg", {"open_kfid": KF, "cursor": cursor}) == 40058


@pytest.mark.parametrize("limit", [0, 1001, "10"])
async def test_that_a_wrong_limit_is_refused(sim: Client, limit: object) -> None:
    assert await sim.code("kf/sync_msg", {"open_kfid": KF, "limit": limit}) == 40058


async def test_that_a_callback_token_is_good_for_ten_minutes(sim: Client, bot: Bot) -> None:
    await sim.write()
    token = (await bot.wait(1))[0].fields["Token"]
    await sim.advance(595)
    assert await sim.code("kf/sync_msg", {"open_kfid": KF, "token": token}) == 0
    await sim.advance(10)
    assert await sim.code("kf/sync_msg", {"open_kfid": KF, "token": token}) == 95007
    assert await sim.code("kf/sync_msg", {"open_kfid": KF, "token": "ENCforeign"}) == 95007
    assert await sim.code("kf/sync_msg", {"open_kfid": KF}) == 0


async def test_that_more_may_be_announced_with_an_empty_page(sim: Client) -> None:
    await sim.write()
    await sim.fault("kf/sync_msg", "empty_page")
    page = await sim.ok("kf/sync_msg", {"open_kfid": KF})
    assert (page["msg_list"], page["has_more"]) == ([], 1)
    page = await sim.ok("kf/sync_msg", {"open_kfid": KF, "cursor": page["next_cursor"]})
    assert (len(page["msg_list"]), page["has_more"]) == (1, 0)


async def test_that_pages_may_be_shorter_than_asked_for(sim: Client) -> None:
    for _ in range(3):
        await sim.write()
    await sim.fault("kf/sync_msg", "short_page", size=2)
    page = await sim.ok("kf/sync_msg", {"open_kfid": KF, "limit": 1000})
    assert (len(page["msg_list"]), page["has_more"]) == (2, 1)


async def test_that_five_answers_are_allowed_per_customer_message(sim: Client) -> None:
    await sim.write()
    for _ in range(5):
        assert (await sim.send())["errcode"] == 0
    assert (await sim.send())["errcode"] == 95001
    await sim.write()
    assert (await sim.send())["errcode"] == 0


async def test_that_the_session_ends_48_hours_after_it_began(sim: Client) -> None:
    await sim.write()
    await sim.advance(48 * HOUR - 10)
    assert (await sim.send())["errcode"] == 0
    await sim.advance(20)
    assert (await sim.send())["errcode"] == 95013
    assert await sim.state() == 4


async def test_that_a_repeated_msgid_is_refused(sim: Client) -> None:
    await sim.write()
    assert (await sim.send(msgid="m-1"))["errcode"] == 0
    assert (await sim.send(msgid="m-1"))["errcode"] == 95033
    assert len(await sim.log("delivered")) == 1


async def test_that_msgids_are_unique_in_the_account_not_in_the_session(sim: Client) -> None:
    await sim.write()
    await sim.write(customer=WANG)
    assert (await sim.send(msgid="m-1"))["errcode"] == 0
    assert (await sim.send(msgid="m-1", customer=WANG))["errcode"] == 95033


async def test_that_state_is_checked_before_quota_and_quota_before_msgid(sim: Client) -> None:
    await sim.write()
    for number in range(5):
        await sim.send(msgid=f"m-{number}")
    assert (await sim.send(msgid="m-0"))["errcode"] == 95001
    await sim.move(2)
    assert (await sim.send(msgid="m-0"))["errcode"] == 95018
    assert (await sim.send(msgid="bad id"))["errcode"] == 40058


async def test_that_a_refused_msgid_may_be_used_later(sim: Client) -> None:
    assert (await sim.send(msgid="m-1"))["errcode"] == 95013
    await sim.write()
    assert (await sim.send(msgid="m-1"))["errcode"] == 0


@pytest.mark.parametrize("msgid", ["", "x" * 33, "a b", "ä", 7])
async def test_that_a_malformed_msgid_is_refused(sim: Client, msgid: object) -> None:
    await sim.write()
    assert (await sim.send(msgid=msgid))["errcode"] == 40058


async def test_that_texts_are_limited_in_bytes(sim: Client) -> None:
    await sim.write()
    assert (await sim.send("字" * 682))["errcode"] == 0
    assert (await sim.send("字" * 683))["errcode"] == 45002
    assert (await sim.send(""))["errcode"] == 44004


def menu(*entries: dict[str, object]) -> dict[str, object]:
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": "请选择", "list": list(entries)}}


def click(caption: str = "是", item_id: str = "yes") -> dict[str, object]:
    return {"type": "click", "click": {"id": item_id, "content": caption}}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (menu(click()), 0),
        (menu(*[click()] * 10), 0),
        (menu(*[click()] * 11), 95008),
        (menu({"type": "button", "button": {}}), 95009),
        (menu({"type": "click"}), 40063),
        (menu(click("字" * 43)), 40058),
        (menu(click("是", "i" * 129)), 40058),
        (menu({"type": "view", "view": {"url": "https://a.example", "content": "看"}}), 0),
        (menu({"type": "text", "text": {"content": "字" * 86}}), 40058),
        ({"msgtype": "msgmenu", "msgmenu": {"head_content": "字" * 342, "list": []}}, 45002),
        ({"msgtype": "markdown", "markdown": {"content": "x"}}, 40008),
        ({"msgtype": "image", "image": {"media_id": "none"}}, 40007),
        ({"msgtype": "text"}, 0),
        ({"msgtype": "text", "text": "x"}, 40058),
        ({"msgtype": "location", "location": {"latitude": 30.2, "longitude": 120.1}}, 0),
        ({"msgtype": "location", "location": {"latitude": "30", "longitude": 120.1}}, 40058),
    ],
)
async def test_that_message_bodies_are_checked(
    sim: Client, body: dict[str, object], code: int
) -> None:
    await sim.write()
    sound = {"touser": LIN, "open_kfid": KF, "text": {"content": "您好"}}
    assert await sim.code("kf/send_msg", sound | body) == code


async def test_that_a_menu_click_comes_back_as_text_with_its_id(sim: Client) -> None:
    body = {"customer": LIN, "text": {"content": "是", "menu_id": "fb_yes"}}
    await sim.control("messages", body)
    assert (await sim.sync())[0]["text"] == {"content": "是", "menu_id": "fb_yes"}


async def test_that_an_unknown_customer_cannot_be_written_to(sim: Client) -> None:
    assert (await sim.send(customer="wmNobody"))["errcode"] == 40096


async def test_that_a_failed_sending_is_reported_later(sim: Client, bot: Bot) -> None:
    await sim.write()
    await sim.fault("kf/send_msg", "msg_send_fail", fail_type=10)
    assert (await sim.send(msgid="m-1"))["errcode"] == 0
    await bot.wait(2)
    item = (await sim.sync())[-1]
    assert item["origin"] == 4
    assert "open_kfid" not in item
    assert item["event"] == {
        "event_type": "msg_send_fail",
        "open_kfid": KF,
        "external_userid": LIN,
        "fail_msgid": "m-1",
        "fail_type": 10,
    }
    assert await sim.log("delivered") == []


async def test_that_a_customer_may_recall_within_two_minutes(sim: Client) -> None:
    first, second = await sim.write("错了"), await sim.write("也错了")
    await sim.control("messages", {"customer": LIN, "open_kfid": KF, "recall": first})
    event = (await sim.sync())[-1]["event"]
    assert event["event_type"] == "user_recall_msg"
    assert event["recall_msgid"] == first
    body = {"customer": LIN, "open_kfid": KF, "recall": first}
    await sim.control("messages", body, expect=409)
    await sim.advance(121)
    await sim.control("messages", body | {"recall": second}, expect=409)


async def test_that_oversized_media_arrive_as_a_text_notice(sim: Client) -> None:
    url = f"{sim.address}/control/media?type=image"
    picture = BytesIO(b"\xff\xd8\xff" + bytes(2 * 1024 * 1024))
    async with sim.session.post(url, data=picture) as answer:
        media_id = (await answer.json())["media_id"]
    body = {"customer": LIN, "msgtype": "image", "image": {"media_id": media_id}}
    await sim.control("messages", body)
    assert (await sim.sync())[0]["msgtype"] == "text"


async def test_that_every_message_type_passes_through(sim: Client) -> None:
    contents: dict[str, dict[str, object]] = {
        "location": {"latitude": 30.27, "longitude": 120.16, "name": "西湖", "address": "杭州"},
        "link": {"title": "攻略", "desc": "", "url": "https://a.example", "pic_url": ""},
        "miniprogram": {"title": "订房", "appid": "wx1", "pagepath": "p", "thumb_media_id": "m"},
        "merged_msg": {"title": "聊天记录", "item": []},
        "something_new": {"x": 1},
    }
    for msgtype, content in contents.items():
        await sim.control("messages", {"customer": LIN, "msgtype": msgtype, msgtype: content})
    assert {i["msgtype"]: i[i["msgtype"]] for i in await sim.sync()} == contents


async def test_that_a_batch_keeps_its_order(sim: Client, bot: Bot) -> None:
    messages = [{"customer": c, "text": {"content": str(n)}} for n in range(3) for c in (LIN, WANG)]
    msgids = (await sim.control("messages", {"messages": messages}))["msgids"]
    assert [item["msgid"] for item in await sim.sync()] == msgids
    assert len(await bot.wait(6)) == 6


async def test_that_a_cursor_outlives_a_reset_and_misses_nothing(sim: Client) -> None:
    await sim.write("before")
    cursor = (await sim.ok("kf/sync_msg", {"open_kfid": KF}))["next_cursor"]
    await sim.control("reset", {})
    await sim.write("after")
    assert [i["text"]["content"] for i in await sim.sync(cursor=cursor)] == ["after"]
