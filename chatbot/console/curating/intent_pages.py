"""``/console/intents``: the list, and one intent: its form, a box to try it, its history."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from aiohttp import web

from chatbot.console.admin_pages import Posted
from chatbot.console.curating.intent_form import (
    PRIORITIES,
    filled,
    named,
    record_of,
    shown,
    with_lines,
)
from chatbot.console.curating.intent_trial import MOST, IntentTrials, Trial
from chatbot.console.curating.subject import (
    Side,
    SubjectDesk,
    base_of,
    editor,
    lines_in,
    received,
    sides_of,
)
from chatbot.console.gate import require, see_other
from chatbot.editing.desk import Clash
from chatbot.editing.intents import IntentKind
from chatbot.editing.kinds import EditRefused, Subject
from chatbot.editing.merging import Record
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent

_HOME = "/intents"
_NEW = "/new-intent"
_ONE = r"/intents/{name:[^/]{1,64}}"


@dataclass(frozen=True, slots=True)
class _State:
    """What a page shows beside what is stored: what was typed, and what became of it."""

    fields: Mapping[str, str]
    base: Record | None
    status: int = 200
    problem: str = ""
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sides: Sequence[Side] = ()
    sentences: str = ""
    trial: Trial | None = None


class IntentPages:
    """The pages; what is saved goes through the desk of editing."""

    def __init__(self, desk: SubjectDesk, kind: IntentKind, trials: IntentTrials) -> None:
        self._writer = desk.writer
        self._desk = desk
        self._kind = kind
        self._trials = trials

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get(_HOME, self.show),
            web.get(_NEW, self.new),
            web.post(_NEW, self.make),
            web.get(_ONE, self.one),
            web.post(_ONE, self.act),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """List the intents in the order in which they count."""
        viewer = require(request, "knowledge")
        working, live = await self._desk.desk.working(), await self._desk.desk.live()
        wanted = request.query.get("q", "").strip()[:60]
        was = {each.name: each for each in live.content.intents}
        intents = [each for each in working.content.intents if _has(each, wanted)]
        changed = {each.name for each in intents if was.get(each.name) != each}
        return self._writer.page(
            request, "intents", intents=intents, wanted=wanted, changed=changed,
            limited=viewer.stores,
        )  # fmt: skip

    async def new(self, request: web.Request) -> web.Response:
        """Show an empty form."""
        require(request, "knowledge")
        return await self._page(request, "", _State(shown(None), None))

    async def make(self, request: web.Request) -> web.Response:
        """Make an intent of the form, whose name is given with it."""
        editor(request)
        data = await received(request)
        if data is None:
            return await self._page(request, "", self._too_large(None))
        return await self._save(request, data.get("name").strip(), data)

    async def one(self, request: web.Request) -> web.Response:
        """Show an intent as it is edited."""
        require(request, "knowledge")
        name = request.match_info["name"]
        record = await self._desk.desk.record(Subject("intent", name))
        return await self._page(request, name, _State(shown(record), record))

    async def act(self, request: web.Request) -> web.Response:
        """Save, try, retire or undo, as the button says."""
        viewer, name = editor(request), request.match_info["name"]
        data, subject = await received(request), Subject("intent", name)
        do = data.get("do") if data else ""
        if data and do in {"", "save", "try"}:
            return await self._save(request, name, data)
        record = await self._desk.desk.record(subject)
        if data is None:
            return await self._page(request, name, self._too_large(record))
        state = _State(shown(record), record)
        try:
            done = await self._desk.act(subject, do, data, viewer)
        except Clash as clash:
            return await self._page(request, name, self._clashed(clash, is_retiring=do == "retire"))
        except UserError as error:
            refused = _State(state.fields, state.base, 409, str(error))
            return await self._page(request, name, refused)
        return see_other(f"/console{_address(name)}?done={done}")

    async def _save(self, request: web.Request, name: str, data: Posted) -> web.Response:
        viewer, base = editor(request), base_of(data)
        try:
            record = record_of(data)
            if data.get("do") == "try":
                return await self._try(request, name, data, record)
            await self._desk.save(Subject("intent", name), data, record, viewer)
        except Clash as clash:
            return await self._page(request, name, self._clashed(clash))
        except EditRefused as refused:
            return await self._page(request, name, _refused(refused, data, base))
        except UserError as error:
            state = _State(filled(data), base, 409, str(error))
            return await self._page(request, name, state)
        return see_other(f"/console{_address(name)}?done=saved")

    async def _try(
        self, request: web.Request, name: str, data: Posted, record: Record
    ) -> web.Response:
        working = await self._desk.desk.working()
        make = partial(self._kind.applied, working.content, name or "_", record)
        content: Content = await asyncio.to_thread(make)
        sentences = lines_in(data.get("sentences"))
        trial = await self._trials.hold(sentences, content.intents, name or "_")
        state = _State(
            filled(data), base_of(data), sentences="\n".join(sentences[:MOST]), trial=trial
        )
        return await self._page(request, name, state)

    def _too_large(self, record: Record | None) -> _State:
        return _State(shown(record), record, 413, self._writer.words["form_too_large"])

    def _clashed(self, clash: Clash, *, is_retiring: bool = False) -> _State:
        words = self._writer.words
        if is_retiring:
            return _State(shown(clash.theirs), clash.theirs, 409, words["retire_clash"])
        return _State(shown(clash.merged), clash.theirs, 409, words["clash"], sides=sides_of(clash))

    async def _page(self, request: web.Request, name: str, state: _State) -> web.Response:
        viewer = require(request, "knowledge")
        about = await self._desk.shown(Subject("intent", name), state.base)
        if name and request.method == "GET" and state.base is None and not about.past:
            raise web.HTTPNotFound
        values: dict[str, Any] = {
            "called": name, "state": state, "about": about, "priorities": PRIORITIES,
            "limited": viewer.stores, "is_new": request.path.endswith(_NEW),
            "home": _HOME,
        }  # fmt: skip
        problem = {"problem": state.problem} if state.problem else {}
        return self._writer.page(request, "intent", state.status, **values, **problem)


def _refused(refused: EditRefused, data: Posted, base: Record | None) -> _State:
    problems = named(with_lines(refused.problems, data))
    return _State(filled(data), base, 400, "；".join(problems.get("", ())), problems)


def _has(intent: Intent, wanted: str) -> bool:
    said = (intent.name, intent.title, *intent.examples, *intent.keywords, *intent.tags)
    return any(wanted.casefold() in each.casefold() for each in said)


def _address(name: str) -> str:
    return f"{_HOME}/{quote(name, safe='')}"
