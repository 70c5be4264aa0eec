"""``/console/workshop``: one suggestion at a time, that which helps most first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, Posted, posted
from chatbot.console.gate import NotAllowed, require, see_other
from chatbot.console.harmless import one_line
from chatbot.console.workshop.desk import WorkshopActs
from chatbot.curation.workshop import EntryWork
from chatbot.curation.workshop_entry import Suggestion
from chatbot.dialogue.snapshot import Snapshot
from chatbot.editing.desk import Clash
from chatbot.errors import UserError
from chatbot.store.database import Database
from chatbot.store.workshop import talks_that_asked
from chatbot.suggestions import Kept, Suggestions
from chatbot.workshop import HEEDED

_PATH = "/workshop"
_TALKS, _ENTRIES = 5, 50
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion with the entry that it is for."""

    work: EntryWork
    suggestion: Suggestion


class WorkshopPages:
    """The page, and what is done from it."""

    def __init__(
        self,
        writer: AdminWriter,
        database: Database,
        suggestions: Suggestions,
        acts: WorkshopActs,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
    ) -> None:
        self._writer = writer
        self._database = database
        self._suggestions = suggestions
        self._acts = acts
        self._snapshot = snapshot
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get(_PATH, self.show),
            web.post(f"{_PATH}/accept", self.accept),
            web.post(f"{_PATH}/reject", self.reject),
            web.post(f"{_PATH}/undo", self.undo),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show the suggestion that helps most of those left."""
        viewer = require(request, "gaps")
        if viewer.stores is not None:
            limited = self._writer.say("limited", stores="、".join(viewer.stores))
            return self._writer.page(request, "workshop", limited=limited)
        return await self._page(request)

    async def _page(
        self, request: web.Request, status: int = 200, problem: str = "", text: str | None = None
    ) -> web.Response:
        kept = await self._suggestions.shown()
        values: dict[str, Any] = {"limited": "", "kept": kept, "problem": problem}
        if kept is None:
            return self._writer.page(request, "workshop", status, **values)
        values |= await self._shown(kept, request.query)
        if text is not None:
            values["text"] = text
        return self._writer.page(request, "workshop", status, **values)

    async def _shown(self, kept: Kept, query: Any) -> dict[str, Any]:
        only, at = query.get("entry", ""), query.get("at", "")
        works = [each for each in kept.works if each.suggestions]
        found = offers(works, only if any(each.faq_id == only for each in works) else None)
        place = int(at) if at.isascii() and at.isdigit() and len(at) < 7 else 0
        place = min(place, max(0, len(found) - 1))
        offer = found[place] if found else None
        talks: Sequence[Any] = ()
        if offer is not None:
            texts = (offer.suggestion.text, *offer.suggestion.also)
            since = self._clock.now() - HEEDED
            talks = await self._database.run(talks_that_asked, texts, since, _TALKS)
        return {
            "offer": offer, "place": place, "count": len(found), "only": only, "talks": talks,
            "works": works[:_ENTRIES], "named": lambda text: one_line(text, _LONGEST_NAME),
            "text": offer.suggestion.text if offer else "", "entry": self._question,
            "waiting": sum(each.waiting for each in works), "address": _address,
            "gain": f"{sum(each.gain for each in works):.1f}", "tenth": lambda n: f"{n:.1f}",
        }  # fmt: skip

    def _question(self, faq_id: str) -> str:
        snapshot = self._snapshot()
        number = snapshot.by_id.get(faq_id)
        return faq_id if number is None else snapshot.entries[number].question

    async def accept(self, request: web.Request) -> web.Response:
        """Take what is suggested, perhaps reworded, and show the next."""
        viewer, data = await _acting(request)
        text = data.get("text")
        try:
            await self._acts.accept(data.get("faq_id"), data.get("suggested"), text, viewer)
        except UserError as error:
            return await self._page(request, 409, str(error), text)
        return _next(request, "accept")

    async def reject(self, request: web.Request) -> web.Response:
        """Keep that what is suggested is not about the entry, and show the next."""
        viewer, data = await _acting(request)
        if data.get("faq_id") not in self._snapshot().by_id:
            raise web.HTTPNotFound
        try:
            await self._acts.reject(data.get("faq_id"), data.get("suggested"), viewer)
        except UserError as error:
            return await self._page(request, 409, str(error))
        return _next(request, "reject")

    async def undo(self, request: web.Request) -> web.Response:
        """Take back what the viewer did last."""
        viewer, _ = await _acting(request)
        try:
            done = await self._acts.undo(viewer)
        except (Clash, UserError):
            return _next(request, "moved")
        return _next(request, "undone" if done else "nothing")


def offers(works: Sequence[EntryWork], only: str | None = None) -> list[Offer]:
    """Return all suggestions, or those for one entry: what more it answers first.

    What rather belongs to no entry comes last.
    """
    found = [
        Offer(work, each)
        for work in works
        if only in {None, work.faq_id}
        for each in work.suggestions
    ]
    return sorted(
        found, key=lambda each: (each.suggestion.maybe_none, -each.suggestion.expected_gain)
    )


async def _acting(request: web.Request) -> tuple[Viewer, Posted]:
    """Return who acts, and what they sent; what concerns all stores is not for who has some."""
    viewer = require(request, "gaps")
    if viewer.stores is not None:
        raise NotAllowed
    return viewer, await posted(request) or NOTHING_POSTED


def _next(request: web.Request, done: str) -> web.Response:
    wanted = {name: request.query[name] for name in ("entry", "at") if name in request.query}
    return see_other(f"/console{_PATH}?{urlencode({**wanted, 'done': done})}")


def _address(path: str = "", **values: object) -> str:
    """Return an address of the page, without what is empty or 0."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/console{_PATH}{path}" + (f"?{query}" if query else "")
