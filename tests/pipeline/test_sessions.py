from datetime import timedelta

import pytest

from chatbot.pipeline import sessions
from chatbot.wecom.kf import SessionState
from chatbot.wecom.kf_items import SessionChange
from tests.pipeline.samples import NOW, conversation


def test_that_a_customer_who_writes_after_the_end_opens_a_new_session() -> None:
    before = conversation(service_state=4)
    after = sessions.customer_wrote(before, NOW)
    assert after.service_state == SessionState.NEW
    assert after.session_version == before.session_version + 1
    assert after.context == {}


def test_that_a_customer_who_writes_during_a_session_keeps_its_owner() -> None:
    for state in (0, 1, 2, 3):
        before = conversation(service_state=state, servicer_userid="azhen")
        after = sessions.customer_wrote(before, NOW)
        assert (after.service_state, after.session_version) == (state, before.session_version)


def test_that_a_session_older_than_48_hours_is_asked_about() -> None:
    before = conversation(service_state=3, session_started_at=NOW - timedelta(hours=49))
    after = sessions.customer_wrote(before, NOW)
    assert not after.state_certain
    assert after.session_version > before.session_version


def test_that_the_window_never_moves_back() -> None:
    before = conversation(customer_wrote_at=NOW)
    after = sessions.customer_wrote(before, NOW - timedelta(seconds=3))
    assert after.customer_wrote_at == NOW


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (SessionChange.TAKEN_FROM_POOL, SessionState.SERVICER),
        (SessionChange.TRANSFERRED, SessionState.SERVICER),
        (SessionChange.REOPENED, SessionState.SERVICER),
        (SessionChange.ENDED, SessionState.ENDED),
    ],
)
def test_that_every_change_by_staff_outdates_the_bots_replies(
    change: SessionChange, state: SessionState
) -> None:
    before = conversation()
    after = sessions.status_changed(before, change, "azhen", NOW)
    assert after.service_state == state
    assert after.session_version == before.session_version + 1


def test_that_a_staff_message_shows_who_serves() -> None:
    before = conversation(service_state=1)
    after = sessions.staff_wrote(before, "azhen", NOW)
    assert (after.service_state, after.servicer_userid) == (SessionState.SERVICER, "azhen")
    assert sessions.staff_wrote(after, "azhen", NOW) is after


def test_that_observing_new_where_we_know_bot_changes_no_owner() -> None:
    before = conversation(service_state=1, state_certain=False)
    after = sessions.observed(before, 0, None, NOW)
    assert after.session_version == before.session_version
    assert after.state_certain


def test_that_observing_a_person_outdates_the_bots_replies() -> None:
    before = conversation(service_state=1, state_certain=False)
    after = sessions.observed(before, 3, "azhen", NOW)
    assert after.session_version == before.session_version + 1
    assert not sessions.is_the_bots(after)


def test_that_the_end_of_a_session_forgets_what_was_said_in_it() -> None:
    assert sessions.ended(conversation()).context == {}
