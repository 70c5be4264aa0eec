"""The assist report as its page shows it, limited to what a viewer sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.harmless import harmless
from chatbot.console.scope import scope_of
from chatbot.dialogue.rating import RATING_RULE
from chatbot.dialogue.snapshot import Snapshot
from chatbot.evaluation.assist_report import AssistReport, make_report
from chatbot.facts.meant import rows_meant
from chatbot.pipeline.payload_words import payload_words
from chatbot.store.agents import read_roster
from chatbot.store.database import Database
from chatbot.store.staff_answers import (
    Difference,
    RecordedCount,
    differences,
    recorded_counts,
    whereabouts,
)

_SHOWN = 20
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Example:
    """A question on which bot and staff differ; all texts can be shown as they are.

    ``reason`` is the code of why: its words are ``differs_<reason>`` of the captions.
    """

    conversation: str
    at: datetime
    question: str
    draft: str
    answer: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class AssistView:
    """The figures of some days, and the newest examples where bot and staff differ."""

    report: AssistReport
    examples: Sequence[Example]


class AssistReader:
    """Reads the report of an account."""

    def __init__(self, database: Database, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._database = database
        self._snapshot = snapshot
        self._clock = clock

    async def view(self, open_kfid: str, days: int, viewer: Viewer) -> AssistView:
        """Return the report of the last ``days`` of an account, of what the viewer sees."""
        return await self._database.run(self._read, open_kfid, days, viewer)

    def _read(
        self, connection: Connection, open_kfid: str, days: int, viewer: Viewer
    ) -> AssistView:
        since = self._clock.now() - timedelta(days=days)
        counts = recorded_counts(connection, open_kfid, since, RATING_RULE)
        seen = self._seen(connection, counts, viewer)
        kept = [each for each in counts if seen is None or each.conversation_id in seen]
        report = make_report((each.action, each.outcome, each.judged, each.turns) for each in kept)
        found = differences(
            connection, open_kfid, since, None if seen is None else sorted(seen), _SHOWN
        )
        names = {userid: agent.name for userid, agent in read_roster(connection).items()}
        return AssistView(report, [self._example(each, names) for each in found])

    def _seen(
        self, connection: Connection, counts: Sequence[RecordedCount], viewer: Viewer
    ) -> frozenset[int] | None:
        """Return which conversations the viewer sees, None if that is all of them."""
        if viewer.stores is None:
            return None
        snapshot = self._snapshot()
        sees = scope_of(viewer, snapshot)
        ids = sorted({each.conversation_id for each in counts})
        places = whereabouts(connection, ids, self._clock.now())
        return frozenset(
            number
            for number, place in places.items()
            if sees(rows_meant(snapshot.rows, place.rows, place.tags, place.scene))
        )

    def _example(self, each: Difference, names: Mapping[str, str]) -> Example:
        texts = self._snapshot().texts
        servicer = (each.servicer or "").lower()
        return Example(
            conversation=each.public_id,
            at=each.at,
            question=_shown(each.text),
            draft=_shown("\n".join(payload_words(body, texts) for body in each.drafts)),
            answer=_shown("\n".join(text or "" for text in each.written)),
            who=names.get(servicer) or servicer,
            reason=each.reason,
        )


def _shown(text: str) -> str:
    shown = harmless(text[: _LONGEST + 1])
    return shown if len(text) <= _LONGEST else f"{shown[:_LONGEST]}…"
