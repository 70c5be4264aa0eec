"""Which rows of the tables a customer belongs to, without a message that names one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from chatbot.facts.rows import RowFinder, row_called
from chatbot.understanding.normalise import Normaliser


def rows_meant(
    finders: Mapping[str, RowFinder],
    remembered: Mapping[str, str],
    tags: Collection[str],
    scene: str,
) -> dict[str, str]:
    """Return the row of each table that the talk, the customer's tags or the link tell."""
    chosen = (
        (name, finder.find(text_key="", remembered=remembered.get(name), tags=tags, scene=scene))
        for name, finder in finders.items()
    )
    return {name: choice.key for name, choice in chosen if choice.key is not None}


def rows_named(
    finders: Mapping[str, RowFinder], normaliser: Normaliser, names: Iterable[str]
) -> Iterator[str]:
    """Yield the keys of the rows that are called so, and a name itself if no row is."""
    for name in names:
        yield row_called(finders.values(), normaliser.key(name)) or name
