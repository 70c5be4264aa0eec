"""Texts found by a run of their characters, typed as such or in pinyin: 退房, tuifang, tf. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot.understanding.confusions import Confusions, shipped_confusions

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Between two texts; no key has it.
_END = "\n"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_LONGEST_SYLLABLE = 6
#: What input methods take for 中, 出 and 上 beside z, c and s.
_TWO_LETTER_STARTS = frozenset({"zh", "ch", "sh"})
#: More of a query does not make it clearer.
_LONGEST = 40
#: Between two initials so many other characters may stand: wstf finds 晚上才走，退房后…
_WIDEST_GAP = 2
_FEWEST_WITH_GAPS = 3
_NOTHING: Numbers = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Runs:
    """The texts that have the query, by number, and where it first is in each.

    ``whole``: the query is all of the text; ``typed``: some of it was found by pinyin. ``gaps``:
    other characters stand between those found.
    """

    texts: Numbers
    starts: Numbers
    whole: Flags
    typed: Flags
    gaps: bool = False


class Sequences:
    """Keys (letters and digits in normal form) by runs of characters; immutable once built.

    A letter of a query stands for itself or for a character whose reading begins with it, letters
    that are a whole syllable also for a character that is read so; of a character with several
    readings any counts. What is typed last may be the beginning of a syllable.
    """

    def __init__(self, keys: Sequence[str], confusions: Confusions | None = None) -> None:
        joined = _END + "".join(key + _END for key in keys)
        # A lone surrogate is a character like any other here.
        coded = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        codes, chars = np.unique(coded, return_inverse=True)
        self._chars = np.asarray(chars, dtype=np.int32)
        self._ids = {chr(code): number for number, code in enumerate(codes.tolist())}
        ends = np.flatnonzero(self._chars == self._ids[_END])
        self._starts = ends[:-1] + 1
        self._lengths = ends[1:] - self._starts
        order = np.argsort(self._chars, kind="stable")
        bounds = np.searchsorted(self._chars[order], np.arange(len(codes) + 1))
        self._places = (order, bounds)
        self._read_as = _by_reading(self._ids, confusions or shipped_confusions())

    def find(self, query: str) -> Runs:
        """Return the texts that have ``query``, a key, in the order of their numbers.

        Only where initials are no run anywhere they are looked for with gaps.
        """
        query = query[:_LONGEST]
        starts, spans = self._runs(query) if len(self._starts) else (_NOTHING, _NOTHING)
        lonely = not len(starts) and len(query) >= _FEWEST_WITH_GAPS
        if lonely and _LETTERS.issuperset(query):
            return self._with_gaps(query)
        return self._first_of_each(starts, spans, query)

    def _runs(self, query: str) -> tuple[Numbers, Numbers]:
        """Return the places at which the query begins, and how many characters it spans there."""
        # What is left to be matched at (characters of the query, characters of the text) taken.
        open_: dict[tuple[int, int], list[Numbers]] = {(0, 0): []}
        begun: list[tuple[Numbers, int]] = []
        for at in range(len(query)):
            for taken in range(at + 1):
                places = open_.pop((at, taken), None)
                if places is None:
                    continue
                for length, ids in self._tokens(query, at):
                    after = self._after(places, ids)
                    if len(after) and at + length == len(query):
                        begun.append((after - taken - 1, taken + 1))
                    elif len(after):
                        open_.setdefault((at + length, taken + 1), []).append(after)
        if not begun:
            return _NOTHING, _NOTHING
        starts = np.concatenate([places for places, _ in begun])
        spans = np.concatenate([np.full(len(places), span) for places, span in begun])
        return starts, spans

    def _tokens(self, query: str, at: int) -> Iterator[tuple[int, Sequence[int]]]:
        """Yield how many characters of the query may stand for one character, and for which."""
        first = query[at]
        own = [self._ids[first]] if first in self._ids and first != _END else []
        if first not in _LETTERS:
            yield 1, own
            return
        yield 1, [*own, *self._read_as.get(first, ())]
        for length in range(2, _LONGEST_SYLLABLE + 1):
            letters = query[at : at + length]
            if len(letters) < length or not _LETTERS.issuperset(letters):
                return
            is_begun = at + length == len(query) or letters in _TWO_LETTER_STARTS
            ids = self._read_as.get(letters if is_begun else f"{letters} ", ())
            if ids:
                yield length, ids

    def _after(self, places: Sequence[Numbers], ids: Sequence[int]) -> Numbers:
        """Return the places after a character of ``ids`` at ``places``; none given: anywhere."""
        if not places:
            return self._places_of(ids) + 1
        at = np.unique(np.concatenate(places)) if len(places) > 1 else places[0]
        return at[self._is_any(ids)[self._chars[at]]] + 1

    def _places_of(self, ids: Sequence[int]) -> Numbers:
        order, bounds = self._places
        found = [order[bounds[number] : bounds[number + 1]] for number in ids]
        return np.concatenate(found) if found else _NOTHING

    def _is_any(self, ids: Sequence[int]) -> npt.NDArray[np.bool_]:
        wanted = np.zeros(len(self._ids), dtype=np.bool_)
        wanted[list(ids)] = True
        return wanted

    def _first_of_each(self, starts: Numbers, spans: Numbers, query: str) -> Runs:
        order = np.argsort(starts, kind="stable")
        texts, first = np.unique(self._text_at(starts[order]), return_index=True)
        starts, spans = starts[order[first]], spans[order[first]]
        own = spans == len(query)
        for step, character in enumerate(query):
            at = np.minimum(starts + step, len(self._chars) - 1)
            own &= self._chars[at] == self._ids.get(character, -1)
        within = starts - self._starts[texts]
        return Runs(texts, within, (within == 0) & (spans == self._lengths[texts]), ~own)

    def _with_gaps(self, query: str) -> Runs:
        """Return the texts that have characters with these initials in order, close together."""
        begun = at = self._places_of(self._initial(query[0]))
        for letter in query[1:]:
            steps = [at + step for step in range(1, _WIDEST_GAP + 2)]
            reached = np.minimum(np.concatenate(steps), len(self._chars) - 1)
            fits = self._is_any(self._initial(letter))[self._chars[reached]]
            begun, at = _nearest_start(np.tile(begun, len(steps))[fits], reached[fits])
        inside = self._text_at(begun) == self._text_at(at)
        texts, first = np.unique(self._text_at(begun[inside]), return_index=True)
        starts = begun[inside][first] - self._starts[texts]
        nowhere = np.zeros(len(texts), dtype=np.bool_)
        return Runs(texts, starts, nowhere, ~nowhere, gaps=True)

    def _text_at(self, places: Numbers) -> Numbers:
        return np.asarray(np.searchsorted(self._starts, places, side="right") - 1, dtype=np.int64)

    def _initial(self, letter: str) -> Sequence[int]:
        own = [self._ids[letter]] if letter in self._ids else []
        return [*own, *self._read_as.get(letter, ())]


def _nearest_start(begun: Numbers, at: Numbers) -> tuple[Numbers, Numbers]:
    """Return each place ``at`` once, with the nearest of the places where it began."""
    order = np.lexsort((-begun, at))
    places, first = np.unique(at[order], return_index=True)
    return begun[order][first], places


def _by_reading(ids: Mapping[str, int], confusions: Confusions) -> dict[str, list[int]]:
    """Return the characters by all that a reading begins with; a whole one ends with a space."""
    found: dict[str, list[int]] = {}
    for character, number in ids.items():
        for written in _beginnings(confusions.readings(character)):
            found.setdefault(written, []).append(number)
    return found


def _beginnings(readings: Iterable[str]) -> set[str]:
    return {
        each
        for reading in readings
        for each in (f"{reading} ", *(reading[:end] for end in range(1, len(reading) + 1)))
    }
