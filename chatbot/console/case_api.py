"""Cases as JSON: of a customer, of today, and everything that people do with them.

The handlers of one customer take who acts and whose cases they are from a function, so that the
console and the sidebar, which let different people see a customer, share them. Times come as the
clocks in the brand's time zone show them (``2026-11-25T18:00``), or with an offset.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict

from chatbot.access.viewer import Viewer
from chatbot.api.requests import json_answer, read_body, read_query
from chatbot.cases.case import Case
from chatbot.cases.desk import CaseDesk
from chatbot.cases.errors import CaseConflict, CaseProblem
from chatbot.cases.proposing import Accepted
from chatbot.cases.records import Changes, NewCase
from chatbot.console.bodies import Nothing
from chatbot.console.case_bodies import (
    AcceptBody,
    ChangeBody,
    CloseBody,
    NewCaseBody,
    NoteBody,
    ReopenBody,
)
from chatbot.console.case_view import CaseReader
from chatbot.console.colleagues import Colleagues
from chatbot.console.desk_rows import Json
from chatbot.console.finding import Subject, SubjectOf
from chatbot.console.problems import DeskProblem
from chatbot.console.tools import ConsoleTools
from chatbot.store.agents import member_names
from chatbot.store.cases import CaseView

#: Forms cannot name any other year, and the database not every one.
_YEARS = range(2000, 3000)
_CASE = r"/cases/{case:[0-9]{1,18}}"
_PROPOSAL = r"/cases/proposals/{proposal:[0-9]{1,18}}"


class TodayQuery(BaseModel):
    """Whose cases."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    whose: Literal["mine", "all"] = "mine"


class CaseApi:
    """Handlers of one customer's cases; `add_case_routes` says where they stand."""

    def __init__(
        self,
        tools: ConsoleTools,
        reader: CaseReader,
        colleagues: Colleagues,
        subject_of: SubjectOf,
    ) -> None:
        self._tools = tools
        self._cases: CaseDesk = tools.cases
        self._reader = reader
        self._colleagues = colleagues
        self._subject_of = subject_of

    async def of_customer(self, request: web.Request) -> web.Response:
        """Answer with the customer's cases, what seems promised, and what a new one begins with."""
        about, viewer = await self._subject_of(request)
        views = await self._cases.of_customer(about.external_userid)
        proposals = []
        if about.conversation_id is not None:
            proposals = await self._cases.proposals(about.conversation_id)
        return json_answer(
            {
                "cases": await self._reader.cases(await self._reader.seen(viewer, views)),
                "proposals": await self._reader.proposals(proposals),
                "form": await self._reader.form(about),
            }
        )

    async def owners(self, request: web.Request) -> web.Response:
        """Answer with who may be given a case: the roster, and who serves the account."""
        about, viewer = await self._subject_of(request)
        if "case" in request.match_info:
            await self._case(request)  # which may be seen
        names = dict(await self._tools.database.run(member_names))
        if about.account:
            try:
                found = await self._colleagues.of(about.account)
            except DeskProblem:
                found = []  # the platform does not answer: the roster is what is known
            names |= {each.userid: each.name for each in found if each.userid not in names}
        if _is_member(viewer):
            names.setdefault(viewer.userid, viewer.name)
        owners = [{"userid": userid, "name": name} for userid, name in sorted(names.items())]
        return json_answer({"owners": owners})

    async def create(self, request: web.Request) -> web.Response:
        """Keep a new case."""
        about, viewer = await self._subject_of(request)
        body = await read_body(request, NewCaseBody)
        new = NewCase(
            about.external_userid, body.title, _owner(body.owner, viewer), self._due(body.due),
            body.kind, about.conversation_id, body.phone, body.note, body.turns, body.messages,
        )  # fmt: skip
        return await self._told(self._cases.create(viewer, new))

    async def show(self, request: web.Request) -> web.Response:
        """Answer with a case, its history, and what was said."""
        view, _ = await self._case(request)
        return json_answer(await self._reader.file(await self._cases.file(view.case.id)))

    async def change(self, request: web.Request) -> web.Response:
        """Change a case, or give it to a colleague."""
        view, viewer = await self._case(request)
        body = await read_body(request, ChangeBody)
        changes = Changes(
            title=body.title, kind=body.kind, due_at=self._due_or_none(body.due), owner=body.owner,
            phone=body.phone, note=body.note,
        )  # fmt: skip
        return await self._told(self._cases.update(viewer, view.case.id, body.version, changes))

    async def note(self, request: web.Request) -> web.Response:
        """Add a note to a case."""
        view, viewer = await self._case(request)
        body = await read_body(request, NoteBody)
        return await self._told(self._cases.note(viewer, view.case.id, body.text))

    async def close(self, request: web.Request) -> web.Response:
        """Close a case, as done or as dropped."""
        view, viewer = await self._case(request)
        body = await read_body(request, CloseBody)
        return await self._told(
            self._cases.close(viewer, view.case.id, body.version, done=body.done, note=body.note)
        )

    async def reopen(self, request: web.Request) -> web.Response:
        """Open a closed case again."""
        view, viewer = await self._case(request)
        body = await read_body(request, ReopenBody)
        return await self._told(
            self._cases.reopen(viewer, view.case.id, body.version, self._due(body.due), body.note)
        )

    async def accept(self, request: web.Request) -> web.Response:
        """Make a proposal a case."""
        viewer, number = await self._proposal(request)
        body = await read_body(request, AcceptBody)
        changed = Accepted(body.title, body.kind, self._due_or_none(body.due), body.owner)
        return await self._told(self._cases.accept(viewer, number, changed))

    async def dismiss(self, request: web.Request) -> web.Response:
        """Note that a proposal is no case."""
        viewer, number = await self._proposal(request)
        await read_body(request, Nothing)
        try:
            await self._cases.dismiss(viewer, number)
        except CaseProblem as problem:
            return _refusal(problem)
        self._tools.news.ring()
        return json_answer({"dismissed": number})

    async def _told(self, act: Awaitable[Case]) -> web.Response:
        """Do it, and answer with the case as it stands now, and why nothing was done if so."""
        try:
            case = await act
        except CaseConflict as conflict:
            problem = {"code": "conflict", "message": str(conflict)}
            return json_answer({"error": problem, "case": await self._now(conflict.case)}, 409)
        except CaseProblem as problem:
            return _refusal(problem)
        self._tools.news.ring()
        return json_answer({"case": await self._now(case)})

    async def _now(self, case: Case) -> Json:
        view = await self._cases.find(case.id)
        if view is None:
            raise DeskProblem(404, "no_case")
        return await self._reader.case(view)

    async def _case(self, request: web.Request) -> tuple[CaseView, Viewer]:
        """Return the case that a request is about: of the customer, and seen by the viewer."""
        about, viewer = await self._subject_of(request)
        view = await self._cases.find(int(request.match_info["case"]))
        if view is None or view.case.external_userid != about.external_userid:
            raise DeskProblem(404, "no_case")
        if not await self._reader.seen(viewer, [view]):
            raise DeskProblem(403, "other_store")
        return view, viewer

    async def _proposal(self, request: web.Request) -> tuple[Viewer, int]:
        """Return the proposal that a request is about; it was made in the conversation."""
        about, viewer = await self._subject_of(request)
        number = int(request.match_info["proposal"])
        made_in = await self._cases.conversation_of_proposal(number)
        if made_in is None or made_in != about.conversation_id:
            raise DeskProblem(404, "no_proposal")
        return viewer, number

    def _due(self, written: str) -> datetime:
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            raise DeskProblem(422, "case_due") from None
        if at.year not in _YEARS:
            raise DeskProblem(422, "case_due")
        return at if at.tzinfo else at.replace(tzinfo=self._tools.snapshot().timezone)

    def _due_or_none(self, written: str | None) -> datetime | None:
        return None if written is None else self._due(written)


