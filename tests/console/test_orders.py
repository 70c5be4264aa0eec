"""What another system knows of a customer, beside the conversation: late, wrong, hostile or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chatbot.clock import make_clock
from chatbot.console.orders_view import link_of
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.customer_answer import AnswerUnreadable, read_answer
from tests.console.order_system import ORDER, OrderSystem, order_system
from tests.console.scene import afternoon
from tests.console.stage import Office, office

_LIN = "/conversations/public-lin/orders"


@pytest.fixture
async def orders() -> AsyncIterator[OrderSystem]:
    async with order_system() as system:
        yield system


@pytest.fixture
async def asking(
    database_url: str, snapshot: Snapshot, orders: OrderSystem, tmp_path: Path
) -> AsyncIterator[Office]:
    """A desk in an afternoon that can ask the order system; ``tmp_path / "clock"`` moves it."""
    clock = make_clock(tmp_path / "clock")
    async with office(database_url, snapshot, clock=clock, customer_data_url=orders.url) as running:
        running.do(afternoon, snapshot.tag_groups)
        yield running
        running.database.dispose()


async def test_that_orders_come_as_the_other_system_tells_them(
    asking: Office, orders: OrderSystem
) -> None:
    answered = await asking.get(_LIN)
    assert answered.body == {
        "set": True, "more": 0, "problem": "",
        "orders": [{"number": "YQ-1", "title": "湖景大床房 2 晚", "status": "已确认",
                    "time": "2026-05-01 15:00", "amount": "¥1,276.00",
                    "link": {"url": ORDER["url"], "host": "orders.example.com"}}],
        "facts": [{"name": "会员积分", "value": "3280"}],
    }  # fmt: skip
    assert orders.asked == [
        {"ask": "customer-data", "customer": "wm-小林", "account": "wkDemoYunqi0001"}
    ]


async def test_that_the_unionid_goes_along_and_is_looked_up_once(
    asking: Office, orders: OrderSystem, tmp_path: Path
) -> None:
    body = {"external_userid": "wm-小林", "unionid": "oXiaolin"}
    await asking.session.post(f"{asking.platform}/control/customers", json=body)
    await asking.get(_LIN)
    (tmp_path / "clock").write_text("61")
    await asking.session.post(f"{asking.platform}/control/customers", json={**body, "unionid": "o"})
    await asking.get(_LIN)
    assert [each["unionid"] for each in orders.asked] == ["oXiaolin", "oXiaolin"]


async def test_that_one_answer_serves_everybody_for_a_minute(
    asking: Office, orders: OrderSystem, tmp_path: Path
) -> None:
    await asyncio.gather(*(asking.get(_LIN, viewer) for viewer in ("azhen", "xiaozhou", "liang")))
    await asking.get(_LIN)
    assert len(orders.asked) == 1
    (tmp_path / "clock").write_text("61")
    orders.body = {}
    assert (await asking.get(_LIN)).body["orders"] == []
    assert len(orders.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (503, {}, "现在没有应答"),
        (403, {}, "不接受这次查询"),
        (200, [], "回答看不懂"),
        (200, {"orders": [{"number": {"a": 1}}]}, "回答看不懂"),
        (200, {"orders": [], "pad": "长" * 70_000}, "回答看不懂"),
    ],
)
async def test_that_what_goes_wrong_is_one_sentence_and_is_not_kept(
    asking: Office, orders: OrderSystem, status: int, body: Any, sentence: str
) -> None:
    orders.status, orders.body = status, body
    told = (await asking.get(_LIN)).body
    assert sentence in told["problem"]
    assert (told["orders"], told["facts"]) == ([], [])
    orders.status, orders.body = 200, {"orders": [ORDER]}
    assert (await asking.get(_LIN)).body["problem"] == ""


async def test_that_a_system_that_does_not_answer_is_let_go(
    asking: Office, orders: OrderSystem
) -> None:
    orders.open.clear()
    assert "没有应答" in (await asking.get(_LIN)).body["problem"]
    # The rest of the panel has nothing to do with it.
    assert (await asking.get("/conversations/public-lin/customer")).body["stage"] == "已入住"


async def test_that_who_may_not_see_the_customer_sees_no_orders(
    asking: Office, orders: OrderSystem
) -> None:
    asking.do(
        lambda connection: connection.exec_driver_sql(
            "UPDATE conversations SET scope_rows = jsonb_build_object('门店', '云栖酒店滨江店')"
            " WHERE public_id = 'public-lin'"
        )
    )
    assert (await asking.get(_LIN, "xihu")).status == 403
    assert orders.asked == []


async def test_that_without_the_setting_nobody_is_asked(desk: Office, snapshot: Snapshot) -> None:
    desk.do(afternoon, snapshot.tag_groups)
    assert (await desk.get(_LIN)).body == {"set": False}


def test_that_an_answer_has_limits() -> None:
    order = {
        "number": "n" * 500,
        "status": "s" * 500,
        "url": "https://e.cn/" + "u" * 2000,
        "unknown": [1],
    }
    answer = read_answer({"orders": [order] * 50 + [{}], "facts": [{"name": "n", "value": 1}] * 99})
    assert (len(answer.orders), answer.more_orders, len(answer.facts)) == (20, 30, 20)
    assert (len(answer.orders[0].number), len(answer.orders[0].status)) == (200, 40)
    assert answer.orders[0].url == ""


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"orders": {}}, "orders"),
        ({"orders": ["x"]}, "orders.0"),
        ({"orders": [{"amount": [1]}]}, "orders.0.amount"),
        ({"facts": [{"value": "planted"}]}, "facts.0.name"),
    ],
)
def test_that_what_is_unreadable_names_the_field_and_not_the_value(
    wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(AnswerUnreadable) as caught:
        read_answer(wrong)
    assert str(caught.value) == field


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://orders.example.com/a?b=订单#c", "orders.example.com"),
        ("https://orders.example.com:8443/a", "orders.example.com:8443"),
        ("https://xn--fiqs8s.example/", "xn--fiqs8s.example"),
        ("http://orders.example.com/a", None),
        ("javascript:alert(1)", None),
        ("https:orders.example.com", None),
        ("//orders.example.com/a", None),
        ("https://good.example@evil.example/", None),
        ("https://good.example\\@evil.example/", None),
        ("https://good.example\\.evil.example/", None),
        ("https://оrders.example.com/", None),  # the first letter is Cyrillic
        ("https://orders.example.com/\u202egnp", None),
        ("https://orders.example.com/a b", None),
        ("https://orders.example.com:99999/", None),
        ("https://[::1/", None),
        ("", None),
    ],
)
def test_that_only_plain_https_addresses_become_links(url: str, host: str | None) -> None:
    link = link_of(url)
    assert (link and link["host"]) == host
