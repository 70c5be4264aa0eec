"""Gaps as a viewer may see them: what a list and a page of one show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.scope import scope_of
from chatbot.curation.gaps.asked import Kind
from chatbot.curation.gaps.worth import Worth, ranking_key, worth_of
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.gaps import (
    Act,
    Group,
    Question,
    Saved,
    acts_of,
    asked_again,
    askings,
    gap_group,
    gap_groups,
    questions_of,
    savings,
)
from chatbot.store.insight import all_places

#: Which gaps a list has: those to be closed, those that were, those that are not the brand's.
STATES = ("open", "closed", "not_ours")
#: Weeks of a trend reach back this far, whatever the period.
_LOOKED_BACK = timedelta(weeks=13)
_SHOWN_QUESTIONS = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which gaps somebody wants to see: of the last ``days``, in a state, of a kind, with words."""

    days: int
    state: str = "open"
    kind: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap with what it costs, what its nearest entry asks, and what closing it saved.

    ``again`` is how often it was asked in vain since it was closed.
    """

    group: Group
    worth: Worth
    nearest: str
    saved_times: int
    saved_minutes: float
    again: int

    @property
    def state(self) -> str:
        """Return which list it is in."""
        if self.group.decided is None:
            return "open"
        return "not_ours" if self.group.decided.verdict == "not_ours" else "closed"


@dataclass(frozen=True, slots=True)
class Wording:
    """Questions of the same letters: how often, when last, and one of each talk."""

    key: str
    text: str
    questions: Sequence[Question]

    @property
    def kinds(self) -> list[tuple[Kind, int]]:
        """Return how often it was asked in vain in which way."""
        return Counter(each.kind for each in self.questions).most_common()

    @property
    def by_hand(self) -> str | None:
        """Return who put it here, None if nobody did."""
        return next((each.placed_by for each in self.questions if each.placed_by), None)


@dataclass(frozen=True, slots=True)
class GapView:
    """All that the page of a gap shows; ``others`` are those it may be put together with."""

    gap: Gap
    wordings: Sequence[Wording]
    replies: Sequence[Question]
    acts: Sequence[Act]
    others: Sequence[Group]


class GapReader:
    """Reads gaps; a viewer's stores hold in all of them.

    Without a ``snapshot`` there is no viewer, and entries have no names but their ids.
    """

    def __init__(self, snapshot: Callable[[], Snapshot] | None, clock: Clock) -> None:
        self._snapshot = snapshot
        self._clock = clock

    def gaps(self, connection: Connection, viewer: Viewer | None, wanted: Wanted) -> list[Gap]:
        """Return the gaps that are wanted, the dearest first; of everybody without a viewer."""
        now = self._clock.now()
        found = self._gaps(connection, self._seen(connection, viewer), wanted.days, now)
        chosen = (each for each in found if _is_wanted(each, wanted))
        return sorted(chosen, key=lambda each: ranking_key(each.worth, each.group.id))

    def one(
        self, connection: Connection, viewer: Viewer, group_id: int, days: int
    ) -> GapView | None:
        """Return a gap for its page; None if there is none that the viewer may see."""
        now = self._clock.now()
        group, seen = gap_group(connection, group_id), self._seen(connection, viewer)
        if group is None:
            return None
        questions = questions_of(connection, group_id, seen, _SHOWN_QUESTIONS)
        if not questions and group.merged_into is None:
            return None
        everything = self._gaps(connection, seen, days, now, also=group)
        gap = next(each for each in everything if each.group.id == group_id)
        ranked = sorted(everything, key=lambda each: ranking_key(each.worth, each.group.id))
        others = [each.group for each in ranked if each.group.id != group_id and each.group.title]
        replies = [each for each in questions if each.reply]
        return GapView(gap, _wordings(questions), replies, acts_of(connection, group_id), others)

    def _gaps(
        self,
        connection: Connection,
        seen: Sequence[int] | None,
        days: int,
        now: datetime,
        also: Group | None = None,
    ) -> list[Gap]:
        """Return the gaps with something in them that may be seen, and ``also`` in any case."""
        known = askings(connection, now - max(_LOOKED_BACK, timedelta(days=days)), seen)
        saved, again = savings(connection, seen), asked_again(connection, seen)
        since = now - timedelta(days=days)
        groups = {each.id: each for each in gap_groups(connection)}
        groups |= {also.id: also} if also else {}
        found = []
        for group in groups.values():
            asked = known.get(group.id, [])
            if not asked and group.id not in saved and group is not also:
                continue
            spared = saved.get(group.id, Saved(0, 0.0))
            nearest, worth = self._question(group.nearest), worth_of(asked, since, now)
            found.append(Gap(
                group, worth, nearest, spared.times, round(spared.minutes, 1),
                again.get(group.id, 0),
            ))  # fmt: skip
        return found

    def _question(self, faq_id: str | None) -> str:
        if self._snapshot is None:
            return ""
        snapshot = self._snapshot()
        number = snapshot.by_id.get(faq_id or "")
        return "" if number is None else snapshot.entries[number].question

    def _seen(self, connection: Connection, viewer: Viewer | None) -> list[int] | None:
        """Return the places whose customers the viewer sees, as figures count them; None: all."""
        if viewer is None or viewer.stores is None or self._snapshot is None:
            return None
        sees = scope_of(viewer, self._snapshot())
        return [number for number, rows in all_places(connection).items() if sees(rows)]


def _is_wanted(gap: Gap, wanted: Wanted) -> bool:
    if gap.state != wanted.state or not gap.group.title:
        return False
    if gap.state == "open" and not gap.worth.kinds:
        return False
    if wanted.kind and wanted.kind not in dict(gap.worth.kinds):
        return False
    return wanted.words.casefold() in f"{gap.group.title}\n{gap.nearest}".casefold()


def _wordings(questions: Sequence[Question]) -> list[Wording]:
    """Return the questions by their letters, the most frequent first."""
    by_key: dict[str, list[Question]] = {}
    for each in questions:
        by_key.setdefault(each.key, []).append(each)
    found = [Wording(key, of_key[0].text, of_key) for key, of_key in by_key.items()]
    return sorted(found, key=lambda each: -len(each.questions))
