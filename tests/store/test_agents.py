"""The roster in the database, and who of it knows a customer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from chatbot.accounts.agent import Agent
from chatbot.accounts.hours import OpeningHours, parse_spans
from chatbot.store.agents import (
    advisers_of,
    read_roster,
    remove_agents,
    save_agents,
    served_last,
)
from chatbot.store.customers import lock_customer, relation_told
from chatbot.store.database import Database

_NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
AGENTS = st.lists(
    st.builds(
        Agent,
        userid=st.from_regex(r"[a-z0-9][a-z0-9_.@-]{0,10}", fullmatch=True),
        name=st.one_of(st.just(""), _TEXT.map(str.strip)),
        skills=st.lists(_TEXT.map(str.strip).filter(bool), unique=True, max_size=3).map(tuple),
        stores=st.lists(_TEXT.map(str.strip).filter(bool), unique=True, max_size=3).map(tuple),
        hours=st.sampled_from(
            [[], ["每天 09:00-18:00"], ["周一至周五 09:00-12:00,13:30-18:00", "节假日 22:00-06:00"]]
        ).map(OpeningHours.parse),
        shifts=st.dictionaries(
            st.dates(date(2020, 1, 1), date(2030, 12, 31)),
            st.sampled_from(["", "13:00-22:00", "22:00-06:00,09:00-24:00"]).map(
                lambda written: parse_spans(written) if written else ()
            ),
            max_size=3,
        ),
        capacity=st.one_of(st.none(), st.integers(1, 1000)),
    ),
    unique_by=lambda agent: agent.userid,
    max_size=4,
)


@given(AGENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_that_what_is_saved_is_read_back(database: Database, agents: list[Agent]) -> None:
    before = database.run_sync(read_roster)
    database.run_sync(remove_agents, before)
    database.run_sync(save_agents, agents, _NOW, "admin")
    roster = database.run_sync(read_roster)
    assert list(roster.values()) == sorted(agents, key=lambda agent: agent.userid)
    changed = [Agent(agent.userid, "改名") for agent in agents]
    database.run_sync(save_agents, changed, _NOW, "admin")
    assert list(database.run_sync(read_roster).values()) == sorted(
        changed, key=lambda agent: agent.userid
    )


def _staff_wrote(connection: Connection) -> None:
    for number, (account, customer) in enumerate(
        [("wk1", "wm1"), ("wk2", "wm1"), ("wk1", "wm2")], start=1
    ):
        connection.execute(
            text(
                "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at)"
                " VALUES (:public, :account, :customer, :now)"
            ),
            {"public": f"p{number}", "account": account, "customer": customer, "now": _NOW},
        )
    for number, (conversation, userid) in enumerate(
        [(1, "azhen"), (2, "XiaoZhou"), (1, None), (3, "liang")]
    ):
        connection.execute(
            text(
                "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype,"
                " content, servicer_userid, sent_at, received_at, fate) VALUES ('wk1', :msgid,"
                " :conversation, 5, 'text', '{}', :userid, :now, :now, 'recorded')"
            ),
            {
                "msgid": f"m{number}", "conversation": conversation, "userid": userid, "now": _NOW,
            },
        )  # fmt: skip


def test_that_who_wrote_last_is_known_across_accounts(database: Database) -> None:
    database.run_sync(_staff_wrote)
    assert database.run_sync(served_last, "wm1") == "xiaozhou"
    assert database.run_sync(served_last, "wm2") == "liang"
    assert database.run_sync(served_last, "wm3") is None


def test_that_only_those_who_still_have_the_customer_advise(database: Database) -> None:
    database.run_sync(lock_customer, "wm1", _NOW)
    for userid, active, hours in (("azhen", True, 0), ("liang", True, 0), ("liang", False, 1)):
        database.run_sync(
            relation_told,
            "wm1",
            userid,
            active=active,
            channel="",
            event_at=_NOW + timedelta(hours=hours),
            now=_NOW,
        )
    assert database.run_sync(advisers_of, "wm1") == {"azhen"}
    assert database.run_sync(advisers_of, "wm2") == frozenset()
