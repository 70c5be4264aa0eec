"""``/console/publishing``: what is live, what waits, what it would change; publish and go back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aiohttp import web

from chatbot.access.roles import may
from chatbot.access.viewer import Viewer
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, Posted, posted
from chatbot.console.gate import NotAllowed, require, see_other
from chatbot.console.publishing.view import shown
from chatbot.curation.gate.report import GateReport
from chatbot.publishing_desk import CandidateMoved, NoSnapshot, NotFit, PublishingDesk
from chatbot.store.snapshots import Past

_PATH = "/publishing"
_HISTORY_SHOWN = 30
_LARGEST = 2**31 - 1


class PublishingPages:
    """One page, and what is done from it."""

    def __init__(self, writer: AdminWriter, desk: PublishingDesk) -> None:
        self._writer = writer
        self._desk = desk

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get(_PATH, self.show),
            web.post(f"{_PATH}/publish", self.publish),
            web.post(f"{_PATH}/discard", self.discard),
            web.post(f"{_PATH}/rollback", self.roll_back),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show what is live, what waits with what it would change, and what was before."""
        require(request, "publish")
        return await self._page(request)

    async def publish(self, request: web.Request) -> web.Response:
        """Make the candidate that was seen live."""
        viewer = _of_all_stores(request)
        data = await posted(request) or NOTHING_POSTED
        force = "force" in data
        if force:
            require(request, "force")
        try:
            await self._desk.publish(_number(data), viewer, force=force)
        except CandidateMoved:
            return await self._page(request, 409, self._writer.words["moved"])
        except NotFit:
            return await self._page(request, 409, self._writer.words["broken_now"])
        return see_other(f"/console{_PATH}?done=published")

    async def discard(self, request: web.Request) -> web.Response:
        """Let the candidate that was seen go."""
        viewer = _of_all_stores(request)
        data = await posted(request) or NOTHING_POSTED
        try:
            await self._desk.discard(_number(data), viewer)
        except CandidateMoved:
            return await self._page(request, 409, self._writer.words["moved"])
        return see_other(f"/console{_PATH}?done=discarded")

    async def roll_back(self, request: web.Request) -> web.Response:
        """Ask whether it is meant; make the content of an earlier snapshot live if it is."""
        viewer = _of_all_stores(request)
        data = await posted(request) or NOTHING_POSTED
        number = _number(data)
        if "confirmed" not in data:
            standing = await self._desk.standing(_HISTORY_SHOWN)
            return self._writer.page(
                request, "confirm", number=number, live=standing.live, candidate=standing.candidate
            )
        try:
            offered = await self._desk.roll_back(number, viewer)
        except CandidateMoved:
            return await self._page(request, 409, self._writer.words["moved"])
        except NoSnapshot:
            return await self._page(request, 404, self._writer.say("no_snapshot", number=number))
        done = "rolled_back" if offered.changed else "same"
        return see_other(f"/console{_PATH}?done={done}")

    async def _page(
        self, request: web.Request, status: int = 200, problem: str = ""
    ) -> web.Response:
        viewer = require(request, "publish")
        standing = await self._desk.standing(_HISTORY_SHOWN)
        report = None
        if standing.report is not None:
            full = GateReport.from_json(standing.report.report)
            report = shown(_of_stores(full, viewer), self._writer.words)
        return self._writer.page(
            request, "publishing", status, standing=standing, report=report,
            origin=self._origin, may_force=may(viewer, "force"), problem=problem,
            limited=viewer.stores,
        )  # fmt: skip

    def _origin(self, past: Past) -> str:
        """Return how a snapshot came to be, in words."""
        values: dict[str, Any] = {"actor": past.origin.actor, "source": past.origin.source}
        return self._writer.say(f"origin_{past.origin.cause}", **values)


def _of_all_stores(request: web.Request) -> Viewer:
    """Return who acts: knowledge is the brand's, not that of a few of its stores."""
    viewer = require(request, "publish")
    if viewer.stores is not None:
        raise NotAllowed
    return viewer


def _of_stores(report: GateReport, viewer: Viewer) -> GateReport:
    """Return a report without what customers of other stores may have written."""
    if viewer.stores is None:
        return report
    kept = tuple(each for each in report.changes if each.source != "recent")
    return replace(report, changes=kept)


def _number(data: Posted) -> int:
    written = data.get("number")
    if not (written.isascii() and written.isdigit()) or not 0 < int(written[:12]) <= _LARGEST:
        raise web.HTTPBadRequest
    return int(written)
