"""``/console/tables``: the tables, one of them as a grid, and one replaced by a file."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.console.admin_pages import Posted
from chatbot.console.curating.differences import changes_between
from chatbot.console.curating.subject import (
    BASE,
    SubjectDesk,
    as_json,
    base_of,
    editor,
    received,
    sides_of,
)
from chatbot.console.curating.table_form import (
    ELSEWHERE,
    base_of_page,
    elsewhere_of,
    grid_of,
    record_of_page,
    rows_shown,
    table_in,
    whole_base,
)
from chatbot.console.gate import require, see_other
from chatbot.editing.desk import Clash
from chatbot.editing.kinds import EditRefused, Subject
from chatbot.editing.merging import Record
from chatbot.editing.tables import (
    Use,
    all_uses,
    read_table_file,
    read_table_record,
    table_record,
    uses_of,
)
from chatbot.errors import UserError
from chatbot.facts.tables import ALIASES, CODE, Table
from chatbot.knowledge.content import Content

_HOME = "/tables"
_UPLOAD = "/new-table"
_ONE = r"/tables/{name:[^/]{1,40}}"
_MOST_SHOWN = 200
_LARGEST_FILE = 2 * 1024 * 1024
#: What confirms a file has the table twice, as it was and as it is to be, each cell with its row
#: and its column; ``_ROOM`` is for what else is in the form.
_LARGEST_FORM = 32 * 1024 * 1024
_ROOM = 64 * 1024
_LONGEST_NUMBER = 6


@dataclass(frozen=True, slots=True)
class TableLine:
    """A table in the list: how large it is, its empty cells, and columns that nothing says."""

    table: Table
    empty: int
    said: int
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its empty cells, and who says it. ``known``: the table has it."""

    name: str
    empty: int
    uses: Sequence[Use]
    known: bool


@dataclass(frozen=True, slots=True)
class _State:
    """What a page shows beside what is stored: what was typed, and what became of it."""

    record: Record | None
    data: Posted | None = None
    status: int = 200
    problem: str = ""
    problems: Sequence[str] = ()
    wrong: Collection[str] = ()


