"""The calls of 微信客服."""

from __future__ import annotations

import pytest

from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import Refused, SessionRefused
from chatbot.wecom.kf import (
    KfAccount,
    KfCustomer,
    Servicer,
    ServicerDepartment,
    ServicerStatus,
    SessionState,
)
from chatbot.wecom.messages import text_message

from .fake_platform import Platform, refusal


async def test_that_a_pull_sends_account_cursor_and_token(
    client: WeComClient, platform: Platform
) -> None:
    item = {"msgid": "i1", "msgtype": "text"}
    platform.answer(
        "kf/sync_msg", {"errcode": 0, "next_cursor": "c2", "has_more": 1, "msg_list": [item]}
    )
    page = await client.kf.sync_msg("wk1", "c1", "t1", limit=10)
    assert (page.next_cursor, page.has_more, page.items) == ("c2", True, (item,))
    assert platform.calls("kf/sync_msg")[0].body == {
        "open_kfid": "wk1",
        "cursor": "c1",
        "token": "t1",
        "limit": 10,
    }


async def test_that_the_first_pull_has_neither_cursor_nor_token(
    client: WeComClient, platform: Platform
) -> None:
    page = await client.kf.sync_msg("wk1", "", "")
    assert platform.calls("kf/sync_msg")[0].body == {"open_kfid": "wk1", "limit": 1000}
    assert (page.next_cursor, page.has_more, page.items) == ("", False, ())


async def test_that_an_expired_token_is_left_away(client: WeComClient, platform: Platform) -> None:
    platform.refuse("kf/sync_msg", 95007)
    page = await client.kf.sync_msg("wk1", "c1", "old")
    assert page.next_cursor == "c1"
    first, second = platform.calls("kf/sync_msg")
    assert first.body["token"] == "old"
    assert "token" not in second.body


async def test_that_a_pull_without_token_is_not_repeated(
    client: WeComClient, platform: Platform
) -> None:
    platform.refuse("kf/sync_msg", 95007, 95007)
    with pytest.raises(Refused):
        await client.kf.sync_msg("wk1", "c1", "")
    assert len(platform.calls("kf/sync_msg")) == 1


async def test_that_odd_entries_of_a_page_are_kept(client: WeComClient, platform: Platform) -> None:
    platform.answer(
        "kf/sync_msg", {"errcode": 0, "next_cursor": "c2", "has_more": 0, "msg_list": [7, {}]}
    )
    assert (await client.kf.sync_msg("wk1", "c1", "t1")).items == ({"raw": 7}, {})


async def test_that_a_message_is_sent_with_its_id(client: WeComClient, platform: Platform) -> None:
    platform.answer("kf/send_msg", {"errcode": 0, "errmsg": "ok", "msgid": "out_1"})
    assert await client.kf.send_msg("wk1", "wm1", "out_1", text_message("您好")) == "out_1"
    assert platform.calls("kf/send_msg")[0].body == {
        "touser": "wm1",
        "open_kfid": "wk1",
        "msgid": "out_1",
        "msgtype": "text",
        "text": {"content": "您好"},
    }


