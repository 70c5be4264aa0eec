"""An open-loop load: customers write at a constant rate, whatever the server does.

    python -m benchmarks.loadgen < plan.json

Every tick the messages that are due are put into the simulated platform, and for each of them an
encrypted callback of its own is delivered to the server. A load that waits for answers would hide
queueing; this one never waits. Prints the figures as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from benchmarks.callbacks import Callbacks
from benchmarks.processes import cpu_seconds, machine_cpu_seconds
from chatbot.simulator.config import load_config

_TICK_SECONDS = 0.05
_POLL_SECONDS = 0.5
_VERIFY_SECONDS = 0.1
_DRAIN_SECONDS = 300.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one load does; times in seconds, ``rate`` in messages a second.

    ``burst`` messages come at once at the beginning, so that there is a queue. Figures are taken
    from ``settle`` on until the last message is written. ``pids`` are the first processes of each
    part of the system.
    """

    platform: str
    callback_url: str
    config: str
    customers: list[str]
    texts: list[str]
    rate: float
    burst: int
    settle: float
    seconds: float
    pids: dict[str, int]


@dataclass(slots=True)
class Figures:
    """What came of it. "In the window" is from ``settle`` on; latencies in milliseconds."""

    sent: int = 0
    replies: int = 0
    window: float = 0.0  # its length in seconds
    in_window: int = 0  # replies accepted in it
    waiting: tuple[int, int] = (0, 0)  # messages without a reply when it began and ended
    reply_ms: list[float] = field(default_factory=list)  # to messages written in it
    callback_ms: list[float] = field(default_factory=list)  # in it
    verify_ms: list[float] = field(default_factory=list)  # in it
    callbacks_not_200: int = 0
    cpu: dict[str, float] = field(default_factory=dict)  # seconds in it, by part of the system
    machine_cpu: float = 0.0  # the same of everything that runs on the machine
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Instant:
    """When, and the CPU seconds used until then."""

    at: float
    cpu: dict[str, float]
    machine_cpu: float


