"""A labelled question: what the right decision is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatbot.errors import UserError


class LabelError(UserError):
    """A label that contradicts itself or is of the wrong type."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``right`` are the ids that answer it; none if it is out of scope.

    ``asks_entry`` and ``asks_intent`` say which labels it has: a line with an intent alone counts
    for the figures of intents alone.
    """

    text: str
    right: frozenset[str] = frozenset()
    kind: str = "oos"
    intent: str | None = None
    asks_entry: bool = True
    asks_intent: bool = False

    @property
    def in_scope(self) -> bool:
        """Return whether any entry is right."""
        return bool(self.right)


def read_question(text: str, record: Mapping[str, Any]) -> Question:
    """Return the question ``text`` with the labels of ``record``; raise LabelError.

    Without an ``faq_id``, or with null, a question is out of scope. ``kind`` names the group it is
    counted in, "in" for questions in scope.
    """
    faq_id = _text_or_none(record, "faq_id")
    kind = _text_or_none(record, "kind") or ("oos" if faq_id is None else "in")
    if (kind == "in") is not (faq_id is not None):
        raise LabelError(
            f'kind "{kind}" contradicts the faq_id: "in" needs an faq_id, another kind needs null'
        )
    return Question(
        text=text,
        right=frozenset() if faq_id is None else frozenset({faq_id, *_accepted(record)}),
        kind=kind,
        intent=_text_or_none(record, "intent"),
        asks_entry=not record.keys().isdisjoint({"faq_id", "kind"}) or "intent" not in record,
        asks_intent="intent" in record,
    )


def _text_or_none(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise LabelError(f"{key}: a text or null is expected")


def _accepted(record: Mapping[str, Any]) -> list[str]:
    accepted = record.get("accept") or []
    if isinstance(accepted, list) and all(isinstance(each, str) for each in accepted):
        return accepted
    raise LabelError("accept: a list of ids is expected")
