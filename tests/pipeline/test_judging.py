"""Whether a part may be sent at this moment."""

from datetime import timedelta

import pytest

from chatbot.pipeline.sending import MESSAGE_BUDGET, judge_part
from chatbot.pipeline.steps import burst_taken
from tests.pipeline.samples import NOW, conversation, part


def test_that_a_reply_for_the_bots_session_is_sent() -> None:
    assert judge_part(conversation(), part(), NOW) == "send"


@pytest.mark.parametrize(("state", "fate"), [(2, "held"), (3, "held"), (4, "superseded")])
def test_that_a_reply_for_a_session_the_bot_lost_is_not_sent(state: int, fate: str) -> None:
    lost = conversation(service_state=state, session_version=4)
    assert judge_part(lost, part(), NOW) == fate


def test_that_a_reply_of_an_earlier_session_is_not_sent_even_if_the_new_one_is_the_bots() -> None:
    assert judge_part(conversation(session_version=5), part(), NOW) == "superseded"


def test_that_a_repeat_is_not_risked_in_a_session_the_bot_lost() -> None:
    lost = conversation(service_state=3, session_version=4)
    assert judge_part(lost, part(uncertain=True, attempts=1), NOW) == "unknown"
    assert judge_part(lost, part(state="sending", attempts=1), NOW) == "unknown"


def test_that_an_old_reply_is_not_sent() -> None:
    old = part(expires_at=NOW - timedelta(seconds=1))
    assert judge_part(conversation(), old, NOW) == "expired"


def test_that_the_state_is_asked_for_when_in_doubt() -> None:
    assert judge_part(conversation(state_certain=False), part(), NOW) == "ask"


def test_that_the_sixth_message_is_held() -> None:
    spent = conversation(sent_since_customer=MESSAGE_BUDGET)
    assert judge_part(spent, part(), NOW) == "held"
    assert judge_part(spent, part(attempts=1), NOW) == "send", "it was counted when first tried"


def test_that_a_transition_is_dropped_when_somebody_was_faster() -> None:
    lost = conversation(service_state=3, session_version=4)
    move = part(kind="transition", expires_at=None)
    assert judge_part(lost, move, NOW) == "superseded"
    assert judge_part(conversation(state_certain=False), move, NOW) == "send"


def test_that_messages_written_meanwhile_keep_the_burst_open() -> None:
    waiting = conversation(pending_message_id=9, burst_started_at=NOW, burst_due_at=NOW)
    assert burst_taken(waiting, 7, NOW).burst_due_at == NOW
    assert burst_taken(waiting, 9, NOW).burst_due_at is None
