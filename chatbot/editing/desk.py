"""What people do to the content on pages: nobody's text is lost, and nothing goes live by itself.

An edit is merged with what others have done since its page was loaded, becomes part of the
candidate, and waits to be written into the files by the machine that watches them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, cast

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.contents import Contents
from chatbot.editing.content import edited, in_order_of, pictures_between
from chatbot.editing.kinds import Kind, KindName, Subject
from chatbot.editing.merging import (
    Clashing,
    Merged,
    Record,
    Step,
    onto,
    with_theirs,
    without_nothing,
)
from chatbot.editing.registry import KINDS
from chatbot.editing.working import Working, WorkingCopies
from chatbot.errors import ChatbotError, UserError
from chatbot.knowledge.content import Content, EntryTexts
from chatbot.publishing import offer_of
from chatbot.store.database import Database
from chatbot.store.edits import (
    FileSays,
    NewEdit,
    StoredEdit,
    edits_of,
    give_up_edits,
    insert_edit,
    read_edit,
)
from chatbot.store.snapshots import (
    Basis,
    Latest,
    Offer,
    Origin,
    latest,
    live_number,
    offer_snapshot,
)

#: Whose text stands where an edit and a file say something else.
Prefer = Literal["mine", "file"]
#: So many edits of others may come between before somebody is asked to try again.
_TRIES = 10


class Clash(ChatbotError):
    """Somebody else has changed the same fields, in another way.

    ``theirs`` is the record as it stands, ``merged`` has all that could be merged, and mine where
    it clashes.
    """

    def __init__(
        self,
        subject: Subject,
        clashes: Sequence[Clashing],
        theirs: Record | None,
        merged: Record | None,
    ) -> None:
        self.subject = subject
        self.clashes = tuple(clashes)
        self.theirs = theirs
        self.merged = merged
        fields = ", ".join(each.key for each in clashes)
        super().__init__(f"{subject.kind} {subject.key}: {fields} changed meanwhile")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a record to be, and what it said when they began.

    None for no record. ``pictures`` are bytes of new ones by path below the knowledge folder;
    ``known`` are stored already, their SHA-256 by path. ``file_says`` is given by who decides
    about a conflict, in place of the edits that are in it.
    """

    subject: Subject
    base: Record | None
    after: Record | None
    actor: str
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    undo_of: int | None = None
    file_says: FileSays | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a wish: the snapshot that holds it, and the record as it stands now.

    ``edit`` is None if there was nothing to change.
    """

    number: int
    record: Record | None
    edit: int | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """What was edited and is not in the files.

    ``why`` is a sentence if only a person can write it there. Else ``file`` is what the file says,
    and ``merged`` that with what was edited: where they clash, ``theirs`` is the file's.
    """

    why: str
    file: Record | None
    merged: Merged
    pictures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Made:
    """The content with a wish, and the edit that came of it."""

    content: Content
    offer: Offer
    edit: NewEdit


def fulfilled(
    content: Content, live: Content, kind: Kind, wish: Wish
) -> tuple[Content, NewEdit] | None:
    """Return the content with a wish and the edit that this is, None if it changes nothing.

    What comes back stands where it stands in what is ``live``.

    Raises:
        Clash: somebody else has changed the same fields, in another way.
        EditRefused: no file could hold it.
    """
    subject = wish.subject
    theirs = kind.fields(content, subject.key)
    merged = kind.merge(without_nothing(wish.base), theirs, without_nothing(wish.after))
    if merged.clashes:
        raise Clash(subject, merged.clashes, theirs, merged.record)
    if merged.record == theirs and wish.file_says is None:
        return None
    digests = {path: sha256(image).hexdigest() for path, image in wish.pictures.items()}
    changed = edited(content, kind, subject.key, merged.record, {**wish.known, **digests})
    if theirs is None:
        changed = in_order_of(changed, live)
    edit = NewEdit(
        subject.kind, subject.key, theirs, kind.fields(changed, subject.key),
        pictures_between(content, changed), wish.actor, wish.undo_of, wish.file_says,
    )  # fmt: skip
    return changed, edit


def images_of(wishes: Sequence[Wish], content: Content) -> dict[str, bytes]:
    """Return the new pictures of wishes that the content shows, by their SHA-256."""
    shown = set(content.media.values())
    images = (image for wish in wishes for image in wish.pictures.values())
    return {sha: image for image in images if (sha := sha256(image).hexdigest()) in shown}


class EditDesk:
    """Edits, undoes, and tells what was done. ``basis`` is what candidates are decided by."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        basis: Callable[[], Basis],
        kinds: Mapping[str, Kind] = KINDS,
        contents: Contents | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._basis = basis
        self._kinds = kinds
        self._copies = WorkingCopies(database, contents or Contents())
        self._saving = asyncio.Lock()
        # Used by who saves alone.
        self._written = EntryTexts()

    async def working(self) -> Working:
        """Return the content that edits are made of, parsed once.

        Raises:
            UserError: nothing was ever published.
        """
        return await self._copies.newest()

    async def live(self) -> Working:
        """Return what customers are answered from, parsed once; raises as ``working``."""
        return await self._copies.live()

    async def record(self, subject: Subject) -> Record | None:
        """Return what a subject says now, None if there is none."""
        working = await self.working()
        return self._kind(subject).fields(working.content, subject.key)

    async def save(
        self,
        subject: Subject,
        base: Record | None,
        after: Record | None,
        actor: str,
        pictures: Mapping[str, bytes] | None = None,
    ) -> Saved:
        """Make a record ``after``, which was ``base`` when ``actor`` began to edit it.

        Raises:
            Clash: somebody else has changed the same fields, in another way.
            EditRefused: no file could hold it.
            UserError: nothing was ever published, or there is no end of edits by others.
        """
        return await self.fulfil(Wish(subject, base, after, actor, pictures or {}))

    async def fulfil(self, wish: Wish) -> Saved:
        """Do what ``save`` does, of a wish with all that can be told of it."""
        async with self._saving:
            for _ in range(_TRIES):
                working = await self.working()
                live = await self.live()
                made = await asyncio.to_thread(self._make, working, live, wish)
                if made is None:
                    record = self._kind(wish.subject).fields(working.content, wish.subject.key)
                    return Saved(working.number, record)
                saved = await self._database.run(self._store, wish, working.latest, made)
                if saved is not None:
                    self._copies.keep(Working(saved.number, made.offer.digest, made.content))
                    return saved
        raise UserError("别人正在不停地保存，没有存进去，请再试一次。")

    def _make(self, working: Working, live: Working, wish: Wish) -> _Made | None:
        """Return the content with a wish, None if it would change nothing; may take a second."""
        kind = self._kind(wish.subject)
        found = fulfilled(working.content, live.content, kind, wish)
        if found is None:
            return None
        content, edit = found
        return _Made(content, offer_of(content, images_of([wish], content), self._written), edit)

    def _store(
        self, connection: Connection, wish: Wish, stands: Latest, made: _Made
    ) -> Saved | None:
        """Make the candidate and keep the edit; None if others have changed the content since."""
        if latest(connection, lock=True) != stands:
            return None
        now, subject = self._clock.now(), wish.subject
        if wish.file_says is not None:
            give_up_edits(connection, subject.kind, subject.key)
        origin = Origin("edit", wish.actor)
        offered = offer_snapshot(connection, made.offer, origin, self._basis(), now, publish=False)
        # What comes to just what is live needs nobody to publish it.
        held = offered.number != live_number(connection)
        edit = insert_edit(connection, made.edit, offered.number, now, held=held)
        return Saved(offered.number, made.edit.after, edit)

    async def history(self, subject: Subject, limit: int = 100) -> list[StoredEdit]:
        """Return what was done to a subject on pages, newest first."""
        found = await self._database.run(edits_of, subject.kind, subject.key, limit)
        return [each for each in found if each.before != each.after]

    async def undo(self, number: int, actor: str) -> Saved:
        """Restore what an edit changed, and leave what was changed since in other fields.

        Raises:
            Clash: what it changed has been changed again.
            EditRefused: what was before does not fit any more.
            UserError: there is no such edit.
        """
        edit = await self._database.run(read_edit, number)
        if edit is None or edit.kind not in self._kinds:
            raise UserError(f"没有编号为 {number} 的改动。")
        subject = Subject(cast("KindName", edit.kind), edit.key)
        wish = Wish(subject, edit.after, edit.before, actor, known=edit.pictures, undo_of=edit.id)
        return await self.fulfil(wish)

    async def decide(self, subject: Subject, prefer: Prefer, actor: str) -> Saved:
        """Decide about what was edited while the file was changed: ``mine`` is what was edited.

        What both changed without being in each other's way is kept in either case, unless no file
        can hold what was edited. If the file changes once more, that is a conflict again.

        Raises:
            UserError: nothing is in conflict.
            EditRefused: what comes of it does not fit the content.
        """
        found = await self.conflict(subject)
        if found is None:
            raise UserError("没有等着决定的改动，也许别人已经决定了。")
        merged = found.merged
        after = merged.record
        if prefer == "file":  # what no file can hold clashes with nothing in it
            after = found.file if found.why else with_theirs(merged, found.file)
        wish = Wish(
            subject, await self.record(subject), after, actor, known=found.pictures,
            file_says=FileSays(found.file),
        )  # fmt: skip
        return await self.fulfil(wish)

    async def conflict(self, subject: Subject) -> Conflict | None:
        """Return why a subject's edits are not in the files, None if they are, or soon will be."""
        history = await self._database.run(edits_of, subject.kind, subject.key)
        edits = [each for each in reversed(history) if each.state in {"waiting", "conflict"}]
        last = next((each for each in reversed(edits) if each.state == "conflict"), None)
        if last is None:
            return None
        steps = [Step(each.base, each.after) for each in edits]
        merged = onto(steps, last.found, self._kind(subject).merge)
        pictures = {path: sha for each in edits for path, sha in each.pictures.items()}
        return Conflict(last.why, last.found, merged, pictures)

    def _kind(self, subject: Subject) -> Kind:
        return self._kinds[subject.kind]
