"""``/console/entries/{id}``: one entry's form with its preview, its history, and what is done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, Posted, posted
from chatbot.console.entries.form import (
    PARTS,
    EntryForm,
    FormMessage,
    acted,
    form_of,
    read_form,
    record_of,
)
from chatbot.console.entries.list_pages import HOME, entry_address
from chatbot.console.entries.preview import TEXT_BYTES, Sample, phones
from chatbot.console.entries.problems import Told, told
from chatbot.console.entries.uploads import Upload, kept_pictures, uploads_in
from chatbot.console.gate import NotAllowed, require, see_other
from chatbot.dialogue.service import DialogueService
from chatbot.editing.desk import Clash, EditDesk, Prefer, Saved, Wish
from chatbot.editing.differences import Difference, differences, written
from chatbot.editing.entries import entry_record, read_record
from chatbot.editing.kinds import EditRefused, Subject
from chatbot.editing.merging import Record
from chatbot.errors import UserError
from chatbot.exchange.merging import WHOLE
from chatbot.knowledge.content import Content
from chatbot.knowledge.entry_files import derived_id
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.edits import StoredEdit
from chatbot.store.media import save_media, stored_media
from chatbot.understanding.language import CHINESE, LANGUAGES

NEW = "/console/new-entry"
#: A form with several pictures, each as large as they may be.
_LARGEST_FORM = 16 * 1024 * 1024
_ONE = "/entries/{id}"
_CHOICE = "choice."
_MOST_EDIT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Past:
    """An edit of the history, with what it changed."""

    edit: StoredEdit
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Choice:
    """A field about which a person decides: what was, what others say, what is typed here."""

    key: str
    base: Sequence[str]
    theirs: Sequence[str]
    mine: Sequence[str]
    difference: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry's form as it stands, with what it was made of and what came with it."""

    faq_id: str
    form: EntryForm
    base: Record | None
    pictures: Mapping[str, str] = field(default_factory=dict)
    is_new: bool = False
    told: Sequence[Told] = ()
    choices: Sequence[Choice] = ()


