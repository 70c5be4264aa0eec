"""The same files and questions give the same bytes, in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_SAMPLE = Path(__file__).parents[2]
_QUESTIONS = Path(__file__).parents[1] / "data" / "yunqi_questions.jsonl"


def _decide(output: Path, seed: str, data: Path) -> bytes:
    command = [
        "-m", "chatbot", "answer", "--knowledge", "knowledge", "--intents", "intents",
        "--input", str(_QUESTIONS), "--output", str(output),
    ]  # fmt: skip
    environment = {
        **os.environ, "PYTHONHASHSEED": seed, "CHATBOT_DATA_DIR": str(data), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    subprocess.run(
        [sys.executable, *command], cwd=_SAMPLE, env=environment, check=True, timeout=110
    )
    return output.read_bytes()


def test_that_two_processes_decide_the_same_whatever_the_hash_seed(
    tmp_path: Path, vectors_dir: Path
) -> None:
    first = _decide(tmp_path / "1.jsonl", "1", vectors_dir)
    assert first.count(b"\n") == len(_QUESTIONS.read_text(encoding="utf-8").splitlines())
    assert _decide(tmp_path / "2.jsonl", "2", vectors_dir) == first
