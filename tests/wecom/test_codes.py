"""The table of error codes is complete and the page of the documentation is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.wecom.codes import (
    DOCUMENTED,
    SEND_FAIL_ADVICE,
    Condition,
    advice_for,
    is_documented,
    render_document,
)
from chatbot.wecom.errors import (
    Misconfigured,
    OutcomeUnknown,
    QuotaExhausted,
    Refused,
    ServerFault,
    ServicerUnavailable,
    SessionRefused,
    TokenProblem,
    Transient,
    Unreachable,
    WeComError,
    error_for_code,
    error_for_condition,
)

_CUSTOMER_SERVICE = {
    *{48007, 95000, 95001, 95002, 95003, 95004, 95005, 95006, 95007, 95008, 95009, 95011, 95012},
    *{95013, 95014, 95015, 95016, 95017, 95018, 95019, 95021, 95022, 95023, 95026, 95027},
    *{95030, 95031, 95032},
}
_TO_RETRY = {-1, 6000, 301064, 40014, 42001, 41001, 45033, 45009, 81026, 41063, 41079}
_NOT_TO_RETRY = {
    *{40001, 40091, 40003, 60111, 46004, 40007, 40008, 40013, 40033, 40035, 40056, 40058, 40063},
    *{40068, 40069, 40070, 40071, 40072, 40126, 40096, 84061, 40093, 42012, 40201, 40204, 40206},
    *{45001, 45002, 45007, 45008, 44001, 44004},
    *range(41041, 41055),
    *{41093, 41094, 41095, 41096},
    *range(42014, 42052),
    *{42052, 60140, 43004, 43009, 43012, 48001, 48002, 48005, 48006, 48007, 40029, 42003, 42022},
    *{50001, 60020, 50002, 50003, 60031, 60011, 60021, 60030, 81011, 81013},
    *{82001, 82002, 82003, 82004, 84014, 84015, 84074, 84083, 84084, 301002},
}
_WELCOME_ATTACHMENTS = {41064, 41065}


def test_that_the_table_has_exactly_the_documented_codes() -> None:
    expected = _CUSTOMER_SERVICE | _TO_RETRY | _NOT_TO_RETRY | _WELCOME_ATTACHMENTS
    assert set(DOCUMENTED) == expected


def test_that_every_code_tells_an_operator_what_happened_and_what_to_do() -> None:
    for advice in DOCUMENTED.values():
        assert advice.meaning
        assert advice.next_step


def test_that_an_unknown_code_is_not_documented() -> None:
    assert is_documented(95001)
    assert not is_documented(95999)
    assert advice_for(95999) == advice_for(Condition.UNDOCUMENTED)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, Transient),
        (6000, Transient),
        (301064, Transient),
        (81026, Transient),
        (40014, TokenProblem),
        (40001, Misconfigured),
        (48007, Misconfigured),
        (60020, Misconfigured),
        (95013, SessionRefused),
        (95016, SessionRefused),
        (95018, SessionRefused),
        (95001, QuotaExhausted),
        (95002, QuotaExhausted),
        (95014, ServicerUnavailable),
        (95019, ServicerUnavailable),
        (40058, Refused),
        (99999, Refused),
    ],
)
def test_that_a_code_becomes_the_branch_that_says_what_to_do(
    code: int, kind: type[WeComError]
) -> None:
    assert type(error_for_code("kf/send_msg", code, "")) is kind


@pytest.mark.parametrize(
    ("condition", "kind", "may_have_executed"),
    [
        (Condition.UNREACHABLE, Unreachable, False),
        (Condition.NO_ANSWER, OutcomeUnknown, True),
        (Condition.UNREADABLE, OutcomeUnknown, True),
        (Condition.SERVER_ERROR, ServerFault, True),
        (Condition.WRONG_STATUS, Misconfigured, False),
    ],
)
def test_that_a_condition_says_whether_the_call_may_have_been_executed(
    condition: Condition, kind: type[WeComError], may_have_executed: bool
) -> None:
    error = error_for_condition("kf/send_msg", condition)
    assert type(error) is kind
    assert error.may_have_executed is may_have_executed


def test_that_maintenance_asks_for_minutes_and_a_busy_platform_for_a_second() -> None:
    maintenance = error_for_code("message/send", 81026, "")
    busy = error_for_code("message/send", -1, "")
    assert isinstance(maintenance, Transient)
    assert isinstance(busy, Transient)
    assert maintenance.retry_after >= 60 > busy.retry_after


def test_that_an_error_says_api_code_meaning_next_step_and_hint() -> None:
    error = error_for_code("kf/send_msg", 95001, "x, hint: [1735_2], from ip: 203.0.113.7")
    assert (error.api, error.code, error.hint) == ("kf/send_msg", 95001, "1735_2")
    assert str(error) == (
        "kf/send_msg：错误码 95001，客户发一条消息后最多回复 5 条，已用完。"
        "等待客户再次发言（hint 1735_2）"
    )


def test_that_only_an_undocumented_code_keeps_the_words_of_the_platform() -> None:
    assert "msgid repeat" in str(error_for_code("kf/send_msg", 95998, "msgid repeat, hint: [1]"))
    assert "wording" not in str(error_for_code("kf/send_msg", 95001, "wording, hint: [1]"))


def test_that_every_fail_type_of_a_sent_message_is_explained() -> None:
    assert set(SEND_FAIL_ADVICE) == {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}


def test_that_the_page_of_the_documentation_is_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "wecom-errors.md"
    assert page.read_text("utf-8") == render_document()
