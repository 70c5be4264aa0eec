"""The composition root: builds every object, hands it on, and stops everything in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from chatbot.api.answering import Answering
from chatbot.api.application import PREFIX, make_api
from chatbot.api.turns import RecordedTurns
from chatbot.api.workshop import WorkshopDesk
from chatbot.assist.desk import AssistDesk
from chatbot.bench import former_bench, open_bench, vectors_of
from chatbot.cases.desk import CaseDesk
from chatbot.clock import Clock, make_clock
from chatbot.console.links import LINKS
from chatbot.content import ContentFollower
from chatbot.content_metrics import ContentMetrics
from chatbot.curating_pages import CuratingPages
from chatbot.dialogue.service import DialogueService
from chatbot.editing.batch import BatchDesk
from chatbot.editing.desk import EditDesk
from chatbot.editing.registry import kinds_reaching
from chatbot.errors import SettingError
from chatbot.health import add_health_routes
from chatbot.pipeline.checkpoints import Checkpoint, pass_by
from chatbot.pipeline.customer_data import CustomerData
from chatbot.pipeline.desk import Desk
from chatbot.pipeline.desk_news import DeskNews
from chatbot.pipeline.gaps import GapKeeper
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.runtime import Pipeline, PipelineOptions
from chatbot.pipeline.staff_answers import StaffAnswers
from chatbot.pipeline.tasks import TaskGroup
from chatbot.pipeline.tokens import DatabaseTokenStore
from chatbot.pipeline.utterances import NoTranscription
from chatbot.pipeline.webhook_client import WebhookClient, webhook_session
from chatbot.publishing import ContentFolders, Publisher
from chatbot.publishing_desk import PublishingDesk
from chatbot.replay import Replays
from chatbot.settings import Settings
from chatbot.staff_pages import StaffPages
from chatbot.store.database import Database
from chatbot.store.migrate import migrate
from chatbot.store.presence import Presence
from chatbot.suggestions import Suggestions
from chatbot.switching import Switching
from chatbot.wecom.callback import register_callback
from chatbot.wecom.client import WeComClient
from chatbot.wecom.envelope import Envelope
from chatbot.wecom.metrics import WeComMetrics
from chatbot.workshop import Folders

log = structlog.get_logger()

#: What members do with conversations.
DESK = web.AppKey("DESK", Desk)
#: What the pages for agents ask for drafts, quick replies and search.
ASSIST = web.AppKey("assist", AssistDesk)
#: What people do with cases.
CASES = web.AppKey("cases", CaseDesk)


@asynccontextmanager
async def running_server(
    settings: Settings, database_url: str, checkpoint: Checkpoint = pass_by
) -> AsyncIterator[web.Application]:
    """Run the pipeline and yield the web application that belongs to it.

    Leaving the context finishes what is under way and gives the rest back, so stop listening
    before that.

    Raises:
        SettingError: a setting of the WeCom app is missing.
        ContentError: the knowledge files are wrong and none were published before.
        StoreUnavailable: the database cannot be reached.
    """
    envelope = _envelope(settings)
    registry = CollectorRegistry()
    clock = make_clock(settings.test_clock)
    async with AsyncExitStack() as stack:
        database = Database(database_url)
        stack.push_async_callback(database.close)
        await asyncio.to_thread(migrate, database)
        presence = Presence(database, clock)
        tasks = TaskGroup()
        content = await asyncio.to_thread(_content, settings, database, clock, presence, registry)
        stack.push_async_callback(content.close)
        dialogue = await _dialogue(content, settings)
        stack.callback(dialogue.close)
        wecom_metrics = WeComMetrics(registry)
        session = await stack.enter_async_context(_http_session())
        wecom = _wecom(settings, session, database, presence, clock, wecom_metrics)
        news = DeskNews(presence)
        webhooks = await _webhooks(settings, clock, stack)
        customers = CustomerData(database, wecom.kf, webhooks, clock, settings.customer_data_url)
        metrics, zone = PipelineMetrics(registry), ZoneInfo(settings.timezone)
        notices = NoticeBoard(database, presence, clock, zone, metrics.notices_in_force)
        await notices.read()
        pipeline = Pipeline(
            database=database,
            wecom=wecom,
            dialogue=dialogue,
            transcriber=NoTranscription(),
            texts=lambda: dialogue.dialogue.snapshot.texts,
            tag_groups=lambda: dialogue.dialogue.snapshot.tag_groups,
            clock=clock,
            metrics=metrics,
            notices=notices,
            options=_options(settings),
            presence=presence,
            webhooks=webhooks,
            on_desk=news.ring,
            checkpoint=checkpoint,
        )
        await pipeline.start()
        stack.push_async_callback(pipeline.stop)
        tasks.keep_running("notices", notices.follow)
        _keep_content(tasks, content, dialogue, watches=settings.knowledge_watch)
        answering = Answering(database, dialogue, notices, clock)
        tasks.keep_running("api conversations", answering.forget)
        stack.push_async_callback(tasks.stop)

        app = web.Application()
        app[DESK] = pipeline.desk
        add_health_routes(app, database, wecom, content.encoder_state, registry)
        register_callback(app, envelope=envelope, sink=pipeline, clock=clock, metrics=wecom_metrics)
        app[ASSIST] = assist = _assist(settings, database, dialogue, clock)
        app[CASES] = cases = CaseDesk(database, clock, lambda: dialogue.dialogue.snapshot.timezone)
        editing = _editing(settings, database, content, clock)
        suggestions = _suggestions(settings, database, dialogue, clock)
        curating = CuratingPages(
            settings, database, dialogue, clock, assist,
            PublishingDesk(database, content.publisher, clock),
            editing,
            BatchDesk(database, clock, lambda: content.publisher.bench.basis, editing),
            Replays(database, content.publisher, dialogue),
            notices, suggestions,
        )  # fmt: skip
        staff_pages = StaffPages(
            settings, database, dialogue, clock, wecom, pipeline, assist, cases, news, customers,
            curating,
        )  # fmt: skip
        app[LINKS] = staff_pages.add_to(app, tasks)
        tasks.keep_running("staff answers", StaffAnswers(database, dialogue, clock).run)
        tasks.keep_running("gaps", _gaps(settings, database, dialogue, clock).run)
        workshop = _workshop(settings, database, dialogue, suggestions, clock)
        app.add_subapp(PREFIX, _api(settings, database, dialogue, answering, workshop))
        yield app


def _envelope(settings: Settings) -> Envelope:
    """Return the callback's envelope; raise SettingError that names all that is missing."""
    wecom = settings.wecom
    needed = {
        "CHATBOT_WECOM__CORP_ID": wecom.corp_id,
        "CHATBOT_WECOM__AGENT_ID": wecom.agent_id,
        "CHATBOT_WECOM__SECRET": wecom.secret.get_secret_value(),
        "CHATBOT_WECOM__TOKEN": wecom.token,
        "CHATBOT_WECOM__ENCODING_AES_KEY": wecom.encoding_aes_key,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing or wecom.token is None or wecom.encoding_aes_key is None:
        raise SettingError(
            f"{', '.join(missing)}: not set. Take the values from the WeCom admin console "
            "(应用管理 → the app), or try `chatbot demo`, which needs none."
        )
    return Envelope(
        wecom.token.get_secret_value(), wecom.encoding_aes_key.get_secret_value(), wecom.corp_id
    )


def _content(
    settings: Settings,
    database: Database,
    clock: Clock,
    presence: Presence,
    registry: CollectorRegistry,
) -> ContentFollower:
    folders = ContentFolders(
        knowledge=settings.knowledge_dir,
        intents=settings.intents_dir,
        watch=settings.knowledge_watch,
        publish=settings.publish == "auto",
        hosts=settings.outbound_hosts,
    )
    bench, metrics = open_bench(settings, database, clock), ContentMetrics(registry)
    publisher = Publisher(database, clock, folders, bench, metrics)
    former = partial(former_bench, settings, database, clock)
    switching = Switching(database, clock, publisher, former, metrics)
    return ContentFollower(database, presence, folders, publisher, switching)


def _keep_content(
    tasks: TaskGroup, content: ContentFollower, dialogue: DialogueService, *, watches: bool
) -> None:
    """Keep this process at the live snapshot, and the content at what files and labels say."""
    tasks.keep_running("content", partial(content.follow, dialogue))
    tasks.keep_running("encoder", partial(content.switch, dialogue))
    tasks.keep_running("learning", content.learn)
    tasks.keep_running("examining", content.examine)
    if watches:
        tasks.keep_running("watch", content.watch)


def _editing(
    settings: Settings, database: Database, content: ContentFollower, clock: Clock
) -> EditDesk:
    kinds = kinds_reaching(settings.outbound_hosts)
    publisher = content.publisher
    return EditDesk(
        database, clock, lambda: publisher.bench.basis, kinds, contents=publisher.contents
    )


def _gaps(
    settings: Settings, database: Database, dialogue: DialogueService, clock: Clock
) -> GapKeeper:
    vectors = vectors_of(settings, database, clock)
    return GapKeeper(database, lambda: dialogue.mind, vectors, clock)


def _api(
    settings: Settings,
    database: Database,
    dialogue: DialogueService,
    answering: Answering,
    workshop: WorkshopDesk,
) -> web.Application:
    recorded = RecordedTurns(
        database, lambda: dialogue.dialogue.snapshot.accounts, ZoneInfo(settings.timezone)
    )
    return make_api(answering, recorded, workshop, settings.api_token, settings.base_url)


def _assist(
    settings: Settings, database: Database, dialogue: DialogueService, clock: Clock
) -> AssistDesk:
    return AssistDesk(database, dialogue, vectors_of(settings, database, clock), clock)


def _suggestions(
    settings: Settings, database: Database, dialogue: DialogueService, clock: Clock
) -> Suggestions:
    vectors = vectors_of(settings, database, clock)
    return Suggestions(database, lambda: dialogue.mind, vectors, clock)


def _workshop(
    settings: Settings,
    database: Database,
    dialogue: DialogueService,
    suggestions: Suggestions,
    clock: Clock,
) -> WorkshopDesk:
    folders = Folders(settings.knowledge_dir, settings.intents_dir, settings.outbound_hosts)
    return WorkshopDesk(database, lambda: dialogue.mind, suggestions, folders, clock)


async def _dialogue(content: ContentFollower, settings: Settings) -> DialogueService:
    """Return the service at the live snapshot.

    A function of its own, so that nothing but the service holds on to the first encoder.
    """
    mind = await content.first_mind()
    return DialogueService(mind.dialogue, mind.encoder, settings.encoder_threads)


@asynccontextmanager
async def _http_session() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def _webhooks(settings: Settings, clock: Clock, stack: AsyncExitStack) -> WebhookClient:
    session = await stack.enter_async_context(webhook_session(settings.outbound_hosts))
    return WebhookClient(session, clock, settings.outbound_hosts, settings.webhook_secret)


def _wecom(
    settings: Settings,
    session: aiohttp.ClientSession,
    database: Database,
    presence: Presence,
    clock: Clock,
    metrics: WeComMetrics,
) -> WeComClient:
    return WeComClient(
        session,
        base_url=settings.wecom.api_base_url,
        corp_id=settings.wecom.corp_id,
        agent_id=settings.wecom.agent_id,
        secret=settings.wecom.secret,
        oauth_url=settings.wecom.oauth_url,
        login_url=settings.wecom.login_url,
        tokens=DatabaseTokenStore(database, clock, lambda: presence.process_id),
        clock=clock,
        metrics=metrics,
        public_url=settings.base_url,
    )


def _options(settings: Settings) -> PipelineOptions:
    return PipelineOptions(
        quiet_seconds=settings.quiet_seconds,
        quiet_max_seconds=settings.quiet_max_seconds,
        freshness_seconds=settings.freshness_seconds,
        poll_seconds=settings.poll_seconds,
        kf_accounts=settings.wecom.kf_accounts,
        supervisors=settings.supervisors,
        base_url=settings.base_url,
    )
