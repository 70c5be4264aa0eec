"""The service behind sidebar and console: people make, change and close cases.

``by`` is the member who acts. What follows, reminders and messages to staff, is the job's
(`chatbot.pipeline.case_reminders`): it looks at every case that has changed. Whether ``by`` may
see the customer is for the pages to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.cases.case import Case
from chatbot.cases.errors import CaseProblem
from chatbot.cases.proposing import Accepted, accept_proposal, dismiss_proposal
from chatbot.cases.records import (
    Changes,
    NewCase,
    change_case,
    close_case,
    create_case,
    note_on_case,
    reopen_case,
)
from chatbot.clock import Clock
from chatbot.store.audit import audit
from chatbot.store.case_history import CaseChange, Telling, changes_of, tellings_of
from chatbot.store.case_proposals import Proposal, conversation_of_proposal, open_proposals
from chatbot.store.cases import (
    CaseView,
    cases_of_customer,
    find_case,
    open_cases,
    said_of_case,
)
from chatbot.store.database import Database


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its history, what people were told, and what was said that it is about.

    ``said`` are messages in order, each as its type and content.
    """

    view: CaseView
    changes: tuple[CaseChange, ...]
    tellings: tuple[Telling, ...]
    said: tuple[tuple[str, dict[str, Any]], ...]


class CaseDesk:
    """What people can do with cases; each method is one transaction, and each act on the record.

    All raise `chatbot.cases.errors.CaseProblem` with a sentence for people; those that take a
    ``version`` raise `CaseConflict`, which carries the case as it is now, if it is not the newest.
    """

    def __init__(self, database: Database, clock: Clock, zone: Callable[[], ZoneInfo]) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    async def create(self, by: Viewer, new: NewCase) -> Case:
        """Keep a new case; an owner who is not ``by`` hears of it."""
        return await self._do(
            by, "case_create", lambda connection, now: create_case(connection, new, by.userid, now)
        )

    async def update(self, by: Viewer, case_id: int, version: int, changes: Changes) -> Case:
        """Change an open case, give it to somebody else, who hears of it, or add a note to it."""
        action = "case_change" if changes.owner is None else "case_assign"
        return await self._do(
            by,
            action,
            lambda connection, now: change_case(
                connection, case_id, version, changes, by.userid, now
            ),
        )

    async def close(
        self, by: Viewer, case_id: int, version: int, *, done: bool = True, note: str = ""
    ) -> Case:
        """Close a case as done, or as nothing to do any more; its session may end now."""
        return await self._do(
            by,
            "case_done" if done else "case_drop",
            lambda connection, now: close_case(
                connection, case_id, version, done=done, note=note, by=by.userid, now=now
            ),
        )

    async def reopen(
        self, by: Viewer, case_id: int, version: int, due_at: datetime, note: str = ""
    ) -> Case:
        """Open a closed case again."""
        return await self._do(
            by,
            "case_reopen",
            lambda connection, now: reopen_case(
                connection, case_id, version, due_at=due_at, note=note, by=by.userid, now=now
            ),
        )

    async def note(self, by: Viewer, case_id: int, text: str) -> Case:
        """Add a note to a case, open or closed."""
        return await self._do(
            by,
            "case_note",
            lambda connection, now: note_on_case(connection, case_id, text, by.userid, now),
        )

    async def accept(self, by: Viewer, proposal_id: int, changed: Accepted | None = None) -> Case:
        """Make a proposal a case; a second tap finds the same case."""
        accepted = changed or Accepted()
        return await self._do(
            by,
            "case_accept",
            lambda connection, now: accept_proposal(
                connection, proposal_id, accepted, by.userid, now
            ),
        )

    async def dismiss(self, by: Viewer, proposal_id: int) -> None:
        """Note that a proposal is no case."""

        def work(connection: Connection) -> None:
            now = self._clock.now()
            proposal = dismiss_proposal(connection, proposal_id, by.userid, now)
            detail = {"proposal": proposal_id}
            audit(connection, by, "case_dismiss", proposal.external_userid, detail, now)

        await self._database.run(work)

    async def _do(
        self, by: Viewer, action: str, act: Callable[[Connection, datetime], Case]
    ) -> Case:
        def work(connection: Connection) -> Case:
            now = self._clock.now()
            case = act(connection, now)
            detail = {"case": case.id, "to": case.owner or ""}
            audit(connection, by, action, case.external_userid, detail, now)
            return case

        return await self._database.run(work)

    async def list_today(self, userid: str | None) -> list[CaseView]:
        """Return what is open and due by the end of today, late ones included, first due first.

        Of ``userid`` with what nobody has taken yet, or with None of everybody.
        """
        local = self._clock.now().astimezone(self._zone())
        tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        owner = userid.lower() if userid is not None else None
        return await self._database.run(open_cases, owner=owner, before=tomorrow)

    async def conversation_of_proposal(self, proposal_id: int) -> int | None:
        """Return in which conversation a proposal was made, None if there is no such one."""
        return await self._database.run(conversation_of_proposal, proposal_id)

    async def find(self, case_id: int) -> CaseView | None:
        """Return a case, None if there is none."""
        return await self._database.run(find_case, case_id)

    async def of_customer(self, external_userid: str) -> list[CaseView]:
        """Return all cases of a customer: the open ones first."""
        return await self._database.run(cases_of_customer, external_userid)

    async def file(self, case_id: int) -> CaseFile:
        """Return a case with all that is known of it."""
        return await self._database.run(read_case_file, case_id)

    async def proposals(
        self, conversation_id: int | None = None, userid: str | None = None
    ) -> list[Proposal]:
        """Return what agents seem to have promised, and nobody has accepted or dismissed."""
        return await self._database.run(
            open_proposals, self._clock.now(), conversation_id=conversation_id,
            userid=userid.lower() if userid is not None else None,
        )  # fmt: skip


def read_case_file(connection: Connection, case_id: int) -> CaseFile:
    """Return a case with all that is known of it.

    Raises:
        CaseProblem: there is none.
    """
    view = find_case(connection, case_id)
    if view is None:
        raise CaseProblem(f"没有编号 {case_id} 的事项；chatbot cases list 列出没有完成的")
    return CaseFile(
        view,
        tuple(changes_of(connection, case_id)),
        tuple(tellings_of(connection, case_id)),
        tuple(said_of_case(connection, case_id)),
    )
