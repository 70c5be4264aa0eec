from __future__ import annotations

import io
import sys
import time

import pytest

from chatbot.cli import opening
from chatbot.cli.opening import progress


class Terminal(io.StringIO):
    """A standard error that somebody looks at."""

    def isatty(self) -> bool:
        return True


def _watched(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.0) -> Terminal:
    """Write to a terminal from now on; bars appear after ``seconds``.

    No fixture: pytest puts its own stream in place when the test begins.
    """
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(opening, "_APPEARS_SECONDS", seconds)
    return terminal


def test_that_quick_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _watched(monkeypatch, 60)
    with progress("计算向量", None) as advance:
        advance(64, 100)
    assert stream.getvalue() == ""


def test_that_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _watched(monkeypatch)
    with progress("计算向量", None) as advance:
        advance(0, 100)
        while "计算向量" not in stream.getvalue():
            advance(64, 100)
            time.sleep(0.05)
    assert "计算向量" in stream.getvalue()


def test_that_no_bar_is_written_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setattr(opening, "_APPEARS_SECONDS", 0.0)
    with progress("计算向量", 10) as advance:
        advance(5)
    assert file.getvalue() == ""


def _interrupted(stream: Terminal) -> None:
    with progress("计算向量", 10):
        while not stream.getvalue():
            time.sleep(0.05)
        raise KeyboardInterrupt


def test_that_an_error_ends_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _watched(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(stream)
    assert stream.getvalue().count("\x1b[?25l") == stream.getvalue().count("\x1b[?25h")
