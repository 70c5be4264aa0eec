"""How long a newcomer waits: the demo until it is ready, and one question on the command line.

    python -m benchmarks.startup [--repeats 3] [--json]

The clock starts when the process is started and stops when the demo has printed 已就绪, or when
`chatbot ask` has ended. "first" has an empty data folder: it makes the database cluster and embeds
the sample knowledge; "next" finds both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.processes import ROOT, environment, free_port, remove_cluster

_READY = "已就绪"


def time_demo(data_dir: Path) -> float:
    """Start the demo, return the seconds until it is ready, and stop it."""
    command = [
        sys.executable, "-m", "chatbot", "demo", "--port", str(free_port()),
        "--simulator-port", str(free_port()),
    ]  # fmt: skip
    started = time.perf_counter()
    demo = subprocess.Popen(
        command, cwd=ROOT, env=_environment(data_dir), stdout=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    try:
        for line in demo.stdout:
            if _READY in line:
                return time.perf_counter() - started
        raise RuntimeError("the demo ended before it was ready")
    finally:
        demo.terminate()
        demo.communicate(timeout=60)


def time_ask(data_dir: Path) -> float:
    """Ask one question from the command line; return the seconds it took."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "chatbot", "ask", "退房能不能晚几个钟头"],
        cwd=ROOT, env=_environment(data_dir), stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return time.perf_counter() - started


def _environment(data_dir: Path) -> dict[str, str]:
    # The answer goes to a pipe, whose encoding is otherwise the locale's.
    return environment(CHATBOT_DATA_DIR=str(data_dir), PYTHONUTF8="1", PYTHONUNBUFFERED="1")


def measure(repeats: int) -> dict[str, list[float]]:
    """Return seconds: one first start, then ``repeats`` of everything that finds it done."""
    with tempfile.TemporaryDirectory(prefix="chatbot-bench-") as name:
        data_dir = Path(name) / "data"
        try:
            first = time_demo(data_dir)
            return {
                "demo_first": [first],
                "demo_next": [time_demo(data_dir) for _ in range(repeats)],
                "ask": [time_ask(data_dir) for _ in range(repeats)],
            }
        finally:
            remove_cluster(data_dir)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Seconds until the demo is ready.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print every value as JSON")
    given = parser.parse_args()
    found = measure(given.repeats)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for name, values in found.items():
        print(f"{name:<12} median {statistics.median(values):6.2f} s  worst {max(values):6.2f} s")


if __name__ == "__main__":
    main()
