"""The pages about who may come in: sessions, roles, the record of who did what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from chatbot.access.devices import device_of
from chatbot.access.roles import ROLES, Appointed, may
from chatbot.access.viewer import Role, Viewer
from chatbot.clock import Clock
from chatbot.console.doorkeeper import viewer_of_session
from chatbot.console.gate import SIGNED_IN, Gate, require, see_other, viewer_of
from chatbot.console.role_desk import GrantForm, RoleDesk, WrongGrant
from chatbot.store.audit import AuditRow, audit, audit_page
from chatbot.store.database import Database
from chatbot.store.grants import GivenRole, grants_of, list_grants
from chatbot.store.login import (
    LoginSession,
    end_session,
    end_sessions_of,
    get_session,
    list_sessions,
)

_SHOWN_SESSIONS = 200
_AUDIT_PAGE = 50
_SHOWN_DETAIL = 300
_DONE = ("granted", "revoked", "ended")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as it is shown; ``here``: the one that asks."""

    id: int
    name: str
    role: str
    device: str
    address: str
    since: datetime
    seen: datetime
    until: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role as it is shown; ``id`` is None for what the settings say."""

    id: int | None
    subject: str
    role: Role
    stores: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A line of the record as it is shown."""

    at: datetime
    who: str
    name: str
    action: str
    target: str
    detail: str


