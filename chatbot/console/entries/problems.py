"""Which field of the form a problem of a record is about: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.console.entries.form import PARTS, EntryForm
from chatbot.editing.kinds import FieldProblem

_VALID = "valid"


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, and the field that it is told at; empty for the entry as a whole."""

    field: str
    text: str


def told(problems: Sequence[FieldProblem], form: EntryForm) -> list[Told]:
    """Return each problem with the field of ``form`` that it is about."""
    return [Told(_field(each, form), each.text) for each in problems]


def _field(problem: FieldProblem, form: EntryForm) -> str:
    if not problem.path:
        return ""
    key, *rest = problem.path
    if key == _VALID:
        return f"valid_{rest[0]}" if rest else "valid_from"
    if key != "answer":
        return str(key)
    if len(form.variants) == 1:
        return _in_messages(0, rest, form)
    variant, *rest = rest or (0,)
    at = int(variant) if isinstance(variant, int) else 0
    if rest and rest[0] == "when":
        return f"v{at}.{rest[1] if len(rest) > 1 else 'tags'}"
    return _in_messages(at, rest[1:], form)


def _in_messages(variant: int, rest: Sequence[str | int], form: EntryForm) -> str:
    place = rest[0] if rest and isinstance(rest[0], int) else 0
    messages = form.variants[variant].messages if variant < len(form.variants) else ()
    if place >= len(messages):
        return ""
    parts = PARTS[messages[place].kind]
    part = str(rest[1]) if len(rest) > 1 else parts[0]
    if part not in parts:
        part = parts[0]
    return f"v{variant}.m{place}.{part}"
