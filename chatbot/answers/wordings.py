"""Messages that word an entry's question the same, or nearly so; no vectors needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.answers.entries import Entry
from chatbot.matching import fuzzy
from chatbot.understanding.normalise import Normaliser, NormalText

#: Share of right answers among messages that word a question the same; not quite all, because
#: one wording can ask for two things.
EXACT_CONFIDENCE = 0.99
NEAR_EXACT_CONFIDENCE = 0.97


@dataclass(frozen=True, slots=True)
class WordingMatch:
    """Entries (by number, file order) whose wording is the message's, and how close it is."""

    entries: tuple[int, ...]
    rule: Literal["exact", "near-exact"]
    ratio: float

    @property
    def confidence(self) -> float:
        """Return the probability that the first entry is right."""
        return EXACT_CONFIDENCE if self.rule == "exact" else NEAR_EXACT_CONFIDENCE


class Wordings:
    """Every wording of every entry by its key, and the wordings that must not lead to it."""

    def __init__(self, entries: Sequence[Entry], normaliser: Normaliser) -> None:
        self._asked: dict[str, list[int]] = {}
        self._refused: dict[str, list[int]] = {}
        self._questions = [normaliser.key(entry.question) for entry in entries]
        for number, entry in enumerate(entries):
            similar = map(normaliser.key, entry.wordings[1:])
            _collect(self._asked, (self._questions[number], *similar), number)
            _collect(self._refused, map(normaliser.key, entry.excluded), number)
        self._asked_keys = list(self._asked)
        self._close_asked = fuzzy.CloseKeys(self._asked_keys)
        self._refused_keys = list(self._refused)
        self._close_refused = fuzzy.CloseKeys(self._refused_keys)

    def question_key(self, number: int) -> str:
        """Return the letters and digits of the question of the entry ``number``."""
        return self._questions[number]

    def refused(self, key: str) -> frozenset[int]:
        """Return the entries that the message must never lead to."""
        close = [self._refused_keys[at] for at, _ in self._close_refused.find(key)]
        return frozenset(number for other in close for number in self._refused[other])

    def alike(self, key: str) -> frozenset[int]:
        """Return the entries with a wording that is ``key`` or nearly so."""
        close = [self._asked_keys[at] for at, _ in self._close_asked.find(key)]
        return frozenset(number for other in close for number in self._asked[other])

    def match(self, key: str, barred: frozenset[int]) -> WordingMatch | None:
        """Return the entries worded like ``key``, without the ``barred`` ones, or None.

        The same wording wins over nearly the same; among the latter the closest.
        """
        same = _allowed(self._asked.get(key, ()), barred)
        if same:
            return WordingMatch(same, "exact", 1.0)
        for at, ratio in self._close_asked.find(key):
            close = _allowed(self._asked[self._asked_keys[at]], barred)
            if close:
                return WordingMatch(close, "near-exact", ratio)
        return None


def indexed_wordings(
    entries: Sequence[Entry], normaliser: Normaliser
) -> list[dict[NormalText, str]]:
    """Return the wordings of each entry as they are indexed, in this order, and as written.

    The same wording is indexed once: of two entries the earlier one has it, if it answers wherever
    the later one does. In both it would tell neither from the other, and so lead to none.
    """
    indexed: list[dict[NormalText, str]] = []
    first: dict[str, list[Entry]] = {}
    for entry in entries:
        written: dict[NormalText, str] = {}
        for wording in entry.wordings:
            text = normaliser.normalise(wording)
            before = first.setdefault(text.key, [])
            if any(other is not entry and _stands_in(other, entry) for other in before):
                continue
            before.append(entry)
            written.setdefault(text, wording)
        indexed.append(written)
    return indexed


def _stands_in(entry: Entry, other: Entry) -> bool:
    """Return whether ``entry`` answers on all days and accounts that ``other`` answers on."""
    anywhere = not entry.scope or (bool(other.scope) and set(other.scope) <= set(entry.scope))
    always = not entry.valid.is_limited or entry.valid == other.valid
    return anywhere and always and entry.category == other.category


def _collect(into: dict[str, list[int]], keys: Iterable[str], number: int) -> None:
    for key in dict.fromkeys(keys):
        if key:
            into.setdefault(key, []).append(number)


def _allowed(numbers: Iterable[int], barred: frozenset[int]) -> tuple[int, ...]:
    return tuple(number for number in numbers if number not in barred)
