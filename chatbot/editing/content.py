"""Edits within a whole content: pictures that come and go, order that means nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chatbot.answers.messages import file_of
from chatbot.editing.kinds import Kind
from chatbot.editing.merging import Record
from chatbot.knowledge.content import Content


def edited(
    content: Content, kind: Kind, key: str, record: Record | None, pictures: Mapping[str, str]
) -> Content:
    """Return the content with a record, and with just the pictures that are shown then.

    ``pictures`` are those that the content may lack, their SHA-256 by path.

    Raises:
        EditRefused: as ``Kind.applied``.
    """
    more = replace(content, media={**content.media, **pictures})
    made = kind.applied(more, key, record)
    shown = set(_shown(made))
    media = {path: sha for path, sha in sorted(made.media.items()) if path in shown}
    return replace(made, media=media)


def pictures_between(before: Content, after: Content) -> dict[str, str]:
    """Return the pictures that only one of two contents has, their SHA-256 by path."""
    return dict(before.media.items() ^ after.media.items())


def in_order_of(content: Content, other: Content) -> Content:
    """Return a content with its entries in the order of another one that has the same.

    A new entry stands last until it is in a file, and there somewhere else.
    """
    ours = {each.id: each for each in content.entries}
    if len(ours) != len(other.entries) or any(ours.get(e.id) != e for e in other.entries):
        return content
    return replace(content, entries=other.entries)


def _shown(content: Content) -> Iterable[str]:
    for entry in content.entries:
        for message in entry.messages:
            if file := file_of(message):
                yield file
    for intent in content.intents:
        for message in intent.reply:
            if file := file_of(message):
                yield file
