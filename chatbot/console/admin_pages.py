"""What the pages of those who run the desk have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from aiohttp import web

from chatbot.console.gate import SIGNED_IN, Gate
from chatbot.texts import Texts


class AdminWriter:
    """Draws pages with captions of their own beside those of the frame around them."""

    def __init__(
        self,
        gate: Gate,
        here: str,
        folder: str = "admin",
        words: Callable[[Texts], Mapping[str, str]] = attrgetter("admin_words"),
    ) -> None:
        """``here`` is the place in the head's navigation, ``folder`` that of the templates."""
        self._writer = gate.writer
        self._here = here
        self._folder = folder
        self._words = words

    @property
    def words(self) -> Mapping[str, str]:
        """Return the captions in force."""
        return self._words(self._writer.texts())

    @property
    def texts(self) -> Texts:
        """Return all texts in force."""
        return self._writer.texts()

    def say(self, key: str, **values: object) -> str:
        """Return a sentence of the captions."""
        return self.words[key].format(**values)

    def page(
        self, request: web.Request, name: str, status: int = 200, **values: Any
    ) -> web.Response:
        """Return a page; ``?done=key`` of the address says what has just been done."""
        done = f"done_{request.query.get('done', '')}"
        notice = self.words.get(done, "") if status == 200 and request.method == "GET" else ""
        return self._writer.page(
            f"{self._folder}/{name}.html", status, me=request[SIGNED_IN], here=self._here,
            own=self.words, **{"notice": notice, **values},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Posted:
    """What was sent with a form: fields by name, the files that were chosen and their names."""

    fields: Mapping[str, str]
    files: Mapping[str, bytes]
    file_names: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def get(self, name: str) -> str:
        """Return what was filled in, nothing where there is no such field."""
        return self.fields.get(name, "")


async def posted(request: web.Request) -> Posted | None:
    """Return what was filled in; None if it is too large to be read.

    Lines end as they do in files here, whatever the browser makes of them.
    """
    try:
        data = await request.post()
    except web.HTTPRequestEntityTooLarge:
        return None
    fields = {
        name: each.replace("\r\n", "\n") for name, each in data.items() if isinstance(each, str)
    }
    uploads = {name: each for name, each in data.items() if isinstance(each, web.FileField)}
    # A large one is on the disk.
    files = {name: await asyncio.to_thread(_content, each) for name, each in uploads.items()}
    names = {name: each.filename for name, each in uploads.items()}
    return Posted(fields, files, names)


def _content(upload: web.FileField) -> bytes:
    with upload.file as file:
        return file.read()


NOTHING_POSTED = Posted({}, {})
