"""``/console/insight``: what happened, for who runs the desk, and the same as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.entering import SignedIn
from chatbot.console.gate import SIGNED_IN, require
from chatbot.console.insight.pictures import curve, outcomes, waits
from chatbot.console.insight.reader import Asked, Insight, InsightReader
from chatbot.console.insight.tables import Table, Tables
from chatbot.console.insight.wording import InsightWords
from chatbot.console.rendering import PageWriter
from chatbot.console.spreadsheets import csv_answer
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.definitions import DEFINITIONS, TABLE_FIGURES
from chatbot.insight.periods import SPANS, Period, Span, period_of
from chatbot.store.audit import audit
from chatbot.store.database import Database

_HOME = "/console/insight"
#: Rows of a table on the page; its file has them all.
_SHOWN = 15
_LONGEST_ID = 200
#: Nothing is recorded before the product existed; a year beyond that breaks no calendar.
_FIRST_DAY = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class InsightTools:
    """What the pages are made of; ``target`` is the promised share of right direct answers."""

    writer: PageWriter
    database: Database
    snapshot: Callable[[], Snapshot]
    clock: Clock
    target: float


class InsightPages:
    """The page, its files and the glossary."""

    def __init__(self, tools: InsightTools) -> None:
        self._tools = tools
        self._reader = InsightReader(tools.snapshot)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get("/insight", self.page),
            web.get("/insight/glossary", self.glossary),
            web.get(r"/insight/tables/{name:[a-z]{1,20}}.csv", self.table),
        ]

    @property
    def _words(self) -> InsightWords:
        return InsightWords(self._tools.writer.texts())

    async def page(self, request: web.Request) -> web.Response:
        """Show the figures."""
        viewer, asked = require(request, "figures"), self._asked(request)
        found = await self._tools.database.run(self._reader.read, viewer, asked)
        return self.show(request[SIGNED_IN], viewer, asked, found)

    def show(self, me: SignedIn, viewer: Viewer, asked: Asked, found: Insight) -> web.Response:
        """Return the page of figures that were read for ``viewer``."""
        words, snapshot = self._words, self._tools.snapshot()
        pictures = {
            "trend": outcomes(found, words), "hours": waits(found, words),
            "calibration": curve(found, words, snapshot.threshold),
        }  # fmt: skip
        return self._tools.writer.page(
            "insight/insight.html", me=me, here="insight", insight=found,
            asked=asked, own=words, shown=_SHOWN, stores=viewer.stores, pictures=pictures,
            tables=[(each, _address(asked, f"/tables/{each.name}.csv"))
                    for each in Tables(found, words).all()],
            spans=[(span, _address(replace(asked, period=self._same_days(asked.period, span))))
                   for span in SPANS],
            categories=self._reader.categories(), around=self._around(asked),
            target=f"{self._tools.target:.0%}", threshold=f"{snapshot.threshold:.2f}",
        )  # fmt: skip

    def _same_days(self, period: Period, span: Span) -> Period:
        """Return the period of another length that ends where this one does, or now."""
        return period_of(span, min(period.last_day, self._today()))

    def _around(self, asked: Asked) -> Mapping[str, str]:
        """Return the addresses of the periods around, and whether this one is not over."""
        before, after = asked.period.before, asked.period.after
        is_last = after.start > self._today()
        return {
            "before": _address(replace(asked, period=before)),
            "after": "" if is_last else _address(replace(asked, period=after)),
            "running": "yes" if asked.period.end > self._today() else "",
        }  # fmt: skip

    async def glossary(self, request: web.Request) -> web.Response:
        """Show what each figure is."""
        require(request, "figures")
        return self._tools.writer.page(
            "insight/glossary.html", me=request[SIGNED_IN], here="insight", own=self._words,
            definitions=DEFINITIONS, others=TABLE_FIGURES,
        )  # fmt: skip

    async def table(self, request: web.Request) -> web.Response:
        """Answer with a table as a file, and record who takes it away."""
        viewer, asked = require(request, "figures"), self._asked(request)
        name, words = request.match_info["name"], self._words

        def work(connection: Connection) -> Table:
            found: Insight = self._reader.read(connection, viewer, asked)
            make = Tables(found, words).by_name().get(name)
            if make is None:
                raise web.HTTPNotFound
            detail = {"period": asked.period.label, "span": asked.period.span}
            audit(connection, viewer, "insight_export", name, detail, self._tools.clock.now())
            return make()

        table = await self._tools.database.run(work)
        file = f"{name}-{asked.period.start.isoformat()}-{asked.period.span}.csv"
        return csv_answer(file, table.heads, table.rows)

    def _today(self) -> date:
        return self._reader.today(self._tools.clock.now())

    def _asked(self, request: web.Request) -> Asked:
        """Return what the address asks for; what it cannot ask for counts as not written."""
        query, today = request.query, self._today()
        span: Span = next((each for each in SPANS if each == query.get("span")), "day")
        account, category = (
            query.get(name, "")[:_LONGEST_ID].replace("\0", "") or None
            for name in ("account", "category")
        )
        if category not in self._reader.categories():
            category = None
        yesterday = period_of(span, today).before if span == "day" else period_of(span, today)
        day = _day(query.get("day", ""))
        if day is None or not _FIRST_DAY <= day <= today:
            return Asked(yesterday, account, category)
        return Asked(period_of(span, day), account, category)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _address(asked: Asked, path: str = "") -> str:
    """Return the address of what is asked."""
    values = {
        "span": asked.period.span, "day": asked.period.start.isoformat(),
        "account": asked.open_kfid, "category": asked.category,
    }  # fmt: skip
    return f"{_HOME}{path}?{urlencode({name: value for name, value in values.items() if value})}"