async def test_that_an_empty_id_is_left_to_the_platform(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("kf/send_msg", {"errcode": 0, "msgid": "chosen"})
    assert await client.kf.send_msg("wk1", "wm1", "", text_message("您好")) == "chosen"
    assert "msgid" not in platform.calls("kf/send_msg")[0].body


@pytest.mark.parametrize("msgid", ["x" * 33, "with space", "编号"])
async def test_that_an_impossible_id_is_not_sent(
    client: WeComClient, platform: Platform, msgid: str
) -> None:
    with pytest.raises(ValueError, match="msgid"):
        await client.kf.send_msg("wk1", "wm1", msgid, text_message("您好"))
    assert not platform.calls("kf/send_msg")


async def test_that_a_code_pays_for_one_message(client: WeComClient, platform: Platform) -> None:
    assert await client.kf.send_msg_on_event("WC_1", "w1", text_message("欢迎")) == "w1"
    assert platform.calls("kf/send_msg_on_event")[0].body == {
        "code": "WC_1",
        "msgid": "w1",
        "msgtype": "text",
        "text": {"content": "欢迎"},
    }


async def test_that_the_state_and_the_servicer_are_read(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer(
        "kf/service_state/get", {"errcode": 0, "service_state": 3, "servicer_userid": "Li.Ming"}
    )
    state = await client.kf.service_state("wk1", "wm1")
    assert state.state is SessionState.SERVICER
    assert state.servicer_userid == "li.ming"


async def test_that_an_unheard_of_state_stays_a_number(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("kf/service_state/get", {"errcode": 0, "service_state": 7})
    assert (await client.kf.service_state("wk1", "wm1")).state == 7


async def test_that_a_transition_names_the_servicer_and_returns_the_code(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("kf/service_state/trans", {"errcode": 0, "msg_code": "MC"}, {"errcode": 0})
    assert await client.kf.transition("wk1", "wm1", SessionState.SERVICER, "li.ming") == "MC"
    assert await client.kf.transition("wk1", "wm1", SessionState.ENDED) is None
    first, second = platform.calls("kf/service_state/trans")
    assert (first.body["service_state"], first.body["servicer_userid"]) == (3, "li.ming")
    assert "servicer_userid" not in second.body


async def test_that_a_forbidden_transition_is_a_session_refusal(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("kf/service_state/trans", refusal(95016))
    with pytest.raises(SessionRefused):
        await client.kf.transition("wk1", "wm1", SessionState.POOL)


async def test_that_all_pages_of_accounts_are_read(client: WeComClient, platform: Platform) -> None:
    row = {"open_kfid": "wk1", "name": "客服", "avatar": "a", "manage_privilege": True}
    platform.answer(
        "kf/account/list",
        {"errcode": 0, "account_list": [row] * 100},
        {"errcode": 0, "account_list": [{"open_kfid": "wk2", "name": "别的"}]},
    )
    accounts = await client.kf.accounts()
    assert len(accounts) == 101
    assert accounts[0] == KfAccount("wk1", "客服", "a", managed=True)
    assert accounts[-1] == KfAccount("wk2", "别的", "", managed=False)
    assert [call.body["offset"] for call in platform.calls("kf/account/list")] == [0, 100]


async def test_that_servicers_have_a_status_and_departments_an_id(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer(
        "kf/servicer/list",
        {
            "errcode": 0,
            "servicer_list": [
                {"userid": "Li.Ming", "status": 0},
                {"userid": "a", "status": 1, "stop_type": 0},
                {"userid": "b", "status": 1, "stop_type": 1},
                {"department_id": 5},
            ],
        },
    )
    assert await client.kf.servicers("wk1") == (
        Servicer("li.ming", ServicerStatus.RECEIVING),
        Servicer("a", ServicerStatus.STOPPED),
        Servicer("b", ServicerStatus.SUSPENDED),
        ServicerDepartment(5),
    )
    assert platform.calls("kf/servicer/list")[0].query["open_kfid"] == "wk1"


async def test_that_customers_are_asked_for_in_hundreds(
    client: WeComClient, platform: Platform
) -> None:
    row = {"external_userid": "wm1", "nickname": "小林", "avatar": "a", "gender": 2}
    platform.answer(
        "kf/customer/batchget",
        {"errcode": 0, "customer_list": [row]},
        {"errcode": 0, "customer_list": [], "invalid_external_userid": ["wm100"]},
    )
    customers = await client.kf.customers([f"wm{number}" for number in range(101)])
    assert customers.found == (KfCustomer("wm1", "小林", "a", 2, ""),)
    assert customers.invalid == ("wm100",)
    sizes = [len(c.body["external_userid_list"]) for c in platform.calls("kf/customer/batchget")]
    assert sizes == [100, 1]
