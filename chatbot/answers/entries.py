"""Entries of the knowledge base, as the admins wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Validity:
    """The days, in the brand's time zone, on which an entry answers; both ends inclusive."""

    start: date | None = None
    end: date | None = None

    @property
    def is_limited(self) -> bool:
        """Return whether there are days on which the entry does not answer."""
        return self.start is not None or self.end is not None

    def covers(self, day: date) -> bool:
        """Return whether ``day`` is one of them."""
        begun = self.start is None or self.start <= day
        return begun and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Entry:
    """A question, other wordings of it, and the messages that answer it."""

    id: str
    question: str
    answer: tuple[str, ...]
    similar: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    category: str = ""
    tags: tuple[str, ...] = ()
    valid: Validity = Validity()

    @property
    def wordings(self) -> tuple[str, ...]:
        """Return the question and its other wordings."""
        return (self.question, *self.similar)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "question": self.question,
            "answer": list(self.answer),
            "similar": list(self.similar),
            "not": list(self.excluded),
            "category": self.category,
            "tags": list(self.tags),
            "valid": [_iso(self.valid.start), _iso(self.valid.end)],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Entry:
        """Rebuild what ``to_json`` gave."""
        start, end = (date.fromisoformat(day) if day else None for day in record["valid"])
        return cls(
            id=record["id"],
            question=record["question"],
            answer=tuple(record["answer"]),
            similar=tuple(record["similar"]),
            excluded=tuple(record["not"]),
            category=record["category"],
            tags=tuple(record["tags"]),
            valid=Validity(start, end),
        )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
