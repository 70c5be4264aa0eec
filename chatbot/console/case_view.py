"""Cases as pages show them: plain JSON with words, and only those that a viewer may see."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.cases.case import KINDS, SYSTEM
from chatbot.cases.desk import CaseFile
from chatbot.cases.office_hours import OfficeHours
from chatbot.cases.wording import CaseWords
from chatbot.console.desk_rows import DeskReader, Json
from chatbot.console.finding import Subject
from chatbot.console.harmless import one_line
from chatbot.console.sight import Sight, customers_seen
from chatbot.console.tools import ConsoleTools
from chatbot.pipeline.case_listener import QUESTIONS_BACK, question_in
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.payload_words import message_words
from chatbot.store.agents import member_names
from chatbot.store.case_history import CaseChange
from chatbot.store.case_proposals import Proposal, last_questions
from chatbot.store.cases import CaseView

_SAID, _SAID_EACH = 8, 400
#: A left message is begun by the desk alone.
_CHOSEN_KINDS = tuple(kind for kind in KINDS if kind != "message")


class CaseReader:
    """Words cases by the content in force."""

    def __init__(self, tools: ConsoleTools, desk: DeskReader) -> None:
        self._tools = tools
        self._desk = desk
        self._frontdesk = Frontdesk(tools.snapshot)

    # Who sees what

    async def seen(self, viewer: Viewer, views: Sequence[CaseView]) -> list[CaseView]:
        """Return the cases of customers that the viewer may see."""
        talks = await self._talks_seen(viewer, [view.case.conversation_id for view in views])
        alone = [view.case.external_userid for view in views if view.case.conversation_id is None]
        customers = await customers_seen(self._tools, viewer, alone)
        return [
            view
            for view in views
            if view.case.conversation_id in talks
            or (view.case.conversation_id is None and view.case.external_userid in customers)
        ]

    async def proposals_seen(self, viewer: Viewer, proposals: Sequence[Proposal]) -> list[Proposal]:
        """Return the proposals in conversations that the viewer may see."""
        talks = await self._talks_seen(viewer, [each.conversation_id for each in proposals])
        return [each for each in proposals if each.conversation_id in talks]

    async def _talks_seen(self, viewer: Viewer, ids: Collection[int | None]) -> set[int]:
        asked = sorted({each for each in ids if each is not None})
        if viewer.stores is None or not asked:
            return set(asked)
        sees = Sight(viewer, self._tools.snapshot)
        return {entry.id for entry in await self._desk.entries(asked) if sees(entry)}

    # What is shown

    async def cases(self, views: Sequence[CaseView]) -> list[Json]:
        """Return cases as JSON."""
        names = await self._tools.database.run(member_names)
        return [self._case(view, names) for view in views]

    async def case(self, view: CaseView) -> Json:
        """Return one case as JSON."""
        (shown,) = await self.cases([view])
        return shown

    async def proposals(self, proposals: Sequence[Proposal]) -> list[Json]:
        """Return proposals as JSON."""
        names = await self._tools.database.run(member_names)
        words = self._words()
        return [
            {
                "id": each.id, "kind": each.kind, "title": each.title, "words": each.words,
                "userid": each.userid, "name": names.get(each.userid, each.userid),
                "due_at": each.due_at.isoformat(), "due": self._wall_time(each.due_at),
                "customer": words.customer(each.customer), "conversation": each.public_id,
            }
            for each in proposals
        ]  # fmt: skip

    async def file(self, file: CaseFile) -> Json:
        """Return a case with its history and what was said."""
        names = await self._tools.database.run(member_names)
        texts = self._tools.snapshot().texts
        said = (
            one_line(message_words(msgtype, content, texts), _SAID_EACH)
            for msgtype, content in file.said
        )
        lines = sorted(self._history(file, names), key=lambda line: line[0])
        return {
            "case": self._case(file.view, names),
            "said": list(dict.fromkeys(filter(None, said)))[-_SAID:],
            "history": [{"at": at.isoformat(), "text": text} for at, text in lines],
        }

    async def form(self, about: Subject) -> Json:
        """Return what a new case begins with: a title, its message, and times to choose from."""
        return await self._tools.database.run(self._form, about)

    def _form(self, connection: Connection, about: Subject) -> Json:
        asked = None
        if about.conversation_id is not None:
            questions = last_questions(connection, about.conversation_id, QUESTIONS_BACK)
            asked = question_in(questions, self._frontdesk)
        return {
            "title": asked[1] if asked else "",
            "message": {"id": asked[0], "text": asked[1]} if asked else None,
            **self.choices(about.account),
        }

    def choices(self, open_kfid: str) -> Json:
        """Return the times and kinds that forms offer, by the hours of an account."""
        return {"times": self._times(open_kfid), "kinds": list(_CHOSEN_KINDS)}

    def _times(self, open_kfid: str) -> list[Json]:
        """Return ends of days to choose from: today while it goes on, tomorrow, the day after."""
        snapshot = self._tools.snapshot()
        account = snapshot.accounts.of(open_kfid)
        hours = OfficeHours.of(account.hours, snapshot.accounts.calendar, snapshot.timezone)
        local = hours.local(self._tools.clock.now())
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        names = ("today", "tomorrow", "after")
        times = [
            (name, hours.end_of((midnight + timedelta(days=days)).date(), midnight))
            for days, name in enumerate(names)
        ]
        return [{"name": name, "due": self._wall_time(at)} for name, at in times if at > local]

    def _case(self, view: CaseView, names: Mapping[str, str]) -> Json:
        case, words = view.case, self._words()
        unreachable = ""
        if view.out_of_reach_when_due:
            sentence = self._tools.snapshot().texts.case_page_words["unreachable"]
            followers = tuple(names.get(each.lower(), each) for each in view.reach.followers)
            reach = replace(view.reach, followers=followers)
            unreachable = sentence.format(ways=words.ways(case, reach))
        return {
            "id": case.id, "version": case.version, "kind": case.kind, "title": case.title,
            "state": case.state, "owner": case.owner,
            "owner_name": names.get(case.owner or "", words.owner(case)),
            "due_at": case.due_at.isoformat(), "due": self._wall_time(case.due_at),
            "phone": case.phone, "wanted": case.wanted, "unreachable": unreachable,
            "customer": words.customer(view.customer), "conversation": view.public_id,
        }  # fmt: skip

    def _history(self, file: CaseFile, names: Mapping[str, str]) -> Iterator[tuple[datetime, str]]:
        captions = self._tools.snapshot().texts.case_page_words
        for change in file.changes:
            by = captions["system"] if change.by == SYSTEM else names.get(change.by, change.by)
            what = captions[f"changed_{change.what}"].format(
                before=self._written(change, change.before, names),
                after=self._written(change, change.after, names),
            )
            yield change.at, f"{by} {what}"
        for telling in file.tellings:
            told = "、".join(names.get(each, each) for each in telling.told)
            line = captions[f"told_{telling.stage}"]
            yield telling.at, line.format(names=told or captions["told_nobody"])

    def _written(self, change: CaseChange, value: str, names: Mapping[str, str]) -> str:
        words = self._words()
        if not value:
            return self._tools.snapshot().texts.case_page_words["nothing"]
        match change.what:
            case "due":
                return words.instant(datetime.fromisoformat(value), self._tools.clock.now())
            case "owner":
                return names.get(value, value)
            case "state":
                return words.state(value)
            case "kind":
                return self._tools.snapshot().texts.case_words[f"kind_{value}"]
            case _:
                return value

    def _wall_time(self, at: datetime) -> str:
        """Return an instant as clocks in the brand's time zone show it, as forms hold it."""
        return at.astimezone(self._tools.snapshot().timezone).strftime("%Y-%m-%dT%H:%M")

    def _words(self) -> CaseWords:
        snapshot = self._tools.snapshot()
        return CaseWords(snapshot.texts.case_words, snapshot.timezone)
