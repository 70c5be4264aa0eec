"""Which of a slot's choices a message names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chatbot.forms.form import Slot
from chatbot.forms.numerals import han_value
from chatbot.matching import fuzzy
from chatbot.understanding.normalise import Normaliser

#: 不要大床 names what is not chosen.
_NEGATED = re.compile(r"(?:不要|不是|不想要|不想住|不想|不用|不选|别要|别|不)的?$")
#: Between two choices: the first is given up for the second.
_REPLACED = re.compile(r"换|改|不如|还是要|变")
_ORDINAL = re.compile(
    r"(?:我?[选要]|就|那就)*(?:第(?P<nth>\d|[一二三四五六七八九])(?:个|种|项|款|间)?|(?P<last>最后一?[个种项]))"
    r"(?:吧|的)*"
)


@dataclass(frozen=True, slots=True)
class FoundChoice:
    """A choice's name, written at ``start`` to ``end``."""

    name: str
    start: int
    end: int


class ChoiceWords:
    """The words of one slot's choices in their normal form, the longest first."""

    def __init__(self, slot: Slot, normaliser: Normaliser) -> None:
        self._names = [choice.name for choice in slot.choices]
        words: Mapping[str, str] = {
            normaliser.normalise(word).text: choice.name
            for choice in reversed(slot.choices)
            for word in choice.words
        }
        self._words = sorted(words.items(), key=lambda pair: (-len(pair[0]), pair[0]))
        self._keys = [(normaliser.key(word), name) for word, name in self._words]

    def find(self, text: str, *, asked: bool) -> list[FoundChoice]:
        """Return where ``text`` names a choice; several only if they cannot be told apart.

        Words of one letter, slips of the finger and 第二个 count only if the slot was ``asked``.
        """
        found = [each for each in self._occurrences(text) if not _is_negated(text, each)]
        if not found and asked:
            whole = self._whole(text)
            return [FoundChoice(whole, 0, len(text))] if whole else []
        if len({each.name for each in found}) > 1:
            last, before = found[-1], found[-2]
            if _REPLACED.search(text[before.end : last.start]):
                return [last]
        return found

    def _occurrences(self, text: str) -> list[FoundChoice]:
        found: list[FoundChoice] = []
        for word, name in self._words:
            if len(word) > 1:
                found += [
                    FoundChoice(name, match.start(), match.end())
                    for match in re.finditer(re.escape(word), text)
                    if not any(each.start < match.end() and match.start() < each.end
                               for each in found)
                ]  # fmt: skip
        return sorted(found, key=lambda each: each.start)

    def _whole(self, text: str) -> str | None:
        key = "".join(filter(str.isalnum, text))
        bare = re.sub(r"^(?:我?[选要]|就)|(?:吧|的|啊|呀)$", "", key)
        for word, name in self._keys:
            if word in {key, bare}:
                return name
        close = fuzzy.near_exact(key, [word for word, _ in self._keys])
        if close:
            return self._keys[close[0][0]][1]
        return next(self._by_place(key), None)

    def _by_place(self, key: str) -> Iterator[str]:
        match = _ORDINAL.fullmatch(key)
        if match and match["last"]:
            yield self._names[-1]
        elif match:
            nth = int(match["nth"] if match["nth"].isascii() else han_value(match["nth"]) or 0)
            yield from self._names[nth - 1 : nth] if nth else ()


def _is_negated(text: str, found: FoundChoice) -> bool:
    return _NEGATED.search(text[: found.start]) is not None
