"""``/console/importing``: templates, exports, and a file that comes in, tried before it counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from aiohttp import BodyPartReader, web

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, posted
from chatbot.console.gate import require, see_other
from chatbot.console.importing.documents import (
    document_path,
    is_document,
    of_all_stores,
)
from chatbot.console.importing.trial import (
    Sent,
    exported,
    mark_of,
    refused_file,
    tried,
    wishes_of,
)
from chatbot.console.importing.view import view_of
from chatbot.editing.batch import BatchDesk
from chatbot.editing.desk import Clash, EditDesk
from chatbot.editing.working import Working
from chatbot.errors import UserError
from chatbot.exchange.docx_blocks import DOCUMENT_SUFFIX
from chatbot.exchange.importing import Base, Trial
from chatbot.exchange.mark import Mark
from chatbot.exchange.merging import Prefer
from chatbot.exchange.template import TEMPLATE_SUFFIXES, template_bytes
from chatbot.knowledge.content import Content
from chatbot.knowledge.entry_files import ENTRY_SUFFIXES
from chatbot.knowledge.problems import ContentErrors
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.imports import (
    NewImport,
    StoredImport,
    exported_content,
    keep_exported,
    note_applied,
    read_import,
    save_import,
)

_PATH = "/importing"
_ONE = rf"{_PATH}/{{number:[0-9]{{1,18}}}}"
_LARGEST = 20 * 1024 * 1024
_LONGEST_NAME = 120
_ACCEPTED = (*ENTRY_SUFFIXES, DOCUMENT_SUFFIX)
EXPORT_SUFFIXES = (".xlsx", ".csv", ".jsonl", ".yaml", ".md")
#: Which content is exported.
OF = ("live", "working")
_SHOWN_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class ImportTools:
    """What the pages work with."""

    database: Database
    editing: EditDesk
    batches: BatchDesk
    clock: Clock


@dataclass(slots=True)
class _Form:
    """What came with the form: fields, and the file if it is not too large."""

    fields: dict[str, str] = field(default_factory=dict)
    name: str = ""
    data: bytes = b""
    is_too_large: bool = False


class AppliedBefore(UserError):
    """The file was applied already, or is gone."""


class ImportPages:
    """The pages; applying goes through the desk for edits."""

    def __init__(self, writer: AdminWriter, tools: ImportTools) -> None:
        self._writer = writer
        self._tools = tools

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get(_PATH, self.show),
            web.post(_PATH, self.send),
            web.get(rf"{_PATH}/template{{suffix:\.[a-z]{{2,5}}}}", self.template),
            web.get(rf"{_PATH}/{{of:live|working}}{{suffix:\.[a-z]{{2,5}}}}", self.export),
            web.get(_ONE, self.one),
            web.get(rf"{_ONE}/refused", self.refused),
            web.post(rf"{_ONE}/apply", self.apply),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show what there is to download, and where a file is chosen."""
        return self._start(request)

    async def template(self, request: web.Request) -> web.Response:
        """Return a file to fill in."""
        require(request, "knowledge")
        suffix = request.match_info["suffix"]
        if suffix not in TEMPLATE_SUFFIXES:
            raise web.HTTPNotFound
        return _download(f"template{suffix}", await asyncio.to_thread(template_bytes, suffix))

    async def export(self, request: web.Request) -> web.Response:
        """Return the entries as a file; what it cannot hold is said by the page before."""
        require(request, "knowledge")
        suffix, of = request.match_info["suffix"], request.match_info["of"]
        if suffix not in EXPORT_SUFFIXES:
            raise web.HTTPNotFound
        working = await self._kept(of)
        data, left_out = await asyncio.to_thread(
            exported, suffix, working.content, Mark(working.number)
        )
        if left_out and "anyway" not in request.query:
            told = self._writer.say("left_out", count=left_out)
            return self._start(request, told, status=200, anyway=f"{of}{suffix}?anyway=1")
        return _download(f"knowledge-{working.number}{suffix}", data)

    async def _kept(self, of: str) -> Working:
        """Return what is exported, kept for when the file comes back."""
        editing, database = self._tools.editing, self._tools.database
        while True:
            working = await (editing.live() if of == "live" else editing.working())
            if await database.run(keep_exported, working.number, self._tools.clock.now()):
                return working

    async def send(self, request: web.Request) -> web.Response:
        """Keep a file, and lead to its trial."""
        viewer = of_all_stores(request)
        form = await _read_form(request)
        suffix = Sent(form.name, b"").suffix
        if form.is_too_large:
            return self._start(request, self._writer.words["too_large"], 400)
        if not form.name:
            return self._start(request, self._writer.words["no_file"], 400)
        if suffix not in _ACCEPTED:
            named = suffix or self._writer.words["no_suffix"]
            told = self._writer.say("wrong_kind", suffix=named, suffixes="、".join(_ACCEPTED))
            return self._start(request, told, 400)
        new = NewImport(form.name, form.data, "extra" in form.fields, viewer.userid)
        now = self._tools.clock.now()
        number = await self._tools.database.run(save_import, new, now)
        return see_other(f"/console{(document_path if is_document(form.name) else _path)(number)}")

    async def one(self, request: web.Request) -> web.Response:
        """Show what a file would change."""
        require(request, "knowledge")
        stored = await self._stored(request)
        if stored is not None and is_document(stored.name):
            return see_other(f"/console{document_path(stored.id)}")
        return await self._page(request, _prefer(request.query.get("prefer", "")))

    async def refused(self, request: web.Request) -> web.Response:
        """Return the rows that are refused, with the reasons."""
        require(request, "knowledge")
        stored = await self._stored(request)
        if stored is None:
            return self._start(request, self._writer.words["gone"], 404)
        sent = _sent(stored)
        try:
            _, trial, mark = await self._tried(sent, "neither")
        except (ContentErrors, UserError):
            raise web.HTTPNotFound from None
        data = await asyncio.to_thread(refused_file, sent, trial, mark)
        return _download(f"refused{sent.suffix}", data)

    async def apply(self, request: web.Request) -> web.Response:
        """Make what the file changes a candidate, all of it or nothing."""
        viewer = of_all_stores(request)
        data = await posted(request) or NOTHING_POSTED
        prefer = _prefer(data.get("prefer"))
        stored = await self._stored(request)
        if stored is None:
            return self._start(request, self._writer.words["gone"], 404)
        here = f"/console{_PATH}/{stored.id}"
        if stored.snapshot is not None:
            return see_other(here)
        try:
            _, trial, _ = await self._tried(_sent(stored), prefer)
            await self._apply(stored, trial, viewer)
        except AppliedBefore:
            return see_other(here)
        except (Clash, ContentErrors):
            return await self._page(request, prefer, 409, self._writer.words["moved"])
        except UserError as error:
            return await self._page(request, prefer, 400, str(error))
        return see_other(f"{here}?done=applied")

    async def _apply(self, stored: StoredImport, trial: Trial, viewer: Viewer) -> None:
        now = self._tools.clock.now()

        def also(connection: Any, snapshot: int) -> None:
            if not note_applied(connection, stored.id, snapshot, now):
                raise AppliedBefore
            counts = view_of(trial).counts
            detail = {"file": stored.name, "snapshot": snapshot, **counts}
            audit(connection, viewer, "import_apply", str(stored.id), detail, now)

        await self._tools.batches.save_all(wishes_of(trial, viewer.userid), viewer.userid, also)

    async def _page(
        self, request: web.Request, prefer: Prefer, status: int = 200, problem: str = ""
    ) -> web.Response:
        viewer, stored = require(request, "knowledge"), await self._stored(request)
        if stored is None:
            return self._start(request, self._writer.words["gone"], 404)
        view, problems, knows_base = None, [], True
        if stored.snapshot is None:
            try:
                base, trial, _ = await self._tried(_sent(stored), prefer)
                view, knows_base = view_of(trial), base is not None
            except ContentErrors as error:
                problems = [_sentence(each.line, each.key, each.text) for each in error.problems]
            except UserError as error:
                problems = [str(error)]
        return self._writer.page(
            request, "trial", status, stored=stored, view=view, problem=problem,
            problems=problems[:_SHOWN_PROBLEMS], prefer=prefer, prefers=get_args(Prefer),
            limited=viewer.stores, knows_base=knows_base,
        )  # fmt: skip

    async def _tried(self, sent: Sent, prefer: Prefer) -> tuple[Base | None, Trial, Mark | None]:
        """Return what the file was made from, what it would change, and its mark."""
        working: Working = await self._tools.editing.working()
        mark = await asyncio.to_thread(mark_of, sent)
        base = await self._base(mark, working)
        trial = await asyncio.to_thread(tried, sent, working.content, base, prefer)
        return base, trial, mark

    async def _base(self, mark: Mark | None, working: Working) -> Base | None:
        if mark is None:
            return None
        if mark.snapshot == working.number:
            return Base(working.content.entries, mark.category)
        text = await self._tools.database.run(exported_content, mark.snapshot)
        if text is None:
            return None
        content = await asyncio.to_thread(Content.from_json, text)
        return Base(content.entries, mark.category)

    async def _stored(self, request: web.Request) -> StoredImport | None:
        number = int(request.match_info["number"])
        return await self._tools.database.run(read_import, number)

    def _start(
        self, request: web.Request, problem: str = "", status: int = 200, anyway: str = ""
    ) -> web.Response:
        viewer = require(request, "knowledge")
        return self._writer.page(
            request, "importing", status, problem=problem, anyway=anyway,
            templates=TEMPLATE_SUFFIXES, exports=EXPORT_SUFFIXES, of=OF,
            accepted=",".join(_ACCEPTED), limited=viewer.stores,
        )  # fmt: skip


