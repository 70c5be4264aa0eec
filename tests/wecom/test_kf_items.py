"""Items of a pull become typed values, whatever they look like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.wecom.kf import ServicerStatus
from chatbot.wecom.kf_items import (
    EnterSession,
    KfMessage,
    MessageRecalled,
    Origin,
    RejectSwitchChanged,
    SendFailed,
    ServicerStatusChanged,
    SessionChange,
    SessionStatusChanged,
    UnknownItem,
    parse_item,
)

SENT = datetime(2025, 1, 1, tzinfo=UTC)
MESSAGE: dict[str, Any] = {
    "msgid": "i1",
    "open_kfid": "wk1",
    "external_userid": "wm1",
    "send_time": 1735689600,
    "origin": 3,
    "msgtype": "text",
    "text": {"content": "能晚点退房吗", "menu_id": "m1"},
}


def event_item(event_type: str, **fields: object) -> dict[str, Any]:
    head = {"msgid": "e1", "send_time": 1735689600, "origin": 4, "msgtype": "event"}
    about = {"open_kfid": "wk1", "external_userid": "wm1"}
    return {**head, "event": {"event_type": event_type, **about, **fields}}


def test_that_a_customers_text_is_read() -> None:
    item = parse_item(MESSAGE, "wk1")
    assert isinstance(item, KfMessage)
    assert (item.msgid, item.open_kfid, item.external_userid) == ("i1", "wk1", "wm1")
    assert (item.send_time, item.origin) == (SENT, Origin.CUSTOMER)
    assert (item.text, item.menu_id) == ("能晚点退房吗", "m1")


def test_that_a_servicers_message_names_the_servicer() -> None:
    item = parse_item({**MESSAGE, "origin": 5, "servicer_userid": "Li.Ming"}, "wk1")
    assert isinstance(item, KfMessage)
    assert (item.origin, item.servicer_userid) == (Origin.SERVICER, "li.ming")


def test_that_a_message_of_a_new_type_keeps_its_content() -> None:
    raw = {**MESSAGE, "msgtype": "hologram", "hologram": {"media_id": "x"}}
    item = parse_item(raw, "wk1")
    assert isinstance(item, KfMessage)
    assert (item.msgtype, item.content, item.text) == ("hologram", {"media_id": "x"}, "")


def test_that_the_account_pulled_stands_in_for_a_missing_one() -> None:
    raw = {name: value for name, value in MESSAGE.items() if name != "open_kfid"}
    item = parse_item(raw, "wk9")
    assert isinstance(item, KfMessage)
    assert item.open_kfid == "wk9"


def test_that_an_entered_session_has_scene_and_code() -> None:
    raw = event_item(
        "enter_session", scene="shop", scene_param="sku%2F42", welcome_code="WC", msgtype="text"
    )
    assert parse_item(raw, "wk1") == EnterSession(
        "e1", "wk1", "wm1", SENT, "shop", "sku/42", "WC", {}
    )


def test_that_a_code_may_be_absent() -> None:
    item = parse_item(event_item("enter_session", wechat_channels={"scene": 1}), "wk1")
    assert isinstance(item, EnterSession)
    assert (item.welcome_code, item.channels) == ("", {"scene": 1})


def test_that_a_failed_send_names_message_and_reason() -> None:
    raw = event_item("msg_send_fail", fail_msgid="out1", fail_type=6)
    assert parse_item(raw, "wk1") == SendFailed("e1", "wk1", "wm1", SENT, "out1", 6)


@pytest.mark.parametrize(
    ("status", "stop_type", "expected"),
    [
        (1, 0, ServicerStatus.RECEIVING),
        (2, 0, ServicerStatus.STOPPED),
        (2, 1, ServicerStatus.SUSPENDED),
    ],
)
def test_that_a_servicers_status_counts_from_one(
    status: int, stop_type: int, expected: ServicerStatus
) -> None:
    raw = event_item(
        "servicer_status_change", servicer_userid="Li", status=status, stop_type=stop_type
    )
    assert parse_item(raw, "wk1") == ServicerStatusChanged("e1", "wk1", SENT, "li", expected)


def test_that_a_session_change_has_servicers_and_code() -> None:
    raw = event_item(
        "session_status_change",
        change_type=2,
        old_servicer_userid="A",
        new_servicer_userid="b",
        msg_code="MC",
    )
    assert parse_item(raw, "wk1") == SessionStatusChanged(
        "e1", "wk1", "wm1", SENT, SessionChange.TRANSFERRED, "a", "b", "MC"
    )


def test_that_recalls_say_who_recalled() -> None:
    by_customer = parse_item(event_item("user_recall_msg", recall_msgid="i1"), "wk1")
    by_servicer = parse_item(
        event_item("servicer_recall_msg", recall_msgid="i2", servicer_userid="li"), "wk1"
    )
    assert by_customer == MessageRecalled("e1", "wk1", "wm1", SENT, "i1", "")
    assert by_servicer == MessageRecalled("e1", "wk1", "wm1", SENT, "i2", "li")


def test_that_a_reject_switch_is_read() -> None:
    raw = event_item("reject_customer_msg_switch_change", servicer_userid="li", reject_switch=1)
    assert parse_item(raw, "wk1") == RejectSwitchChanged("e1", "wk1", "wm1", SENT, "li", True)


@pytest.mark.parametrize(
    "change",
    [
        {"msgid": None},
        {"external_userid": 7},
        {"send_time": None},
        {"send_time": 10**30},
        {"send_time": float("nan")},
        {"send_time": True},
        {"origin": 9},
        {"msgtype": ["text"]},
        {"msgtype": "event"},
        {"msgtype": "event", "event": {"event_type": "something_new"}},
        {"msgtype": "event", "event": {"event_type": "session_status_change", "change_type": 9}},
        {"msgtype": "event", "event": {"event_type": "servicer_status_change"}},
        {"msgtype": "event", "event": {"event_type": "msg_send_fail"}},
    ],
)
def test_that_an_odd_item_is_kept_as_unknown(change: dict[str, Any]) -> None:
    raw = {**MESSAGE, **change}
    item = parse_item(raw, "wk1")
    assert isinstance(item, UnknownItem)
    assert item.raw == raw


def test_that_odd_content_does_not_hide_a_message() -> None:
    item = parse_item({**MESSAGE, "text": "plain"}, "wk1")
    assert isinstance(item, KfMessage)
    assert (item.content, item.text) == ({}, "")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_NAMES = st.sampled_from([*MESSAGE, "event", "event_type", "servicer_userid", "change_type"])
_EVENT_TYPES = ["enter_session", "msg_send_fail", "session_status_change", "user_recall_msg"]


@given(
    st.dictionaries(_NAMES, _JSON),
    st.sampled_from(_EVENT_TYPES),
    st.dictionaries(_NAMES | st.sampled_from(["status", "fail_msgid", "scene_param"]), _JSON),
)
def test_that_parsing_never_fails(
    changes: dict[str, Any], event_type: str, inner: dict[str, Any]
) -> None:
    assert parse_item({**MESSAGE, **changes}, "wk1") is not None
    raw = event_item(event_type)
    raw["event"].update(inner)
    assert parse_item({**raw, **changes, "msgtype": "event"}, "wk1") is not None
