"""Which characters are typed for which: those that sound the same, nearly so, or look alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Literal

#: How a word was mistyped: 同音, 前后鼻音 and its like, 形近, 漏字.
Slip = Literal["homophone", "near-homophone", "lookalike", "missing"]

#: Sounds that much of the country does not tell apart: 平翘舌, n/l, f/h, 前后鼻音.
_SAME_START = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("h", "f"))
_SAME_END = (("ang", "an"), ("eng", "en"), ("ing", "in"))


class Confusions:
    """Pairs of characters, by what makes them easy to confuse; immutable once built.

    Syllables are compared without tones, as input methods do.
    """

    def __init__(self) -> None:
        self._syllables = _read_syllables()
        self._blurred = {
            character: frozenset(map(_blurred, syllables))
            for character, syllables in self._syllables.items()
        }
        self._alike = _read_lookalikes()

    def slip(self, typed: str, meant: str) -> Slip | None:
        """Return what makes one character be typed for the other, None if nothing does."""
        nothing: frozenset[str] = frozenset()
        if self._syllables.get(typed, nothing) & self._syllables.get(meant, nothing):
            return "homophone"
        if self._blurred.get(typed, nothing) & self._blurred.get(meant, nothing):
            return "near-homophone"
        return "lookalike" if meant in self._alike.get(typed, nothing) else None

    def readings(self, character: str) -> frozenset[str]:
        """Return the character's syllables in pinyin without tones, none if it is not known."""
        return self._syllables.get(character, frozenset())

    def sounds(self, character: str) -> frozenset[str]:
        """Return the character's syllables as they are heard by those who confuse the most."""
        return self._blurred.get(character, frozenset())

    def lookalikes(self, character: str) -> frozenset[str]:
        """Return the characters that look like this one."""
        return self._alike.get(character, frozenset())


@cache
def shipped_confusions() -> Confusions:
    """Return the shipped tables, read once a process."""
    return Confusions()


def _blurred(syllable: str) -> str:
    for sound, other in _SAME_START:
        if syllable.startswith(sound):
            syllable = other + syllable.removeprefix(sound)
            break
    for sound, other in _SAME_END:
        if syllable.endswith(sound):
            return syllable.removesuffix(sound) + other
    return syllable


def _read_syllables() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _lines("pinyin.txt"):
        syllable, characters = line.split()
        for character in characters:
            found.setdefault(character, set()).add(syllable)
    return {character: frozenset(syllables) for character, syllables in found.items()}


def _read_lookalikes() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in (group for line in _lines("lookalikes.txt") for group in line.split()):
        for character in group:
            found.setdefault(character, set()).update(group)
    return {character: frozenset(others - {character}) for character, others in found.items()}


def _lines(name: str) -> Iterable[str]:
    source = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return (line for line in source.splitlines() if line and not line.startswith("#"))
