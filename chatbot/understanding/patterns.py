"""Words and regular expressions that admins write, compiled once.

A pattern is a word, found anywhere in the message, or an RE2 expression between slashes. Both
meet the normal form of the message; words are compared by letters and digits alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from chatbot.understanding.normalise import Normaliser, NormalText

#: Words are looked up by so many characters of theirs.
_BEGINNING = 2
_GROUP_NAME = re.compile(r"\(\?P?<[A-Za-z_]\w*>")


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


def without_group_names(expression: str) -> str:
    """Return the source of an expression whose groups may stand beside others of the same name."""
    return _GROUP_NAME.sub("(", expression)


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
    #: Matches where any of ``expressions`` does, so that most messages are done with after one
    #: search; None if there is none or they are too many for one.
    any_expression: Any

    @classmethod
    def compile(cls, patterns: Iterable[str], normaliser: Normaliser) -> Patterns:
        """Compile ``patterns``; raise PatternError for one that is wrong."""
        listed = list(patterns)
        words = [normaliser.key(pattern) for pattern in listed if not is_expression(pattern)]
        written = [pattern for pattern in listed if is_expression(pattern)]
        sources = [normaliser.simplify(pattern[1:-1]) for pattern in written]
        compiled = tuple(zip(written, map(compile_expression, sources), strict=True))
        return cls(tuple(dict.fromkeys(filter(None, words))), compiled, _any_of(sources))

    def find(self, message: NormalText) -> str | None:
        """Return the first pattern found in ``message``, or None."""
        for word in self.words:
            if word in message.key:
                return word
        forms = _forms(message)
        if not self._may_match(forms):
            return None
        matching = (pattern for pattern, each in self.expressions if any(map(each.search, forms)))
        return next(matching, None)

    def may_match(self, message: NormalText) -> bool:
        """Return whether any expression may be found, after one search."""
        return self._may_match(_forms(message))

    def _may_match(self, forms: Iterable[str]) -> bool:
        if self.any_expression is None:
            return bool(self.expressions)
        return any(map(self.any_expression.search, forms))

    def cover(self, message: NormalText) -> bool:
        """Return whether one of the patterns is the whole of ``message``."""
        if message.key in self.words:
            return True
        forms = _forms(message)
        if not self._may_match(forms):
            return False
        return any(any(map(expression.fullmatch, forms)) for _, expression in self.expressions)

    def remove(self, key: str) -> str:
        """Return a message's ``key`` with a bar in the place of everything the patterns match."""
        for word in self.words:
            key = key.replace(word, "|")
        if self._may_match([key]):
            for _, expression in self.expressions:
                key = expression.sub("|", key)
        return key


class PatternGroups:
    """Groups of patterns, such as each intent's keywords, tried in one go.

    Words are looked up by how they begin: it does not matter how many there are.
    """

    def __init__(self, groups: Sequence[Sequence[str]], normaliser: Normaliser) -> None:
        """Compile ``groups``; raise PatternError for a wrong pattern."""
        self._words: dict[str, list[tuple[int, int, str]]] = {}
        for number, group in enumerate(groups):
            plain = (pattern for pattern in group if not is_expression(pattern))
            for place, word in enumerate(Patterns.compile(plain, normaliser).words):
                self._words.setdefault(word[:_BEGINNING], []).append((number, place, word))
        expressions = [(number, list(filter(is_expression, group)))
                       for number, group in enumerate(groups)]  # fmt: skip
        self._expressions = _Halves([each for each in expressions if each[1]], normaliser)

    def find(self, message: NormalText) -> dict[int, str]:
        """Return the first pattern found of each group that has one, by the group's number.

        Words come before expressions.
        """
        key, found = message.key, self._expressions.find(message)
        for number, _, word in sorted(set(self._words_in(key)), reverse=True):
            found[number] = word
        return dict(sorted(found.items()))

    def _words_in(self, key: str) -> Iterator[tuple[int, int, str]]:
        for at, letter in enumerate(key):
            for beginning in (letter, key[at : at + _BEGINNING]):
                for each in self._words.get(beginning, ()):
                    if key.startswith(each[2], at):
                        yield each


class _Halves:
    """Groups of expressions in a tree of halves, numbered.

    What is in no half is out after one search, and a group that is found costs as many searches
    as the tree is high.
    """

    def __init__(self, groups: Sequence[tuple[int, list[str]]], normaliser: Normaliser) -> None:
        self._groups = groups
        self._all = Patterns.compile((each for _, group in groups for each in group), normaliser)
        middle = len(groups) // 2
        halves = (groups[:middle], groups[middle:]) if middle else ()
        self._halves = [_Halves(half, normaliser) for half in halves]

    def find(self, message: NormalText) -> dict[int, str]:
        """Return the first expression found of each group that has one, by its number."""
        if not self._halves:
            return {number: hit for number, _ in self._groups if (hit := self._all.find(message))}
        if not self._all.may_match(message):
            return {}
        return {number: hit for half in self._halves for number, hit in half.find(message).items()}


def _forms(message: NormalText) -> tuple[str, ...]:
    """Return what expressions meet, each form once."""
    return (message.text,) if message.text == message.key else (message.text, message.key)


def _any_of(sources: Sequence[str]) -> Any:
    """Return an expression for any of ``sources``, None if there is none or they are too many.

    Each keeps its group, so that an inline flag ends with it. Names of groups, which may come
    twice, have no use here and are taken away.
    """
    if not sources:
        return None
    try:
        return compile_expression("|".join(f"(?:{without_group_names(each)})" for each in sources))
    except PatternError:
        return None
