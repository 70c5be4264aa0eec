"""One word for those that mean the same, in messages and in what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.segment import Segmenter


class Synonyms:
    """Writes the first word of a group wherever a text has another one of it.

    ``groups`` hold words in normal form, all of which ``segmenter`` must know: only whole words
    are replaced, so that 车位 in 停车位 stays what it is.
    """

    def __init__(self, groups: Sequence[Sequence[str]], segmenter: Segmenter) -> None:
        self._first = {word: group[0] for group in groups for word in group[1:]}
        self._segmenter = segmenter
        #: All words of all groups.
        self.words = frozenset(word for group in groups for word in group)

    def replaced(self, text: NormalText) -> list[tuple[str, str]]:
        """Return the words of ``text`` that are replaced, each with what stands for it."""
        return [(word, self._first[word]) for word in self._pieces(text) if word in self._first]

    def canonical(self, text: NormalText) -> NormalText:
        """Return ``text`` with the canonical words; the very object if it has none to replace."""
        pieces = self._pieces(text)
        if not any(piece in self._first for piece in pieces):
            return text
        canonical = "".join(self._first.get(piece, piece) for piece in pieces)
        return NormalText(canonical, "".join(filter(str.isalnum, canonical)))

    def _pieces(self, text: NormalText) -> tuple[str, ...]:
        """Return the words and marks of ``text``; nothing if no synonym can be among them."""
        if not any(word in text.text for word in self._first):
            return ()
        return self._segmenter.pieces(text.text)


class CanonicalNormaliser(Normaliser):
    """Brings what messages are compared with into the form that messages are brought into."""

    def __init__(self, normaliser: Normaliser, synonyms: Synonyms) -> None:
        self._normaliser = normaliser
        self._synonyms = synonyms

    def normalise(self, raw: str) -> NormalText:
        """Return the normal form with canonical words."""
        return self._synonyms.canonical(self._normaliser.normalise(raw))

    def simplify(self, text: str) -> str:
        """Return ``text`` with simplified in the place of traditional characters."""
        return self._normaliser.simplify(text)
