"""``/console/notices``: what customers are told now, and what they will be or were told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chatbot import notice_desk
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.gate import NotAllowed, require, see_other
from chatbot.console.notices.forms import Filled, filled_in, limit_of
from chatbot.console.notices.view import NoticeReader, Shown
from chatbot.facts.rows import NARROWING
from chatbot.facts.tables import Table
from chatbot.notices.brand import Brand
from chatbot.notices.notice import NewNotice
from chatbot.notices.standing import STANDS, stand_of
from chatbot.notices.writing import LONGEST_BYTES, Draft, WrongNotice, read_draft
from chatbot.store.database import Database

_PATH = "/notices"
_HOME = f"/console{_PATH}"
_ONE = rf"{_PATH}/{{notice:[0-9]{{1,18}}}}"


@dataclass(frozen=True, slots=True)
class NoticeTools:
    """What the pages work with."""

    database: Database
    reader: NoticeReader
    clock: Clock


class NoticePages:
    """The list, a notice to be written, and one to be changed or ended."""

    def __init__(self, writer: AdminWriter, tools: NoticeTools) -> None:
        self._writer = writer
        self._database = tools.database
        self._reader = tools.reader
        self._clock = tools.clock

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get(_PATH, self.show),
            web.get(f"{_PATH}/new", self.new),
            web.post(f"{_PATH}/new", self.add),
            web.get(_ONE, self.one),
            web.post(_ONE, self.change),
            web.post(f"{_ONE}/end", self.end),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show the notices: now, to come, past."""
        viewer = require(request, "notices")
        brand = await self._brand()
        limit = limit_of(viewer, brand)
        listed = await self._database.run(self._reader.listed, limit, brand)
        return self._writer.page(
            request, "list", listed=listed, stands=STANDS, limited=viewer.stores
        )

    async def new(self, request: web.Request) -> web.Response:
        """Show an empty form; it ends with the day unless somebody says otherwise."""
        viewer = require(request, "notices")
        brand = await self._brand()
        limit, now = limit_of(viewer, brand), self._clock.now().astimezone(brand.timezone)
        draft = Draft(
            begins=now.strftime("%Y-%m-%dT%H:%M"), ends=now.strftime("%Y-%m-%dT23:59"),
            stores=tuple(limit or ()),
        )  # fmt: skip
        return self._form(request, draft, brand, limit)

    async def add(self, request: web.Request) -> web.Response:
        """Write a notice down, or show what it would look like."""
        viewer = require(request, "notices")
        brand = await self._brand()
        limit, filled = limit_of(viewer, brand), await filled_in(request)
        try:
            new = self._read(filled, brand, limit)
        except WrongNotice as wrong:
            return self._form(request, filled.draft, brand, limit, wrong=wrong)
        if filled.look:
            looks = await self._looks(new)
            return self._form(request, filled.draft, brand, limit, **looks)
        await self._database.run(notice_desk.add, new, viewer, self._clock.now())
        return see_other(f"{_HOME}?done=added")

    async def one(self, request: web.Request) -> web.Response:
        """Show a notice: to be changed, or as it was."""
        viewer = require(request, "notices")
        brand = await self._brand()
        shown = await self._shown(request, viewer, brand)
        notice = shown.kept.notice
        new = NewNotice(
            notice.text, notice.mode, notice.begins_at, notice.ends_at, notice.stores,
            notice.accounts, notice.categories,
        )  # fmt: skip
        draft = Draft.of(notice, brand)
        if "reach" in request.query:
            return await self._notice(request, shown, brand, viewer, draft, new)
        # Whom it would have reached takes a while to work out, and is told who asks for it.
        bubbles = self._reader.preview(new)
        return await self._notice(request, shown, brand, viewer, draft, bubbles=bubbles)

    async def change(self, request: web.Request) -> web.Response:
        """Write a notice anew, or show what it would look like."""
        viewer = require(request, "notices")
        brand = await self._brand()
        shown, limit = await self._shown(request, viewer, brand), limit_of(viewer, brand)
        filled = await filled_in(request)
        if not shown.may_change:
            raise NotAllowed
        try:
            new = self._read(filled, brand, limit)
        except WrongNotice as wrong:
            return await self._notice(request, shown, brand, viewer, filled.draft, wrong=wrong)
        if filled.look:
            return await self._notice(request, shown, brand, viewer, filled.draft, new)
        number, now = shown.kept.notice.id, self._clock.now()
        done = await self._database.run(
            notice_desk.change, number, new, filled.version, viewer, now
        )
        if not done:
            problem = self._writer.words["changed_meanwhile"]
            return await self._notice(
                request, shown, brand, viewer, filled.draft, new, status=409, problem=problem
            )
        return see_other(f"{_HOME}/{number}?done=changed")

    async def end(self, request: web.Request) -> web.Response:
        """End a notice now; one that is over already stays so."""
        viewer = require(request, "notices")
        shown = await self._shown(request, viewer, await self._brand())
        if not shown.may_change and shown.stand != "past":
            raise NotAllowed
        number = shown.kept.notice.id
        await self._database.run(notice_desk.end, number, viewer, self._clock.now())
        return see_other(f"{_HOME}?done=ended")

    def _read(self, filled: Filled, brand: Brand, limit: tuple[str, ...] | None) -> NewNotice:
        return read_draft(filled.draft, brand, self._clock.now(), self._writer.words, limit)

    async def _brand(self) -> Brand:
        return await self._database.run(self._reader.brand)

    async def _shown(self, request: web.Request, viewer: Viewer, brand: Brand) -> Shown:
        number = int(request.match_info["notice"])
        shown = await self._database.run(self._reader.one, number, limit_of(viewer, brand), brand)
        if shown is None:
            raise web.HTTPNotFound
        return shown

    async def _looks(self, new: NewNotice) -> dict[str, Any]:
        """Return what a notice looks like, and whom it would have reached."""
        reach = await self._database.run(self._reader.reach, new)
        stand = stand_of(new.numbered(0), self._clock.now())
        return {"bubbles": self._reader.preview(new), "reach": reach, "looked": stand}

    async def _notice(
        self,
        request: web.Request,
        shown: Shown,
        brand: Brand,
        viewer: Viewer,
        draft: Draft,
        new: NewNotice | None = None,
        **more: Any,
    ) -> web.Response:
        target = notice_desk.target_of(shown.kept.notice.id)
        acts = await self._database.run(self._reader.acts, target)
        looks = await self._looks(new) if new is not None else {}
        return self._form(
            request, draft, brand, limit_of(viewer, brand), shown=shown, acts=acts,
            **{**looks, **more},
        )  # fmt: skip

    def _form(
        self,
        request: web.Request,
        draft: Draft,
        brand: Brand,
        limit: tuple[str, ...] | None,
        *,
        wrong: WrongNotice | None = None,
        status: int = 200,
        shown: Shown | None = None,
        **values: Any,
    ) -> web.Response:
        words = self._writer.words
        objections = {each.field: each.said(words) for each in wrong.objections} if wrong else {}
        if wrong is not None:
            status, values = 400, {"problem": str(wrong), **values}
        return self._writer.page(
            request, "notice", status, draft=draft, wrong=objections, shown=shown,
            tables=_tables(brand, limit), accounts=brand.accounts, categories=brand.categories,
            limited=limit, letters=LONGEST_BYTES // 3, zone_name=str(brand.timezone),
            **values,
        )  # fmt: skip


def _tables(brand: Brand, limit: tuple[str, ...] | None) -> list[tuple[str, list[str]]]:
    """Return the stores to choose from, by table; of who is limited only theirs.

    A table that is told apart by place comes first: stores are, rooms and ranks are not.
    """
    tables = (
        (table.name, [key for key in table.rows if limit is None or key in limit])
        for table in sorted(brand.tables, key=_is_of_no_place)
    )
    return [(name, keys) for name, keys in tables if keys]


def _is_of_no_place(table: Table) -> bool:
    return not any(column in NARROWING for column in table.columns[1:])