class AccessPages:
    """Sessions for everybody, roles and the record for admins."""

    def __init__(
        self,
        gate: Gate,
        database: Database,
        roles: RoleDesk,
        clock: Clock,
        appointed: Appointed,
    ) -> None:
        self._gate = gate
        self._database = database
        self._roles = roles
        self._clock = clock
        self._appointed = appointed

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get("/sessions", self.sessions),
            web.post("/sessions/end-others", self.end_others),
            web.post("/sessions/{id:[0-9]{1,18}}/end", self.end),
            web.get("/roles", self.roles),
            web.post("/roles", self.give),
            web.post("/roles/{id:[0-9]{1,18}}/revoke", self.take),
            web.get("/audit", self.audit),
        ]

    # Sessions

    async def sessions(self, request: web.Request) -> web.Response:
        """Show one's own sessions, and those of others that one may end."""
        viewer, me = viewer_of(request), request[SIGNED_IN]
        found = await self._database.run(self._read_sessions, viewer)
        rows = [
            (session, self._session_row(session, role, me.session_id)) for session, role in found
        ]
        mine = [row for session, row in rows if session.member.userid == viewer.userid]
        others = [row for session, row in rows if session.member.userid != viewer.userid]
        return self._page(
            request, "sessions", mine=mine, all=may(viewer, "sessions"),
            others=others[:_SHOWN_SESSIONS] if may(viewer, "staff_sessions") else None,
            more=len(others) > _SHOWN_SESSIONS,
        )  # fmt: skip

    def _read_sessions(
        self, connection: Connection, viewer: Viewer
    ) -> list[tuple[LoginSession, str]]:
        found: list[tuple[LoginSession, str]] = []
        grants = [each.grant for each in list_grants(connection)]
        for session in list_sessions(connection, self._clock.now()):
            owner = viewer_of_session(session, grants, self._appointed)
            if _may_end(viewer, session, owner):
                found.append((session, owner.role if owner else "none"))
        return found

    def _session_row(self, session: LoginSession, role: str, here: int) -> SessionRow:
        return SessionRow(
            session.id, session.member.name or session.member.userid, role,
            self._device(session.user_agent), session.address, session.created_at,
            session.last_seen_at, session.expires_at, session.id == here,
        )  # fmt: skip

    def _device(self, user_agent: str) -> str:
        words = self._gate.writer.words
        client, system = device_of(user_agent)
        client = words.get(f"client_{client}", client) or words["client_unknown"]
        return words["device"].format(client=client, system=system or words["system_unknown"])

    async def end(self, request: web.Request) -> web.Response:
        """End one session."""
        viewer, number = viewer_of(request), int(request.match_info["id"])
        if not await self._database.run(self._end, viewer, number):
            raise web.HTTPNotFound
        return see_other("/console/sessions?done=ended")

    def _end(self, connection: Connection, viewer: Viewer, number: int) -> bool:
        """Return False if there is no such session, or none that the viewer may end."""
        now = self._clock.now()
        session = get_session(connection, number, now)
        if session is None:
            return True  # somebody was faster: it is over, as wanted
        member = session.member
        grants = grants_of(connection, member.userid, member.departments)
        owner = viewer_of_session(session, grants, self._appointed)
        if not _may_end(viewer, session, owner):
            return False
        end_session(connection, number, viewer.userid, "ended", now)
        audit(connection, viewer, "session_end", member.userid, {}, now)
        return True

    async def end_others(self, request: web.Request) -> web.Response:
        """End all of one's own sessions but this."""
        viewer, here = viewer_of(request), request[SIGNED_IN].session_id
        await self._database.run(self._end_others, viewer, here)
        return see_other("/console/sessions?done=ended")

    def _end_others(self, connection: Connection, viewer: Viewer, here: int) -> None:
        now = self._clock.now()
        userid = viewer.userid
        count = end_sessions_of(connection, userid, userid, "ended", now, but=here)
        audit(connection, viewer, "session_end", userid, {"count": count}, now)

    # Roles

    async def roles(self, request: web.Request) -> web.Response:
        """Show who has which role, and the form to give one."""
        require(request, "roles")
        return await self._roles_page(request, GrantForm())

    async def give(self, request: web.Request) -> web.Response:
        """Give a role."""
        viewer = require(request, "roles")
        data = await request.post()
        form = GrantForm(
            **{name: str(data.get(name, "")) for name in ("kind", "id", "role", "stores")}
        )
        try:
            await self._roles.give(viewer, form)
        except WrongGrant as wrong:
            return await self._roles_page(request, form, wrong)
        return see_other("/console/roles?done=granted")

    async def take(self, request: web.Request) -> web.Response:
        """Take a role back."""
        viewer = require(request, "roles")
        try:
            await self._roles.take(viewer, int(request.match_info["id"]))
        except WrongGrant as wrong:
            return await self._roles_page(request, GrantForm(), wrong)
        return see_other("/console/roles?done=revoked")

    async def _roles_page(
        self, request: web.Request, form: GrantForm, wrong: WrongGrant | None = None
    ) -> web.Response:
        given = await self._database.run(list_grants)
        words = self._gate.writer.words
        problem = "" if wrong is None else words[wrong.key].format(**wrong.values)
        return self._page(
            request, "roles", 200 if wrong is None else 400, rows=[*self._role_rows(given)],
            form=form, choices=ROLES, problem=problem,
        )  # fmt: skip

    def _role_rows(self, given: list[GivenRole]) -> Iterator[RoleRow]:
        words, writer = self._gate.writer.words, self._gate.writer
        for each in self._appointed.grants():
            setting = "CHATBOT_ADMINS" if each.role == "admin" else "CHATBOT_SUPERVISORS"
            origin = words["roles_setting"].format(setting=setting)
            yield RoleRow(None, str(each.userid), each.role, (), origin)
        for row in given:
            grant = row.grant
            if grant.userid is None:
                subject = words["department_named"].format(number=grant.department)
            else:
                subject = f"{row.name} {grant.userid}".strip()
            origin = words["roles_by"].format(
                by=row.granted_by, at=writer.local(row.granted_at, "%Y-%m-%d %H:%M")
            )
            yield RoleRow(row.id, subject, grant.role, grant.stores, origin)

    # The record

    async def audit(self, request: web.Request) -> web.Response:
        """Show a page of the record, the newest first."""
        require(request, "audit")
        before, who = _number(request.query.get("before", "")), request.query.get("who") or None
        # One more than is shown tells whether there are older ones.
        rows = await self._database.run(audit_page, _AUDIT_PAGE + 1, before, who)
        shown = rows[:_AUDIT_PAGE]
        only = {} if who is None else {"who": who}
        older = {**only, "before": str(shown[-1].id)} if len(rows) > _AUDIT_PAGE else None
        return self._page(
            request, "audit", rows=[self._record_row(row) for row in shown], who=who,
            older=older and f"/console/audit?{urlencode(older)}",
            newest=before and f"/console/audit?{urlencode(only)}".rstrip("?"),
        )  # fmt: skip

    def _record_row(self, row: AuditRow) -> RecordRow:
        words = self._gate.writer.words
        told = "；".join(self._told(name, value) for name, value in row.detail.items())
        if len(told) > _SHOWN_DETAIL:
            told = f"{told[:_SHOWN_DETAIL]}…"
        action = words.get(f"action_{row.action}", row.action)
        return RecordRow(row.at, row.who, row.name, action, row.target, told)

    def _told(self, name: str, value: Any) -> str:
        words = self._gate.writer.words
        if name == "role":
            value = words.get(f"role_{value}", value)
        if isinstance(value, list):
            value = "、".join(map(str, value)) or words["all_stores"]
        return f"{words.get(f'detail_{name}', name)}：{value}"

    def _page(
        self, request: web.Request, name: str, status: int = 200, **values: Any
    ) -> web.Response:
        done = request.query.get("done", "")
        words: Mapping[str, str] = self._gate.writer.words
        notice = words[f"done_{done}"] if done in _DONE and status == 200 else ""
        return self._gate.writer.page(
            f"access/{name}.html", status, me=request[SIGNED_IN], here=name,
            **{"notice": notice, **values},
        )  # fmt: skip


def _may_end(viewer: Viewer, session: LoginSession, owner: Viewer | None) -> bool:
    """Return whether the viewer may see and end a session: their own, or of those below them."""
    if session.member.userid == viewer.userid or may(viewer, "sessions"):
        return True
    return may(viewer, "staff_sessions") and (owner is None or owner.role == "agent")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
