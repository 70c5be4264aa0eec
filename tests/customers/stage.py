"""The simulated platform with one or more processes that do nothing but tags."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from chatbot.clock import Clock, make_clock
from chatbot.customers.records import CustomerPage, customer_page, give_tags
from chatbot.customers.tag_groups import TagGroup
from chatbot.customers.tags import Cause, Gift, Tag
from chatbot.pipeline.app_events import EventConsumer
from chatbot.pipeline.contact_events import ContactEvents
from chatbot.pipeline.contact_reading import ContactReader
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.tag_catalogue import TagCatalogue
from chatbot.pipeline.tagging import TaggingTools, TagWriter
from chatbot.pipeline.tasks import TaskGroup
from chatbot.pipeline.tokens import DatabaseTokenStore
from chatbot.simulator.config import SimulatorConfig
from chatbot.store.database import Database
from chatbot.store.events import insert_app_event
from chatbot.store.presence import Presence
from chatbot.wecom.callback import register_callback
from chatbot.wecom.client import WeComClient
from chatbot.wecom.envelope import Envelope
from chatbot.wecom.events import AppEvent
from chatbot.wecom.metrics import WeComMetrics
from tests.pipeline.stage import (
    AZHEN,
    LIN,
    Json,
    eventually,
    serving,
    simulated,
    stage_settings,
)
from tests.ports import quiet_port

GROUPS = {"意向": TagGroup("意向", "意向", exclusive=True, lifetime=timedelta(days=90))}


class Worker:
    """One process's part: takes contact events, writes tags."""

    def __init__(
        self, database: Database, session: aiohttp.ClientSession, config: SimulatorConfig,
        platform: str, clock: Clock,
    ) -> None:  # fmt: skip
        settings = stage_settings(config, platform, 1)
        registry = CollectorRegistry()
        self._database, self._clock = database, clock
        self._presence = Presence(database, clock)
        wecom = WeComClient(
            session, base_url=platform, corp_id=settings.wecom.corp_id,
            agent_id=settings.wecom.agent_id, secret=settings.wecom.secret,
            tokens=DatabaseTokenStore(database, clock, self._number), clock=clock,
            metrics=WeComMetrics(registry), total_timeout=3.0,
        )  # fmt: skip
        metrics = PipelineMetrics(registry)
        self.registry = registry
        self.catalogue = TagCatalogue(database, wecom.contacts, clock, self._number)
        reader = ContactReader(database, wecom.contacts, self.catalogue, clock)
        self.writer = TagWriter(
            TaggingTools(
                database, wecom.contacts, self.catalogue, reader, lambda: GROUPS, clock,
                self._number, metrics,
            )
        )  # fmt: skip
        handler = ContactEvents(
            self.catalogue, reader, lambda: GROUPS, clock, self.writer.wake
        )  # fmt: skip
        self._events = EventConsumer(
            database, clock, self._number, {"contact": handler.handle}, metrics
        )
        self._tasks = TaskGroup()

    def _number(self) -> int:
        return self._presence.process_id

    def doorbell(self, open_kfid: str, token: str) -> None:
        """Take no notice of customer service."""

    async def store(self, event: AppEvent) -> None:
        """Commit an event, as the pipeline does."""
        await self._database.run(
            insert_app_event, event.dedup_key, event.kind, event.fields, event.created_at,
            self._clock.now(),
        )  # fmt: skip
        self._events.wake()

    async def start(self) -> None:
        """Begin to work."""
        self._tasks.keep_running("presence", self._presence.keep)
        await self._presence.registered()
        self._tasks.keep_running("events", self._events.run)
        self._tasks.keep_running("tags", self.writer.run)
        self._tasks.keep_running("sweep", self.writer.sweep)

    async def stop(self) -> None:
        """Finish and leave."""
        await self._tasks.stop()
        await self._events.finish(5)
        await self.writer.finish(5)
        await self._presence.leave()