async def _read_form(request: web.Request) -> _Form:
    """Return what was sent; of a file that is too large nothing is kept."""
    form = _Form()
    if not request.content_type.startswith("multipart/"):
        return form
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytearray()
        while chunk := await part.read_chunk(1 << 16):
            # To its end: a browser that is cut off while it sends shows no answer.
            form.is_too_large = form.is_too_large or len(data) + len(chunk) > _LARGEST
            if form.is_too_large:
                data.clear()
            else:
                data.extend(chunk)
        if part.filename:
            form.name, form.data = part.filename[-_LONGEST_NAME:], bytes(data)
        elif part.name and part.name != "file":
            form.fields[part.name] = data.decode("utf-8", "replace")
    return form


def _sent(stored: StoredImport) -> Sent:
    return Sent(stored.name, stored.data, stored.extra_as_similar)


def _path(number: int) -> str:
    return f"{_PATH}/{number}"


def _prefer(written: str) -> Prefer:
    return cast("Prefer", written) if written in get_args(Prefer) else "neither"


def _sentence(line: int, key: str, text: str) -> str:
    where = " ".join(filter(None, (f"第 {line} 行" if line else "", key)))
    return f"{where}：{text}" if where else text


def _download(name: str, data: bytes) -> web.Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=data, content_type="application/octet-stream", headers=headers)
