"""Words and regular expressions that admins write, compiled once.

A pattern is a word, found anywhere in the message, or an RE2 expression between slashes. Both
meet the normal form of the message; words are compared by letters and digits alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import re2

from chatbot.understanding.normalise import Normaliser, NormalText


class PatternError(ValueError):
    """A pattern that cannot be used; the text says why, in one clause."""


def is_expression(pattern: str) -> bool:
    """Return whether ``pattern`` is a regular expression between slashes."""
    return len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/")


def compile_expression(expression: str) -> Any:
    """Compile an RE2 expression without back-tracking; raise PatternError if it is none."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        reason = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        raise PatternError(f"not a regular expression of RE2 syntax: {reason}") from None


def check_pattern(pattern: str, normaliser: Normaliser) -> None:
    """Raise PatternError if ``pattern`` can never match or does not compile."""
    if is_expression(pattern):
        if compile_expression(pattern[1:-1]).search("") is not None:
            raise PatternError("the expression matches an empty message, so it would match all")
    elif not normaliser.key(pattern):
        raise PatternError("a word with letters or digits is expected")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Several patterns, tried in one go."""

    words: tuple[str, ...]
    expressions: tuple[tuple[str, Any], ...]

    @classmethod
    def compile(cls, patterns: Iterable[str], normaliser: Normaliser) -> Patterns:
        """Compile ``patterns``; raise PatternError for one that is wrong."""
        listed = list(patterns)
        words = [normaliser.key(pattern) for pattern in listed if not is_expression(pattern)]
        written = [pattern for pattern in listed if is_expression(pattern)]
        compiled = tuple(
            (pattern, compile_expression(normaliser.simplify(pattern[1:-1]))) for pattern in written
        )
        return cls(tuple(dict.fromkeys(filter(None, words))), compiled)

    def find(self, message: NormalText) -> str | None:
        """Return the first pattern found in ``message``, or None."""
        for word in self.words:
            if word in message.key:
                return word
        for pattern, expression in self.expressions:
            if expression.search(message.text) or expression.search(message.key):
                return pattern
        return None

    def remove(self, key: str) -> str:
        """Return a message's ``key`` with a bar in the place of everything the patterns match."""
        for word in self.words:
            key = key.replace(word, "|")
        for _, expression in self.expressions:
            key = expression.sub("|", key)
        return key
