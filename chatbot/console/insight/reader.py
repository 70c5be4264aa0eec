"""Reads the figures, as far as a viewer may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.answers.entries import Entry
from chatbot.console.sample.figures import SampleFigures, sample_figures
from chatbot.console.scope import scope_of
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.definitions import DEFINITIONS, Sums, Value
from chatbot.insight.periods import Period
from chatbot.store.accounts import list_accounts
from chatbot.store.agents import member_names
from chatbot.store.insight import all_places, count_state
from chatbot.store.insight_figures import (
    Chosen,
    outcomes_by_account,
    outcomes_by_day,
    outcomes_by_entry,
    sums_of_two,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know: of a period, an account, a category (None: all of them)."""

    period: Period
    open_kfid: str | None = None
    category: str | None = None


#: How many sessions there were and how they came out, by figure.
Outcomes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Insight:
    """What there is to tell. ``names`` and ``accounts`` are what ids are called.

    ``sample`` is what the sampled answers of the last weeks say, None where nobody may know.
    """

    asked: Asked
    now: Sums
    before: Sums
    trend: Sequence[tuple[Period, Outcomes]]
    by_account: Mapping[str, Outcomes]
    by_entry: Mapping[str, Outcomes]
    entries: Mapping[str, Entry]
    names: Mapping[str, str]
    accounts: Mapping[str, str]
    counted_at: datetime | None
    sample: SampleFigures | None = None

    @property
    def headline(self) -> list[tuple[Value, Value]]:
        """Return every figure with that of the period before."""
        return [(each.value(self.now), each.value(self.before)) for each in DEFINITIONS]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing happened in the period."""
        return not self.now

    def member(self, userid: str) -> str:
        """Return what a member is called."""
        return self.names.get(userid) or userid

    def account(self, open_kfid: str) -> str:
        """Return what an account is called."""
        return self.accounts.get(open_kfid) or open_kfid


class InsightReader:
    """Reads the figures; a viewer's stores hold in all of them."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def today(self, now: datetime) -> date:
        """Return the day that it is where the brand is."""
        return now.astimezone(self._snapshot().timezone).date()

    def categories(self) -> list[str]:
        """Return the categories that entries have, those above them included."""
        found = set()
        for entry in self._snapshot().entries:
            parts = entry.category.split("/") if entry.category else []
            found |= {"/".join(parts[: n + 1]) for n in range(len(parts))}
        return sorted(found)

    def read(self, connection: Connection, viewer: Viewer, asked: Asked) -> Insight:
        """Return the figures."""
        snapshot, period = self._snapshot(), asked.period
        entries = {entry.id: entry for entry in snapshot.entries}
        topics = _topics(entries, asked.category)
        chosen = Chosen(_places(connection, viewer, snapshot), topics, asked.open_kfid)
        now, before = sums_of_two(connection, chosen, period.before.start, period.start, period.end)
        trend = period.trend
        days = outcomes_by_day(connection, chosen, trend[0].start, period.end)
        return Insight(
            asked=asked,
            now=now,
            before=before,
            trend=[(each, _together(days, each)) for each in trend],
            by_account=outcomes_by_account(connection, chosen, period.start, period.end),
            by_entry=outcomes_by_entry(connection, chosen, period.start, period.end),
            entries=entries,
            names=member_names(connection),
            accounts={each.open_kfid: each.name for each in list_accounts(connection)},
            counted_at=count_state(connection).counted_at,
            sample=sample_figures(connection, viewer, period.end),
        )


def _places(connection: Connection, viewer: Viewer, snapshot: Snapshot) -> list[int] | None:
    """Return the places that the viewer sees, by the rule of the desk; None: all."""
    if viewer.stores is None:
        return None
    sees = scope_of(viewer, snapshot)
    return [number for number, rows in all_places(connection).items() if sees(rows)]


def _topics(entries: Mapping[str, Entry], category: str | None) -> list[str] | None:
    if category is None:
        return None
    return [entry.id for entry in entries.values() if is_in(entry.category, category)]


def is_in(category: str, wanted: str) -> bool:
    """Return whether a category is the wanted one, or below it."""
    return category == wanted or category.startswith(f"{wanted}/")


def _together(days: Mapping[date, Outcomes], period: Period) -> Outcomes:
    found: dict[str, int] = {}
    for day, outcomes in days.items():
        if period.start <= day < period.end:
            for figure, n in outcomes.items():
                found[figure] = found.get(figure, 0) + n
    return found
