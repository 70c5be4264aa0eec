"""How long admins wait: a large folder checked, and a saved file live in every process.

    python -m benchmarks.knowledge [--rounds 10] [--json]

"check" is `chatbot knowledge check --quick` on 1,000 generated files with 10,000 entries. "switch"
runs two server processes on one PostgreSQL with the sample knowledge; the clock starts when a file
has been saved and stops when both processes decide by the new snapshot, as their `/metrics` say.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.processes import ROOT, environment, free_port, running
from chatbot.simulator.config import SimulatorConfig, load_config
from chatbot.store.embedded import throwaway_cluster

_FILES = 1_000
_ENTRIES_A_FILE = 10
_LONGEST_SECONDS = 30.0
_GAUGE = "chatbot_content_snapshot "

_ENTRY = """\
- id: entry-{number}
  question: 第 {number} 号房间可以延迟退房吗？
  similar:
    - {number} 号房能晚点退房吗
    - {number} 号房退房时间能延到下午吗
    - 我住 {number} 号房，想晚点走
    - {number} 号房最晚几点退
  not: [{number} 号房怎么提前退房]
  answer: {number} 号房的会员可免费延迟至 14:00，其他客人可购买延时退房券至 15:00，请提前告诉前台。
  category: 退房
  tags: ["意向:续住"]
  valid: {{from: 2026-01-01, until: 2026-12-31}}
"""
_PROBE = "- id: bench-probe\n  question: 测速用的问题 {wording}\n  answer: 第 {round} 次改动。\n"
_TABLE = "项目,价格\n洗衣,{round} 元\n熨烫,10 元\n"


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a large folder took: seconds and megabytes of memory at most."""

    seconds: float
    megabytes: float


def check_large_folder(folder: Path) -> Checked:
    """Generate 10,000 entries in 1,000 files and check them as an admin would."""
    _generate(folder)
    command = [sys.executable, "-m", "chatbot", "knowledge", "check", "--quick", str(folder)]
    started = time.perf_counter()
    # What is worth a note, an entry that expires soon, is no matter here.
    subprocess.run(command, cwd=ROOT, env=environment(), check=False, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    return Checked(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def _generate(folder: Path) -> None:
    for file in range(_FILES):
        inside = folder / f"{file // 100:02}"
        inside.mkdir(parents=True, exist_ok=True)
        first = file * _ENTRIES_A_FILE
        numbers = range(first, first + _ENTRIES_A_FILE)
        entries = "".join(_ENTRY.format(number=number) for number in numbers)
        (inside / f"{file:04}.yaml").write_text(entries, "utf-8")


@dataclass(frozen=True, slots=True)
class Servers:
    """Running servers, and the knowledge folder they share."""

    addresses: Sequence[str]
    knowledge: Path

    def number(self) -> int:
        """Return the snapshot that every server decides by, 0 while they differ."""
        numbers = {number_of(address) for address in self.addresses}
        return numbers.pop() if len(numbers) == 1 else 0

    def wait_for(self, number: int) -> None:
        """Return as soon as every server decides by ``number`` or a later one."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while self.number() < number:
            if time.monotonic() > deadline:
                raise RuntimeError(f"snapshot {number} is not live after {_LONGEST_SECONDS:g} s")
            time.sleep(0.01)


def number_of(address: str) -> int:
    with urlopen(f"{address}/metrics", timeout=_LONGEST_SECONDS) as answer:
        lines = answer.read().decode().splitlines()
    return int(float(next(line for line in lines if line.startswith(_GAUGE)).split()[1]))


@contextmanager
def two_servers(folder: Path) -> Iterator[Servers]:
    """Run the simulator and two servers that share a database and the sample knowledge."""
    knowledge = folder / "knowledge"
    shutil.copytree(ROOT / "knowledge", knowledge)
    (knowledge / "tables").mkdir(exist_ok=True)
    base = load_config(None)
    with ExitStack() as stack:
        cluster = stack.enter_context(throwaway_cluster())
        port = free_port()
        platform = f"http://127.0.0.1:{port}"
        simulate = ["-m", "chatbot", "simulate", "--port", str(port)]
        ready = f"{platform}/control/health"
        stack.enter_context(running(simulate, folder / "simulator.log", ready, {}))
        addresses = []
        for name in ("one", "two"):
            port = free_port()
            settings = server_settings(base, folder / name, port, platform)
            settings |= {
                "CHATBOT_DATABASE_URL": cluster.url,
                "CHATBOT_KNOWLEDGE_DIR": str(knowledge),
            }
            addresses.append(f"http://127.0.0.1:{port}")
            log = folder / f"{name}.log"
            stack.enter_context(running(["server.py"], log, f"{addresses[-1]}/readyz", settings))
        yield Servers(addresses, knowledge)


def server_settings(base: SimulatorConfig, data: Path, port: int, platform: str) -> dict[str, str]:
    return {
        "CHATBOT_PORT": str(port),
        "CHATBOT_DATA_DIR": str(data),
        "CHATBOT_INTENTS_DIR": str(ROOT / "intents"),
        "CHATBOT_PUBLISH": "auto",
        "CHATBOT_WECOM__CORP_ID": base.corp.id,
        "CHATBOT_WECOM__AGENT_ID": str(base.app.agent_id),
        "CHATBOT_WECOM__SECRET": base.app.secret,
        "CHATBOT_WECOM__TOKEN": base.app.token,
        "CHATBOT_WECOM__ENCODING_AES_KEY": base.app.encoding_aes_key,
        "CHATBOT_WECOM__API_BASE_URL": platform,
    }


def measure_switches(servers: Servers, rounds: int) -> dict[str, list[float]]:
    """Return seconds from saving a file to the last server's switch, by kind of change."""
    probe = servers.knowledge / "bench-probe.yaml"
    table = servers.knowledge / "tables" / "bench-prices.csv"
    changes: dict[str, tuple[Path, Callable[[int], str]]] = {
        "answer": (probe, lambda round_: _PROBE.format(wording="甲", round=round_)),
        "wording": (probe, lambda round_: _PROBE.format(wording=f"第 {round_} 种", round=0)),
        "table cell": (table, lambda round_: _TABLE.format(round=round_)),
    }
    seconds: dict[str, list[float]] = {kind: [] for kind in changes}
    for round_, (kind, (path, text)) in itertools.product(range(rounds), changes.items()):
        seconds[kind].append(_switch(servers, path, text(round_)))
    return seconds


def _switch(servers: Servers, path: Path, text: str) -> float:
    before = servers.number()
    path.write_text(text, "utf-8")
    started = time.perf_counter()
    servers.wait_for(before + 1)
    return time.perf_counter() - started


def measure(rounds: int) -> dict[str, Any]:
    """Return all figures under names that speak for themselves."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        checked = check_large_folder(folder / "large")
        with two_servers(folder) as servers:
            switches = measure_switches(servers, rounds)
    return {
        "check_seconds": round(checked.seconds, 2),
        "check_megabytes": round(checked.megabytes),
        "switch_seconds": {
            kind: {"median": round(statistics.median(each), 2), "max": round(max(each), 2)}
            for kind, each in switches.items()
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.rounds)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    print(f"check of {_FILES * _ENTRIES_A_FILE} entries  {figures['check_seconds']:.2f} s", end="")
    print(f", {figures['check_megabytes']} MB")
    for kind, spread in figures["switch_seconds"].items():
        print(f"{kind} live everywhere  median {spread['median']:.2f} s, max {spread['max']:.2f} s")


if __name__ == "__main__":
    main()