class TodayApi:
    """What is to be done today, for every page."""

    def __init__(self, tools: ConsoleTools, reader: CaseReader) -> None:
        self._tools = tools
        self._cases: CaseDesk = tools.cases
        self._reader = reader

    async def show(self, request: web.Request) -> web.Response:
        """Answer with what is due by the end of today, and what the viewer seems to have promised.

        With ``whose=all`` of everybody.
        """
        viewer = self._tools.viewer_of(request)
        userid = None if read_query(request, TodayQuery).whose == "all" else viewer.userid
        seen = await self._reader.seen(viewer, await self._cases.list_today(userid))
        proposals = await self._cases.proposals(userid=userid)
        shown = await self._reader.proposals_seen(viewer, proposals)
        return json_answer(
            {
                "cases": await self._reader.cases(seen),
                "proposals": await self._reader.proposals(shown),
                "form": self._reader.choices(""),
            }
        )


def of_case(tools: ConsoleTools) -> SubjectOf:
    """Return what takes the customer from the case itself, where no conversation is named."""

    async def subject_of(request: web.Request) -> tuple[Subject, Viewer]:
        viewer = tools.viewer_of(request)
        view = await tools.cases.find(int(request.match_info["case"]))
        if view is None:
            raise DeskProblem(404, "no_case")
        case = view.case
        account = view.open_kfid or ""
        return Subject(case.external_userid, case.conversation_id, account), viewer

    return subject_of


def add_case_routes(api: web.Application, below: str, handlers: CaseApi) -> None:
    """Let a customer's cases be read, made and proposed ``below`` the customer's address."""
    api.router.add_get(f"{below}/cases", handlers.of_customer)
    api.router.add_get(f"{below}/cases/owners", handlers.owners)
    _add_posts(
        api,
        {
            f"{below}/cases": handlers.create,
            f"{below}{_PROPOSAL}/accept": handlers.accept,
            f"{below}{_PROPOSAL}/dismiss": handlers.dismiss,
        },
    )
    add_case_acts(api, below, handlers)


def add_case_acts(api: web.Application, below: str, handlers: CaseApi) -> None:
    """Let single cases be read and changed ``below`` an address."""
    api.router.add_get(f"{below}{_CASE}", handlers.show)
    api.router.add_get(f"{below}{_CASE}/owners", handlers.owners)
    _add_posts(
        api,
        {
            f"{below}{_CASE}/change": handlers.change,
            f"{below}{_CASE}/note": handlers.note,
            f"{below}{_CASE}/close": handlers.close,
            f"{below}{_CASE}/reopen": handlers.reopen,
        },
    )


def _add_posts(api: web.Application, posts: dict[str, Handler]) -> None:
    for path, handler in posts.items():
        api.router.add_post(path, handler)


def _refusal(problem: CaseProblem) -> web.Response:
    return json_answer({"error": {"code": "refused", "message": str(problem)}}, 422)


def _is_member(viewer: Viewer) -> bool:
    """Return whether the viewer is a member: who came in by a one-time link is none."""
    return ":" not in viewer.userid


def _owner(wanted: str | None, viewer: Viewer) -> str:
    owner = wanted if wanted is not None else viewer.userid
    if ":" in owner:
        raise DeskProblem(422, "case_owner")
    return owner
