"""What agents seem to have promised becomes a case, or is dismissed; in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.cases.case import Case, CaseKind
from chatbot.cases.errors import CaseProblem
from chatbot.cases.records import NewCase, create_case
from chatbot.store.case_proposals import Proposal, lock_proposal, settle_proposal
from chatbot.store.cases import find_case


@dataclass(frozen=True, slots=True)
class Accepted:
    """How an agent takes a proposal up; None is as it was proposed."""

    title: str | None = None
    kind: CaseKind | None = None
    due_at: datetime | None = None
    owner: str | None = None


def accept_proposal(
    connection: Connection, proposal_id: int, accepted: Accepted, by: str, now: datetime
) -> Case:
    """Make a proposal a case; done twice, it is the same case.

    Raises:
        CaseProblem: it was dismissed or replaced, or a value is wrong.
    """
    proposal = _proposal(connection, proposal_id)
    if proposal.case_id is not None:
        return _case_of(connection, proposal.case_id)
    if proposal.state != "open":
        raise CaseProblem("这条建议已经不要了，需要的话请新建事项")
    new = NewCase(
        external_userid=proposal.external_userid,
        conversation_id=proposal.conversation_id,
        title=accepted.title or proposal.title,
        kind=accepted.kind or proposal.kind,
        owner=accepted.owner or proposal.userid,
        due_at=accepted.due_at or max(proposal.due_at, now),
        messages=[proposal.message_id] if proposal.message_id is not None else (),
        parts=[proposal.part_id] if proposal.part_id is not None else (),
        note=proposal.words,
    )
    case = create_case(connection, new, by, now)
    settle_proposal(connection, proposal_id, case.id, by, now)
    return case


def dismiss_proposal(connection: Connection, proposal_id: int, by: str, now: datetime) -> Proposal:
    """Note that a proposal is no case; done twice, it is dismissed once. Return what it was.

    Raises:
        CaseProblem: it is a case already.
    """
    proposal = _proposal(connection, proposal_id)
    if proposal.case_id is not None:
        raise CaseProblem(f"这条建议已经是事项 {proposal.case_id}，不做了请关闭它")
    if proposal.state == "open":
        settle_proposal(connection, proposal_id, None, by, now)
    return proposal


def _proposal(connection: Connection, proposal_id: int) -> Proposal:
    proposal = lock_proposal(connection, proposal_id)
    if proposal is None:
        raise CaseProblem(f"没有编号 {proposal_id} 的建议")
    return proposal


def _case_of(connection: Connection, case_id: int) -> Case:
    view = find_case(connection, case_id)
    assert view is not None  # noqa: S101 - cases are never deleted
    return view.case