@dataclass
class Stage:
    """What a test does with the platform, and what it looks up."""

    session: aiohttp.ClientSession
    platform: str
    database: Database
    clock: Clock
    config: SimulatorConfig
    workers: Sequence[Worker]

    async def control(self, path: str, body: Json | None = None) -> Json:
        """Call the simulator's control API: POST with a body, GET without."""
        method = "GET" if body is None else "POST"
        async with self.session.request(
            method, f"{self.platform}/control/{path}", json=body
        ) as answer:
            result: Json = await answer.json()
            assert answer.status == 200, result
            return result

    async def customer(self, customer: str = LIN, **wish: Any) -> None:
        """Let people add, edit or end a contact."""
        await self.control("customers", {"external_userid": customer, **wish})

    async def add(self, userid: str = AZHEN, customer: str = LIN, **more: Any) -> None:
        """Let the two become contacts."""
        await self.customer(customer, add_contact={"userid": userid, **more})

    async def fault(self, api: str, errcode: int, **more: Any) -> None:
        """Let an API refuse."""
        body = {"api": f"externalcontact/{api}", "kind": "errcode", "errcode": errcode}
        await self.control("faults", {**body, **more})

    async def advance(self, seconds: float) -> None:
        """Move everybody's clock."""
        await self.control("clock", {"advance": seconds})

    async def api(self, path: str, body: Json, secret: str = "") -> Json:
        """Call the platform as another tool of the enterprise does."""
        query = {"corpid": self.config.corp.id, "corpsecret": secret or self.config.app.secret}
        async with self.session.get(f"{self.platform}/cgi-bin/gettoken", params=query) as answer:
            token = (await answer.json())["access_token"]
        url = f"{self.platform}/cgi-bin/externalcontact/{path}"
        async with self.session.post(url, params={"access_token": token}, json=body) as answer:
            result: Json = await answer.json()
            return result

    async def groups(self) -> dict[str, list[str]]:
        """Return the names of the platform's tags by group."""
        answer = await self.api("get_corp_tag_list", {})
        return {
            group["group_name"]: [tag["name"] for tag in group["tag"]]
            for group in answer["tag_group"]
        }

    async def tag_id(self, name: str) -> str:
        """Return the id of a tag on the platform."""
        groups = (await self.api("get_corp_tag_list", {}))["tag_group"]
        ids = (tag["id"] for group in groups for tag in group["tag"] if tag["name"] == name)
        return str(next(ids))

    async def tags_in_wecom(self, userid: str = AZHEN, customer: str = LIN) -> list[str]:
        """Return the ids of the tags that a member has on a customer."""
        for row in (await self.control("state"))["contacts"]:
            if row["userid"] == userid and row["external_userid"] == customer:
                return list(row["tags"])
        return []

    async def names_in_wecom(self, userid: str = AZHEN, customer: str = LIN) -> list[str]:
        """Return the names of the tags that a member has on a customer."""
        groups = (await self.api("get_corp_tag_list", {}))["tag_group"]
        names = {tag["id"]: tag["name"] for group in groups for tag in group["tag"]}
        return sorted(names[each] for each in await self.tags_in_wecom(userid, customer))

    async def calls(self, api: str) -> list[Json]:
        """Return the platform's log of an API."""
        entries: list[Json] = (await self.control("log?kind=api"))["entries"]
        return [each for each in entries if each["api"] == f"externalcontact/{api}"]

    async def give(self, tag: str, customer: str = LIN) -> None:
        """Let the bot give a tag."""
        gifts = [Gift(Tag.parse(tag), Cause("intent", "stay", 0.93))]
        await self.database.run(give_tags, customer, gifts, GROUPS, self.clock.now())

    async def page(self, customer: str = LIN) -> CustomerPage:
        """Return all about a customer's tags."""
        return await self.database.run(customer_page, customer)

    async def states(self, customer: str = LIN) -> list[tuple[str, str, str, int | None]]:
        """Return (member, tag, state, error code) of what WeCom is to be told."""
        return [
            (write.userid, write.tag.name, write.state, write.error_code)
            for record in (await self.page(customer)).tags
            for write in record.in_wecom
        ]

    async def until(self, *expected: tuple[str, str, str, int | None], customer: str = LIN) -> None:
        """Wait until the states are these."""
        wanted = sorted(expected, key=str)
        await eventually(
            lambda: self.states(customer), lambda found: sorted(found, key=str) == wanted
        )

    async def standing(self, tag: str, state: str, customer: str = LIN) -> None:
        """Wait until a tag stands like this."""

        async def look() -> str:
            for record in (await self.page(customer)).tags:
                if record.standing.tag == Tag.parse(tag):
                    return record.standing.state
            return "unknown"

        await eventually(look, lambda found: found == state)

    def written(self) -> list[float]:
        """Return how many tags each process says it has written."""
        labels = {"fate": "written"}
        return [
            worker.registry.get_sample_value("chatbot_tag_writes_total", labels) or 0.0
            for worker in self.workers
        ]

    async def idle(self) -> None:
        """Wait until no event waits and no customer is claimed or due."""

        def count() -> int:
            with_work = (
                "SELECT (SELECT count(*) FROM app_events WHERE state = 'waiting')"
                " + (SELECT count(*) FROM customers WHERE tagging_due_at IS NOT NULL"
                " OR lease_owner IS NOT NULL)"
            )
            return self.database.run_sync(
                lambda connection: int(connection.scalar(text(with_work)) or 0)
            )

        async def look() -> int:
            return count()

        await eventually(look, lambda found: found == 0)


@asynccontextmanager
async def tagging(
    database_url: str, folder: Path, *, workers: int = 1, **rules: Any
) -> AsyncIterator[Stage]:
    """Run the platform and as many processes; the first has the callback."""
    clock_file = folder / "clock"
    clock = make_clock(clock_file)
    port = quiet_port()
    async with AsyncExitStack() as stack:
        config, platform = await stack.enter_async_context(simulated(port, clock_file, **rules))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        crew: list[Worker] = []
        for _ in range(workers):
            database = Database(database_url, threads=4)
            stack.push_async_callback(database.close)
            crew.append(Worker(database, session, config, platform, clock))
        for worker in crew:
            await worker.start()
            stack.push_async_callback(worker.stop)
        app = web.Application()
        envelope = Envelope(config.app.token, config.app.encoding_aes_key, config.corp.id)
        register_callback(
            app, envelope=envelope, sink=crew[0], clock=clock,
            metrics=WeComMetrics(CollectorRegistry()),
        )  # fmt: skip
        await stack.enter_async_context(serving(app, port))
        database = Database(database_url, threads=2)
        stack.push_async_callback(database.close)
        yield Stage(session, platform, database, clock, config, crew)
