"""What keeps confidence from being computed well in a knowledge base, seen without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.answers.entries import ENOUGH_WORDINGS, Entry
from chatbot.understanding.normalise import Normaliser

#: Why confidence is worth less than it could be.
CautionKind = Literal["empty", "one-entry", "no-similar", "few-similar", "crowded", "same-wording"]

#: From so many wordings on an entry learns nothing from more of them, and draws in what is not its.
_CROWDED = 500


@dataclass(frozen=True, slots=True)
class Caution:
    """One reason; ``wording`` where it is about one, ``entries`` (ids) it is about, ``count``."""

    kind: CautionKind
    entries: tuple[str, ...] = ()
    wording: str = ""
    count: int = 0


def cautions(entries: Sequence[Entry], normaliser: Normaliser) -> list[Caution]:
    """Return what to warn of, the most serious first."""
    return [*size_cautions(entries), *same_wordings(entries, normaliser)]


def size_cautions(entries: Sequence[Entry]) -> list[Caution]:
    """Return what to warn of about how many entries and wordings there are."""
    return [*_of_size(entries), *_crowded(entries)]


def _of_size(entries: Sequence[Entry]) -> Iterator[Caution]:
    if not entries:
        yield Caution("empty")
        return
    if len(entries) == 1:
        yield Caution("one-entry", (entries[0].id,))
    several = sum(len(entry.wordings) for entry in entries if entry.similar)
    if not several:
        yield Caution("no-similar", count=len(entries))
    elif several < ENOUGH_WORDINGS:
        yield Caution("few-similar", count=several)


def _crowded(entries: Sequence[Entry]) -> Iterator[Caution]:
    for entry in entries:
        if len(entry.wordings) > _CROWDED:
            yield Caution("crowded", (entry.id,), count=len(entry.wordings))


def same_wordings(entries: Sequence[Entry], normaliser: Normaliser) -> list[Caution]:
    """Return the wordings that several entries have, in file order."""
    having: dict[str, dict[str, str]] = {}
    for entry in entries:
        for wording in entry.wordings:
            having.setdefault(normaliser.key(wording), {}).setdefault(entry.id, wording)
    return [
        Caution("same-wording", tuple(found), next(iter(found.values())))
        for key, found in having.items()
        if key and len(found) > 1
    ]
