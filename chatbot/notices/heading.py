"""What stands in front of a reply: as many notices as one message holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

#: The bytes that the platform takes as one text message.
TEXT_BYTES = 2048
#: What stands between two notices, and between the last one and the reply.
GAP = "\n\n"

K = TypeVar("K")


def heading_of(texts: Iterable[tuple[K, str]], most: int = TEXT_BYTES) -> tuple[list[K], str]:
    """Return which of the texts, given by what they are of, are said now, and all they say.

    In their order, as far as one message of ``most`` bytes goes: what does not fit waits for the
    customer's next message. The first is said however long it is, if ``most`` is a message's.
    """
    said: list[K] = []
    heading = ""
    for key, text in texts:
        longer = joined(heading, text)
        too_long = size(longer) > most
        if too_long and (said or most < TEXT_BYTES):
            continue
        said.append(key)
        heading = longer
    return said, heading


def joined(heading: str, text: str) -> str:
    """Return ``text`` below ``heading``."""
    return f"{heading}{GAP}{text}" if heading and text else heading or text


def size(text: str) -> int:
    """Return how many bytes a text takes on the wire."""
    return len(text.encode("utf-8", "replace"))
