"""``/console/words``: what the dictionary has learnt, the brand's own words, and synonyms."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.console.admin_pages import Posted
from chatbot.console.curating.subject import SubjectDesk, editor, lines_in, received, record_in
from chatbot.console.curating.word_trial import MOST, Read, WordTrials
from chatbot.console.gate import require, see_other
from chatbot.editing.kinds import EditRefused, Subject
from chatbot.editing.merging import Record
from chatbot.editing.words import SYNONYMS, WORDS, WordsKind, normal_lines
from chatbot.errors import UserError
from chatbot.knowledge.content import Content

_HOME = "/words"
_LISTS = (WORDS, SYNONYMS)
_MOST_LEARNT = 400


@dataclass(frozen=True, slots=True)
class _State:
    """What was typed, and what became of it."""

    fields: Mapping[str, str]
    bases: Mapping[str, Record]
    status: int = 200
    problem: str = ""
    problems: Sequence[str] = ()
    sentences: str = ""
    read: Sequence[Read] = ()


class WordPages:
    """One page with both lists, and what is done from it."""

    def __init__(self, desk: SubjectDesk, trials: WordTrials) -> None:
        self._writer = desk.writer
        self._desk = desk
        self._kind = WordsKind()
        self._trials = trials

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [web.get(_HOME, self.show), web.post(_HOME, self.act)]

    async def show(self, request: web.Request) -> web.Response:
        """Show what was learnt, and both lists as they are edited."""
        require(request, "knowledge")
        return await self._page(request, await self._stored())

    async def act(self, request: web.Request) -> web.Response:
        """Save, try or undo, as the button says."""
        viewer, data = editor(request), await received(request)
        if data is None:
            words = self._writer.words["form_too_large"]
            return await self._page(
                request, replace(await self._stored(), status=413, problem=words)
            )
        what, _, key = data.get("do").partition("@")
        try:
            if key in _LISTS:
                done = await self._desk.act(Subject("words", key), what, data, viewer)
                return see_other(f"/console{_HOME}?done={done}")
            if what == "try":
                return await self._try(request, data)
            await self._save(data, viewer)
        except EditRefused as refused:
            texts = [each.text for each in refused.problems]
            return await self._page(request, _typed(data, 400, problems=texts))
        except UserError as error:
            return await self._page(request, _typed(data, 409, problem=str(error)))
        return see_other(f"/console{_HOME}?done=saved")

    async def _save(self, data: Posted, viewer: Viewer) -> None:
        """Save the lists that were changed; lists merge by their lines, so that none clashes."""
        for key in _LISTS:
            base = record_in(data, f"base:{key}") or {}
            wanted = await asyncio.to_thread(_wanted, data, key)
            if wanted != base:
                await self._desk.desk.save(Subject("words", key), base, wanted, viewer.userid)

    async def _try(self, request: web.Request, data: Posted) -> web.Response:
        working = await self._desk.desk.working()
        content = await asyncio.to_thread(self._edited, working.content, data)
        sentences = lines_in(data.get("sentences"))[:MOST]
        read = await self._trials.hold(sentences, content)
        return await self._page(request, _typed(data, 200, read=read))

    def _edited(self, content: Content, data: Posted) -> Content:
        for key in _LISTS:
            content = self._kind.applied(content, key, _wanted(data, key))
        return content

    async def _stored(self) -> _State:
        records = {key: await self._desk.desk.record(Subject("words", key)) or {} for key in _LISTS}
        fields = {key: "\n".join(record.get(key) or ()) for key, record in records.items()}
        return _State(fields, records)

    async def _page(self, request: web.Request, state: _State) -> web.Response:
        viewer, wanted = require(request, "knowledge"), request.query.get("q", "").strip()[:20]
        about = [
            await self._desk.shown(Subject("words", key), state.bases.get(key)) for key in _LISTS
        ]
        own = {*state.fields[WORDS].splitlines()}
        learnt = [each for each in self._trials.learnt().learnt if each not in own]
        found = [each for each in learnt if wanted in each]
        problem = {"problem": state.problem} if state.problem else {}
        return self._writer.page(
            request, "words", state.status, state=state, about=about, learnt=found[:_MOST_LEARNT],
            count=len(learnt), more=max(0, len(found) - _MOST_LEARNT), wanted=wanted,
            limited=viewer.stores, **problem,
        )  # fmt: skip


def _wanted(data: Posted, key: str) -> Record:
    lines = normal_lines(key, lines_in(data.get(key)))
    return {key: lines} if lines else {}


def _typed(
    data: Posted,
    status: int,
    *,
    problem: str = "",
    problems: Sequence[str] = (),
    read: Sequence[Read] = (),
) -> _State:
    fields = {key: data.get(key) for key in _LISTS}
    bases = {key: record_in(data, f"base:{key}") or {} for key in _LISTS}
    sentences = "\n".join(lines_in(data.get("sentences"))[:MOST])
    return _State(fields, bases, status, problem, problems, sentences, read)
