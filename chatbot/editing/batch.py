"""Many edits at once: all of them or none, in one candidate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.editing.desk import EditDesk, Wish, fulfilled, images_of
from chatbot.editing.kinds import Kind
from chatbot.editing.registry import KINDS
from chatbot.editing.working import Working
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.publishing import offer_of
from chatbot.store.database import Database
from chatbot.store.edits import NewEdit, insert_edit
from chatbot.store.snapshots import Basis, Offer, Origin, latest, live_number, offer_snapshot

#: So many edits of others may come between before somebody is asked to try again.
_TRIES = 5

#: Keeps something in the same transaction, given the number of the candidate.
Also = Callable[[Connection, int], None]


@dataclass(frozen=True, slots=True)
class _Made:
    """The content with all wishes, and the edits that came of them."""

    offer: Offer
    edits: Sequence[NewEdit]


class BatchDesk:
    """Does what the desk does of one wish, of many; ``basis`` is what candidates are decided by."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        basis: Callable[[], Basis],
        desk: EditDesk,
        kinds: Mapping[str, Kind] = KINDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._basis = basis
        self._desk = desk
        self._kinds = kinds

    async def save_all(self, wishes: Sequence[Wish], actor: str, also: Also) -> int | None:
        """Fulfil all wishes; return the number of the candidate, None if nothing would change.

        Raises:
            Clash: somebody else has changed the same fields of one of them, in another way.
            EditRefused: no file could hold one of them.
            UserError: nothing was ever published, or there is no end of edits by others.
        """
        for _ in range(_TRIES):
            working = await self._desk.working()
            live = await self._desk.live()
            made = await asyncio.to_thread(self._make, working.content, live.content, wishes)
            if not made.edits:
                return None
            number = await self._database.run(self._store, working, made, actor, also)
            if number is not None:
                return number
        raise UserError("别人正在不停地保存，没有存进去，请再试一次。")

    def _make(self, content: Content, live: Content, wishes: Sequence[Wish]) -> _Made:
        """Return the content with the wishes, one after the other; may take seconds."""
        edits: list[NewEdit] = []
        for wish in wishes:
            found = fulfilled(content, live, self._kinds[wish.subject.kind], wish)
            if found is not None:
                content, edit = found
                edits.append(edit)
        return _Made(offer_of(content, images_of(wishes, content)), edits)

    def _store(
        self, connection: Connection, working: Working, made: _Made, actor: str, also: Also
    ) -> int | None:
        """Make the candidate and keep the edits; None if others have changed the content since."""
        if latest(connection, lock=True) != working.latest:
            return None
        now = self._clock.now()
        offered = offer_snapshot(
            connection, made.offer, Origin("edit", actor), self._basis(), now, publish=False
        )
        held = offered.number != live_number(connection)
        for edit in made.edits:
            insert_edit(connection, edit, offered.number, now, held=held)
        also(connection, offered.number)
        return offered.number
