"""What those who curate see: what the bot knows, what it does not, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from aiohttp import web

from chatbot.accepting import EditedKnowledge
from chatbot.access.roles import Appointed
from chatbot.assist.desk import AssistDesk
from chatbot.bench import vectors_of
from chatbot.calibrating import Calibrating
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.calibration.pages import CalibrationPages
from chatbot.console.curating.intent_pages import IntentPages
from chatbot.console.curating.intent_trial import IntentTrials
from chatbot.console.curating.subject import SubjectDesk
from chatbot.console.curating.table_pages import TablePages
from chatbot.console.curating.word_pages import WordPages
from chatbot.console.curating.word_trial import WordTrials
from chatbot.console.entries.entry_pages import EntryPages
from chatbot.console.entries.list_pages import Catalogues, ListPages
from chatbot.console.finding import ByConversation
from chatbot.console.gaps.desk import GapDesk
from chatbot.console.gaps.pages import GapPages
from chatbot.console.gaps.reader import GapReader
from chatbot.console.gate import Gate
from chatbot.console.importing.documents import DocumentPages, DocumentTools
from chatbot.console.importing.pages import ImportPages, ImportTools
from chatbot.console.notices.pages import NoticePages, NoticeTools
from chatbot.console.notices.view import NoticeReader
from chatbot.console.publishing.pages import PublishingPages
from chatbot.console.reviews.pages import ReviewPages, ReviewTools
from chatbot.console.sample.desk import SampleDesk
from chatbot.console.sample.pages import SamplePages
from chatbot.console.trying.pages import TryPages
from chatbot.console.workshop.desk import WorkshopActs
from chatbot.console.workshop.pages import WorkshopPages
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.snapshot import Snapshot
from chatbot.editing.batch import BatchDesk
from chatbot.editing.desk import EditDesk
from chatbot.editing.intents import IntentKind
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.sampling import Sampling
from chatbot.pipeline.tasks import TaskGroup
from chatbot.publishing_desk import PublishingDesk
from chatbot.replay import Replays
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.suggestions import Suggestions


@dataclass(frozen=True, slots=True)
class CuratingPages:
    """What the pages are built from."""

    settings: Settings
    database: Database
    dialogue: DialogueService
    clock: Clock
    assist: AssistDesk
    publishing: PublishingDesk
    editing: EditDesk
    batches: BatchDesk
    replays: Replays
    notices: NoticeBoard
    suggestions: Suggestions

    def keep_running(self, tasks: TaskGroup) -> None:
        """Keep working out what the pages show, and what is too slow for them."""
        target = self.settings.target_precision
        sampling = Sampling(self.database, self._snapshot, self.clock, target)
        tasks.keep_running("sampling", sampling.run)
        tasks.keep_running("suggestions", self.suggestions.run)
        calibrating = Calibrating(
            self.database, lambda: self.dialogue.mind,
            vectors_of(self.settings, self.database, self.clock), self.clock,
        )  # fmt: skip
        tasks.keep_running("calibrating", calibrating.run)

    def routes(self, gate: Gate, find: ByConversation) -> Iterator[web.AbstractRouteDef]:
        """Yield the routes, below ``/console``."""
        publishing = AdminWriter(gate, "publishing", "publishing", attrgetter("publish_words"))
        trying = AdminWriter(gate, "try", "trying", attrgetter("try_words"))
        entries = AdminWriter(gate, "entries", "entries", attrgetter("entry_words"))
        calibration = AdminWriter(
            gate, "calibration", "calibration", attrgetter("calibration_words")
        )
        catalogues = Catalogues(self.editing, self.dialogue)
        pages = (
            ListPages(entries, self.database, catalogues, self.dialogue, self.clock),
            EntryPages(entries, self.database, self.editing, self.dialogue, self.clock),
            PublishingPages(publishing, self.publishing),
            TryPages(
                trying, self.dialogue, self.replays, find.may_see, self.notices.in_force, self.clock
            ),
            *self._importing(gate),
            self._gaps(gate),
            self._notices(gate),
            self._sample(gate),
            *self._of_intents_words_and_tables(gate),
            self._reviews(gate),
            self._workshop(gate),
            CalibrationPages(calibration, self.database, self._snapshot),
        )
        for each in pages:
            yield from each.routes()

    def _of_intents_words_and_tables(
        self, gate: Gate
    ) -> Iterator[IntentPages | WordPages | TablePages]:
        def desk(here: str) -> SubjectDesk:
            writer = AdminWriter(gate, here, "curating", attrgetter("curate_words"))
            return SubjectDesk(writer, self.editing, self._pieces)

        intents = IntentKind(self.settings.outbound_hosts)
        trials = IntentTrials(self.dialogue, self.clock)
        yield IntentPages(desk("intents"), intents, trials)
        yield WordPages(desk("words"), WordTrials(self.dialogue))
        yield TablePages(desk("tables"))

    def _importing(self, gate: Gate) -> Iterator[ImportPages | DocumentPages]:
        writer = AdminWriter(gate, "importing", "importing", attrgetter("import_words"))
        yield ImportPages(
            writer, ImportTools(self.database, self.editing, self.batches, self.clock)
        )
        vectors = vectors_of(self.settings, self.database, self.clock)
        tools = DocumentTools(self.database, lambda: self.dialogue.mind, vectors, self.clock)
        yield DocumentPages(writer, tools)

    def _gaps(self, gate: Gate) -> GapPages:
        desk = GapDesk(self.database, EditedKnowledge(self.editing), self.clock)
        reader = GapReader(self._snapshot, self.clock)
        return GapPages(gate.writer, self.database, reader, desk, self._snapshot)

    def _notices(self, gate: Gate) -> NoticePages:
        writer = AdminWriter(gate, "notices", "notices", attrgetter("notice_words"))
        reader = NoticeReader(self._snapshot, self.clock)
        return NoticePages(writer, NoticeTools(self.database, reader, self.clock))

    def _sample(self, gate: Gate) -> SamplePages:
        writer = AdminWriter(gate, "sample", "sample", attrgetter("sample_words"))
        desk = SampleDesk(self.database, self.clock)
        return SamplePages(writer, self.database, desk, self._snapshot, self.assist.find_entries)

    def _reviews(self, gate: Gate) -> ReviewPages:
        writer = AdminWriter(gate, "reviews", "reviews", attrgetter("review_words"))
        appointed = Appointed.by(self.settings.admins, self.settings.supervisors)
        tools = ReviewTools(self.database, self.editing, self._snapshot, self.clock, appointed)
        return ReviewPages(writer, tools)

    def _workshop(self, gate: Gate) -> WorkshopPages:
        writer = AdminWriter(gate, "workshop", "workshop", attrgetter("workshop_words"))
        acts = WorkshopActs(self.database, self.editing, self.clock)
        return WorkshopPages(
            writer, self.database, self.suggestions, acts, self._snapshot, self.clock
        )

    def _snapshot(self) -> Snapshot:
        return self.dialogue.dialogue.snapshot

    def _pieces(self, text: str) -> Sequence[str]:
        return self._snapshot().segmenter.pieces(text)
