"""Names that stand for rows, and where they are mentioned."""

from __future__ import annotations

from collections.abc import Iterator

#: One letter is too little to be a mention inside other words.
_SHORTEST = 2


class Names:
    """Normalised names with the keys they stand for; one name may stand for several."""

    def __init__(self) -> None:
        self._keys: dict[str, set[str]] = {}
        #: Lengths of the names that begin with a letter, the longest first.
        self._lengths: dict[str, list[int]] = {}

    def add(self, name: str, key: str) -> None:
        """Let ``name`` (letters and digits alone) stand for ``key``; an empty name is nothing."""
        if not name:
            return
        self._keys.setdefault(name, set()).add(key)
        lengths = self._lengths.setdefault(name[0], [])
        if len(name) >= _SHORTEST and len(name) not in lengths:
            lengths.append(len(name))
            lengths.sort(reverse=True)

    def called(self, name: str) -> frozenset[str]:
        """Return the keys that are called exactly so."""
        return frozenset(self._keys.get(name, ()))

    def mentioned(self, text: str) -> frozenset[str]:
        """Return the keys that a normalised text names, from left to right, longest name first.

        A name inside a longer one is not a second mention.
        """
        return frozenset().union(*(self._keys[name] for name in self.names_in(text)))

    def names_in(self, text: str) -> list[str]:
        """Return the names that ``mentioned`` finds in a normalised text, in their order."""
        if text in self._keys:
            return [text]
        return [name for _, name in self._found_in(text)]

    def replaced(self, text: str, by: str) -> str:
        """Return ``text`` with ``by`` in the place of the names that ``mentioned`` finds in it."""
        kept, end = "", 0
        for start, name in self._found_in(text):
            kept, end = f"{kept}{text[end:start]}{by}", start + len(name)
        return kept + text[end:]

    def _found_in(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield where a name begins, and the name, from left to right, the longest first."""
        end = 0
        for start, letter in enumerate(text):
            if start >= end and letter in self._lengths:
                name = self._name_at(text, start)
                if name:
                    yield start, name
                    end = start + len(name)

    def _name_at(self, text: str, start: int) -> str:
        for length in self._lengths[text[start]]:
            name = text[start : start + length]
            if name in self._keys and _is_whole(text, start, start + len(name)):
                return name
        return ""


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether no Latin word or number is cut by ``start`` or ``end``."""
    return not any(
        0 < cut < len(text) and _is_latin(text[cut - 1]) and _is_latin(text[cut])
        for cut in (start, end)
    )


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
