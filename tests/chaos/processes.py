"""Processes of a storm: started, watched, killed, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import aiohttp

from tests.pipeline.stage import eventually

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_TAIL = 40


class Process:
    """One child process with its log; killed at the latest when the context ends."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path
    ) -> None:
        inherited = {name: value for name, value in os.environ.items() if name[:8] != "CHATBOT_"}
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env={**inherited, "PYTHONPATH": str(ROOT), **environment},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Return how it ended, or None while it lives."""
        return self._process.poll()

    async def answers(self, url: str) -> None:
        """Wait until ``url`` answers; fail with the log if the process ends instead."""

        async def look() -> bool:
            assert self.returncode is None, f"the process ended early:\n{self.tail()}"
            return await _responds(session, url)

        async with aiohttp.ClientSession() as session:
            await eventually(look, bool, _START_SECONDS)

    async def killed_itself(self, seconds: float) -> None:
        """Wait until the process has died by SIGKILL."""

        async def look() -> int | None:
            return self.returncode

        try:
            code = await eventually(look, lambda found: found is not None, seconds)
        except AssertionError:
            raise AssertionError(f"it never reached its end:\n{self.tail()}") from None
        assert code == -signal.SIGKILL, f"it ended with {code}:\n{self.tail()}"

    def kill(self) -> None:
        """End it at this instant."""
        self._process.kill()
        self._process.wait()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep it from doing anything for a while."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Let it finish and go; fail if it does not end well."""
        self._process.terminate()
        code = self._process.wait(_STOP_SECONDS)
        assert code == 0, f"it stopped with {code}:\n{self.tail()}"

    def tail(self) -> str:
        """Return the last lines it wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_TAIL:])

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


async def _responds(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
