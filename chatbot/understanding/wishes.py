"""Does the customer want a person? However it is written, and never where it only sounds so."""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import Patterns

#: A wish is said in a sentence. A long letter that mentions a colleague somewhere is none.
_LONGEST_WISH = 60


class HumanWish:
    """Phrases that call a person, less those that only contain such words.

    What ``excluded`` matches is cut out first, so that "人工智能太笨了，转人工" still is a wish.
    """

    def __init__(
        self, phrases: Iterable[str], excluded: Iterable[str], normaliser: Normaliser
    ) -> None:
        self._phrases = Patterns.compile(phrases, normaliser)
        self._excluded = Patterns.compile(excluded, normaliser)

    def find(self, message: NormalText) -> str | None:
        """Return the phrase by which ``message`` calls a person, or None."""
        key = message.key
        if not key:
            return None
        for piece in dict.fromkeys((key[:_LONGEST_WISH], key[-_LONGEST_WISH:])):
            left = self._excluded.remove(piece)
            found = self._phrases.find(NormalText(left, left))
            if found is not None:
                return found
        return None
