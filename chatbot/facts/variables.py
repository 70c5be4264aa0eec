"""Variables in texts: ``{group.name}``, and nothing else in braces."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

#: Groups that are no tables: who writes, and who answers.
CUSTOMER = "顾客"
ASSISTANT = "助手"
#: What is known of a customer without asking.
CUSTOMER_NAMES = ("称呼",)
#: What every assistant has; an account may add its own.
ASSISTANT_NAMES = ("名字",)

_VARIABLE = re.compile(r"\{([^\s{}.]+)\.([^\s{}.]+)\}")
_BRACED = re.compile(r"\{[^{}]*\}|[{}｛｝]")


class Variable(NamedTuple):
    """``{group.name}``: a column of the table ``group``, or of the customer or assistant."""

    group: str
    name: str

    def __str__(self) -> str:
        return f"{{{self.group}.{self.name}}}"


@dataclass(frozen=True, slots=True)
class Missing:
    """The variables of a text that have no value; so there is no text to send."""

    variables: tuple[Variable, ...]

    def __str__(self) -> str:
        return ", ".join(".".join(each) for each in self.variables)


def variables_in(text: str) -> list[Variable]:
    """Return the variables of ``text`` once each, in order."""
    if "{" not in text:
        return []
    return list(dict.fromkeys(Variable(*found) for found in _VARIABLE.findall(text)))


def stray_brace(text: str) -> str | None:
    """Return the first brace, with what stands in it, that is no variable; None without one."""
    braced = (found[0] for found in _BRACED.finditer(text))
    return next((piece for piece in braced if not _VARIABLE.fullmatch(piece)), None)


def fill(text: str, resolve: Callable[[str, str], str | None]) -> str | Missing:
    """Return ``text`` with the values of its variables, or what has none.

    ``resolve`` is given group and name. An empty value is a missing one, and a value is never
    looked through for variables of its own.
    """
    values = {each: resolve(*each) for each in variables_in(text)}
    missing = tuple(each for each, value in values.items() if not (value and value.strip()))
    if missing:
        return Missing(missing)
    return _VARIABLE.sub(lambda found: values[Variable(found[1], found[2])] or "", text)
