"""How content customers are, as far as a viewer may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.scope import scope_of
from chatbot.dialogue.snapshot import Snapshot
from chatbot.facts.meant import rows_meant
from chatbot.store.accounts import list_accounts
from chatbot.store.agents import member_names
from chatbot.store.ratings import (
    Chosen,
    Complaint,
    RatingCount,
    RatingReason,
    last_complaints,
    rated_talks,
    rating_counts,
    rating_reasons,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know: the last ``days``, of an agent, of an account (None: all)."""

    days: int
    userid: str | None = None
    open_kfid: str | None = None


@dataclass(frozen=True, slots=True)
class RatingFigures:
    """What there is to tell. ``names`` and ``accounts`` are what ids are called."""

    chosen: Chosen
    counts: Sequence[RatingCount]
    reasons: Sequence[RatingReason]
    complaints: Sequence[Complaint]
    names: Mapping[str, str]
    accounts: Mapping[str, str]

    def member(self, userid: str) -> str:
        """Return what a member is called."""
        return self.names.get(userid) or userid

    def account(self, open_kfid: str) -> str:
        """Return what an account is called."""
        return self.accounts.get(open_kfid) or open_kfid


class RatingReader:
    """Reads the figures; a viewer's stores hold in all of them."""

    def __init__(self, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._snapshot = snapshot
        self._clock = clock

    def read(
        self, connection: Connection, viewer: Viewer, asked: Asked, complaints: int
    ) -> RatingFigures:
        """Return the figures with up to so many ``complaints``."""
        now = self._clock.now()
        chosen = Chosen(now - timedelta(days=asked.days), asked.userid, asked.open_kfid)
        if viewer.stores is not None:
            chosen = replace(chosen, conversations=self._seen(connection, viewer, chosen))
        return RatingFigures(
            chosen,
            rating_counts(connection, chosen, str(self._snapshot().timezone)),
            rating_reasons(connection, chosen),
            last_complaints(connection, chosen, complaints),
            member_names(connection),
            {each.open_kfid: each.name for each in list_accounts(connection)},
        )

    def _seen(self, connection: Connection, viewer: Viewer, chosen: Chosen) -> list[int]:
        """Return the conversations whose customers the viewer sees in the list, too."""
        snapshot = self._snapshot()
        sees = scope_of(viewer, snapshot)
        return [
            each.conversation_id
            for each in rated_talks(connection, chosen.since, self._clock.now())
            if sees(rows_meant(snapshot.rows, each.rows, each.tags, each.scene))
        ]
