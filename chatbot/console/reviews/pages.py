"""``/console/reviews``: which entries are to be looked over, and that they are still right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args
from urllib.parse import quote, urlencode

from aiohttp import web

from chatbot.access.roles import Appointed, may
from chatbot.access.viewer import Viewer
from chatbot.answers.entries import texts_of
from chatbot.clock import Clock
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, posted
from chatbot.console.gate import NotAllowed, require, see_other, viewer_of
from chatbot.console.harmless import one_line
from chatbot.console.reviews.reminders import people_of
from chatbot.dialogue.snapshot import Snapshot
from chatbot.editing.desk import EditDesk
from chatbot.editing.kinds import Subject
from chatbot.editing.merging import Record
from chatbot.errors import UserError
from chatbot.reviews.due import (
    NEXT,
    People,
    Review,
    is_due,
    is_soon,
    is_unowned,
    reviews_of,
)
from chatbot.store.audit import audit
from chatbot.store.database import Database

_PATH = "/reviews"
_HOME = f"/console{_PATH}"
_SHOWN = 200
_EXCERPT = 120
_LONGEST = timedelta(days=3 * 366)

State = Literal["due", "soon", "unowned"]
_STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class ReviewTools:
    """What the pages work with."""

    database: Database
    editing: EditDesk
    snapshot: Callable[[], Snapshot]
    clock: Clock
    appointed: Appointed


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry to be looked over, with what it answers and who is to do it."""

    review: Review
    owner: str
    answer: str
    days_left: int
    url: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; ``owner`` as entries name one."""

    state: State
    owner: str


class ReviewPages:
    """The list, and what is done from it.

    Who looks after knowledge sees all of it; everybody else the entries that are theirs.
    """

    def __init__(self, writer: AdminWriter, tools: ReviewTools) -> None:
        self._writer = writer
        self._tools = tools

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [web.get(_PATH, self.show), web.post(f"{_PATH}/right", self.right)]

    async def show(self, request: web.Request) -> web.Response:
        """Show what is due, what soon will be, or what nobody looks after."""
        return await self._page(request)

    async def right(self, request: web.Request) -> web.Response:
        """Note that an entry is still right, and when it is to be looked over again."""
        viewer = require(request, "desk")
        data = await posted(request) or NOTHING_POSTED
        faq_id, seen = data.get("entry"), data.get("seen")
        subject = Subject("entry", faq_id)
        record = await self._tools.editing.record(subject)
        if record is None:
            raise web.HTTPNotFound
        people = await self._tools.database.run(people_of, self._tools.appointed)
        if not _may_review(viewer, str(record.get("owner", "")), people):
            raise NotAllowed
        try:
            await self._save(subject, record, seen, self._day(data.get("until")), viewer)
        except UserError as error:
            return await self._page(request, 409, str(error))
        return see_other(f"{_HOME}?{urlencode({'state': data.get('state'), 'done': 'right'})}")

    async def _save(
        self, subject: Subject, record: Record, seen: str, until: date, viewer: Viewer
    ) -> None:
        if str(record.get("review", "")) != seen:
            raise UserError(self._writer.words["moved"])
        after = {**record, "review": until.isoformat()}
        await self._tools.editing.save(subject, record, after, viewer.userid)
        now, detail = self._tools.clock.now(), {"review": until.isoformat()}
        await self._tools.database.run(audit, viewer, "entry.reviewed", subject.key, detail, now)

    def _day(self, written: str) -> date:
        today = self._today()
        try:
            day = date.fromisoformat(written.strip())
        except ValueError:
            raise UserError(self._writer.words["wrong_day"]) from None
        if not today < day <= today + _LONGEST:
            raise UserError(self._writer.words["wrong_day"])
        return day

    def _today(self) -> date:
        zone = self._tools.snapshot().timezone
        return self._tools.clock.now().astimezone(zone).date()

    async def _page(
        self, request: web.Request, status: int = 200, problem: str = ""
    ) -> web.Response:
        viewer, today, wanted = viewer_of(request), self._today(), _wanted(request)
        working = await self._tools.editing.working()
        people = await self._tools.database.run(people_of, self._tools.appointed)
        found = reviews_of(working.content.entries, people)
        if not may(viewer, "reviews"):
            found = [each for each in found if each.userid == viewer.userid]
        by_state: Mapping[State, Sequence[Review]] = {
            "due": [each for each in found if is_due(each, today)],
            "soon": [each for each in found if is_soon(each, today)],
            "unowned": [each for each in found if is_unowned(each)],
        }
        owners = sorted({each.entry.owner for each in found if each.entry.owner})
        chosen = by_state[wanted.state]
        if wanted.owner in owners:
            chosen = [each for each in chosen if each.entry.owner == wanted.owner]
        return self._writer.page(
            request, "list", status, problem=problem, wanted=wanted, owners=owners,
            counts={state: len(by_state[state]) for state in _STATES}, states=_STATES,
            shown=[_shown(each, people, today) for each in chosen[:_SHOWN]],
            more=max(0, len(chosen) - _SHOWN), address=lambda **values: _address(wanted, **values),
            everybody=may(viewer, "reviews"), may_change=viewer.stores is None,
            first=today + timedelta(days=1), next_day=today + NEXT, last=today + _LONGEST,
        )  # fmt: skip


def _may_review(viewer: Viewer, owner: str, people: People) -> bool:
    """Return whether somebody may say that an entry is right: its owner, or who curates it all."""
    if may(viewer, "reviews") and viewer.stores is None:
        return True
    return people.userid_of(owner) == viewer.userid


def _shown(review: Review, people: People, today: date) -> Shown:
    entry = review.entry
    owner = people.name_of(review.userid) if review.userid else entry.owner
    said = next(iter(texts_of(entry.answer[-1].messages)), "")
    url = f"/console/entries/{quote(entry.id, safe='')}"
    return Shown(review, owner, one_line(said, _EXCERPT), review.days_left(today), url)


def _wanted(request: web.Request) -> Wanted:
    state = next((each for each in _STATES if each == request.query.get("state")), _STATES[0])
    return Wanted(state, request.query.get("owner", "").replace("\0", ""))


def _address(wanted: Wanted, **changed: Any) -> str:
    values = {"state": wanted.state, "owner": wanted.owner, **changed}
    return f"{_HOME}?{urlencode({name: value for name, value in values.items() if value})}"
