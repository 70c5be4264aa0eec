from __future__ import annotations

import pytest

from chatbot.simulator.errors import PlatformError
from chatbot.simulator.kf.outgoing import Outgoing
from chatbot.simulator.kf.send_checks import Attempt, check_window
from chatbot.simulator.kf.session import Session, State

from .harness import KF, LIANG, LIN, WANG, ZHEN, ZHOU, Bot, Client, Json, simulator

HOUR = 3600.0


def last_event(items: list[Json]) -> Json:
    event: Json = items[-1]["event"]
    return event


async def test_that_a_session_begins_with_the_customers_message(sim: Client) -> None:
    assert await sim.state() == 4
    assert (await sim.send())["errcode"] == 95013
    await sim.enter()
    assert await sim.state() == 4
    await sim.write()
    assert await sim.state() == 0


async def test_that_an_api_answer_moves_a_new_session_to_the_bot(sim: Client) -> None:
    await sim.write()
    await sim.send()
    assert await sim.state() == 1
    await sim.write()
    assert await sim.state() == 1


ALLOWED = {0: {1, 2, 3, 4}, 1: {2, 3, 4}, 2: {3, 4}, 3: {3, 4}}


@pytest.mark.parametrize("target", range(5))
@pytest.mark.parametrize("start", range(4))
async def test_that_only_the_known_transitions_are_allowed(
    sim: Client, start: int, target: int
) -> None:
    await sim.write()
    if start:
        assert (await sim.move(start, ZHEN))["errcode"] == 0
    expected = 0 if target in ALLOWED[start] else 95016
    assert (await sim.move(target, ZHEN))["errcode"] == expected
    assert await sim.state() == (start if expected else target)


async def test_that_an_ended_session_cannot_be_moved(sim: Client) -> None:
    assert (await sim.move(3, ZHEN))["errcode"] == 95013
    await sim.write()
    await sim.move(4)
    assert (await sim.move(1))["errcode"] == 95013
    await sim.write()
    assert await sim.state() == 0


async def test_that_transitions_can_be_configured(sim: Client) -> None:
    official = {"transitions": {0: (2, 3), 1: (2, 3), 2: (3,), 3: (3, 4), 4: ()}}
    async with simulator(sim.config.override(rules=official)) as strict:
        await strict.write()
        assert (await strict.move(1))["errcode"] == 95016
        assert (await strict.move(2))["errcode"] == 0
        assert (await strict.move(4))["errcode"] == 95016


@pytest.mark.parametrize("state", [2, 3])
async def test_that_the_bot_may_not_talk_while_people_have_the_session(
    sim: Client, state: int
) -> None:
    await sim.write()
    await sim.move(state, ZHEN)
    assert (await sim.send())["errcode"] == 95018


async def test_that_the_person_must_be_a_servicer_who_is_receiving(sim: Client) -> None:
    await sim.write()
    assert (await sim.move(3))["errcode"] == 40063
    assert (await sim.move(3, LIANG))["errcode"] == 95014
    await sim.staff(ZHEN, "receive", on=False)
    assert (await sim.move(3, ZHEN))["errcode"] == 95019
    assert (await sim.move(3, ZHOU))["errcode"] == 0
    body = {"open_kfid": KF, "external_userid": LIN}
    answer = await sim.ok("kf/service_state/get", body)
    assert (answer["service_state"], answer["servicer_userid"]) == (3, ZHOU)


async def test_that_a_code_comes_with_the_first_change_only(sim: Client) -> None:
    await sim.write()
    assert "msg_code" in await sim.move(2)
    assert "msg_code" in await sim.move(3, ZHEN)
    assert "msg_code" not in await sim.move(3, ZHOU)
    assert "msg_code" in await sim.move(4)
    await sim.write()
    assert "msg_code" not in await sim.move(1)
    assert "msg_code" in await sim.move(3, ZHEN)


