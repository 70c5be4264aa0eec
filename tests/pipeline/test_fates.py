"""What becomes of a part, for every kind of answer, first attempt and repeat."""

from datetime import timedelta

import pytest

from chatbot.pipeline.fates import judge_failure
from chatbot.wecom.codes import DOCUMENTED, Condition
from chatbot.wecom.errors import RateLimited, WeComError, error_for_code, error_for_condition
from tests.pipeline.samples import NOW

API = "kf/send_msg"


def _refusal(code: int) -> WeComError:
    return error_for_code(API, code, "errmsg")


def test_that_an_undocumented_code_on_a_repeat_means_already_sent() -> None:
    verdict = judge_failure(_refusal(95033), uncertain=True, attempts=2, now=NOW)
    assert verdict.fate == "delivered"


def test_that_an_undocumented_code_at_first_is_a_refusal() -> None:
    verdict = judge_failure(_refusal(95033), uncertain=False, attempts=1, now=NOW)
    assert verdict.fate == "refused"


@pytest.mark.parametrize("code", [95018, 95013])
def test_that_a_state_refusal_of_a_repeat_leaves_it_unknown(code: int) -> None:
    verdict = judge_failure(_refusal(code), uncertain=True, attempts=2, now=NOW)
    assert verdict.fate == "unknown"
    assert verdict.doubt_state


@pytest.mark.parametrize("code", [95018, 95013])
def test_that_a_state_refusal_at_first_asks_for_the_state_and_is_not_endless(code: int) -> None:
    first = judge_failure(_refusal(code), uncertain=False, attempts=1, now=NOW)
    assert first.fate is None
    assert first.doubt_state
    last = judge_failure(_refusal(code), uncertain=False, attempts=3, now=NOW)
    assert last.fate == "refused"


def test_that_no_documented_refusal_of_a_repeat_counts_as_delivered() -> None:
    for code in DOCUMENTED:
        verdict = judge_failure(_refusal(code), uncertain=True, attempts=2, now=NOW)
        assert verdict.fate != "delivered", code


@pytest.mark.parametrize(
    ("condition", "uncertain"),
    [
        (Condition.NO_ANSWER, True),
        (Condition.UNREADABLE, True),
        (Condition.SERVER_ERROR, True),
        (Condition.UNREACHABLE, False),
    ],
)
def test_that_a_lost_answer_is_tried_again_with_the_doubt_remembered(
    condition: Condition, uncertain: bool
) -> None:
    error = error_for_condition(API, condition)
    verdict = judge_failure(error, uncertain=False, attempts=1, now=NOW)
    assert verdict.fate is None
    assert verdict.retry_at is not None
    assert verdict.uncertain is uncertain
    again = judge_failure(error, uncertain=True, attempts=2, now=NOW)
    assert again.uncertain, "a doubt never goes away by another failure"


def test_that_pauses_grow_up_to_a_limit() -> None:
    busy = error_for_code(API, -1, "busy")
    pauses = [
        verdict.retry_at - NOW
        for n in range(1, 12)
        if (verdict := judge_failure(busy, uncertain=False, attempts=n, now=NOW)).retry_at
    ]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=1)
    assert pauses[-1] == timedelta(seconds=30)


def test_that_a_rate_limit_is_waited_out() -> None:
    until = NOW + timedelta(minutes=1)
    error = RateLimited(API, 45009, until=until)
    assert judge_failure(error, uncertain=False, attempts=1, now=NOW).retry_at == until


def test_that_a_wrong_setting_does_not_cost_the_customer_the_answer() -> None:
    verdict = judge_failure(_refusal(60020), uncertain=False, attempts=1, now=NOW)
    assert verdict.fate is None
    assert verdict.retry_at is not None
