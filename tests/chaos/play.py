"""One play: a simulated platform, one database, servers that come and go, and the verdict."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from chatbot.store.database import Database
from tests.chaos.evidence import Evidence, calm, gather_evidence
from tests.chaos.judge import findings
from tests.chaos.platform import SimulatedPlatform, Weather, server_environment
from tests.chaos.processes import Process
from tests.chaos.workload import Crowd, Size

#: Long enough for retries with growing pauses; a server that hangs is what it catches.
CALM_SECONDS = 90.0


def is_long() -> bool:
    """Return whether the long form of the storms was asked for."""
    return os.environ.get("CHATBOT_CHAOS") == "long"


@dataclass
class Play:
    """What a test of a storm has in its hands."""

    weather: Weather
    database: Database
    database_url: str
    crowd: Crowd
    folder: Path
    vectors: Path
    stack: ExitStack

    def server(self, port: int, arguments: Sequence[str] = ()) -> Process:
        """Start a server; it dies with the play at the latest."""
        environment = server_environment(
            self.weather.platform, port, self.database_url, self.vectors, self.folder / "intents"
        )
        command = ["tests.chaos.child", *arguments]
        process = Process(command, environment, self.log_file(port), self.folder)
        return self.stack.enter_context(process)

    def log_file(self, port: int) -> Path:
        """Return where the servers at ``port`` write what they do."""
        return self.folder / f"server-{port}.log"

    async def wave(self, seconds: float) -> None:
        """Let the next wave of customers write."""
        lines = self.crowd.wave()
        await self.weather.introduce(sorted({line.customer for line in lines}))
        await self.weather.happens(lines, seconds)

    async def verdict(self, seconds: float = CALM_SECONDS) -> Evidence:
        """Wait until all is done, then check every promise."""
        await calm(self.weather, self.database, seconds)
        evidence = await gather_evidence(self.weather, self.database)
        found = findings(evidence)
        if found:
            file = self.folder / "evidence.json"
            file.write_text(json.dumps(asdict(evidence), ensure_ascii=False, default=str))
            raise AssertionError("\n".join([*found[:40], f"all evidence is in {file}"]))
        return evidence


async def ready(server: Process, port: int) -> None:
    """Wait until a server listens."""
    await server.answers(f"http://127.0.0.1:{port}/healthz")


@asynccontextmanager
async def play(
    platform: SimulatedPlatform,
    database_url: str,
    folder: Path,
    vectors: Path,
    *,
    seed: int,
    size: Size | None = None,
) -> AsyncIterator[Play]:
    """Set the stage; every process is gone afterwards."""
    async with aiohttp.ClientSession() as session:
        weather = Weather(session, platform, seed)
        await weather.clear()
        with ExitStack() as stack, _opened(database_url) as database:
            crowd = Crowd(seed, size or Size())
            yield Play(weather, database, database_url, crowd, folder, vectors, stack)


@contextlib.contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url, threads=2)
    try:
        yield database
    finally:
        database.dispose()
