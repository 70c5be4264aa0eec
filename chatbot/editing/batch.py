"""Many edits at once: all of them or none, in one candidate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.editing.content import edited, pictures_between
from chatbot.editing.desk import Clash, EditDesk, Wish
from chatbot.editing.kinds import Kind
from chatbot.editing.merging import without_nothing
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
            made = await asyncio.to_thread(self._make, working.content, wishes)
            if not made.edits:
                return None
            number = await self._database.run(self._store, working, made, actor, also)
            if number is not None:
                return number
        raise UserError("别人正在不停地保存，没有存进去，请再试一次。")

    def _make(self, content: Content, wishes: Sequence[Wish]) -> _Made:
        """Return the content with the wishes, one after the other; may take seconds."""
        edits: list[NewEdit] = []
        images: dict[str, bytes] = {}
        for wish in wishes:
            digests = {path: sha256(image).hexdigest() for path, image in wish.pictures.items()}
            content, edit = self._with(content, wish, digests)
            if edit is not None:
                edits.append(edit)
                images |= {digests[path]: image for path, image in wish.pictures.items()}
        shown = set(content.media.values())
        return _Made(offer_of(content, {k: v for k, v in images.items() if k in shown}), edits)

    def _with(
        self, content: Content, wish: Wish, digests: Mapping[str, str]
    ) -> tuple[Content, NewEdit | None]:
        subject = wish.subject
        kind = self._kinds[subject.kind]
        theirs = kind.fields(content, subject.key)
        merged = kind.merge(without_nothing(wish.base), theirs, without_nothing(wish.after))
        if merged.clashes:
            raise Clash(subject, merged.clashes, theirs, merged.record)
        if merged.record == theirs:
            return content, None
        changed = edited(content, kind, subject.key, merged.record, {**wish.known, **digests})
        after = kind.fields(changed, subject.key)
        between = pictures_between(content, changed)
        return changed, NewEdit(subject.kind, subject.key, theirs, after, between, wish.actor)

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
