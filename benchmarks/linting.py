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
import resource
import shutil
import subprocess
import sys
import tempfile
import time
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


def check(folder: Path, *options: str) -> tuple[float, int]:
    """Return the seconds that a check takes, and how many findings it has."""
    settings = {
        "CHATBOT_DATA_DIR": str(folder / "data"),
        "CHATBOT_KNOWLEDGE_DIR": str(folder / "knowledge"),
        "CHATBOT_INTENTS_DIR": str(folder / "intents"),
    }
    command = [sys.executable, "-m", "chatbot", "knowledge", "check", "--json", *options]
    begun = time.perf_counter()
    result = subprocess.run(
        command, cwd=ROOT, env=environment() | settings, check=False, capture_output=True
    )
    seconds = time.perf_counter() - begun
    return seconds, len(json.loads(result.stdout)["findings"])


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print JSON")
    as_json = parser.parse_args().json
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_files(folder)
        quick, _ = check(folder, "--quick")
        quick_peak = _peak_megabytes()
        check(folder)  # embeds the intents' examples
        seconds, found = check(folder)
    figures = {
        "entries": _ENTRIES,
        "questions": _ENTRIES * _WORDINGS,
        "findings": found,
        "seconds": round(seconds, 1),
        "megabytes": round(_peak_megabytes()),
        "quick_seconds": round(quick, 1),
        "quick_megabytes": round(quick_peak),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figures) if as_json else "\n".join(f"{k:16} {v}" for k, v in figures.items()))


if __name__ == "__main__":
    main()
