"""No message makes an expression take exponential time, which would hold all other customers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chatbot.dialogue.choices import chosen, pointed_at, unwrapped

#: Seconds; reading takes a tenth of them, and an exponential expression years.
_FAR_TOO_LONG = 100
_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["expressions", "public", "dialogue"])
def test_that_nothing_said_again_and_again_takes_exponential_time(
    kind: str, vectors_dir: Path
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.dialogue.read_worst_texts", kind, str(vectors_dir)],
        cwd=_ROOT,
        timeout=_FAR_TOO_LONG,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 500


@pytest.mark.parametrize("words", ["就是", "那那么", "就是的", "问的是的"])
def test_that_a_place_behind_many_words_is_none(words: str) -> None:
    long = words * 2_000
    assert [pointed_at(f"{long}第一个", lines) for lines in (0, 1, 3)] == [None] * 3
    assert chosen(f"{long}1", 3) is None
    assert pointed_at(f"{words}第二个", 3) == 1
    assert unwrapped(f"{long}停车").endswith("停车")
