"""What the pages of all kinds have in common: a form, its base, clashes, history and undo."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.console.admin_pages import AdminWriter, Posted, posted
from chatbot.console.curating.differences import changes_between, written
from chatbot.console.gate import NotAllowed, require
from chatbot.editing.desk import Clash, Conflict, EditDesk, Prefer, Saved
from chatbot.editing.differences import Cut, Difference
from chatbot.editing.kinds import Kind, Subject
from chatbot.editing.merging import Record
from chatbot.editing.registry import KINDS
from chatbot.exchange.merging import WHOLE
from chatbot.store.edits import StoredEdit

_HISTORY_SHOWN = 20
#: Digits that no number of an edit has.
_LONGEST_NUMBER = 19
_PREFERRED: Mapping[str, Prefer] = MappingProxyType({"mine": "mine", "file": "file"})
#: Forms of intents and words are no larger than this; a letter may be nine bytes.
_LARGEST_FORM = 8 * 1024 * 1024
#: The name of the field that says what the form was filled from.
BASE = "base"
#: What a radio button is called that decides about a field that two have changed.
_TAKE = "take:"


@dataclass(frozen=True, slots=True)
class Past:
    """An edit of the history, and what it changed."""

    edit: StoredEdit
    changes: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Side:
    """A field that two have changed: what each of them wrote."""

    key: str
    base: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of a subject shows beside its form."""

    subject: Subject
    base: str
    past: Sequence[Past]
    conflict: Conflict | None
    unpublished: Sequence[Difference]


class SubjectDesk:
    """Reads and saves what a form is about."""

    def __init__(
        self,
        writer: AdminWriter,
        desk: EditDesk,
        cut: Cut,
        kinds: Mapping[str, Kind] = KINDS,
    ) -> None:
        """``cut`` tells the words of a text, to mark those that changed."""
        self.writer = writer
        self.desk = desk
        self.cut = cut
        self._kinds = kinds

    async def shown(self, subject: Subject, record: Record | None) -> Shown:
        """Return what a page shows of a subject, whose form is filled from ``record``."""
        history = await self.desk.history(subject, _HISTORY_SHOWN)
        past = [Past(each, changes_between(each.before, each.after, self.cut)) for each in history]
        conflict = await self.desk.conflict(subject)
        live, working = await self.desk.live(), await self.desk.working()
        unpublished: Sequence[Difference] = ()
        if live.number != working.number:
            kind = self._kinds[subject.kind]
            now = kind.fields(working.content, subject.key)
            was = kind.fields(live.content, subject.key)
            unpublished = changes_between(was, now, self.cut)
        return Shown(subject, as_json(record), past, conflict, unpublished)

    async def save(
        self, subject: Subject, data: Posted, mine: Record | None, viewer: Viewer
    ) -> Saved:
        """Save what a form says; fields of which somebody chose the other's text are theirs."""
        base = base_of(data)
        taken = {
            name.removeprefix(_TAKE)
            for name, value in data.fields.items()
            if name.startswith(_TAKE) and value == "theirs"
        }
        if WHOLE in taken:
            mine = base
        elif mine is not None and base is not None:
            mine = {**mine, **{key: base.get(key) for key in taken}}
        return await self.desk.save(subject, base, mine, viewer.userid)

    async def act(self, subject: Subject, do: str, data: Posted, viewer: Viewer) -> str:
        """Retire, undo or decide, as a button says; return the key of what has been done.

        Raises:
            Clash, UserError: as ``EditDesk.save``.
        """
        what, _, rest = do.partition(":")
        if what == "retire":
            await self.desk.save(subject, base_of(data), None, viewer.userid)
            return "retired"
        if what == "undo" and rest.isascii() and rest.isdigit() and len(rest) < _LONGEST_NUMBER:
            await self.desk.undo(int(rest), viewer.userid)
            return "undone"
        if what == "decide" and rest in _PREFERRED:
            await self.desk.decide(subject, _PREFERRED[rest], viewer.userid)
            return "decided"
        raise web.HTTPBadRequest


def sides_of(clash: Clash) -> list[Side]:
    """Return what two have written into the same fields."""
    return [
        Side(each.key, written(each.base), written(each.theirs), written(each.mine))
        for each in clash.clashes
    ]


def as_json(record: Record | None) -> str:
    """Return a record as a hidden field holds it."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def base_of(data: Posted) -> Record | None:
    """Return what a form was filled from; raise HTTPBadRequest if that was tampered with."""
    return record_in(data, BASE)


def record_in(data: Posted, name: str) -> Record | None:
    """Return the record that a hidden field holds; raises as ``base_of``."""
    try:
        found = json.loads(data.get(name) or "null")
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    if found is not None and not isinstance(found, dict):
        raise web.HTTPBadRequest
    return cast("Record | None", found)


async def received(request: web.Request, most: int = _LARGEST_FORM) -> Posted | None:
    """Return what was filled in; None if it is larger than ``most`` bytes."""
    return await posted(request.clone(client_max_size=most))


def editor(request: web.Request) -> Viewer:
    """Return who edits: knowledge is the brand's, not that of a few of its stores."""
    viewer = require(request, "knowledge")
    if viewer.stores is not None:
        raise NotAllowed
    return viewer


def lines_in(text: str) -> list[str]:
    """Return the lines that say something, each once."""
    said = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in said if line))