class TablePages:
    """The pages; what is saved goes through the desk of editing."""

    def __init__(self, desk: SubjectDesk) -> None:
        self._writer = desk.writer
        self._desk = desk

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get(_HOME, self.show),
            web.post(_UPLOAD, self.upload),
            web.get(_ONE, self.one),
            web.post(_ONE, self.act),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """List the tables."""
        return await self._list(request)

    async def _list(
        self, request: web.Request, status: int = 200, problems: Sequence[str] = ()
    ) -> web.Response:
        viewer = require(request, "knowledge")
        content = (await self._desk.desk.working()).content
        lines = await asyncio.to_thread(table_lines, content)
        return self._writer.page(
            request, "tables", status, lines=lines, limited=viewer.stores, problems=problems
        )

    async def upload(self, request: web.Request) -> web.Response:
        """Show what a file would change, or make of a new table; nothing is saved yet."""
        editor(request)
        data = await received(request, _LARGEST_FORM)
        file = data.files.get("file", b"") if data else b""
        if data is None or len(file) > _LARGEST_FILE:
            return await self._list(request, 413, [self._writer.words["too_large"]])
        try:
            table = await asyncio.to_thread(read_table_file, data.get("table").strip(), file)
        except EditRefused as refused:
            return await self._list(request, 400, self._texts(refused))
        base = await self._desk.desk.record(Subject("table", table.name))
        return await self._proposed(request, table, base)

    async def _proposed(
        self, request: web.Request, table: Table, base: Record | None, problem: str = ""
    ) -> web.Response:
        """Show what would become of a table, to be confirmed."""
        subject, record = Subject("table", table.name), table_record(table)
        sent = [as_json(base), as_json(record)]
        if sum(len(each.encode()) for each in sent) > _LARGEST_FORM - _ROOM:
            return await self._list(request, 413, [self._writer.words["too_large"]])
        changes = await asyncio.to_thread(changes_between, base, record, self._desk.cut)
        return self._writer.page(
            request, "upload", 409 if problem else 200, subject=subject, base=sent[0],
            record=sent[1], changes=changes[:_MOST_SHOWN],
            more=max(0, len(changes) - _MOST_SHOWN), is_new=base is None, table=table,
            address=_address(subject.key), **({"problem": problem} if problem else {}),
        )  # fmt: skip

    async def one(self, request: web.Request) -> web.Response:
        """Show a page of a table as it is edited."""
        require(request, "knowledge")
        record = await self._desk.desk.record(_subject(request))
        return await self._page(request, _State(record))

    async def act(self, request: web.Request) -> web.Response:
        """Save the page, replace the table, retire or undo, as the button says."""
        viewer, subject = editor(request), _subject(request)
        data = await received(request, _LARGEST_FORM)
        stands = await self._desk.desk.record(subject)
        if data is None:
            words = self._writer.words["form_too_large"]
            return await self._page(request, _State(stands, None, 413, words))
        try:
            return await self._acted(request, data, stands, viewer)
        except Clash as clash:
            return await self._clashed(request, clash, data)
        except EditRefused as refused:
            return await self._page(
                request, _State(stands, None, 400, problems=self._texts(refused))
            )
        except UserError as error:
            return await self._page(request, _State(stands, None, 409, str(error)))

    async def _acted(
        self, request: web.Request, data: Posted, stands: Record | None, viewer: Viewer
    ) -> web.Response:
        subject, do = _subject(request), data.get("do")
        if do == "replace":
            return await self._replace(request, data, stands, viewer)
        if do in {"", "save"}:
            return await self._save(request, data, stands, viewer.userid)
        done = await self._desk.act(subject, do, data, viewer)
        return see_other(f"/console{_address(subject.key)}?done={done}")

    async def _replace(
        self, request: web.Request, data: Posted, stands: Record | None, viewer: Viewer
    ) -> web.Response:
        subject, record = _subject(request), table_in(data, "record")
        if base_of(data) is not None:
            table_in(data, BASE)
            if stands is None:
                return await self._gone(request, data)
        await self._desk.save(subject, data, record, viewer)
        return see_other(f"/console{_address(subject.key)}?done=saved")

    async def _save(
        self, request: web.Request, data: Posted, stands: Record | None, actor: str
    ) -> web.Response:
        subject, base, page = _subject(request), table_in(data, BASE), _page_of(request)
        if stands is None:
            return await self._gone(request, data)
        shown = rows_shown(base, page)
        whole = whole_base(base, stands, shown)
        try:
            await self._desk.desk.save(subject, whole, record_of_page(data, whole, shown), actor)
        except EditRefused as refused:
            wrong = {each.key for each in refused.problems}
            state = _State(whole, data, 400, problems=self._texts(refused), wrong=wrong)
            return await self._page(request, state)
        except UserError as error:
            return await self._page(request, _State(whole, data, 409, str(error)))
        return see_other(f"/console{_address(subject.key)}?done=saved&page={page}")

    async def _gone(self, request: web.Request, data: Posted) -> web.Response:
        """Show what was written of a table that somebody has taken out meanwhile."""
        if data.get("do") != "replace":
            words = self._writer.words["table_gone_typed"]
            return await self._page(request, _State(table_in(data, BASE), data, 409, words))
        record, name = table_in(data, "record"), _subject(request).key
        table = await asyncio.to_thread(read_table_record, name, record)
        return await self._proposed(request, table, None, self._writer.words["table_gone_again"])

    def _texts(self, refused: EditRefused) -> list[str]:
        return _texts(refused, self._writer.words)

    async def _clashed(self, request: web.Request, clash: Clash, data: Posted) -> web.Response:
        """Show what two have written, to be decided cell by cell; nothing typed is lost."""
        if clash.theirs is None and data.get("do") in {"", "save", "replace"}:
            return await self._gone(request, data)
        if clash.merged is None or clash.theirs is None:
            words = self._writer.words["retire_clash"]
            return await self._page(request, _State(clash.theirs, None, 409, words))
        return self._writer.page(
            request, "table_clash", 409, subject=clash.subject, base=as_json(clash.theirs),
            record=as_json(clash.merged), sides=sides_of(clash),
            problem=self._writer.words["clash"], address=_address(clash.subject.key),
        )  # fmt: skip

    async def _page(self, request: web.Request, state: _State) -> web.Response:
        viewer, subject, record = require(request, "knowledge"), _subject(request), state.record
        about = await self._desk.shown(subject, None)
        if record is None and not about.past:
            raise web.HTTPNotFound
        content = (await self._desk.desk.working()).content
        columns = await asyncio.to_thread(_columns, content, subject.key)
        grid = grid_of(record, _page_of(request), state.data) if record else None
        base = elsewhere = ""
        if record and grid:
            typed = state.data.get(BASE) if state.data else ""
            base = typed or as_json(base_of_page(record, grid.page))
            seen = state.data.get(ELSEWHERE) if state.data else ""
            elsewhere = seen or as_json(elsewhere_of(record, rows_shown(record, grid.page)))
        return self._writer.page(
            request, "table", state.status, called=subject.key, state=state, about=about, grid=grid,
            base=base, elsewhere=elsewhere, columns=columns, limited=viewer.stores,
            address=_address(subject.key), aside=(ALIASES, CODE), whole=as_json(record),
            **({"problem": state.problem} if state.problem else {}),
        )  # fmt: skip


def _texts(refused: EditRefused, words: Mapping[str, str]) -> list[str]:
    """Return what is wrong, each with the cell, or with what the page calls the field."""
    return [
        str(replace(each, key=words.get(f"field_{each.key}", each.key)))
        for each in refused.problems
    ]


def table_lines(content: Content) -> list[TableLine]:
    """Return what the list says of each table."""
    uses = all_uses(content)
    return [_line(each, uses.get(each.name, {})) for each in content.tables]


def _line(table: Table, used: Mapping[str, Sequence[Use]]) -> TableLine:
    empty = sum(_empty(table, column) for column in table.columns[1:])
    said = sum(column in used for column in table.columns)
    return TableLine(table, empty, said, tuple(each for each in used if each not in table.columns))


def _empty(table: Table, column: str) -> int:
    if column in {ALIASES, CODE}:
        return 0
    return sum(table.value(key, column) is None for key in table.rows)


def _columns(content: Content, name: str) -> list[Column]:
    table = next((each for each in content.tables if each.name == name), None)
    if table is None:
        return []
    used: Mapping[str, Sequence[Use]] = uses_of(content, name)
    known = [Column(each, _empty(table, each), used.get(each, ()), True) for each in table.columns]
    return known + [
        Column(each, 0, uses, False) for each, uses in used.items() if each not in table.columns
    ]


def _subject(request: web.Request) -> Subject:
    return Subject("table", request.match_info["name"])


def _address(name: str) -> str:
    return f"{_HOME}/{quote(name, safe='')}"


def _page_of(request: web.Request) -> int:
    written = request.query.get("page", "")
    is_number = written.isascii() and written.isdigit() and len(written) < _LONGEST_NUMBER
    return max(1, int(written)) if is_number else 1
