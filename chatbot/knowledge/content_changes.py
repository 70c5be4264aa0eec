"""What differs between two contents, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol

from chatbot.knowledge.content import Content

Kind = Literal["added", "changed", "removed"]


class _Record(Protocol):
    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class ItemChange:
    """Something with a name (an entry's id, an intent's name) that was added, removed or changed.

    ``title`` is what people call it; ``fields`` are the keys that differ, of what was changed.
    """

    name: str
    title: str
    kind: Kind
    fields: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "title": self.title, "kind": self.kind, "fields": list(self.fields),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContentChanges:
    """All that differs: by kind of item, and ``pictures`` that are new, gone or other ones."""

    entries: tuple[ItemChange, ...] = ()
    intents: tuple[ItemChange, ...] = ()
    texts: tuple[ItemChange, ...] = ()
    tables: tuple[ItemChange, ...] = ()
    accounts: tuple[ItemChange, ...] = ()
    tag_groups: tuple[ItemChange, ...] = ()
    words: tuple[ItemChange, ...] = ()
    synonyms: tuple[ItemChange, ...] = ()
    pinned: tuple[ItemChange, ...] = ()
    pictures: tuple[ItemChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing differs."""
        return not any(getattr(self, each.name) for each in fields(self))

    def to_json(self) -> dict[str, Any]:
        """Return the changes by kind; kinds without any are left out."""
        by_kind = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            kind: [each.to_json() for each in changes]
            for kind, changes in by_kind.items()
            if changes
        }


def content_changes(before: Content, after: Content) -> ContentChanges:
    """Return what differs, in the order of ``after``; what was removed comes last."""
    return ContentChanges(
        entries=_items(before.entries, after.entries, "id", "question"),
        intents=_items(before.intents, after.intents, "name", "title"),
        texts=_named(before.texts, after.texts),
        tables=_items(before.tables, after.tables, "name", "name"),
        accounts=_named(_account_records(before), _account_records(after)),
        tag_groups=_items(before.tag_groups, after.tag_groups, "name", "title"),
        words=_named(dict.fromkeys(before.words), dict.fromkeys(after.words)),
        synonyms=_named(
            {group[0]: group for group in before.synonyms},
            {group[0]: group for group in after.synonyms},
        ),
        pinned=_named(
            {each.text: each for each in before.pinned}, {each.text: each for each in after.pinned}
        ),
        pictures=_named(before.media, after.media),
    )


def _account_records(content: Content) -> dict[str, Any]:
    record = content.accounts.to_json()
    each = {account["key"]: account for account in record["accounts"]}
    return {**each, "default": record["default"], "calendar": record["calendar"]}


def _items(
    before: Iterable[_Record], after: Iterable[_Record], name: str, title: str
) -> tuple[ItemChange, ...]:
    """Compare items by the attribute ``name``; people call them by ``title``."""
    old = {getattr(each, name): each for each in before}
    new = {getattr(each, name): each for each in after}
    found = _compared(old, new)
    return tuple(
        ItemChange(key, getattr(new.get(key) or old[key], title), kind, _differing(old, new, key))
        for key, kind in found
    )


def _named(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ItemChange, ...]:
    return tuple(ItemChange(name, name, kind) for name, kind in _compared(before, after))


def _compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Kind]]:
    for name, item in new.items():
        if name not in old:
            yield name, "added"
        elif old[name] != item:
            yield name, "changed"
    yield from ((name, "removed") for name in old if name not in new)


def _differing(
    old: Mapping[str, _Record], new: Mapping[str, _Record], name: str
) -> tuple[str, ...]:
    """Return the keys of what was changed."""
    if name not in old or name not in new:
        return ()
    before, after = old[name].to_json(), new[name].to_json()
    return tuple(key for key in after if after[key] != before.get(key))
