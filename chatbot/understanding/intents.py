"""What a customer is after, told by examples and keywords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatbot.matching import fuzzy
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import Patterns

Priority = Literal["normal", "high", "urgent"]

_URGENCY: Mapping[Priority, int] = {"normal": 0, "high": 1, "urgent": 2}


@dataclass(frozen=True, slots=True)
class IntentHandoff:
    """To whom an intent hands over, and how soon."""

    skill: str | None = None
    priority: Priority = "normal"


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent file."""

    name: str
    title: str
    examples: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reply: tuple[str, ...] = ()
    handoff: IntentHandoff | None = None

    @property
    def urgency(self) -> int:
        """Return how soon a person is to look: -1 never, 0 normal to 2 urgent."""
        return -1 if self.handoff is None else _URGENCY[self.handoff.priority]

    def to_json(self) -> dict[str, Any]:
        record: dict[str, Any] = {"intent": self.name, "title": self.title}
        for name in ("examples", "keywords", "exclude", "tags", "reply"):
            record[name] = list(getattr(self, name))
        handoff = self.handoff
        record["handoff"] = handoff and {"skill": handoff.skill, "priority": handoff.priority}
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Intent:
        """Rebuild what ``to_json`` gave."""
        handoff = record["handoff"]
        return cls(
            name=record["intent"],
            title=record["title"],
            examples=tuple(record["examples"]),
            keywords=tuple(record["keywords"]),
            exclude=tuple(record["exclude"]),
            tags=tuple(record["tags"]),
            reply=tuple(record["reply"]),
            handoff=IntentHandoff(handoff["skill"], handoff["priority"]) if handoff else None,
        )


@dataclass(frozen=True, slots=True)
class FoundIntent:
    """An intent in a message: how sure, by what kind of evidence, and the very words."""

    intent: Intent
    confidence: float
    evidence: Literal["examples", "keywords"]
    detail: str


@dataclass(frozen=True, slots=True)
class _Rules:
    intent: Intent
    examples: tuple[str, ...]
    keywords: Patterns
    exclude: Patterns


class IntentRules:
    """All intents, compiled."""

    def __init__(self, intents: Iterable[Intent], normaliser: Normaliser) -> None:
        self._rules = tuple(
            _Rules(
                intent,
                tuple(filter(None, map(normaliser.key, intent.examples))),
                Patterns.compile(intent.keywords, normaliser),
                Patterns.compile(intent.exclude, normaliser),
            )
            for intent in intents
        )

    def find(self, message: NormalText) -> Sequence[FoundIntent]:
        """Return the intents of ``message``, strongest first; ties: more urgent, file order.

        A keyword and an example's own wording are the admin's rule and certain; a wording close
        to an example is as sure as it is close.
        """
        found = [hit for rules in self._rules if (hit := _find_one(rules, message)) is not None]
        return sorted(found, key=lambda hit: (-hit.confidence, -hit.intent.urgency))


def _find_one(rules: _Rules, message: NormalText) -> FoundIntent | None:
    if rules.exclude.find(message) is not None:
        return None
    close = fuzzy.near_exact(message.key, rules.examples)
    if close and close[0][1] == 1.0:
        return FoundIntent(rules.intent, 1.0, "examples", rules.examples[close[0][0]])
    keyword = rules.keywords.find(message)
    if keyword is not None:
        return FoundIntent(rules.intent, 1.0, "keywords", keyword)
    if close:
        return FoundIntent(rules.intent, close[0][1], "examples", rules.examples[close[0][0]])
    return None
