"""``/console/ratings``: how content customers are, for supervisors, and the same as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.gate import SIGNED_IN, require
from chatbot.console.harmless import one_line
from chatbot.console.rating_reader import Asked, RatingFigures, RatingReader
from chatbot.console.rendering import PageWriter
from chatbot.console.spreadsheets import csv_answer
from chatbot.customers.rating_figures import RatingSum, most_first, sums_by, total, week_of
from chatbot.customers.ratings import SCORES
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.ratings import RatingReason

PERIODS = (7, 30, 90)
_PERIOD = 30
_SHOWN_COMPLAINTS, _KEPT_COMPLAINTS = 50, 10_000
_SHOWN_REASONS = 20
_LONGEST_NAME, _LONGEST_REASON = 40, 300
_LONGEST_ID = 64
_HOME = "/console/ratings"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table of figures; ``link`` shows this one alone, empty if it is shown alone."""

    name: str
    sums: RatingSum
    link: str = ""


class RatingPages:
    """The page and its files."""

    def __init__(
        self,
        writer: PageWriter,
        database: Database,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
        base_url: str,
    ) -> None:
        self._writer = writer
        self._base_url = base_url
        self._database = database
        self._reader = RatingReader(snapshot, clock)
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get("/ratings", self.page),
            web.get("/ratings/figures.csv", self.figures),
            web.get("/ratings/complaints.csv", self.complaints),
        ]

    @property
    def _words(self) -> Mapping[str, str]:
        return self._writer.texts().rating_words

    async def page(self, request: web.Request) -> web.Response:
        """Show the figures."""
        viewer, asked = require(request, "figures"), _asked(request)
        found = await self._database.run(self._reader.read, viewer, asked, _SHOWN_COMPLAINTS)
        sums = total(found.counts)
        return self._writer.page(
            "figures/ratings.html", me=request[SIGNED_IN], here="ratings", figures=found,
            since=found.chosen.since, asked=asked, sums=sums, scores=SCORES,
            tables=self._tables(found, asked), reasons=_reasons(found.reasons),
            most=_SHOWN_COMPLAINTS, more=sums.poor > len(found.complaints),
            periods=[(days, _address(asked, days=days)) for days in PERIODS],
            everything=_address(Asked(asked.days)) if asked != Asked(asked.days) else "",
            files=[(kind, _address(asked, f"/{kind}.csv")) for kind in ("figures", "complaints")],
            stores=viewer.stores, named=lambda text: one_line(text, _LONGEST_NAME),
            said=lambda text: one_line(text, _LONGEST_REASON),
        )  # fmt: skip

    def _tables(self, found: RatingFigures, asked: Asked) -> list[tuple[str, list[Line]]]:
        agents = most_first(sums_by(found.counts, lambda each: each.userid))
        accounts = most_first(sums_by(found.counts, lambda each: each.open_kfid))
        weeks = sums_by(found.counts, lambda each: week_of(each.day))
        return [
            ("agent", [
                Line(found.member(key), sums,
                     "" if asked.userid else _address(asked, userid=key))
                for key, sums in agents.items()
            ]),
            ("account", [
                Line(found.account(key), sums,
                     "" if asked.open_kfid else _address(asked, open_kfid=key))
                for key, sums in accounts.items()
            ]),
            ("week", [Line(self._week(key), sums) for key, sums in sorted(weeks.items())]),
        ]  # fmt: skip

    def _week(self, monday: date) -> str:
        return self._words["week_of"].format(date=monday.isoformat())

    async def figures(self, request: web.Request) -> web.Response:
        """Answer with the counts by week, agent and account as a file."""
        found = await self._kept(request, "figures", 0)
        heads = ("week", "userid", "agent", "open_kfid", "account", "asked", "rated")
        header = [self._words[f"head_{each}"] for each in heads]
        captions = [self._writer.texts().score_caption(score) for score in SCORES]
        return csv_answer("ratings.csv", [*header, *captions], _figure_rows(found))

    async def complaints(self, request: web.Request) -> web.Response:
        """Answer with who was not content as a file."""
        found = await self._kept(request, "complaints", _KEPT_COMPLAINTS)
        heads = ("rated_at", "customer", "agent", "account", "reason", "page")
        rows = (
            (
                self._writer.local(each.rated_at, "%Y-%m-%d %H:%M"), each.customer,
                found.member(each.userid), found.account(each.open_kfid), each.reason,
                f"{self._base_url}/console/open/{each.public_id}",
            )
            for each in found.complaints
        )  # fmt: skip
        return csv_answer("complaints.csv", [self._words[f"head_{each}"] for each in heads], rows)

    async def _kept(self, request: web.Request, kind: str, complaints: int) -> RatingFigures:
        """Read what is taken away as a file, and record who takes it."""
        viewer, asked = require(request, "figures"), _asked(request)

        def work(connection: Connection) -> RatingFigures:
            self._note(connection, viewer, kind, asked)
            return self._reader.read(connection, viewer, asked, complaints)

        return await self._database.run(work)

    def _note(self, connection: Connection, viewer: Viewer, kind: str, asked: Asked) -> None:
        detail = {"days": asked.days}
        audit(connection, viewer, "ratings_export", kind, detail, self._clock.now())


def _asked(request: web.Request) -> Asked:
    """Return what the address asks for; what it cannot ask for counts as not written."""
    query = request.query
    days = query.get("days", "")
    agent, account = (query.get(name, "")[:_LONGEST_ID] or None for name in ("agent", "account"))
    chosen = int(days) if days in map(str, PERIODS) else _PERIOD
    return Asked(chosen, agent.lower().replace("\0", "") if agent else None,
                 account.replace("\0", "") if account else None)  # fmt: skip


def _address(
    asked: Asked,
    path: str = "",
    *,
    days: int | None = None,
    userid: str | None = None,
    open_kfid: str | None = None,
) -> str:
    """Return the address of what was asked, with something else in its place."""
    values = {
        "days": str(days or asked.days), "agent": userid or asked.userid,
        "account": open_kfid or asked.open_kfid,
    }  # fmt: skip
    return f"{_HOME}{path}?{urlencode({name: value for name, value in values.items() if value})}"


def _reasons(found: Iterable[RatingReason]) -> list[tuple[str, dict[str, int]]]:
    """Return the reasons with how often they were given beside which score."""
    by_reason: dict[str, dict[str, int]] = {}
    for each in found:
        by_reason.setdefault(each.reason, {})[each.score] = each.count
    ordered = sorted(by_reason.items(), key=lambda pair: -sum(pair[1].values()))
    return ordered[:_SHOWN_REASONS]


def _figure_rows(found: RatingFigures) -> Iterator[tuple[str | int, ...]]:
    sums = sums_by(found.counts, lambda each: (week_of(each.day), each.userid, each.open_kfid))
    for (week, userid, open_kfid), each in sorted(sums.items()):
        yield (
            week.isoformat(), userid, found.member(userid), open_kfid, found.account(open_kfid),
            each.asked, each.rated, each.good, each.fair, each.poor,
        )  # fmt: skip
