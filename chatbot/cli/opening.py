"""From files to the service that decides by them, for commands without a database."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.building import DialogueBuilder
    from chatbot.dialogue.dialogue import Dialogue
    from chatbot.dialogue.service import DialogueService
    from chatbot.knowledge.content import Content
    from chatbot.matching.encoder import Encoder
    from chatbot.settings import Settings

_APPEARS_SECONDS = 1.0


def check_intents(intents: Path | None) -> None:
    """Raise UserError if ``--intents`` names a folder that is none."""
    if intents is not None and not intents.is_dir():
        raise UserError(f"--intents {intents}: no such folder")


@contextmanager
def open_service(
    content: Content,
    settings: Settings,
    *,
    encoder: Encoder | None = None,
    threads: int | None = None,
) -> Iterator[DialogueService]:
    """Yield the service that decides by ``content``, and stop its threads in the end.

    ``encoder`` and ``threads`` are those of the settings unless given; raises SettingError for an
    encoder that cannot be made.
    """
    from chatbot.building import builder_of
    from chatbot.dialogue.service import DialogueService
    from chatbot.matching.encoder import make_encoder
    from chatbot.matching.vector_cache import VectorCache

    encoder = encoder or make_encoder(settings.encoder)
    dialogue = built(builder_of(settings, encoder, VectorCache(settings.data_dir)), content)
    service = DialogueService(dialogue, encoder, threads or settings.encoder_threads)
    try:
        yield service
    finally:
        service.close()


def built(build: DialogueBuilder, content: Content) -> Dialogue:
    """Return the dialogue of ``content``, showing how many vectors it still takes."""
    with progress("计算向量", None) as advance:
        return build(content, 0, progress=advance)


class Advance:
    """Moves a progress bar, or does nothing where there is no terminal."""

    def __init__(self, bar: Any | None, task: Any, total: int | None) -> None:
        self._bar = bar
        self._task = task
        self._total = total

    def __call__(self, done: int, total: int | None = None) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total or self._total)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Advance]:
    """Show a progress bar on standard error while the block runs, if that is a terminal.

    It appears after a second: what is done by then needs none.
    """
    if not sys.stderr.isatty():
        yield Advance(None, None, total)
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    appearing = threading.Timer(_APPEARS_SECONDS, bar.start)
    appearing.start()
    try:
        yield Advance(bar, bar.add_task(title, total=total), total)
    finally:
        appearing.cancel()
        appearing.join()
        bar.stop()