async def on_event(sim: Client, code: str, msgtype: str = "text", **more: object) -> int:
    content = {"text": {"content": "请稍候"}, "msgmenu": {"head_content": "评价", "list": []}}
    body = {"code": code, "msgtype": msgtype, msgtype: content[msgtype], **more}
    return await sim.code("kf/send_msg_on_event", body)


async def test_that_a_pool_code_allows_one_text_while_waiting(sim: Client) -> None:
    await sim.write()
    code = (await sim.move(2))["msg_code"]
    assert await on_event(sim, code, "msgmenu") == 40008
    assert await on_event(sim, code, msgid="q-1") == 0
    assert await on_event(sim, code) == 40058
    (delivered,) = await sim.log("delivered")
    assert (delivered["via"], delivered["msgid"]) == ("on_event", "q-1")


async def test_that_a_code_dies_with_its_state(sim: Client) -> None:
    await sim.write()
    code = (await sim.move(2))["msg_code"]
    await sim.move(3, ZHEN)
    assert await on_event(sim, code) == 95018


async def test_that_a_code_of_an_earlier_consultation_is_refused(sim: Client) -> None:
    await sim.write()
    code = (await sim.move(2))["msg_code"]
    await sim.move(4)
    await sim.write()
    await sim.move(2)
    assert await on_event(sim, code) == 95018


async def test_that_pool_codes_live_48_hours_and_end_codes_20_seconds(sim: Client) -> None:
    await sim.write()
    code = (await sim.move(2))["msg_code"]
    await sim.advance(47 * HOUR)
    assert await on_event(sim, code) == 0
    end = (await sim.move(4))["msg_code"]
    await sim.advance(19)
    assert await on_event(sim, end, "msgmenu") == 0
    await sim.write()
    end = (await sim.move(4))["msg_code"]
    await sim.advance(20)
    assert await on_event(sim, end) == 40058


async def test_that_a_message_on_an_event_does_not_use_the_quota(sim: Client) -> None:
    await sim.write()
    for _ in range(5):
        await sim.send()
    code = (await sim.move(2))["msg_code"]
    assert await on_event(sim, code) == 0


async def test_that_a_repeated_msgid_is_refused_on_events_too(sim: Client) -> None:
    await sim.write()
    await sim.send(msgid="m-1")
    code = (await sim.move(2))["msg_code"]
    assert await on_event(sim, code, msgid="m-1") == 95033
    assert await on_event(sim, code, msgid="m-2") == 0


async def test_that_a_welcome_works_once_within_20_seconds(sim: Client) -> None:
    code = await sim.enter(scene="shop_home", scene_param="sku42")
    event = last_event(await sim.sync())
    assert (event["scene"], event["scene_param"]) == ("shop_home", "sku42")
    await sim.advance(19)
    assert await on_event(sim, code, "msgmenu") == 0
    assert await on_event(sim, code) == 40058


async def test_that_a_welcome_code_expires_after_20_seconds(sim: Client) -> None:
    code = await sim.enter()
    await sim.advance(20)
    assert await on_event(sim, code) == 40058


async def test_that_a_welcome_is_offered_once_in_48_hours(sim: Client) -> None:
    assert await on_event(sim, await sim.enter()) == 0
    assert await sim.enter() == ""
    await sim.advance(48 * HOUR + 1)
    assert await sim.enter() != ""


async def test_that_an_unused_welcome_is_offered_again(sim: Client) -> None:
    first = await sim.enter()
    assert await sim.enter() not in {"", first}


async def test_that_no_welcome_is_offered_to_who_has_written(sim: Client) -> None:
    await sim.write()
    assert await sim.enter() == ""
    assert await sim.enter(WANG) != ""


async def test_that_a_taken_session_is_announced_with_a_code(sim: Client, bot: Bot) -> None:
    await sim.write()
    await sim.move(2)
    await sim.staff(ZHEN, "take")
    event = last_event(await sim.sync())
    assert event["event_type"] == "session_status_change"
    assert event["change_type"] == 1
    assert event["new_servicer_userid"] == ZHEN
    assert "old_servicer_userid" not in event
    assert await on_event(sim, event["msg_code"]) == 0
    assert len(await bot.wait(2)) == 2


