"""What an import of many rows takes: seconds, and the most memory that the process ever had.

    python -m benchmarks.importing [--rows 50000] [--json]

A knowledge folder gets ``--rows`` entries from a CSV file and from a workbook, each first as new
rows (tried, then applied), then with every hundredth answer changed, merged three ways with the
file that they were exported from. Each step is a process of its own, so that none has the memory
of another.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chatbot.answers.entries import Entry, plain_answer
from chatbot.exchange.export import export_entries
from chatbot.exchange.importing import Base, Folder, Wishes, try_import
from chatbot.exchange.incoming import read_base
from chatbot.knowledge.content import load_content
from chatbot.understanding.normalise import Normaliser

_SUFFIXES = (".csv", ".xlsx")


def entries(rows: int) -> list[Entry]:
    """Return entries as long as ordinary ones: a question, three more wordings, two sentences."""
    return [
        Entry(
            f"e{n}",
            f"第 {n} 号房的早餐几点开始供应？",
            plain_answer(f"第 {n} 号房的早餐从 6:30 供应到 10:00。\n请带上房卡，到二楼的餐厅。"),
            tuple(f"{word} {n} 号房早餐几点" for word in ("请问", "麻烦问下", "想知道")),
            category=f"楼层{n % 20}",
        )
        for n in range(rows)
    ]


def run_step(step: str, folder: Path, suffix: str, rows: int) -> None:
    """Do one step, and print its seconds and megabytes."""
    root = folder / "knowledge"
    old, new = folder / f"old{suffix}", folder / f"new{suffix}"
    started = time.perf_counter()
    if step == "export":
        export_entries(old, entries(rows), None)
    elif step == "edit":
        edited = [
            replace(each, answer=plain_answer("改了。")) if n % 100 == 0 else each
            for n, each in enumerate(entries(rows))
        ]
        export_entries(new, edited, None)
    else:
        base = Base(read_base(old, Normaliser())) if "merge" in step else None
        source = new if base else old
        trial = try_import(source, Folder(root, load_content(root, None)), base, Wishes())
        assert not trial.incoming.refused
        assert not trial.left
        if "apply" in step:
            trial.drafts.write()
    seconds = time.perf_counter() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": round(seconds, 1), "megabytes": round(megabytes)}))


def measured(rows: int) -> dict[str, dict[str, float]]:
    """Return the figures of every step by its name."""
    figures: dict[str, dict[str, float]] = {}
    for suffix in _SUFFIXES:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "knowledge").mkdir()
            for step in ("export", "edit", "try", "apply", "merge-try", "merge-apply"):
                command = [sys.executable, "-m", "benchmarks.importing", "--rows", str(rows)]
                command += ["--step", step, "--folder", folder, "--suffix", suffix]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                figures[f"{suffix} {step}"] = json.loads(done.stdout)
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--suffix")
    chosen = parser.parse_args(arguments)
    if chosen.step:
        run_step(chosen.step, chosen.folder, chosen.suffix, chosen.rows)
        return
    figures = measured(chosen.rows)
    if chosen.json:
        print(json.dumps(figures))
        return
    for step, each in figures.items():
        print(f"{step:<20} {each['seconds']:>8.1f} s {each['megabytes']:>8.0f} MB")


if __name__ == "__main__":
    main()
