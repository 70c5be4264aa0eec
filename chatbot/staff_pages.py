"""What staff see, put together: a conversation's page, the console, the page beside a chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from aiohttp import web

from chatbot.accepting import EditedKnowledge
from chatbot.access.roles import Appointed
from chatbot.assist.desk import AssistDesk
from chatbot.cases.desk import CaseDesk
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.administration import Administration
from chatbot.console.agents_help import AgentsHelp
from chatbot.console.application import DeskParts, add_desk
from chatbot.console.entries.entry_pages import EntryPages
from chatbot.console.entries.list_pages import Catalogues, ListPages
from chatbot.console.finding import ByConversation
from chatbot.console.gaps.desk import GapDesk
from chatbot.console.gaps.pages import GapPages
from chatbot.console.gaps.reader import GapReader
from chatbot.console.gate import Gate, require
from chatbot.console.importing.pages import ImportPages, ImportTools
from chatbot.console.insight.digests import Digests, DigestTools
from chatbot.console.insight.pages import InsightPages, InsightTools
from chatbot.console.links import OneTimeLinks
from chatbot.console.pipeline_desk import PipelineDesk
from chatbot.console.publishing.pages import PublishingPages
from chatbot.console.rating_pages import RatingPages
from chatbot.console.reception import Reception
from chatbot.console.rendering import PageWriter
from chatbot.console.sidebar.application import SidebarTools, sidebar_application
from chatbot.console.tools import ConsoleTools
from chatbot.console.trying.pages import TryPages
from chatbot.console.turns import conversation_pages
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.snapshot import Snapshot
from chatbot.editing.batch import BatchDesk
from chatbot.editing.desk import EditDesk
from chatbot.facts.rows import row_called
from chatbot.pipeline.customer_data import CustomerData
from chatbot.pipeline.desk_news import DeskNews
from chatbot.pipeline.runtime import Pipeline
from chatbot.pipeline.tasks import TaskGroup
from chatbot.publishing_desk import PublishingDesk
from chatbot.replay import Replays
from chatbot.settings import Settings
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.texts import Texts
from chatbot.wecom.client import WeComClient


@dataclass(frozen=True, slots=True)
class StaffPages:
    """What the pages are built from."""

    settings: Settings
    database: Database
    dialogue: DialogueService
    clock: Clock
    wecom: WeComClient
    pipeline: Pipeline
    assist: AssistDesk
    cases: CaseDesk
    news: DeskNews
    customers: CustomerData
    publishing: PublishingDesk
    editing: EditDesk
    batches: BatchDesk
    replays: Replays

    def add_to(self, app: web.Application, tasks: TaskGroup) -> OneTimeLinks:
        """Add all pages; return who makes links for those who cannot come in otherwise."""
        pages = conversation_pages(self.database, self._texts, self.settings.timezone)
        app.add_subapp("/turns", pages)
        reception = self._reception()
        tasks.keep_running("members", reception.watch.run)
        tools = self._tools()
        console = reception.application()
        desk = add_desk(console, tools)
        console.add_routes(self._of_those_who_run_it(reception))
        console.add_routes(self._of_those_who_curate(reception, ByConversation(tools, desk.reader)))
        digests = DigestTools(
            self.database, self._snapshot, self.clock, self._appointed, self.settings.base_url
        )
        tasks.keep_running("digests", Digests(digests).run)
        app.add_subapp("/console", console)
        app.add_subapp("/sidebar", self._sidebar(reception, tools, desk))
        return reception.links

    def _of_those_who_run_it(self, reception: Reception) -> Iterator[web.AbstractRouteDef]:
        """Yield the pages of who serves, what the bot may do, and how well both do."""
        writer = reception.gate.writer
        administration = Administration(
            reception.gate, self.database, self.wecom.kf, self._snapshot, self.clock,
            self._store_named,
        )  # fmt: skip
        ratings = RatingPages(
            writer, self.database, self._snapshot, self.clock, self.settings.base_url
        )
        insight = InsightTools(
            writer, self.database, self._snapshot, self.clock, self.settings.target_precision
        )
        for pages in (administration, ratings, InsightPages(insight)):
            yield from pages.routes()

    def _of_those_who_curate(
        self, reception: Reception, find: ByConversation
    ) -> Iterator[web.AbstractRouteDef]:
        """Yield the pages of what the bot knows, and what it does not."""
        gate = reception.gate
        publishing = AdminWriter(gate, "publishing", "publishing", attrgetter("publish_words"))
        trying = AdminWriter(gate, "try", "trying", attrgetter("try_words"))
        entries = AdminWriter(gate, "entries", "entries", attrgetter("entry_words"))
        pages = (
            ListPages(
                entries,
                self.database,
                Catalogues(self.editing, self.dialogue),
                self.dialogue,
                self.clock,
            ),
            EntryPages(entries, self.database, self.editing, self.dialogue, self.clock),
            PublishingPages(publishing, self.publishing),
            TryPages(trying, self.dialogue, self.replays, find.may_see, self.clock),
            self._importing(gate),
            self._gaps(reception),
        )
        for each in pages:
            yield from each.routes()

    def _importing(self, gate: Gate) -> ImportPages:
        writer = AdminWriter(gate, "importing", "importing", attrgetter("import_words"))
        return ImportPages(
            writer, ImportTools(self.database, self.editing, self.batches, self.clock)
        )

    def _gaps(self, reception: Reception) -> GapPages:
        desk = GapDesk(self.database, EditedKnowledge(self.editing), self.clock)
        reader = GapReader(self._snapshot, self.clock)
        return GapPages(reception.gate.writer, self.database, reader, desk, self._snapshot)

    def _reception(self) -> Reception:
        settings = self.settings
        return Reception(
            self.database, self.wecom, self.clock,
            self._appointed, settings.base_url,
            self._store_named, PageWriter(self._texts, settings.timezone),
        )  # fmt: skip

    @property
    def _appointed(self) -> Appointed:
        return Appointed.by(self.settings.admins, self.settings.supervisors)

    def _tools(self) -> ConsoleTools:
        return ConsoleTools(
            database=self.database, snapshot=self._snapshot, clock=self.clock, kf=self.wecom.kf,
            media=self.wecom.media, viewer_of=partial(require, action="desk"),
            actions=PipelineDesk(self.pipeline.desk, self._texts),
            assist=AgentsHelp(self.assist), cases=self.cases, audit=audit, news=self.news,
            customer_data=self.customers,
        )  # fmt: skip

    def _sidebar(
        self, reception: Reception, tools: ConsoleTools, desk: DeskParts
    ) -> web.Application:
        beside_chats = SidebarTools(
            reception.gate, self.wecom.jssdk, self.pipeline.pictures, self.settings.base_url,
            self.settings.wecom.jssdk_url,
        )  # fmt: skip
        return sidebar_application(tools, desk, beside_chats)

    def _snapshot(self) -> Snapshot:
        return self.dialogue.dialogue.snapshot

    def _texts(self) -> Texts:
        return self._snapshot().texts

    def _store_named(self, name: str) -> str | None:
        snapshot = self._snapshot()
        return row_called(snapshot.rows.values(), snapshot.normaliser.key(name))
