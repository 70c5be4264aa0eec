"""Texts that a back-tracking regular expression likes least, made from the expression itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import re2

#: How the standard library reads expressions; its type stubs leave this out.
codes: Any = import_module("re._constants")
parser: Any = import_module("re._parser")
#: What the standard library compiles, and what RE2 does.
Pattern = Any
_KINDS = (re.Pattern, type(re2.compile("x")))
#: Texts kept of each piece of an expression; what an alternative begins with matters most.
_MOST = 40


def patterns_in(module: ModuleType) -> Iterator[tuple[str, Pattern]]:
    """Yield the expressions that a module's constants hold, however deep, each with its name."""
    for name, value in vars(module).items():
        yield from ((f"{module.__name__}.{name}", each) for each in _patterns(value))


def _patterns(value: object) -> Iterator[Pattern]:
    if isinstance(value, _KINDS):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _patterns(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _patterns(each)


def worst_texts(pattern: Pattern, times: int) -> Iterator[str]:
    """Yield what stands under each repetition, every alternative, ``times`` times, and a failure.

    The failure is a letter that no expression knows; what may stand in front of the repetition is
    there as well, as without it nothing would be repeated.
    """
    tree = parser.parse(pattern.pattern)
    seen: set[str] = set()
    for before, repeated in _repetitions(list(tree)):
        for unit in _texts(repeated):
            for front in dict.fromkeys(("", *before[:3])):
                text = f"{front}{unit * times}\u0e57"
                if unit and text not in seen:
                    seen.add(text)
                    yield text


def _repetitions(nodes: Sequence[Any]) -> Iterator[tuple[list[str], Sequence[Any]]]:
    """Yield what each unbounded repetition repeats, with texts for what comes before it."""
    for place, (code, argument) in enumerate(nodes):
        before = _texts(nodes[:place])
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            _, most, inner = argument
            if most == codes.MAXREPEAT:
                yield before, list(inner)
        for inner in _inside(code, argument):
            for inner_before, repeated in _repetitions(inner):
                yield [a + b for a in before[:3] for b in inner_before[:3]], repeated


def _inside(code: Any, argument: Any) -> list[list[Any]]:
    if code is codes.BRANCH:
        return [list(each) for each in argument[1]]
    if code is codes.SUBPATTERN:
        return [list(argument[3])]
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
        return [list(argument[2])]
    if code is codes.ATOMIC_GROUP:
        return [list(argument)]
    if code is codes.ASSERT:
        return [list(argument[1])]
    return []


def _texts(nodes: Sequence[Any]) -> list[str]:
    """Return texts that ``nodes`` match in turn, of every alternative at least one."""
    texts = [""]
    for code, argument in nodes:
        more = _texts_of(code, argument)
        # Each alternative once is enough where a product would be too many.
        if len(texts) * len(more) <= _MOST:
            texts = [text + each for text in texts for each in more]
        else:
            longer = [texts[0] + each for each in more]
            texts = list(dict.fromkeys([*longer, *(text + more[0] for text in texts)]))
    return texts


def _texts_of(code: Any, argument: Any) -> list[str]:
    if code is codes.LITERAL:
        return [chr(argument)]
    if code is codes.NOT_LITERAL:
        return ["x" if argument != ord("x") else "y"]
    if code is codes.ANY:
        return ["x"]
    if code is codes.IN:
        return _in_class(argument)
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
        least, most, inner = argument
        once = _texts(list(inner))
        some = [each * max(1, least) for each in once]
        return [*some, *([""] if least == 0 else [])] if most else [""]
    inner = _inside(code, argument) if code is not codes.ASSERT else []
    return [text for each in inner for text in _texts(each)] or [""]


def _in_class(members: Sequence[Any]) -> list[str]:
    if members[0][0] is codes.NEGATE:
        return ["x", "中"]
    return [text for code, argument in members for text in _of_member(code, argument)]


def _of_member(code: Any, argument: Any) -> list[str]:
    if code is codes.LITERAL:
        return [chr(argument)]
    if code is codes.RANGE:
        return [chr(argument[0])]
    known = {
        codes.CATEGORY_DIGIT: "1",
        codes.CATEGORY_SPACE: " ",
        codes.CATEGORY_WORD: "x",
        codes.CATEGORY_NOT_WORD: ",",
        codes.CATEGORY_NOT_DIGIT: "x",
        codes.CATEGORY_NOT_SPACE: "x",
    }
    return [known[argument]]
