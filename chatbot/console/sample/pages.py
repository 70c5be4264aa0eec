"""``/console/sample``: one answer at a time, judged by one key, and what came of it by week."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import get_args
from urllib.parse import urlencode

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, posted
from chatbot.console.gate import NotAllowed, require, see_other
from chatbot.console.harmless import one_line
from chatbot.console.sample.desk import NoItem, SampleDesk
from chatbot.console.sample.figures import TOGETHER
from chatbot.console.sample.reader import SampleReader, SampleView
from chatbot.console.sample.wording import chart, interval
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.database import Database
from chatbot.store.samples import Item, SampleVerdict

_PATH = "/sample"
_ITEM = r"/sample/{item:[0-9]{1,18}}"
_LONGEST_NAME, _LONGEST_FIND = 120, 100
#: Entries that may be picked, each by a key.
_PICKED_FROM = 9

#: Finds entries by what somebody types: their ids, best first.
FindEntries = Callable[[str, str], Awaitable[Sequence[str]]]


class SamplePages:
    """The page, and what is done from it."""

    def __init__(
        self,
        writer: AdminWriter,
        database: Database,
        desk: SampleDesk,
        snapshot: Callable[[], Snapshot],
        find: FindEntries,
    ) -> None:
        self._writer = writer
        self._database = database
        self._reader = SampleReader(snapshot)
        self._desk = desk
        self._snapshot = snapshot
        self._find = find

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get(_PATH, self.show),
            web.post(_ITEM, self.judge),
            web.post(f"{_PATH}/undo", self.undo),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show the next answer to be judged, and what the judged ones say."""
        viewer = require(request, "sample")
        if viewer.stores is not None:
            limited = self._writer.say("limited", stores="、".join(viewer.stores))
            return self._writer.page(request, "sample", view=None, limited=limited)
        week, number = _day(request.query.get("week", "")), _number(request.query.get("item", ""))
        view = await self._database.run(self._reader.read, viewer.userid, week, number)
        if view is None:
            return self._writer.page(request, "sample", view=None, limited="")
        choice = await self._choice(request, viewer, view.item)
        return self._writer.page(
            request, "sample", view=view, limited="", choice=choice,
            find=_wanted(request), interval=interval, named=_named, together=TOGETHER,
            entry=self._question, chart=chart(view.weeks, self._writer.words),
            address=lambda **values: _address(view, **values),
        )  # fmt: skip

    async def _choice(
        self, request: web.Request, viewer: Viewer, item: Item | None
    ) -> list[tuple[str, str]] | None:
        """Return the entries to choose from with their questions; None: nobody is choosing."""
        if item is None or "choose" not in request.query:
            return None
        wanted = _wanted(request)
        if wanted:
            ids = await self._find(viewer.userid, wanted)
        else:
            ids = [each["faq_id"] for each in item.decision.get("candidates", ())]
        answered = item.decision.get("faq_id")
        known = [each for each in ids if each != answered and each in self._snapshot().by_id]
        return [(each, self._question(each)) for each in known[:_PICKED_FROM]]

    def _question(self, faq_id: str) -> str:
        """Return what an entry asks; its id if it is no more."""
        snapshot = self._snapshot()
        number = snapshot.by_id.get(faq_id)
        return faq_id if number is None else snapshot.entries[number].question

    async def judge(self, request: web.Request) -> web.Response:
        """Keep what somebody says of an answer, and lead to the next one."""
        viewer, data = _of_all_stores(request), await posted(request) or NOTHING_POSTED
        verdict = next(
            (each for each in get_args(SampleVerdict) if each == data.get("verdict")), None
        )
        faq_id = data.get("faq_id")
        if verdict is None or (verdict == "other" and faq_id not in self._snapshot().by_id):
            raise web.HTTPNotFound
        entry = (faq_id, self._question(faq_id)) if verdict == "other" else None
        try:
            item = await self._desk.judge(int(request.match_info["item"]), verdict, entry, viewer)
        except NoItem:
            raise web.HTTPNotFound from None
        # Somebody was faster: both words stand on record, and who was later is told.
        met = item.word is not None and str(item.word) != data.get("seen")
        done = "met" if met and item.verdict != verdict else verdict
        return see_other(f"/console{_PATH}?{urlencode({'week': item.first_day, 'done': done})}")

    async def undo(self, request: web.Request) -> web.Response:
        """Take the viewer's last word back, and show that answer again."""
        viewer, data = _of_all_stores(request), await posted(request) or NOTHING_POSTED
        week = _day(data.get("week"))
        number = await self._desk.undo(week, viewer) if week else None
        values = {"week": data.get("week"), "done": "undone" if number else "nothing"}
        if number:
            values["item"] = str(number)
        return see_other(f"/console{_PATH}?{urlencode(values)}")


def _of_all_stores(request: web.Request) -> Viewer:
    viewer = require(request, "sample")
    if viewer.stores is not None:
        raise NotAllowed
    return viewer


def _address(view: SampleView, **values: object) -> str:
    return f"/console{_PATH}?{urlencode({'week': view.week.first_day, **values})}"


def _wanted(request: web.Request) -> str:
    return request.query.get("find", "").replace("\0", "").strip()[:_LONGEST_FIND]


def _named(text: str) -> str:
    return one_line(text, _LONGEST_NAME)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None
