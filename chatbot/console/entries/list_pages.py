"""``/console/entries``: the list of all entries, and one of them with its form and its history."""

from __future__ import annotations

import asyncio
from functools import partial
from urllib.parse import quote, urlencode

from aiohttp import web

from chatbot.assist.search import by_meaning
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.entries.catalogue import STATES, Catalogue, Wanted
from chatbot.console.gate import require
from chatbot.dialogue.service import DialogueService
from chatbot.editing.desk import EditDesk
from chatbot.store.database import Database
from chatbot.store.edits import subjects_in_conflict
from chatbot.store.media import read_media
from chatbot.understanding.language import CHINESE, LANGUAGES

HOME = "/console/entries"
_SHOWN = 50
_LONGEST = 120
_MOST_PAGES = 10_000


class Catalogues:
    """The catalogue of the content that is edited, made anew when that changes."""

    def __init__(self, desk: EditDesk, service: DialogueService) -> None:
        self._desk = desk
        self._service = service
        self._made: Catalogue | None = None

    async def now(self) -> Catalogue:
        """Return what is edited now; raises UserError before the first publish."""
        working, live = await self._desk.working(), await self._desk.live()
        made = self._made
        if made is None or made.working is not working.content or made.live is not live.content:
            made = await asyncio.to_thread(
                Catalogue, working.content, live.content,
                self._service.dialogue.snapshot.normaliser, made,
            )  # fmt: skip
            self._made = made
        return made


class ListPages:
    """The list, and the pictures that previews show."""

    def __init__(
        self,
        writer: AdminWriter,
        database: Database,
        catalogues: Catalogues,
        service: DialogueService,
        clock: Clock,
    ) -> None:
        self._writer = writer
        self._database = database
        self._catalogues = catalogues
        self._service = service
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get("/entries", self.show),
            web.get("/entries/pictures/{sha256:[0-9a-f]{64}}", self.picture),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show the entries that are wanted, a page of them."""
        viewer, wanted = require(request, "knowledge"), _wanted(request)
        catalogue = await self._catalogues.now()
        snapshot = self._service.dialogue.snapshot
        today = self._clock.now().astimezone(snapshot.timezone).date()
        conflicts = await self._database.run(subjects_in_conflict, "entry")
        meant = await self._meant(wanted)
        find = partial(catalogue.find, wanted, today, conflicts, meant, snapshot.segmenter.pieces)
        # A look at the language of every answer takes a second, the first time.
        found = await asyncio.to_thread(find) if wanted.without else find()
        pages = max(1, -(-len(found) // _SHOWN))
        page = min(wanted.page, pages)
        rows = [
            (row, row.states(today, conflicts))
            for row in found[(page - 1) * _SHOWN : page * _SHOWN]
        ]
        return self._writer.page(
            request, "list", rows=rows, count=len(found), all=len(catalogue.rows), page=page,
            pages=pages, wanted=wanted, states=STATES, catalogue=catalogue,
            languages=[code for code in LANGUAGES if code != CHINESE],
            address=partial(address, wanted), entry_address=entry_address,
            limited=viewer.stores,
        )  # fmt: skip

    async def _meant(self, wanted: Wanted) -> dict[str, float] | None:
        """Return what means the query, by the live content; None if words are looked for."""
        if wanted.by != "meaning" or not wanted.query:
            return None
        mind = self._service.mind
        return await self._service.compute(lambda: by_meaning(mind, wanted.query))

    async def picture(self, request: web.Request) -> web.Response:
        """Show a picture of an answer, be it published or just uploaded."""
        require(request, "knowledge")
        kept = await self._database.run(read_media, request.match_info["sha256"])
        if kept is None or not kept.media_type.startswith("image/"):
            raise web.HTTPNotFound
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        return web.Response(body=kept.content, content_type=kept.media_type, headers=headers)


def entry_address(faq_id: str, act: str = "") -> str:
    """Return where an entry's page is, or where a form of it goes."""
    return f"{HOME}/{quote(faq_id, safe='')}{f'/{act}' if act else ''}"


def address(wanted: Wanted, **changed: object) -> str:
    """Return where a list is, or one that differs from it."""
    values = {
        "q": wanted.query, "by": wanted.by if wanted.by != "words" else "",
        "state": wanted.state, "category": wanted.category, "owner": wanted.owner,
        "tag": wanted.tag, "without": wanted.without, "page": "", **changed,
    }  # fmt: skip
    said = {name: value for name, value in values.items() if value}
    return f"{HOME}?{urlencode(said)}" if said else HOME


def _wanted(request: web.Request) -> Wanted:
    """Return what the address asks for; what it cannot ask for counts as not written."""

    def said(name: str) -> str:
        return request.query.get(name, "").replace("\0", "").strip()[:_LONGEST]

    state, without, page = said("state"), said("without"), said("page")
    return Wanted(
        query=said("q"),
        by="meaning" if said("by") == "meaning" else "words",
        state=state if state in STATES else "",
        category=said("category"),
        owner=said("owner"),
        tag=said("tag"),
        without=without if without in LANGUAGES and without != CHINESE else "",
        page=_number(page),
    )


def _number(page: str) -> int:
    is_number = page.isascii() and page.isdigit()
    return min(max(1, int(page)), _MOST_PAGES) if is_number else 1
