"""``/console/importing/{number}/document``: the questions of a Word document, to be proposed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.bringing import Bringer
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.gate import NotAllowed, require, see_other
from chatbot.curation.personal import blanked, names_in
from chatbot.dialogue.service import Mind
from chatbot.documents import Proposal, Proposing, compared, proposals
from chatbot.errors import UserError
from chatbot.exchange.docx_blocks import DOCUMENT_SUFFIX, blocks_of
from chatbot.exchange.docx_questions import Note, questions_in
from chatbot.matching.vector_cache import VectorStore
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.gap_brought import Brought
from chatbot.store.imports import StoredImport, read_import

_ONE = r"/importing/{number:[0-9]{1,18}}/document"
_SHOWN = 300
#: What comes in, or comes in anew.
_WRITTEN = ("new", "changed")


@dataclass(frozen=True, slots=True)
class DocumentTools:
    """What the pages work with; ``mind`` is what decides at this moment."""

    database: Database
    mind: Callable[[], Mind]
    vectors: VectorStore
    clock: Clock


@dataclass(frozen=True, slots=True)
class Line:
    """A question of the document: where it stands there, its draft, and what becomes of it."""

    path: str
    draft: str
    outcome: str


@dataclass(frozen=True, slots=True)
class _Document:
    """What a document holds, and what would become of it."""

    found: Sequence[Proposal]
    notes: Sequence[Note]

    @property
    def counts(self) -> Counter[str]:
        return Counter(each.outcome for each in self.found)


class DocumentPages:
    """The pages; what is proposed ends on the page of gaps, where people decide on each."""

    def __init__(self, writer: AdminWriter, tools: DocumentTools) -> None:
        self._writer = writer
        self._tools = tools

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [web.get(_ONE, self.show), web.post(_ONE, self.propose)]

    async def show(self, request: web.Request) -> web.Response:
        """Show what a document would propose."""
        require(request, "knowledge")
        return await self._page(request, await self._stored(request))

    async def propose(self, request: web.Request) -> web.Response:
        """Propose its questions; those that were proposed before stay as they are."""
        viewer, stored = of_all_stores(request), await self._stored(request)
        try:
            await asyncio.to_thread(self._propose, stored, viewer)
        except UserError as error:
            return await self._page(request, stored, 400, str(error))
        return see_other(f"/console{document_path(stored.id)}?done=proposed")

    def _propose(self, stored: StoredImport, viewer: Viewer) -> None:
        tools, document = self._tools, self._read(stored)
        bringer = Bringer(
            tools.database, tools.mind(), tools.vectors, tools.clock, applies=True, apart=True
        )
        Proposing(tools.database, bringer, tools.clock).write(document.found, lambda _done: None)
        detail = {"file": stored.name, **document.counts}
        now = tools.clock.now()
        tools.database.run_sync(audit, viewer, "import_document", str(stored.id), detail, now)

    def _read(self, stored: StoredImport) -> _Document:
        """Return what a document holds; raises UserError if it is none."""
        tools = self._tools
        text = questions_in(blocks_of(stored.name, stored.data))
        normaliser = tools.mind().dialogue.snapshot.normaliser
        found = proposals(stored.name, text.questions, tools.clock.now(), normaliser)
        return _Document(tools.database.run_sync(compared, found), text.notes)

    async def _stored(self, request: web.Request) -> StoredImport:
        number = int(request.match_info["number"])
        stored = await self._tools.database.run(read_import, number)
        if stored is None or not is_document(stored.name):
            raise web.HTTPNotFound
        return stored

    async def _page(
        self, request: web.Request, stored: StoredImport, status: int = 200, problem: str = ""
    ) -> web.Response:
        viewer = require(request, "knowledge")
        document = _Document((), ())
        try:
            document = await asyncio.to_thread(self._read, stored)
        except UserError as error:
            problem = problem or str(error)
        counts = document.counts
        lines = [
            Line(_path(stored.name, each.brought), each.brought.reply, each.outcome)
            for each in document.found
        ]
        notes = [
            Note(_without_names(each.heading), _without_names(each.text)) for each in document.notes
        ]
        return self._writer.page(
            request, "document", status, stored=stored, problem=problem, counts=counts,
            lines=lines[:_SHOWN], more=len(lines[_SHOWN:]), notes=notes,
            written=sum(counts[each] for each in _WRITTEN), limited=viewer.stores,
        )  # fmt: skip


def _path(name: str, brought: Brought) -> str:
    """Return where a question stands in the document, without personal data."""
    return f"{brought.source} › {brought.text}".removeprefix(f"{name} › ")


def _without_names(text: str) -> str:
    return blanked(text, names_in(text))[0]


def is_document(name: str) -> bool:
    """Return whether a file is a document by its name."""
    return name.lower().endswith(DOCUMENT_SUFFIX)


def document_path(number: int) -> str:
    """Return the path of a document's page, below ``/console``."""
    return f"/importing/{number}/document"


def of_all_stores(request: web.Request) -> Viewer:
    """Return who acts: knowledge is the brand's, not that of a few of its stores."""
    viewer = require(request, "knowledge")
    if viewer.stores is not None:
        raise NotAllowed
    return viewer
