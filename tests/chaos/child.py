"""The real server, as a process that ends itself with SIGKILL at a named instant.

``python -m tests.chaos.child [STEP COUNT]``: with arguments it dies the COUNT-th time it reaches
STEP. Settings come from the environment, as for ``chatbot serve``; the database must be given.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import get_args

from chatbot.threads import limit_native_threads

limit_native_threads()

from chatbot.pipeline.checkpoints import Checkpoint, Step, pass_by  # noqa: E402 - after threads
from chatbot.running import prepare, serve_until_stopped  # noqa: E402 - after the threads
from chatbot.settings import load_settings  # noqa: E402 - after the threads

STEPS: tuple[Step, ...] = get_args(Step)


def die_at(wanted: str, count: int) -> Checkpoint:
    """Return a checkpoint that kills this process the ``count``-th time ``wanted`` is reached."""
    if wanted not in STEPS:
        raise SystemExit(f"{wanted!r} is no step; the steps are {', '.join(STEPS)}")
    left = count

    def checkpoint(step: Step) -> None:
        nonlocal left
        if step == wanted:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM, or until the chosen instant."""
    checkpoint = die_at(arguments[0], int(arguments[1])) if arguments else pass_by
    settings = load_settings()
    prepare(settings)
    asyncio.run(
        serve_until_stopped(
            settings, settings.database_url, announce=lambda *_: None, checkpoint=checkpoint
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
