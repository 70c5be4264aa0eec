"""What is filled in on the page of a notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.notices.brand import Brand
from chatbot.notices.writing import Draft

_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Filled:
    """A draft, the version of the notice that was seen, and whether only to look at it."""

    draft: Draft
    version: int
    look: bool


async def filled_in(request: web.Request) -> Filled:
    """Return what was sent with the form."""
    data = await request.post()

    def one(name: str) -> str:
        value = data.get(name, "")
        return value.replace("\r\n", "\n").replace("\0", "") if isinstance(value, str) else ""

    draft = Draft(
        one("text"), one("mode"), one("begins"), one("ends"), _all(data, "store"),
        _all(data, "account"), _all(data, "category"),
    )  # fmt: skip
    written = one("version")
    known = written.isascii() and written.isdigit() and len(written) <= 9
    return Filled(draft, min(int(written), _LARGEST) if known else 0, look="look" in data)


def _all(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return every value of a name: the form has one for each box that is ticked."""
    found = (each for key, each in data.items() if key == name and isinstance(each, str))
    return tuple(each.replace("\0", "") for each in found)


def limit_of(viewer: Viewer, brand: Brand) -> tuple[str, ...] | None:
    """Return the stores that a viewer may write notices for, None for all."""
    if viewer.stores is None:
        return None
    return tuple(brand.store(each) or each for each in viewer.stores)
