"""People make, change and close cases, against a real database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from chatbot.access.viewer import Viewer
from chatbot.cases.case import LONGEST_TITLE, one_line
from chatbot.cases.desk import CaseDesk
from chatbot.cases.errors import CaseConflict, CaseProblem
from chatbot.cases.proposing import Accepted
from chatbot.cases.records import Changes
from chatbot.store.audit import audit_page
from chatbot.store.case_proposals import NewProposal, propose_case
from chatbot.store.database import Database
from tests.cases.samples import NOW, ZONE, insert_conversation, new_case

_LATER = NOW + timedelta(hours=6)


class _Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


AZHEN = Viewer("azhen", "阿珍", "agent")
XIAOZHOU = Viewer("xiaozhou", "小周", "agent")
LIANG = Viewer("liang", "梁主管", "supervisor")


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def desk(database: Database, clock: _Clock) -> CaseDesk:
    database.run_sync(insert_conversation)
    return CaseDesk(database, clock, lambda: ZONE)


def _propose(database: Database, due_at: datetime = _LATER, msgid: str = "m1") -> bool:
    def insert(connection: Connection) -> bool:
        message_id = connection.execute(
            text(
                "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
                " servicer_userid, sent_at, received_at, fate) VALUES ('wk', :msgid, 1, 5, 'text',"
                " '{}', 'azhen', :now, :now, 'recorded') RETURNING id"
            ),
            {"now": NOW, "msgid": msgid},
        ).scalar_one()
        new = NewProposal(1, message_id, "azhen", "call", "怎么开发票", "明天给您回电", due_at)
        return propose_case(connection, new, NOW)

    return database.run_sync(insert)


async def test_that_a_case_is_kept_with_its_history_and_the_record_says_who(
    desk: CaseDesk, clock: _Clock, database: Database
) -> None:
    case = await desk.create(AZHEN, new_case(note="客户很急"))
    clock.at += timedelta(minutes=5)
    case = await desk.update(
        LIANG, case.id, case.version, Changes(title="补开发票", due_at=_LATER, note="改到六点")
    )
    case = await desk.update(LIANG, case.id, case.version, Changes(owner="XiaoZhou"))
    assert (case.owner, case.assigned_by, case.due_at) == ("xiaozhou", "liang", _LATER)
    case = await desk.close(XIAOZHOU, case.id, case.version, note="开好了")
    assert case.state == "done"
    file = await desk.file(case.id)
    assert [(line.by, line.what) for line in file.changes] == [
        ("azhen", "created"), ("azhen", "note"), ("liang", "title"), ("liang", "due"),
        ("liang", "note"), ("liang", "owner"), ("xiaozhou", "state"), ("xiaozhou", "note"),
    ]  # fmt: skip
    assert file.view.customer == "小林"
    with pytest.raises(CaseProblem, match="已经关闭"):
        await desk.close(LIANG, case.id, case.version)
    again = await desk.reopen(LIANG, case.id, case.version, _LATER, "还缺一张")
    assert again.is_open
    record = database.run_sync(audit_page, 10)
    assert [(row.who, row.action) for row in reversed(record)] == [
        ("azhen", "case_create"), ("liang", "case_change"), ("liang", "case_assign"),
        ("xiaozhou", "case_done"), ("liang", "case_reopen"),
    ]  # fmt: skip
    assert {row.target for row in record} == {"wm"}


async def test_that_who_looked_at_an_older_state_is_told_how_it_stands(desk: CaseDesk) -> None:
    case = await desk.create(AZHEN, new_case())
    await desk.update(AZHEN, case.id, case.version, Changes(title="改过的"))
    with pytest.raises(CaseConflict, match="刚刚被改过") as caught:
        await desk.close(LIANG, case.id, case.version)
    assert caught.value.case.title == "改过的"
    assert (await desk.file(case.id)).view.case.is_open


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": " \u202e\n "}, "没有标题"),
        ({"owner": "阿珍"}, "不是成员账号"),
        ({"due_at": NOW - timedelta(minutes=1)}, "已经过去"),
        ({"external_userid": "somebody"}, "不是这位客户的"),
    ],
)
async def test_that_a_mistake_is_named_and_nothing_is_kept(
    changes: dict[str, Any], told: str, desk: CaseDesk
) -> None:
    with pytest.raises(CaseProblem, match=told):
        await desk.create(AZHEN, new_case(**changes))
    assert await desk.list_today(None) == []


async def test_that_today_holds_what_is_due_and_late_in_order(
    desk: CaseDesk, clock: _Clock, database: Database
) -> None:
    database.run_sync(insert_conversation, "西湖店")
    late = await desk.create(AZHEN, new_case(due_at=NOW + timedelta(minutes=1)))
    other = await desk.create(LIANG, new_case(owner="liang", due_at=_LATER))
    await desk.create(AZHEN, new_case(due_at=NOW + timedelta(days=2)))
    store = await desk.create(
        AZHEN, new_case(external_userid="西湖店", conversation_id=2, due_at=_LATER)
    )
    clock.at += timedelta(hours=1)
    mine = await desk.list_today("AZHEN")
    assert [view.case.id for view in mine] == [late.id, store.id]
    everybody = await desk.list_today(None)
    assert [view.case.id for view in everybody] == [late.id, other.id, store.id]


async def test_that_a_case_beyond_the_48_hours_says_so(desk: CaseDesk) -> None:
    await desk.create(AZHEN, new_case(due_at=NOW + timedelta(hours=49)))
    await desk.create(AZHEN, new_case(due_at=NOW + timedelta(hours=47)))
    near, far = await desk.of_customer("wm")
    assert not near.out_of_reach_when_due
    assert far.out_of_reach_when_due


async def test_that_a_case_needs_no_conversation(desk: CaseDesk) -> None:
    case = await desk.create(AZHEN, new_case(conversation_id=None, external_userid="wmFriend"))
    (view,) = await desk.of_customer("wmFriend")
    assert (view.case.id, view.public_id) == (case.id, None)


async def test_that_a_proposal_is_accepted_once_however_often_it_is_tapped(
    desk: CaseDesk, database: Database
) -> None:
    assert _propose(database)
    (proposal,) = await desk.proposals(userid="AZhen")
    case = await desk.accept(XIAOZHOU, proposal.id, Accepted(title="开发票"))
    again = await desk.accept(LIANG, proposal.id)
    assert again.id == case.id
    assert (case.owner, case.kind, case.title) == ("azhen", "call", "开发票")
    file = await desk.file(case.id)
    assert file.said == (("text", {}),)
    assert await desk.proposals() == []
    with pytest.raises(CaseProblem, match="已经是事项"):
        await desk.dismiss(AZHEN, proposal.id)


async def test_that_a_dismissed_proposal_does_not_come_back(
    desk: CaseDesk, database: Database
) -> None:
    _propose(database)
    (proposal,) = await desk.proposals(conversation_id=1)
    await desk.dismiss(AZHEN, proposal.id)
    assert not _propose(database, msgid="m2")
    assert await desk.proposals() == []
    with pytest.raises(CaseProblem, match="不要了"):
        await desk.accept(AZHEN, proposal.id)


async def test_that_a_newer_promise_takes_the_place_of_the_older_proposal(
    desk: CaseDesk, database: Database
) -> None:
    _propose(database)
    assert _propose(database, _LATER + timedelta(hours=1), "m2")
    (proposal,) = await desk.proposals()
    assert proposal.due_at == _LATER + timedelta(hours=1)


async def test_that_a_session_that_waited_for_the_case_is_looked_after_when_it_is_closed(
    desk: CaseDesk, database: Database, clock: _Clock
) -> None:
    case = await desk.create(AZHEN, new_case())
    clock.at += timedelta(hours=1)
    await desk.close(AZHEN, case.id, case.version)

    def watch_at(connection: Connection) -> datetime | None:
        at: datetime | None = connection.scalar(text("SELECT watch_at FROM conversations"))
        return at

    assert database.run_sync(watch_at) == clock.at


@given(st.text(max_size=10_000), st.integers(1, LONGEST_TITLE))
def test_that_any_words_become_one_harmless_line(words: str, limit: int) -> None:
    line = one_line(words, limit)
    assert len(line) <= max(limit, 1)
    assert not set(line) & set("<>\n\r\t\x00\u202e\u2066\u200f")
