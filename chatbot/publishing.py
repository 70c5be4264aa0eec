"""From the admins' files to a numbered snapshot, and from a snapshot to a dialogue."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Gauge

from chatbot.clock import Clock
from chatbot.dialogue.dialogue import Dialogue
from chatbot.errors import ContentError
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content, Reading, read_content
from chatbot.knowledge.problems import ContentErrors, Problem
from chatbot.matching.encoder import Encoder
from chatbot.matching.vector_cache import LayeredVectors, Progress, VectorCache
from chatbot.settings import Settings
from chatbot.store.content_problems import clear_problems, save_problems
from chatbot.store.database import Database
from chatbot.store.snapshots import (
    Basis,
    Cause,
    Offer,
    Origin,
    Snapshot,
    offer_snapshot,
    restate_live,
)
from chatbot.store.vectors import DatabaseVectors, prune_vectors

log = structlog.get_logger()


class DialogueBuilder(Protocol):
    """Builds a dialogue from content; may take a while, because it embeds what is new."""

    def __call__(self, content: Content, snapshot_number: int) -> Dialogue: ...


@dataclass(frozen=True, slots=True)
class ContentFolders:
    """Where the admins' files are, and whether a change goes live by itself.

    ``hosts`` are those that webhooks in the files may reach.
    """

    knowledge: Path
    intents: Path
    watch: bool
    publish: bool
    hosts: tuple[str, ...] = ()


class ContentMetrics:
    """What Prometheus is told about the content. Make one per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._snapshot = Gauge(
            "chatbot_content_snapshot", "Number of the snapshot in force here", registry=registry
        )
        self._problems = Gauge(
            "chatbot_content_problems",
            "Problems in the files this process watches, 0 while they are good",
            registry=registry,
        )

    def in_force(self, number: int) -> None:
        """Record which snapshot decides from now on."""
        self._snapshot.set(number)

    def problems(self, count: int) -> None:
        """Record how many problems the watched files have."""
        self._problems.set(count)


def basis_of(settings: Settings, encoder: Encoder) -> Basis:
    """Return what decisions depend on in this process beside content."""
    return Basis(encoder.fingerprint, settings.target_precision, version("chatbot"))


def builder_of(
    settings: Settings,
    encoder: Encoder,
    database: Database,
    clock: Clock,
    progress: Progress | None = None,
) -> DialogueBuilder:
    """Return what builds dialogues here; vectors are shared by all machines, and kept in a file."""
    shared, local = DatabaseVectors(database, clock), VectorCache(settings.data_dir)
    return partial(
        build_dialogue,
        encoder=encoder,
        cache=LayeredVectors(shared, local),
        target_precision=settings.target_precision,
        timezone=settings.timezone,
        progress=progress,
    )


def offer_of(content: Content, pictures: Mapping[str, bytes]) -> Offer:
    """Return content as it is stored; ``pictures`` are new ones, by their SHA-256."""
    return Offer(
        digest=content.digest,
        content=content.to_json(),
        entries=len(content.entries),
        intents=len(content.intents),
        media=pictures,
    )


class Publisher:
    """Reads, checks and offers files, and builds the dialogue of snapshots.

    What is to go live is built first: so it is embedded once, by one process, before all others
    ask for it, and content that cannot be built never goes live.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        folders: ContentFolders,
        basis: Basis,
        build: DialogueBuilder,
        metrics: ContentMetrics,
    ) -> None:
        self._database = database
        self._clock = clock
        self._folders = folders
        self._basis = basis
        self._build = build
        self._metrics = metrics
        self._latest: Dialogue | None = None
        self._refused: tuple[Problem, ...] = ()

    async def offer_files(self, cause: Cause, *, publish: bool, after: int | None = None) -> None:
        """Publish the files, or let them wait as a candidate.

        They wait as well if other content than snapshot ``after`` went live meanwhile.

        Raises:
            ContentError: they are wrong; what is live stays.
        """
        reading = await asyncio.to_thread(self._read)
        content = reading.content
        if publish:
            await self._prepare(content)
        offered = await self._database.run(
            offer_snapshot, offer_of(content, reading.pictures),
            Origin(cause, socket.gethostname()),
            self._basis, self._clock.now(), publish=publish, after=after,
        )  # fmt: skip
        await self._accepted()
        if offered.changed and publish and not offered.overruled:
            log.info("content_published", snapshot=offered.number, entries=len(content.entries))
        elif offered.changed:
            advice = "chatbot knowledge publish --candidate makes it live"
            log.warning("content_waits", snapshot=offered.number, advice=advice)

    def _read(self) -> Reading:
        folders = self._folders
        return read_content(folders.knowledge, folders.intents, folders.hosts)

    async def refuse(self, error: ContentError, live: int) -> None:
        """Note that the files are wrong and ``live`` stays; the same problems are told once."""
        problems = problems_of(error, self._folders.knowledge)
        if problems == self._refused:
            return
        log.error("content_refused", kept_snapshot=live, problem=str(error))
        watcher = f"{socket.gethostname()}:{self._folders.knowledge.absolute()}"
        records = [problem.to_json() for problem in problems]
        await self._database.run(save_problems, watcher, records, self._clock.now())
        self._metrics.problems(len(problems))
        self._refused = problems

    async def _accepted(self) -> None:
        await self._database.run(clear_problems)
        self._metrics.problems(0)
        self._refused = ()

    async def restate(self, snapshot: Snapshot) -> None:
        """Give live content a new number if this process decides or stores it another way."""
        content = await asyncio.to_thread(Content.from_json, snapshot.content)
        offered = await self._database.run(
            restate_live, snapshot, offer_of(content, {}), self._basis, self._clock.now()
        )
        if offered.changed:
            log.info("content_restated", former=snapshot.number, snapshot=offered.number)

    async def dialogue_of(self, snapshot: Snapshot) -> Dialogue:
        """Return the dialogue of a snapshot, and forget vectors that nothing uses any more."""
        content = await asyncio.to_thread(Content.from_json, snapshot.content)
        dialogue = await self._prepare(content)
        await self._database.run(prune_vectors, self._clock.now())
        return Dialogue(replace(dialogue.snapshot, number=snapshot.number))

    def in_force(self, number: int) -> None:
        """Record that this process decides by snapshot ``number`` from now on."""
        self._metrics.in_force(number)

    async def _prepare(self, content: Content) -> Dialogue:
        """Return the content's dialogue, of any number; the latest one is remembered."""
        digest = await asyncio.to_thread(lambda: content.digest)
        if self._latest is None or self._latest.snapshot.digest != digest:
            self._latest = await asyncio.to_thread(self._build, content, 0)
        return self._latest


def problems_of(error: ContentError, folder: Path) -> tuple[Problem, ...]:
    """Return all problems that an error stands for; at least one."""
    if isinstance(error, ContentErrors):
        return error.problems
    return (Problem(folder, 0, "", str(error)),)
