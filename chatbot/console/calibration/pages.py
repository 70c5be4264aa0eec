"""``/console/calibration``: the report that `chatbot knowledge calibrate` gives, as a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from chatbot.calibrating_history import Step, steps_of
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.gate import require
from chatbot.console.harmless import one_line
from chatbot.curation.reliability import Bin
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.reliability_picture import CurveWords, Series, draw_reliability
from chatbot.store.calibrations import Calibration, learnings, newest_calibration
from chatbot.store.database import Database

_SHOWN, _HISTORY = 30, 50
_LONGEST_NAME = 80
#: Less gain than this is not worth an admin's time, per message about the entry.
_LEAST_GAIN = 0.005


class CalibrationPages:
    """One page, which only reads what is kept."""

    def __init__(
        self, writer: AdminWriter, database: Database, snapshot: Callable[[], Snapshot]
    ) -> None:
        self._writer = writer
        self._database = database
        self._snapshot = snapshot

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [web.get("/calibration", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """Show the newest report, and what was learnt from labels."""
        require(request, "publish")
        found, history = await self._database.run(_read)
        values: dict[str, Any] = {
            "found": found, "history": history, "live": self._snapshot().number,
            "entry": self._question, "source": self._source, "percent": _percent,
            "named": lambda text: one_line(text, _LONGEST_NAME), "shown": _SHOWN,
        }  # fmt: skip
        if found is not None:
            report = found.report
            values |= {
                "report": report, "hundred": _hundred(report["expected"]),
                "curve": self._curve(report),
                "needs": [each for each in report["needs"] if each["gain"] >= _LEAST_GAIN],
            }  # fmt: skip
        return self._writer.page(request, "calibration", **values)

    def _question(self, faq_id: str) -> str:
        """Return what an entry asks; its id if it is no more."""
        snapshot = self._snapshot()
        number = snapshot.by_id.get(faq_id)
        return faq_id if number is None else snapshot.entries[number].question

    def _source(self, name: str, count: int) -> str:
        words = self._writer.words
        return words["source"].format(name=words.get(f"source_{name}", name), count=count)

    def _curve(self, report: Mapping[str, Any]) -> str:
        """Return the curve as a picture, "" where nothing was looked at."""
        words = self._writer.words
        named = {name: words[f"curve_{name}"] for name in CurveWords.__dataclass_fields__}
        series = [
            Series(words[f"series_{name}"], bins_of(report["reliability"][name]))
            for name in ("left_out", "labels")
        ]
        if not any(each.bins for each in series):
            return ""
        threshold = report["promises"][0]["threshold"]
        return draw_reliability(series, threshold, CurveWords(**named), alone=False)


def _read(connection: Connection) -> tuple[Calibration | None, Sequence[Step]]:
    return newest_calibration(connection), steps_of(learnings(connection, _HISTORY))


def bins_of(found: Sequence[Mapping[str, Any]]) -> list[Bin]:
    """Return the points of a curve from a report's JSON."""
    names = ("from", "to", "messages", "confidence", "right")
    return [Bin(*(each[name] for name in names)) for each in found]


def _hundred(expected: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return what becomes of a hundred messages; the three ways add up."""
    if expected is None:
        return None
    direct, clarify = (round(100 * expected[name]) for name in ("direct", "clarify"))
    return {
        "direct": direct, "clarify": clarify, "handoff": 100 - direct - clarify,
        "wrong": round(100 * expected["wrong"]), "coverage": _percent(expected["coverage"]),
        "questions": expected["questions"],
    }  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
