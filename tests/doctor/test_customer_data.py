"""The system that knows customers' orders, as the doctor sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chatbot.doctor.report import Status
from tests.console.order_system import OrderSystem, order_system
from tests.console.stage import SECRET
from tests.ports import quiet_port

from .clinic import Clinic, only_problem, problems, status, summary


@pytest.fixture
async def orders() -> AsyncIterator[OrderSystem]:
    async with order_system() as system:
        yield system


async def test_that_it_is_asked_about_nobody(healthy: Clinic, orders: OrderSystem) -> None:
    report = await healthy.examine(
        CUSTOMER_DATA_URL=orders.url, OUTBOUND_HOSTS="127.0.0.1", WEBHOOK_SECRET=SECRET
    )
    assert problems(report) == []
    assert "毫秒内答对" in summary(report, "customer_data")
    assert orders.asked == [{"ask": "customer-data", "customer": "wmDoctor", "account": "wkDoctor"}]


async def test_that_without_the_setting_there_is_nothing_to_check(healthy: Clinic) -> None:
    report = await healthy.examine()
    assert status(report, "customer_data") is Status.OK
    assert "没有设" in summary(report, "customer_data")


async def test_that_it_may_be_called_only_with_leave(healthy: Clinic, orders: OrderSystem) -> None:
    report = await healthy.examine(CUSTOMER_DATA_URL=f"{orders.url}?key=planted")
    named = {each.id: each.settings for each in problems(report)}
    assert named == {
        "customer-data-address": ("CHATBOT_CUSTOMER_DATA_URL", "CHATBOT_OUTBOUND_HOSTS"),
        "customer-data-unsigned": ("CHATBOT_WEBHOOK_SECRET",),
    }
    assert all("planted" not in each.cause for each in problems(report))
    assert orders.asked == []


@pytest.mark.parametrize(
    ("answer_status", "body", "finding"),
    [
        (500, {}, "customer-data-silent"),
        (404, {}, "customer-data-refused"),
        (200, {"orders": "none"}, "customer-data-unreadable"),
    ],
)
async def test_that_a_wrong_answer_is_named(
    healthy: Clinic, orders: OrderSystem, answer_status: int, body: object, finding: str
) -> None:
    orders.status, orders.body = answer_status, body
    report = await healthy.examine(
        CUSTOMER_DATA_URL=orders.url, OUTBOUND_HOSTS="127.0.0.1", WEBHOOK_SECRET=SECRET
    )
    assert only_problem(report).id == finding


async def test_that_a_system_that_is_not_there_is_silent(healthy: Clinic) -> None:
    report = await healthy.examine(
        CUSTOMER_DATA_URL=f"http://127.0.0.1:{quiet_port()}/", OUTBOUND_HOSTS="127.0.0.1",
        WEBHOOK_SECRET=SECRET,
    )  # fmt: skip
    assert only_problem(report).id == "customer-data-silent"
