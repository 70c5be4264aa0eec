"""Draws pages from the templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from chatbot.access.roles import may
from chatbot.console.navigation import navigation
from chatbot.texts import Texts

_TEMPLATES = Path(__file__).parent / "templates"


class PageWriter:
    """Draws pages in the words that are in force when they are asked for."""

    def __init__(self, texts: Callable[[], Texts], timezone: str) -> None:
        self.texts = texts
        self._zone = ZoneInfo(timezone)
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, auto_reload=False
        )
        self._environment.globals |= {"may": may, "navigation": navigation}
        # Read and compiled now: a request may not wait for files.
        self._templates = {
            name: self._environment.get_template(name)
            for name in self._environment.list_templates()
        }

    @property
    def words(self) -> Mapping[str, str]:
        """Return the captions of the pages about who may come in."""
        return self.texts().access_words

    def local(self, at: datetime, form: str) -> str:
        """Return a moment as it is written here; ``form`` as in `datetime.strftime`."""
        return at.astimezone(self._zone).strftime(form)

    def page(self, name: str, status: int = 200, **values: Any) -> web.Response:
        """Return a page; templates see ``texts``, ``words``, ``zone`` and the ``values``.

        Whether a viewer ``may`` do something can be asked in all of them.
        """
        texts = self.texts()
        body = self._templates[name].render(
            texts=texts, words=texts.access_words, zone=self._zone, **values
        )
        return web.Response(text=body, status=status, content_type="text/html")
