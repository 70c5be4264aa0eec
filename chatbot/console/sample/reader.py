"""What the page of the weekly sample shows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from chatbot.console.lines import Line, Wording, lines_of
from chatbot.console.sample.figures import TOGETHER, WeekFigure, figure_of, together
from chatbot.curation.sample.estimate import Estimate
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.agents import member_names
from chatbot.store.desk_lines import desk_page, first_message_of
from chatbot.store.samples import Beside, Item, Week, items_of, sample_weeks, told_beside

#: Weeks that are shown, about half a year.
WEEKS = 26
#: Lines of a talk that are shown before the question, and messages that are read for them.
_LINES, _MESSAGES = 8, 6


@dataclass(frozen=True, slots=True)
class SampleView:
    """A week's sample and those before; ``item`` is the answer to be judged, None: all are."""

    week: Week
    figure: WeekFigure
    together: Estimate
    weeks: Sequence[WeekFigure]
    items: Sequence[Item]
    item: Item | None
    before: Sequence[Line]
    beside: Beside
    names: Wording

    @property
    def looked_at(self) -> int:
        """Return of how many answers somebody has said something."""
        return sum(each.verdict is not None for each in self.items)


class SampleReader:
    """Reads samples."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def read(
        self, connection: Connection, userid: str, wanted: date | None, number: int | None
    ) -> SampleView | None:
        """Return the sample of the ``wanted`` week (None: the newest), None if there is none.

        ``number`` is the answer that is wanted; without, it is the next one for this judge.
        """
        weeks = sample_weeks(connection, WEEKS)
        week = next((each for each in weeks if wanted in {None, each.first_day}), None)
        if week is None:
            return None
        snapshot, items = self._snapshot(), items_of(connection, week.first_day)
        item = next((each for each in items if each.id == number), None) or _next(items, userid)
        newest = weeks[weeks.index(week) :][:TOGETHER]
        wording = Wording(snapshot.texts, member_names(connection))
        return SampleView(
            week=week,
            figure=figure_of(week),
            together=together(newest),
            weeks=[figure_of(each) for each in reversed(weeks)],
            items=items,
            item=item,
            before=_before(connection, item, wording) if item else (),
            beside=told_beside(connection, *figure_of(week).period.moments(snapshot.timezone)),
            names=wording,
        )


def _next(items: Sequence[Item], userid: str) -> Item | None:
    """Return the next answer that nobody has judged.

    Each judge begins somewhere else in the round, so that two who judge at once seldom meet.
    """
    start = zlib.crc32(userid.encode()) % max(1, len(items))
    round_ = [*items[start:], *items[:start]]
    return next((each for each in round_ if each.verdict is None), None)


def _before(connection: Connection, item: Item, wording: Wording) -> list[Line]:
    """Return what was said before the question."""
    first = first_message_of(connection, item.turn_id)
    if first is None:
        return []
    page = desk_page(connection, item.conversation_id, first, _MESSAGES)
    return [each for each in lines_of(page, wording) if each.who != "note"][-_LINES:]
