"""``/console/gaps`` and ``/console/gaps/{id}``: the list, one gap, and what is done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.console.admin_pages import NOTHING_POSTED, Posted, posted
from chatbot.console.gaps.desk import GapDesk, GapMoved
from chatbot.console.gaps.forms import Answered, lines_in, number_in, picked_keys, suggested_texts
from chatbot.console.gaps.reader import STATES, GapReader, GapView, Wanted
from chatbot.console.gaps.sparkline import Sparkline
from chatbot.console.gate import SIGNED_IN, require, see_other
from chatbot.console.harmless import one_line
from chatbot.console.rendering import PageWriter
from chatbot.curation.gaps.asked import KINDS
from chatbot.curation.gaps.stretch import DEFAULT_MINUTES
from chatbot.dialogue.snapshot import Snapshot
from chatbot.errors import UserError
from chatbot.store.database import Database

PERIODS = (7, 30, 90)
_PERIOD = 30
_SHOWN = 200
_LONGEST = 120
_ONE = r"/gaps/{gap:[0-9]{1,18}}"
_HOME = "/console/gaps"

#: Does what a form asks for, and returns the gap that the browser is led to.
_Act = Callable[[int, Posted, Viewer], Awaitable[int]]


class NotHere(UserError):
    """Who is limited to stores may not change what concerns all of them."""


class GapPages:
    """The pages; all that they change goes through the desk."""

    def __init__(
        self,
        writer: PageWriter,
        database: Database,
        reader: GapReader,
        desk: GapDesk,
        snapshot: Callable[[], Snapshot],
    ) -> None:
        self._writer = writer
        self._database = database
        self._reader = reader
        self._desk = desk
        self._snapshot = snapshot

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        acts: Mapping[str, _Act] = {
            "similar": self._similar, "entry": self._entry, "not-ours": self._not_ours,
            "reopen": self._reopen, "merge": self._merge, "move": self._move,
        }  # fmt: skip
        return [
            web.get("/gaps", self.show),
            web.get(_ONE, self.one),
            *(web.post(f"{_ONE}/{name}", self._acting(name, act)) for name, act in acts.items()),
        ]

    @property
    def _words(self) -> Mapping[str, str]:
        return self._writer.texts().gap_words

    async def show(self, request: web.Request) -> web.Response:
        """Show the gaps, the dearest first."""
        viewer, wanted = require(request, "gaps"), _wanted(request)
        found = await self._database.run(self._reader.gaps, viewer, wanted)
        return self._writer.page(
            "gaps/list.html", me=request[SIGNED_IN], here="gaps", gaps=found[:_SHOWN],
            more=max(0, len(found) - _SHOWN), wanted=wanted, periods=PERIODS, states=STATES,
            kinds=KINDS, address=lambda **values: _address(wanted, **values),
            **self._drawing(viewer),
        )  # fmt: skip

    async def one(self, request: web.Request) -> web.Response:
        """Show one gap; one that was merged leads to the other."""
        return await self._page(request, NOTHING_POSTED)

    async def _page(
        self, request: web.Request, form: Posted, status: int = 200, problem: str = ""
    ) -> web.Response:
        viewer, days = require(request, "gaps"), _wanted(request).days
        number = int(request.match_info["gap"])
        view = await self._database.run(self._reader.one, viewer, number, days)
        if view is None:
            raise web.HTTPNotFound
        if view.gap.group.merged_into is not None:
            return see_other(f"{_HOME}/{view.gap.group.merged_into}")
        done = self._words.get(f"done_{request.query.get('done', '')}", "")
        return self._writer.page(
            "gaps/gap.html", status, me=request[SIGNED_IN], here="gaps", view=view, days=days,
            gap=view.gap, group=view.gap.group, problem=problem,
            notice=done if status == 200 else "", form=_filled(view, form),
            answered=self._answered(view), opened=_opened(view, form), **self._drawing(viewer),
        )  # fmt: skip

    def _drawing(self, viewer: Viewer) -> dict[str, Any]:
        """Return what both pages draw with."""
        return {
            "limited": viewer.stores, "spark": Sparkline, "default": DEFAULT_MINUTES,
            "named": lambda text: one_line(text, _LONGEST),
            "minutes": _in_short,
        }  # fmt: skip

    def _answered(self, view: GapView) -> Answered | None:
        """Return the entry that was to close the gap, as it is now."""
        decided, snapshot = view.gap.group.decided, self._snapshot()
        if decided is None or decided.faq_id is None:
            return None
        number = snapshot.by_id.get(decided.faq_id)
        question = "" if number is None else snapshot.entries[number].question
        return Answered(decided.faq_id, question)

    def _acting(self, name: str, act: _Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return the handler that does something with a gap and leads back to it."""

        async def handle(request: web.Request) -> web.Response:
            viewer, data = require(request, "gaps"), await posted(request) or NOTHING_POSTED
            try:
                if viewer.stores is not None:
                    raise NotHere(self._words["limited"].format(stores="、".join(viewer.stores)))
                shown = await act(int(request.match_info["gap"]), data, viewer)
            except GapMoved:
                return await self._page(request, data, 409, self._words["moved_meanwhile"])
            except UserError as error:
                return await self._page(request, data, 400, str(error))
            return see_other(f"{_HOME}/{shown}?done={name.replace('-', '_')}")

        return handle

    # What the forms do

    async def _similar(self, gap: int, data: Posted, viewer: Viewer) -> int:
        faq_id = self._entry_called(data.get("faq_id"))
        await self._desk.add_similar(gap, faq_id, lines_in(data.get("texts")), viewer)
        return gap

    async def _entry(self, gap: int, data: Posted, viewer: Viewer) -> int:
        similar, answer = lines_in(data.get("similar")), data.get("answer")
        await self._desk.add_entry(gap, data.get("question").strip(), similar, answer, viewer)
        return gap

    async def _not_ours(self, gap: int, _data: Posted, viewer: Viewer) -> int:
        await self._desk.not_ours(gap, viewer)
        return gap

    async def _reopen(self, gap: int, _data: Posted, viewer: Viewer) -> int:
        await self._desk.reopen(gap, viewer)
        return gap

    async def _merge(self, gap: int, data: Posted, viewer: Viewer) -> int:
        target = self._target(data.get("target"))
        await self._desk.merge(gap, target, viewer)
        return target

    async def _move(self, gap: int, data: Posted, viewer: Viewer) -> int:
        keys = picked_keys(data)
        if not keys:
            raise UserError(self._words["pick_some"])
        if data.get("target") == "new":
            return await self._desk.split(gap, keys, viewer)
        await self._desk.move(gap, self._target(data.get("target")), keys, viewer)
        return gap

    def _target(self, written: str) -> int:
        number = number_in(written)
        if number is None:
            raise UserError(self._words["pick_target"])
        return number

    def _entry_called(self, written: str) -> str:
        """Return the id of the entry that is named by it, or by its question."""
        snapshot, written = self._snapshot(), written.strip()
        if not written:
            raise UserError(self._words["name_entry"])
        key = snapshot.normaliser.key(written)
        asking = (
            each.id for each in snapshot.entries if snapshot.normaliser.key(each.question) == key
        )
        # An entry that waits to be published is known to the files alone, by its id.
        return written if written in snapshot.by_id else next(asking, written)


