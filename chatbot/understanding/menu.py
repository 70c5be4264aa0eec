"""The wish for the service menu: 菜单, 0 and the like, as the whole message."""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import Patterns, is_expression


class MenuWish:
    """Recognises messages that ask for the service menu and for nothing else.

    ``phrases`` are words, or RE2 expressions between slashes; each describes a whole message.
    """

    def __init__(self, phrases: Iterable[str], normaliser: Normaliser) -> None:
        whole = (f"/^(?:{each[1:-1]})$/" if is_expression(each) else each for each in phrases)
        self._phrases = Patterns.compile(whole, normaliser)

    def is_menu(self, message: NormalText) -> bool:
        """Return whether ``message`` asks for the menu."""
        if message.key in self._phrases.words:
            return True
        return any(expression.search(message.key) for _, expression in self._phrases.expressions)
