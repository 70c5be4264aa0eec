"""What a burst says in words, and what it shows that only a person can look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from chatbot.dialogue.turn import Utterance

#: Kinds whose title says in words what the customer means.
_TITLED = frozenset({"location", "link", "miniprogram", "card"})

SeenKind = Literal["image", "file", "video"]

_SEEN: Mapping[str, SeenKind] = {"image": "image", "video": "video", "file": "file"}


def words_of(utterance: Utterance) -> str:
    """Return the texts and the titles of cards, links and places, a line each."""
    titles = (item.title for item in utterance.attachments if item.kind in _TITLED)
    return "\n".join(filter(None, map(_storable, (*utterance.texts, *titles))))


def seen_in(utterance: Utterance) -> SeenKind | None:
    """Return the kind of the first attachment that somebody has to look at."""
    kinds = (_SEEN[item.kind] for item in utterance.attachments if item.kind in _SEEN)
    return next(kinds, None)


def has_voice(utterance: Utterance) -> bool:
    """Return whether there is a voice message that nobody has put into words."""
    return any(item.kind == "voice" for item in utterance.attachments)


def _storable(text: str) -> str:
    """Drop what neither a database nor UTF-8 can hold: NULs and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8").strip()
