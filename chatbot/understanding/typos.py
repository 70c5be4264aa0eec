"""Typing errors in a message, mended towards the words that the brand itself uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from chatbot.understanding.confusions import Confusions, Slip
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.word_model import EDGE, WordModel

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
#: A longer text says what it means in spite of an error.
_LONGEST = 100
_LONGEST_WORD = 6
#: How unlikely each error is, as a natural logarithm with its sign turned: chosen so that of real
#: messages about one in fifty is changed, and the answers to them get no worse.
COSTS: Mapping[Slip, float] = {
    "homophone": 9.0,
    "near-homophone": 11.0,
    "lookalike": 10.0,
    "missing": 7.0,
}
#: More for a word of one character, whose neighbours are all there is to tell by.
_ALONE_COST = 1.0
#: A word that came once may be an error itself; of one character it is no measure for others.
_LEAST_SEEN = 2
#: What must stay as the customer wrote it: an error here turns the meaning round.
_TURNS_MEANING = frozenset("不没未无非别勿莫零一二两三四五六七八九十百千万半")
#: Parts of messages whose words are kept.
_MOST_KNOWN = 20_000
#: Runs of characters whose reading is kept: of a message taken apart they come again.
_MOST_MENDED = 2000
#: Readings of the beginning of a text that are followed at a time.
_FOLLOWED = 4
#: Less than this between two scores is rounding: what came first stays.
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Correction:
    """What was typed, what is taken to be meant, and what kind of error that would be."""

    typed: str
    meant: str
    slip: Slip


class _Word(NamedTuple):
    """A word that a part of the text may be; ``slip`` is None where it is written just so.

    ``after`` holds its log-probability after each word that it was seen after, ``anew`` that after
    any other.
    """

    meant: str
    after: Mapping[str, float]
    anew: float
    cost: float
    slip: Slip | None


class _Reading(NamedTuple):
    """A reading of the text up to a place: its log-probability, and the last word of it.

    ``word`` is what ``part`` of the text is read as, ``before`` how what comes before it is read.
    """

    score: float
    word: _Word | None = None
    part: str = ""
    before: _Reading | None = None


@dataclass(frozen=True, slots=True)
class _Mended:
    """A run of characters as it was meant."""

    text: str
    corrections: tuple[Correction, ...]


class Corrector:
    """Reads a message as the words most likely meant; immutable but for a cache.

    The noisy channel of Kernighan, Church and Gale ("A spelling correction program based on a
    noisy channel model", 1990) over words instead of letters, for a language without spaces: of all
    ways to cut a text into words, each written as it is or with one error, the likeliest is taken.
    Only words of the brand's own texts are ever put in the place of others.
    """

    def __init__(self, model: WordModel, confusions: Confusions) -> None:
        self.model = model
        self._confusions = confusions
        self._with_gap: dict[tuple[str, str], list[str]] = {}
        self._shortened: dict[str, list[str]] = {}
        #: The halves of words, with the words' length: one error leaves one of them as it is.
        self._heads: set[tuple[int, str]] = set()
        self._tails: set[tuple[int, str]] = set()
        self._by_sound: dict[str, list[str]] = {}
        self._single: set[str] = set()
        for word, seen in sorted(model.own.items()):
            self._learn(word, seen)
        #: Not a cache around a method: that would refer back to this object, and keep a large
        #: knowledge base in memory long after another one has taken its place.
        self._known: dict[str, tuple[_Word, ...]] = {}
        self._mended: dict[str, _Mended] = {}

    def correct(self, text: NormalText) -> tuple[NormalText, tuple[Correction, ...]]:
        """Return ``text`` as it was meant, the very object if nothing seems wrong with it."""
        if len(text.key) > _LONGEST:
            return text, ()
        found: list[Correction] = []
        mended = _HAN_RUN.sub(lambda run: self._mend(run[0], found), text.text)
        if not found:
            return text, ()
        return NormalText(mended, "".join(filter(str.isalnum, mended))), tuple(found)

    def _learn(self, word: str, seen: int) -> None:
        if len(word) > _LONGEST_WORD:
            return
        if len(word) == 1:
            if seen >= _LEAST_SEEN:
                self._single.add(word)
                for sound in self._confusions.sounds(word):
                    self._by_sound.setdefault(sound, []).append(word)
            return
        middle = len(word) // 2
        self._heads.add((len(word), word[:middle]))
        self._tails.add((len(word), word[middle:]))
        for at, character in enumerate(word):
            gap = (word[:at], word[at + 1 :])
            self._with_gap.setdefault(gap, []).append(word)
            if character not in _TURNS_MEANING and (len(word) > 2 or seen >= _LEAST_SEEN):
                self._shortened.setdefault("".join(gap), []).append(word)

    def _mend(self, run: str, found: list[Correction]) -> str:
        mended = self._mended.get(run)
        if mended is None:
            mended = _as_meant(self._read(run))
            if len(self._mended) >= _MOST_MENDED:
                self._mended.clear()
            self._mended[run] = mended
        found.extend(mended.corrections)
        return mended.text

    def _read(self, run: str) -> _Reading:
        """Return the likeliest reading of a run of Chinese characters, its end included."""
        reached = [{EDGE: _Reading(0.0)}]
        known = self._known
        for end in range(1, len(run) + 1):
            here: dict[str, _Reading] = {}
            for begin in range(max(0, end - _LONGEST_WORD), end):
                before = reached[begin]
                if not before:
                    continue
                part = run[begin:end]
                words = known.get(part)
                if words is None:
                    words = self._words_of(part)
                if words:
                    _extend(here, before, part, words)
            if len(here) > 1:
                likely = sorted(here.items(), key=_by_score, reverse=True)[:_FOLLOWED]
                here = dict(likely)
            reached.append(here)
        after, anew = self.model.log_chances(EDGE), self.model.log_chance_anew(EDGE)
        last = reached[-1]
        return last[max(last, key=lambda word: last[word].score + after.get(word, anew))]

    def _words_of(self, part: str) -> tuple[_Word, ...]:
        """Return the words that ``part`` may be; kept, because messages have much in common."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        words = self._known[part] = self._words_for(part)
        return words

    def _words_for(self, part: str) -> tuple[_Word, ...]:
        as_written = (self._word(part, None),) if self.model.is_word(part) else ()
        if not self._is_like_a_word(part):
            return as_written
        slips = dict(self._slips(part))
        slips.pop(part, None)
        return (*as_written, *(self._word(meant, slip) for meant, slip in slips.items()))

    def _is_like_a_word(self, part: str) -> bool:
        """Return whether ``part`` may be one of the brand's words with an error; most are not."""
        length = len(part)
        if length == 1 or part in self._shortened:
            return True
        middle = length // 2
        return (length, part[:middle]) in self._heads or (length, part[middle:]) in self._tails

    def _word(self, meant: str, slip: Slip | None) -> _Word:
        cost = COSTS[slip] if slip is not None else 0.0
        if slip is not None and len(meant) == 1:
            cost += _ALONE_COST
        model = self.model
        return _Word(meant, model.log_chances(meant), model.log_chance_anew(meant), cost, slip)

    def _slips(self, part: str) -> Iterator[tuple[str, Slip]]:
        """Yield the brand's words that ``part`` may be with one error, and the error."""
        if len(part) > 1 and self.model.is_common(part):
            return
        if _TURNS_MEANING.isdisjoint(part):
            yield from ((meant, "missing") for meant in self._shortened.get(part, ()))
        if len(part) == 1:
            yield from self._single_slips(part)
            return
        is_word = self.model.is_word(part)
        for at, typed in enumerate(part):
            for meant in self._with_gap.get((part[:at], part[at + 1 :]), ()):
                if typed in _TURNS_MEANING or (is_word and meant[at] in _TURNS_MEANING):
                    continue
                slip = self._confusions.slip(typed, meant[at])
                if slip is not None:
                    yield meant, slip

    def _single_slips(self, typed: str) -> Iterator[tuple[str, Slip]]:
        if typed in _TURNS_MEANING:
            return
        alike = self._confusions.lookalikes(typed) & self._single
        sounds = sorted(self._confusions.sounds(typed))
        heard = (meant for sound in sounds for meant in self._by_sound.get(sound, ()))
        for meant in dict.fromkeys((*heard, *sorted(alike))):
            slip = self._confusions.slip(typed, meant)
            if slip is not None and meant not in _TURNS_MEANING:
                yield meant, slip


def _extend(
    here: dict[str, _Reading], before: Mapping[str, _Reading], part: str, words: Iterable[_Word]
) -> None:
    """Note the likeliest way to each of the ``words`` that ``part`` may be; ``before``: best first.

    This is where the time goes: some hundred times a message.
    """
    first = next(iter(before.values()))
    for word in words:
        score, way = first.score + word.anew, first
        after = word.after
        if after:
            for previous, reading in before.items():
                chance = after.get(previous)
                if chance is not None and reading.score + chance > score + _TIE:
                    score, way = reading.score + chance, reading
        score -= word.cost
        known = here.get(word.meant)
        if known is None or score > known.score + _TIE:
            here[word.meant] = _Reading(score, word, part, way)


def _by_score(item: tuple[str, _Reading]) -> float:
    return item[1].score


def _as_meant(last: _Reading) -> _Mended:
    """Return what a reading that ends with ``last`` takes the text to mean."""
    meant: list[str] = []
    corrections: list[Correction] = []
    reading: _Reading | None = last
    while reading is not None and reading.word is not None:
        word = reading.word
        meant.append(word.meant)
        if word.slip is not None:
            corrections.append(Correction(reading.part, word.meant, word.slip))
        reading = reading.before
    return _Mended("".join(reversed(meant)), tuple(reversed(corrections)))
