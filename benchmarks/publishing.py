"""How long an edit of 10 of 10,000 entries takes to be live in two processes, and a way back.

    python -m benchmarks.publishing [--rounds 3] [--json]

Two servers on one PostgreSQL with 10,000 entries of a question and five similar questions each;
what the files are is ``benchmarks.linting``'s. In each round ten entries get another answer and a
new wording; the clock starts when the file has been saved. The phases end when the watching process
has said what would change, when the content is live in the database, and when each process decides
by it, as their logs and `/metrics` say. Then the round before is made live again as
`chatbot knowledge rollback` does it; its clock starts with the command.

First nobody asks anything. Then each process is asked by `POST /api/v1/answer`, one question after
the other, each another one: what a turn takes while nothing else is done and while content is
built; every answer must name a snapshot, and none may fail. Processor seconds are those of both
servers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np

from benchmarks.knowledge import number_of, server_settings
from benchmarks.linting import write_files
from benchmarks.processes import ROOT, cpu_seconds, environment, free_port, running
from chatbot.simulator.config import load_config
from chatbot.store.embedded import throwaway_cluster

_EDITED = 10
_TOKEN = "of-the-benchmark-only-0123456789"
_LONGEST_START = 900.0
_LONGEST = 300.0
_QUIET_SECONDS = 8.0
_PAUSE = 0.05
_LOOK_SECONDS = 0.1
_EVENTS = ("content_examined", "content_published", "content_switched")


@dataclass
class Asking:
    """Asks one server all the time; remembers when, and how long each answer took."""

    address: str
    answers: list[tuple[float, float]] = field(default_factory=list)
    failed: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask until it is over."""
        number = 0
        while not self.over.wait(_PAUSE):
            number += 1
            begun = time.perf_counter()
            try:
                self._ask(f"{number} 号房的客人想知道这件事怎么办")
            except OSError:
                self.failed += 1
            self.answers.append((begun, time.perf_counter() - begun))

    def _ask(self, text: str) -> None:
        request = Request(
            f"{self.address}/api/v1/answer",
            json.dumps({"text": text}).encode(),
            {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=_LONGEST) as answer:
            if not json.load(answer)["snapshot"]:
                self.failed += 1

    def milliseconds(self, since: float, until: float) -> list[float]:
        """Return what the answers took that were asked for in this time."""
        return [taken * 1e3 for begun, taken in self.answers if since <= begun < until]


@dataclass(frozen=True, slots=True)
class House:
    """Two servers, their logs and process numbers, and the file that both watch."""

    folder: Path
    addresses: tuple[str, ...]
    logs: tuple[Path, ...]
    pids: dict[str, int]
    settings: dict[str, str]

    @property
    def file(self) -> Path:
        """Return the file with all entries."""
        return self.folder / "knowledge" / "all.jsonl"

    def wait_for(self, number: int) -> list[float]:
        """Return when each server decided by a snapshot of this number or a later one."""
        reached: dict[str, float] = {}
        deadline = time.monotonic() + _LONGEST
        while len(reached) < len(self.addresses):
            for address in self.addresses:
                if address not in reached and number_of(address) >= number:
                    reached[address] = time.time()
            if time.monotonic() > deadline:
                raise RuntimeError(f"snapshot {number} is not live after {_LONGEST:g} s")
            time.sleep(_LOOK_SECONDS)
        return [reached[address] for address in self.addresses]

    def said(self, since: float) -> dict[str, float]:
        """Return when each event that counts was last logged, as seconds after ``since``."""
        found: dict[str, float] = {}
        for log in self.logs:
            for line in log.read_text("utf-8").splitlines():
                record = json.loads(line) if line.startswith("{") else {}
                if record.get("event") in _EVENTS:
                    at = datetime.fromisoformat(record["timestamp"]).timestamp() - since
                    if at >= 0:
                        found[record["event"]] = max(found.get(record["event"], 0.0), at)
        return found


@contextmanager
def two_servers(folder: Path) -> Iterator[House]:
    """Run the simulator and two servers with the entries of ``folder``."""
    base = load_config(None)
    with ExitStack() as stack:
        cluster = stack.enter_context(throwaway_cluster())
        port = free_port()
        platform = f"http://127.0.0.1:{port}"
        simulate = ["-m", "chatbot", "simulate", "--port", str(port)]
        ready = f"{platform}/control/health"
        stack.enter_context(running(simulate, folder / "simulator.log", ready, {}))
        addresses, logs, pids, settings = [], [], {}, {}
        for name in ("one", "two"):
            port = free_port()
            settings = server_settings(base, folder / "data", port, platform) | {
                "CHATBOT_DATABASE_URL": cluster.url,
                "CHATBOT_KNOWLEDGE_DIR": str(folder / "knowledge"),
                "CHATBOT_API_TOKEN": _TOKEN,
                "CHATBOT_LOG_FORMAT": "json",
                "CHATBOT_ENCODER_THREADS": "1",
            }
            addresses.append(f"http://127.0.0.1:{port}")
            logs.append(folder / f"{name}.log")
            process = stack.enter_context(
                running(
                    ["server.py"], logs[-1], f"{addresses[-1]}/readyz", settings, _LONGEST_START
                )
            )
            pids[name] = process.pid
        yield House(folder, tuple(addresses), tuple(logs), pids, settings)


@contextmanager
def all_asked(house: House) -> Iterator[list[Asking]]:
    """Ask every server until the block ends."""
    asking = [Asking(address) for address in house.addresses]
    threads = [threading.Thread(target=each.run) for each in asking]
    for thread in threads:
        thread.start()
    try:
        yield asking
    finally:
        for each in asking:
            each.over.set()
        for thread in threads:
            thread.join()


def edit(house: House, round_: int) -> None:
    """Save the file with ten entries changed, as an editor does: all of it, at once."""
    lines = house.file.read_text("utf-8").splitlines()
    for number in range(round_, len(lines), len(lines) // _EDITED):
        entry = json.loads(lines[number])
        entry["answer"] = f"第 {round_} 次改：{entry['answer']}"
        entry["similar"].append(f"第 {round_} 种新说法，{number} 号房：{entry['question']}")
        lines[number] = json.dumps(entry, ensure_ascii=False)
    new = house.file.with_name(".new")
    new.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    new.replace(house.file)


def measure_edit(house: House, round_: int) -> dict[str, float]:
    """Return the seconds of each phase of one edit, and of the processors."""
    before, spent = max(map(number_of, house.addresses)), cpu_seconds(house.pids)
    edit(house, round_)
    saved = time.time()
    live = [at - saved for at in house.wait_for(before + 1)]
    after = cpu_seconds(house.pids)
    told = house.said(saved)
    return {
        "examined": told["content_examined"],
        "published": told["content_published"],
        "first_live": min(live),
        "last_live": max(live),
        **{f"processor_{name}": after[name] - spent[name] for name in spent},
    }


def measure_rollback(house: House, number: int) -> dict[str, float]:
    """Return the seconds of a rollback to snapshot ``number``, command and switch of both."""
    live = max(map(number_of, house.addresses))
    command = [sys.executable, "-m", "chatbot", "knowledge", "rollback", str(number)]
    begun = time.time()
    done: list[float] = []
    waiting = threading.Thread(target=lambda: done.extend(house.wait_for(live + 1)))
    waiting.start()
    subprocess.run(command, cwd=ROOT, env=environment(**house.settings), check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    written = time.time()
    waiting.join()
    return {
        "command": written - begun, "apart": max(done) - min(done), "last_live": max(done) - begun,
    }  # fmt: skip


def measure(rounds: int) -> dict[str, Any]:
    """Return all figures under names that speak for themselves."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_files(folder)
        with two_servers(folder) as house:
            time.sleep(_QUIET_SECONDS)
            alone = [measure_edit(house, round_) for round_ in range(rounds)]
            with all_asked(house) as asking:
                began = time.perf_counter()
                time.sleep(_QUIET_SECONDS)
                quiet = time.perf_counter()
                asked, former = [], 1
                for round_ in range(rounds, 2 * rounds):
                    former = max(map(number_of, house.addresses))
                    asked.append(measure_edit(house, round_))
                ended = time.perf_counter()
                back = measure_rollback(house, former)
    return {
        "alone": alone,
        "asked": asked,
        "rollback": back,
        "turns_quiet": _spread(asking, began, quiet),
        "turns_meanwhile": _spread(asking, quiet, ended),
        "failed": sum(each.failed for each in asking),
        "load": os.getloadavg()[0],
    }


def _spread(asking: list[Asking], since: float, until: float) -> dict[str, float]:
    taken = [one for each in asking for one in each.milliseconds(since, until)]
    p50, p95, p99 = np.percentile(taken, [50, 95, 99])
    return {"count": len(taken), "p50": p50, "p95": p95, "p99": p99, "max": max(taken)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.rounds)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for when in ("alone", "asked"):
        for name in figures[when][0]:
            each = [edit[name] for edit in figures[when]]
            told = f"median {statistics.median(each):.1f} s, max {max(each):.1f} s"
            print(f"{when} {name:16} {told}")
    for name in ("rollback", "turns_quiet", "turns_meanwhile"):
        told = ", ".join(f"{key} {value:.1f}" for key, value in figures[name].items())
        print(f"{name:16} {told}")
    print(f"failed {figures['failed']}, load {figures['load']:.1f}")


if __name__ == "__main__":
    main()