def _wanted(request: web.Request) -> Wanted:
    """Return what the address asks for; what it cannot ask for counts as not written."""
    query = request.query
    days, state, kind = (query.get(name, "") for name in ("days", "state", "kind"))
    return Wanted(
        int(days) if days in map(str, PERIODS) else _PERIOD,
        state if state in STATES else STATES[0],
        kind if kind in KINDS else "",
        query.get("q", "").replace("\0", "").strip()[:_LONGEST],
    )


def _address(wanted: Wanted, **changed: object) -> str:
    values = {
        "days": wanted.days, "state": wanted.state, "kind": wanted.kind, "q": wanted.words,
        **changed,
    }  # fmt: skip
    return f"{_HOME}?{urlencode({name: value for name, value in values.items() if value})}"


def _in_short(minutes: float) -> str:
    """Return minutes as they are told: tenths only of few."""
    return f"{minutes:.0f}" if minutes >= 10 else f"{minutes:.1f}".removesuffix(".0")


def _opened(view: GapView, form: Posted) -> str:
    """Return which form is open: the one that was sent, or else what is likely to be done."""
    # What stands in a document has its answer there.
    if "answer" in form or (form is NOTHING_POSTED and "document" in dict(view.gap.worth.kinds)):
        return "entry"
    return "similar" if view.gap.nearest or "texts" in form else "entry"


def _filled(view: GapView, form: Posted) -> dict[str, str]:
    """Return what stands in the forms: what was sent, or else what is suggested."""
    group, texts = view.gap.group, suggested_texts(view.wordings)
    shipped = {
        "faq_id": group.nearest or "", "texts": "\n".join(texts), "question": group.title,
        "similar": "\n".join(each for each in texts if each != group.title),
        "answer": group.draft, "target": "",
    }  # fmt: skip
    return {name: form.get(name) if name in form else value for name, value in shipped.items()}