class Load:
    """One load on the running system."""

    def __init__(self, plan: Plan, session: aiohttp.ClientSession) -> None:
        config = load_config(Path(plan.config))
        self._plan = plan
        self._session = session
        self._open_kfid = config.accounts[0].open_kfid
        self._callbacks = Callbacks(config, session, plan.callback_url)
        self._unanswered: dict[str, deque[float]] = {name: deque() for name in plan.customers}
        self._written: list[float] = []
        self._answered: list[tuple[float, float]] = []  # (written, accepted)
        self._deliveries: Counter[str] = Counter()
        self._next_entry = 0
        self._ringing: set[asyncio.Task[None]] = set()
        self._began: _Instant | None = None
        self._figures = Figures()

    async def run(self) -> Figures:
        """Write, watch, wait for the last reply, and return the figures."""
        self._next_entry = (await self._control("log?kind=none"))["next"]
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch())
            verifying = tasks.create_task(self._verify())
            began, ended = await self._write_all()
            verifying.cancel()
            await self._drain()
            watching.cancel()
        await self._read_log()
        self._summarise(began, ended)
        return self._figures

    # Writing

    async def _write_all(self) -> tuple[_Instant, _Instant]:
        """Write every message when it is due; return when the window began and ended."""
        plan, position = self._plan, 0
        started = time.time()
        while (elapsed := time.time() - started) < plan.settle + plan.seconds:
            due = min(len(plan.texts), plan.burst + int(elapsed * plan.rate))
            await self._write(position, due)
            position = due
            if self._began is None and elapsed >= plan.settle:
                self._began = self._instant()
            await asyncio.sleep(_TICK_SECONDS - (time.time() - started) % _TICK_SECONDS)
        assert self._began is not None
        return self._began, self._instant()

    def _instant(self) -> _Instant:
        pids = {**self._plan.pids, "load": os.getpid()}
        return _Instant(time.time(), cpu_seconds(pids), machine_cpu_seconds())

    async def _write(self, start: int, end: int) -> None:
        if start == end:
            return
        customers = self._plan.customers
        now = time.time()
        messages = []
        for number in range(start, end):
            customer = customers[number % len(customers)]
            self._unanswered[customer].append(now)
            self._written.append(now)
            text = {"content": self._plan.texts[number]}
            messages.append({"customer": customer, "open_kfid": self._open_kfid, "text": text})
        await self._control("messages", {"messages": messages, "callback": "none"})
        for _ in messages if start else messages[:1]:  # the burst only makes a queue
            task = asyncio.create_task(self._ring())
            self._ringing.add(task)
            task.add_done_callback(self._ringing.discard)

    async def _ring(self) -> None:
        try:
            milliseconds, status = await self._callbacks.ring()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._figures.problems.append(f"a callback failed: {type(error).__name__} {error}")
            return
        self._figures.callbacks_not_200 += status != 200
        if self._began is not None:
            self._figures.callback_ms.append(milliseconds)

    async def _verify(self) -> None:
        while True:
            milliseconds = await self._callbacks.verify()
            if self._began is not None:
                self._figures.verify_ms.append(milliseconds)
            await asyncio.sleep(_VERIFY_SECONDS)

    # Watching

    async def _watch(self) -> None:
        while True:
            await self._read_log()
            await asyncio.sleep(_POLL_SECONDS)

    async def _read_log(self) -> None:
        """Take over what the platform has accepted since the last look."""
        page = await self._control(f"log?since={self._next_entry}&kind=delivered")
        self._next_entry = page["next"]
        for entry in page["entries"]:
            self._figures.replies += 1
            self._deliveries[entry["msgid"]] += 1
            waiting = self._unanswered.get(entry["customer"])
            if waiting:  # replies of a conversation come in the order of its messages
                self._answered.append((waiting.popleft(), entry["at"]))
            else:
                self._figures.problems.append(f"a reply too many: {entry['customer']}")

    async def _drain(self) -> None:
        deadline = time.time() + _DRAIN_SECONDS
        # Replies are found by polling the platform's log, so there is no event to wait for.
        while self._figures.replies < len(self._written) and time.time() < deadline:  # noqa: ASYNC110 - see above
            await asyncio.sleep(_POLL_SECONDS)
        await asyncio.sleep(2 * _POLL_SECONDS)  # one too many would come now

    def _summarise(self, began: _Instant, ended: _Instant) -> None:
        figures = self._figures
        accepted = [at for _, at in self._answered]
        figures.sent = len(self._written)
        figures.window = ended.at - began.at
        figures.in_window = sum(began.at <= at < ended.at for at in accepted)
        figures.waiting = (self._waiting_at(began.at), self._waiting_at(ended.at))
        figures.reply_ms = [
            (at - written) * 1e3 for written, at in self._answered if written >= began.at
        ]
        figures.cpu = {name: ended.cpu[name] - began.cpu[name] for name in ended.cpu}
        figures.machine_cpu = ended.machine_cpu - began.machine_cpu
        if any(count > 1 for count in self._deliveries.values()):
            figures.problems.append("a message id was accepted more than once")
        if missing := figures.sent - len(self._answered):
            figures.problems.append(f"{missing} messages got no reply")

    def _waiting_at(self, instant: float) -> int:
        written = sum(at <= instant for at in self._written)
        return written - sum(at <= instant for _, at in self._answered)

    async def _control(self, path: str, body: Json | None = None) -> Json:
        url = URL(f"{self._plan.platform}/control/{path}")
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        method = "GET" if body is None else "POST"
        async with self._session.request(method, url, data=data) as answer:
            result: Json = await answer.json()
            if answer.status != 200:
                raise RuntimeError(f"the simulator refused {path}: {result}")
            return result


async def run(plan: Plan) -> Figures:
    """Carry the plan out."""
    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector) as session:
        return await Load(plan, session).run()


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(run(Plan(**json.load(sys.stdin))))), sys.stdout)