class EntryPages:
    """The form of one entry; all that it changes goes through the desk."""

    def __init__(
        self,
        writer: AdminWriter,
        database: Database,
        desk: EditDesk,
        service: DialogueService,
        clock: Clock,
    ) -> None:
        self._writer = writer
        self._database = database
        self._desk = desk
        self._service = service
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get("/new-entry", self.new),
            web.post("/new-entry", self.sent),
            web.get(_ONE, self.show),
            web.post(_ONE, self.sent),
            web.post(f"{_ONE}/undo", self.undo),
            web.post(f"{_ONE}/retire", self.retire),
            web.post(f"{_ONE}/decide", self.decide),
        ]

    async def new(self, request: web.Request) -> web.Response:
        """Show an empty form."""
        _of_all_stores(request)
        return await self._page(request, Draft("", EntryForm(), None, is_new=True))

    async def show(self, request: web.Request) -> web.Response:
        """Show an entry, or what became of one that is retired."""
        require(request, "knowledge")
        return await self._standing(request)

    async def _standing(
        self, request: web.Request, status: int = 200, problem: str = ""
    ) -> web.Response:
        faq_id = request.match_info["id"]
        record = await self._desk.record(_subject(faq_id))
        if record is None and not await self._desk.history(_subject(faq_id), 1):
            raise web.HTTPNotFound
        draft = Draft(faq_id, form_of(record or {}), record)
        return await self._page(request, draft, status, problem)

    async def sent(self, request: web.Request) -> web.Response:
        """Save what was typed, or show it with another row, or as the phone shows it."""
        viewer = _of_all_stores(request)
        data = await posted(request.clone(client_max_size=_LARGEST_FORM))
        if data is None:
            return await self._standing(request, 413, self._writer.words["too_large"])
        draft = await self._received(request, data)
        act = data.get("do")
        if draft.told or act == "preview":
            return await self._page(request, draft, 400 if draft.told else 200)
        if act != "save":
            return await self._page(request, replace(draft, form=acted(draft.form, act)))
        return await self._save(request, draft, data, viewer)

    async def _received(self, request: web.Request, data: Posted) -> Draft:
        """Return the form as it was sent, its pictures kept."""
        uploads = uploads_in(data)
        fields = {**data.fields, **{each.field: each.path for each in uploads if not each.problem}}
        good = {each.sha256: each.content for each in uploads if not each.problem}
        await self._database.run(save_media, good, self._clock.now())
        pictures = await self._kept(data)
        pictures |= {each.path: each.sha256 for each in uploads if not each.problem}
        is_new = "id" not in request.match_info
        faq_id = data.get("id").strip() if is_new else request.match_info["id"]
        bad = [Told(each.field, self._refusal(each)) for each in uploads if each.problem]
        return Draft(faq_id, read_form(fields), _base(data), pictures, is_new, bad)

    async def _kept(self, data: Posted) -> dict[str, str]:
        """Return the pictures that came before, as far as they are here."""
        told = kept_pictures(data)
        stored = await self._database.run(stored_media, told.values())
        return {path: sha for path, sha in told.items() if sha in stored}

    def _refusal(self, upload: Upload) -> str:
        return self._writer.words[f"picture_{upload.problem}"]

    async def _save(
        self, request: web.Request, draft: Draft, data: Posted, viewer: Viewer
    ) -> web.Response:
        working = (await self._desk.working()).content
        try:
            record = _chosen(data, draft.base, record_of(draft.form, draft.base))
            faq_id = self._id_of(draft, working)
            mine = await asyncio.to_thread(_canonical, working, faq_id, record, draft.pictures)
            wish = Wish(_subject(faq_id), draft.base, mine, viewer.userid, known=draft.pictures)
            saved = await self._desk.fulfil(wish)
        except EditRefused as refused:
            found = told(refused.problems, draft.form)
            return await self._page(request, replace(draft, told=found), 400)
        except Clash as clash:
            return await self._clash(request, draft, clash)
        except UserError as error:
            return await self._page(request, draft, 400, str(error))
        await self._noted(viewer, "entry_edit", faq_id, saved)
        return see_other(f"{entry_address(faq_id)}?done={'saved' if saved.edit else 'same'}")

    def _id_of(self, draft: Draft, working: Content) -> str:
        """Return the id of an entry; raise UserError if a new one has one that is taken."""
        if not draft.is_new:
            return draft.faq_id
        used = {each.id for each in working.entries}
        if draft.faq_id in used:
            raise UserError(self._writer.say("id_taken", id=draft.faq_id))
        return draft.faq_id or derived_id(draft.form.get("question"), used)

    async def _clash(self, request: web.Request, draft: Draft, clash: Clash) -> web.Response:
        """Show both texts, keep what was typed, and let the person decide."""
        cut = self._service.dialogue.snapshot.segmenter.pieces
        choices = [
            Choice(
                each.key, written(each.base), written(each.theirs), written(each.mine),
                differences({each.key: each.theirs}, {each.key: each.mine}, cut),
            )
            for each in clash.clashes
            if each.key != WHOLE
        ]  # fmt: skip
        form = form_of(clash.merged) if clash.merged else draft.form
        shown = replace(draft, form=form, base=clash.theirs, choices=choices)
        key = "clash" if choices else "clash_whole"
        return await self._page(request, shown, 409, self._writer.words[key])

    async def undo(self, request: web.Request) -> web.Response:
        """Restore what one edit changed."""
        viewer, data = _of_all_stores(request), await posted(request) or NOTHING_POSTED
        number = data.get("edit")
        if not (number.isascii() and number.isdigit()) or int(number) > _MOST_EDIT:
            raise web.HTTPBadRequest
        return await self._done(
            request, viewer, "entry_undo", "undone", self._desk.undo(int(number), viewer.userid)
        )

    async def retire(self, request: web.Request) -> web.Response:
        """Take an entry out; its history stays, and it can be brought back."""
        viewer, data = _of_all_stores(request), await posted(request) or NOTHING_POSTED
        subject = _subject(request.match_info["id"])
        saving = self._desk.save(subject, _base(data), None, viewer.userid)
        return await self._done(request, viewer, "entry_retire", "retired", saving)

    async def decide(self, request: web.Request) -> web.Response:
        """Decide about what was edited here while the file was changed."""
        viewer, data = _of_all_stores(request), await posted(request) or NOTHING_POSTED
        prefer: Prefer = "file" if data.get("prefer") == "file" else "mine"
        subject = _subject(request.match_info["id"])
        deciding = self._desk.decide(subject, prefer, viewer.userid)
        return await self._done(request, viewer, "entry_decide", "decided", deciding)

    async def _done(
        self, request: web.Request, viewer: Viewer, action: str, done: str, work: Any
    ) -> web.Response:
        faq_id = request.match_info["id"]
        try:
            saved = await work
        except Clash:
            return await self._standing(request, 409, self._writer.words["changed_since"])
        except UserError as error:
            return await self._standing(request, 400, str(error))
        await self._noted(viewer, action, faq_id, saved)
        return see_other(f"{entry_address(faq_id)}?done={done}")

    async def _noted(self, viewer: Viewer, action: str, faq_id: str, saved: Saved) -> None:
        if saved.edit is None:
            return
        detail = {"edit": saved.edit, "candidate": saved.number}
        await self._database.run(audit, viewer, action, faq_id, detail, self._clock.now())

    async def _page(
        self, request: web.Request, draft: Draft, status: int = 200, problem: str = ""
    ) -> web.Response:
        viewer = require(request, "knowledge")
        working, live = await self._desk.working(), await self._desk.live()
        subject = _subject(draft.faq_id)
        history = [] if draft.is_new else await self._history(subject)
        media = {**working.content.media, **draft.pictures}
        sample = Sample(working.content, self._writer.words["sample_customer"], media)
        problems: dict[str, list[str]] = {}
        for each in draft.told:
            problems.setdefault(each.field, []).append(each.text)
        return self._writer.page(
            request, "entry", status, draft=draft, form=draft.form, problem=problem,
            problems=problems, history=history, phones=phones(draft.form, sample), sample=sample,
            base=json.dumps(draft.base, ensure_ascii=False),
            pictures=json.dumps(dict(draft.pictures), ensure_ascii=False),
            conflict=None if draft.is_new else await self._conflict(subject),
            may_edit=viewer.stores is None, kinds=PARTS, text_bytes=TEXT_BYTES,
            accounts=tuple(working.content.accounts.keys()), waits=working.number != live.number,
            languages=[code for code in LANGUAGES if code != CHINESE],
            action=NEW if draft.is_new else entry_address(draft.faq_id), home=HOME,
            entry_address=entry_address, empty=FormMessage("text", {}), limited=viewer.stores,
        )  # fmt: skip

    async def _history(self, subject: Subject) -> list[Past]:
        cut = self._service.dialogue.snapshot.segmenter.pieces
        return [
            Past(each, differences(each.before, each.after, cut))
            for each in await self._desk.history(subject)
        ]

    async def _conflict(self, subject: Subject) -> dict[str, Any] | None:
        """Return what is not in the files because they say something else, field by field."""
        found = await self._desk.conflict(subject)
        if found is None:
            return None
        cut = self._service.dialogue.snapshot.segmenter.pieces
        choices = [
            Choice(
                each.key, (), written(each.theirs), written(each.mine),
                differences({each.key: each.theirs}, {each.key: each.mine}, cut),
            )
            for each in found.merged.clashes
        ]  # fmt: skip
        return {"why": found.why, "choices": choices}


def _subject(faq_id: str) -> Subject:
    return Subject("entry", faq_id)


def _of_all_stores(request: web.Request) -> Viewer:
    """Return who acts: knowledge is the brand's, not that of a few of its stores."""
    viewer = require(request, "knowledge")
    if viewer.stores is not None:
        raise NotAllowed
    return viewer


def _base(data: Posted) -> Record | None:
    """Return what the entry said when its form was shown."""
    try:
        base = json.loads(data.get("base") or "null")
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    if base is not None and not isinstance(base, dict):
        raise web.HTTPBadRequest
    return base


def _chosen(data: Posted, theirs: Record | None, record: Record) -> Record:
    """Return a record with what others wrote where the person has chosen that."""
    keys = [
        name.removeprefix(_CHOICE)
        for name, choice in data.fields.items()
        if name.startswith(_CHOICE) and choice == "theirs"
    ]
    return {**record, **{key: (theirs or {}).get(key) for key in keys}}


def _canonical(
    content: Content, faq_id: str, record: Record, pictures: Mapping[str, str]
) -> Record:
    """Return a record as it is read, so that what was not changed is not an edit."""
    shown = replace(content, media={**content.media, **pictures})
    return entry_record(read_record(shown, faq_id, record))