async def test_that_changes_by_api_are_not_announced(sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    await sim.move(4)
    assert [item["origin"] for item in await sim.sync()] == [3]


async def test_that_a_servicers_answer_is_pulled_with_origin_5(sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    msgid = (await sim.staff(ZHEN, "answer", text="我来帮您"))["msgid"]
    item = (await sim.sync())[-1]
    assert (item["msgid"], item["origin"], item["servicer_userid"]) == (msgid, 5, ZHEN)
    assert item["text"] == {"content": "我来帮您"}
    (delivered,) = await sim.log("delivered")
    assert delivered["via"] == "staff"
    assert len(await sim.log("staff_message")) == 1


async def test_that_transfer_and_end_are_announced(sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    await sim.staff(ZHEN, "transfer", to=ZHOU)
    event = last_event(await sim.sync())
    assert event["change_type"] == 2
    assert (event["old_servicer_userid"], event["new_servicer_userid"]) == (ZHEN, ZHOU)
    assert "msg_code" not in event
    await sim.staff(ZHOU, "end")
    event = last_event(await sim.sync())
    assert event["change_type"] == 3
    assert event["old_servicer_userid"] == ZHOU
    assert "new_servicer_userid" not in event
    assert await on_event(sim, event["msg_code"], "msgmenu") == 0
    assert await sim.state() == 4


async def test_that_an_ended_session_can_be_entered_again(sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    await sim.staff(ZHEN, "end")
    await sim.staff(ZHEN, "reenter")
    event = last_event(await sim.sync())
    assert (event["change_type"], event["new_servicer_userid"]) == (4, ZHEN)
    assert await sim.state() == 3


async def test_that_a_transferred_session_can_be_entered_again(sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    await sim.staff(ZHEN, "transfer", to=ZHOU)
    await sim.staff(ZHEN, "reenter")
    event = last_event(await sim.sync())
    assert event["change_type"] == 4
    assert (event["old_servicer_userid"], event["new_servicer_userid"]) == (ZHOU, ZHEN)


async def test_that_writing_in_an_ended_session_enters_it_again(sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    await sim.staff(ZHEN, "end")
    await sim.staff(ZHEN, "answer", text="还有一件事")
    items = await sim.sync()
    assert items[-2]["event"]["change_type"] == 4
    assert items[-1]["origin"] == 5


async def test_that_staff_may_not_do_what_is_not_theirs(sim: Client) -> None:
    await sim.write()
    await sim.staff(ZHEN, "take", expect=409)
    await sim.staff(ZHEN, "reenter", expect=409)
    await sim.move(3, ZHEN)
    await sim.staff(ZHOU, "answer", text="我来", expect=409)
    await sim.staff(ZHOU, "end", expect=409)
    await sim.staff(ZHEN, "transfer", to=LIANG, expect=409)
    await sim.staff(ZHEN, "transfer", to=ZHEN, expect=409)
    await sim.staff(ZHOU, "receive", on=False)
    await sim.staff(ZHEN, "transfer", to=ZHOU, expect=409)
    await sim.staff(LIANG, "take", expect=409)
    answer = await sim.staff("nobody", "take", expect=409)
    assert "nobody" in answer["error"]


async def test_that_receiving_is_0_and_1_in_the_list_and_1_and_2_in_the_event(sim: Client) -> None:
    await sim.staff(ZHEN, "receive", on=False)
    event = last_event(await sim.sync())
    assert event["event_type"] == "servicer_status_change"
    assert (event["servicer_userid"], event["status"]) == (ZHEN, 2)
    servicers = (await sim.ok("kf/servicer/list", open_kfid=KF))["servicer_list"]
    assert {s["userid"]: s["status"] for s in servicers} == {ZHEN: 1, ZHOU: 0}
    await sim.staff(ZHEN, "receive", on=True)
    assert last_event(await sim.sync())["status"] == 1


async def test_that_a_servicer_may_recall_and_refuse(sim: Client) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    msgid = (await sim.staff(ZHEN, "answer", text="发错了"))["msgid"]
    await sim.staff(ZHEN, "recall", msgid=msgid)
    event = last_event(await sim.sync())
    assert (event["event_type"], event["recall_msgid"]) == ("servicer_recall_msg", msgid)
    assert event["servicer_userid"] == ZHEN
    await sim.staff(ZHEN, "reject", on=True)
    event = last_event(await sim.sync())
    assert event["event_type"] == "reject_customer_msg_switch_change"
    assert event["reject_switch"] == 1
    await sim.control("messages", {"customer": LIN, "text": {"content": "在吗"}}, expect=409)


async def test_that_accounts_and_customers_can_be_read(sim: Client) -> None:
    (account,) = (await sim.ok("kf/account/list", {"offset": 0, "limit": 100}))["account_list"]
    assert (account["open_kfid"], account["name"]) == (KF, "云栖酒店")
    assert account["manage_privilege"] is True
    assert len((await sim.ok("kf/account/list"))["account_list"]) == 1
    await sim.enter(scene="lobby")
    body = {"external_userid_list": [LIN, "wmNobody"], "need_enter_session_context": 1}
    answer = await sim.ok("kf/customer/batchget", body)
    (customer,) = answer["customer_list"]
    assert (customer["nickname"], customer["gender"]) == ("小林", 1)
    assert customer["enter_session_context"]["scene"] == "lobby"
    assert answer["invalid_external_userid"] == ["wmNobody"]
    assert await sim.code("kf/customer/batchget", {"external_userid_list": []}) == 40063


async def test_that_servicers_can_be_added_and_removed(sim: Client) -> None:
    body = {"open_kfid": KF, "userid_list": ["LIANG", "nobody"]}
    results = (await sim.ok("kf/servicer/add", body))["result_list"]
    assert [r["errcode"] for r in results] == [0, 40003]
    await sim.write()
    assert (await sim.move(3, LIANG))["errcode"] == 0
    await sim.ok("kf/servicer/del", {"open_kfid": KF, "userid_list": [LIANG]})
    servicers = (await sim.ok("kf/servicer/list", open_kfid=KF))["servicer_list"]
    assert {s["userid"] for s in servicers} == {ZHEN, ZHOU}


async def test_that_a_link_brings_its_scene_back(sim: Client) -> None:
    body = {"open_kfid": KF, "scene": "room_card"}
    url = (await sim.ok("kf/add_contact_way", body))["url"]
    assert url.startswith("https://work.weixin.qq.com/kf/kfc")
    assert "enc_scene=" in url
    await sim.control("messages", {"customer": LIN, "url": f"{url}&scene_param=1208%E6%88%BF"})
    event = last_event(await sim.sync())
    assert (event["scene"], event["scene_param"]) == ("room_card", "1208房")
    assert await sim.code("kf/add_contact_way", {"open_kfid": KF, "scene": "a b"}) == 40058
    foreign = {"customer": LIN, "url": "https://work.weixin.qq.com/kf/kfc0"}
    await sim.control("messages", foreign, expect=409)


async def test_that_another_apps_token_has_no_right_on_the_account(sim: Client) -> None:
    await sim.write()
    sim.token = await sim.fetch_token(sim.config.other_apps[0].secret)
    assert (await sim.send())["errcode"] == 48007
    assert await sim.code("kf/sync_msg", {"open_kfid": KF}) == 48007
    assert (await sim.ok("kf/account/list"))["account_list"] == []


@pytest.mark.parametrize(("hours", "code"), [(47.9, 0), (48.0, 95002), (100.0, 95002)])
def test_that_an_open_session_may_be_written_to_for_48_hours(hours: float, code: int) -> None:
    session = Session(KF, LIN, state=State.BOT, wrote_at=1000.0)
    attempt = Attempt(session, Outgoing("", "text", {}), set(), 1000.0 + hours * HOUR)
    caught = 0
    try:
        check_window(attempt)
    except PlatformError as error:
        caught = error.code
    assert caught == code
