"""How many messages a second the whole system answers, against the bare encoder.

    python -m benchmarks.throughput [--threads N]… [--repeats 3] [--seconds 20] [--json]

What is measured and how to read it: ``docs/benchmarks.md``. Exit code 1 if a message did not get
exactly one accepted reply.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks.loadgen import Figures, Plan
from benchmarks.processes import ROOT, environment
from benchmarks.questions import Pair, Questions
from benchmarks.report import Report, Series, make_report, rate, render
from benchmarks.stand import Stand, standing

_BURST = 200
_SETTLE_SECONDS = 5.0
_WARM_UP = (20.0, 3.0)  # messages a second, seconds
_ENCODER_SECONDS = 8.0
_ENCODER_TEXTS = 500
#: Share of the throughput found, for the latencies of an ordinary load.
_ORDINARY = 0.6

Say = Callable[[str], None]


class Bench:
    """The measurements on one running system, in the order that makes them comparable."""

    def __init__(self, stand: Stand, questions: Questions, threads: int, say: Say) -> None:
        self._stand = stand
        self._questions = questions
        self._threads = threads
        self._say = say
        self._sample = questions.take(_ENCODER_TEXTS)

    def run(self, repeats: int, seconds: float) -> Series:
        """Measure encoder and system in turns, so that noise of the machine meets both.

        A load offers what the encoder alone could do, which is more than the system can: the
        queue that is there from the beginning grows until the end.
        """
        series = Series(self._threads)
        self._load(*_WARM_UP, burst=0)  # connections, prepared statements
        self._encoders(series)
        for _ in range(repeats):
            offered = series.encoder[self._threads][-1]
            series.saturated.append(self._load(offered, seconds, burst=_BURST))
            self._encoders(series)
        ordinary = _ORDINARY * series.messages_per_second()
        series.ordinary = self._load(ordinary, seconds, burst=0)
        return series

    def _encoders(self, series: Series) -> None:
        for width in sorted({self._threads, os.cpu_count() or 1}):
            arguments = ["benchmarks.bare_encoder", str(width), str(_ENCODER_SECONDS)]
            found = _python(arguments, self._sample)
            series.encoder.setdefault(width, []).append(found["texts_per_second"])
            if width == self._threads:
                series.encoder_cpu_ms.append(found["cpu_ms_per_text"])
            self._say(f"bare encoder, {width} thread(s): {found['texts_per_second']:.1f} texts/s")

    def _load(self, offered: float, seconds: float, *, burst: int) -> Figures:
        stand = self._stand
        plan = Plan(
            platform=stand.platform,
            callback_url=stand.callback_url,
            config=str(stand.config),
            customers=stand.customers,
            texts=self._questions.take(burst + int((seconds + _SETTLE_SECONDS) * offered)),
            rate=offered,
            burst=burst,
            settle=_SETTLE_SECONDS,
            seconds=seconds,
            pids=stand.pids,
        )
        figures = Figures(**_python(["benchmarks.loadgen"], asdict(plan)))
        self._say(f"{offered:.1f} messages/s written: {rate(figures):.1f} replies/s")
        return figures


def _python(module_and_arguments: list[str], given: object) -> Report:
    """Run a module in a process of its own, with JSON in and JSON out."""
    done = subprocess.run(
        [sys.executable, "-m", *module_and_arguments], cwd=ROOT, check=True,
        env=environment(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive"),
        input=json.dumps(given).encode(), stdout=subprocess.PIPE,
    )  # fmt: skip
    result: Report = json.loads(done.stdout)
    return result


def measure(threads: int, repeats: int, seconds: float, folder: Path, say: Say) -> Report:
    """Start the system with ``threads`` encoder threads, measure, stop it; return the report."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = _python(["benchmarks.questions"], str(folder / "vectors"))["pairs"]
    questions = Questions([Pair(**pair) for pair in pairs])
    with standing(folder, threads) as stand:
        return make_report(Bench(stand, questions, threads, say).run(repeats, seconds))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Messages a second against the bare encoder.")
    parser.add_argument(
        "--threads", type=int, action="append",
        help="CHATBOT_ENCODER_THREADS of the server, repeatable (default: its default)",
    )  # fmt: skip
    parser.add_argument("--repeats", type=int, default=3, help="saturated loads (default: 3)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each (default: 20)")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    parser.add_argument("--logs", type=Path, help="folder that keeps the processes' logs")
    return parser.parse_args()


def main() -> None:
    """Measure what the command line says and print it."""
    given = _arguments()
    default = max(1, (os.cpu_count() or 2) - 1)
    reports = []
    with tempfile.TemporaryDirectory(prefix="chatbot-bench-") as name:
        for threads in given.threads or [default]:
            folder = (given.logs or Path(name)) / f"threads-{threads}"
            reports.append(measure(threads, given.repeats, given.seconds, folder, _say))
            if not given.json:
                print(render(reports[-1]), flush=True)
    if given.json:
        print(json.dumps(reports, indent=2))
    sys.exit(1 if any(report["problems"] for report in reports) else 0)


if __name__ == "__main__":
    main()
