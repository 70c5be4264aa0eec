"""What samples say, for the pages and messages that tell it beside their own figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.curation.sample.estimate import Estimate, estimate
from chatbot.insight.periods import Period, period_of
from chatbot.store.samples import Week, sample_weeks

#: Weeks that are told together.
TOGETHER = 4


@dataclass(frozen=True, slots=True)
class WeekFigure:
    """A week's estimate with what was promised."""

    period: Period
    estimate: Estimate
    target: float


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """The last samples until a day: each by itself, newest first, and all of them together."""

    weeks: Sequence[WeekFigure]
    together: Estimate

    @property
    def newest(self) -> WeekFigure:
        """Return the last week."""
        return self.weeks[0]


def figure_of(week: Week) -> WeekFigure:
    """Return what a week's sample says until now."""
    return WeekFigure(period_of("week", week.first_day), estimate(week.judged), week.target)


def together(weeks: Sequence[Week]) -> Estimate:
    """Return what the samples of several weeks say together."""
    return estimate([each for week in weeks for each in week.judged])


def sample_figures(connection: Connection, viewer: Viewer, until: date) -> SampleFigures | None:
    """Return what the samples of weeks that began before a day say, None if there are none.

    Samples are of all stores: who is limited to some is told nothing.
    """
    if viewer.stores is not None:
        return None
    weeks = sample_weeks(connection, TOGETHER, until)
    return SampleFigures(list(map(figure_of, weeks)), together(weeks)) if weeks else None
