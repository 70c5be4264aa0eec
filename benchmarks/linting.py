"""How long `chatbot knowledge check` takes with 10,000 entries, and how much memory.

    python -m benchmarks.linting [--json]

The entries have a question and five similar questions each, 60,000 in all, and answers with times
and prices; the intents are the sample's. Vectors are cached, as they are after the first check:
drawn around a direction for each entry, because 60,000 real ones take ten minutes to make and cost
the check no less. Every time is that of a process from its start to its end, reading files and
building the index included; memory is the most that the process had.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.decisions import fill_cache, knowledge
from benchmarks.processes import ROOT, environment
from chatbot.matching.vector_cache import VectorCache

_ENTRIES = 10_000
_WORDINGS = 6


def write_files(folder: Path) -> None:
    """Write knowledge and intents, and the vectors of their texts."""
    content, drawn = knowledge(_ENTRIES * _WORDINGS, _WORDINGS)
    files = folder / "knowledge"
    files.mkdir()
    rows = (
        {
            "id": entry.id,
            "question": entry.question,
            "similar": entry.similar,
            "answer": f"{number % 12 + 8}:00 前可以，每次 {number % 90 + 10} 元。",
        }
        for number, entry in enumerate(content.entries)
    )
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    (files / "all.jsonl").write_text(lines, "utf-8")
    shutil.copytree(ROOT / "intents", folder / "intents")
    fill_cache(VectorCache(folder / "data"), drawn, content)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check took: seconds, seconds of one core, megabytes at most; and what it found."""

    seconds: float
    core_seconds: float
    megabytes: float
    findings: int

    def to_json(self) -> dict[str, float]:
        """Return the figures as they are told."""
        return {name: round(value, 1) for name, value in asdict(self).items()}


def check(folder: Path, *options: str) -> Checked:
    """Check the files in ``folder`` in a process of its own."""
    settings = {
        "CHATBOT_DATA_DIR": str(folder / "data"),
        "CHATBOT_KNOWLEDGE_DIR": str(folder / "knowledge"),
        "CHATBOT_INTENTS_DIR": str(folder / "intents"),
    }
    command = [sys.executable, "-m", "chatbot", "knowledge", "check", "--json", *options]
    told = folder / "told.json"
    begun = time.perf_counter()
    with told.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment() | settings, stdout=output)
        _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # waited for above, where the figures are
    return Checked(
        seconds=time.perf_counter() - begun,
        core_seconds=usage.ru_utime + usage.ru_stime,
        megabytes=usage.ru_maxrss / 1024,
        findings=len(json.loads(told.read_bytes())["findings"]),
    )


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", type=Path, help="only write the files into this folder")
    options = parser.parse_args()
    if options.write:
        write_files(options.write)
        return
    with tempfile.TemporaryDirectory() as scratch:
        # In a process of its own: a child's peak begins with what its parent has.
        command = [sys.executable, "-m", "benchmarks.linting", "--write", scratch]
        subprocess.run(command, cwd=ROOT, check=True)
        quick = check(Path(scratch), "--quick")
        check(Path(scratch))  # embeds the intents' examples
        whole = check(Path(scratch))
    figures = {"quick": quick.to_json(), "whole": whole.to_json(), "load": os.getloadavg()[0]}
    print(json.dumps(figures) if options.json else "\n".join(map(str, figures.items())))


if __name__ == "__main__":
    main()
