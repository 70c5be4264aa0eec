"""Everything one run says, and what changed between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from chatbot.evaluation.encoders import EncoderCost
from chatbot.evaluation.figures import Figure, counts, figures
from chatbot.evaluation.intents import IntentFigures, intent_figures
from chatbot.evaluation.verdicts import Verdict

_WORTH: Mapping[str, int] = MappingProxyType({"wrong": 0, "unanswered": 1, "right": 2})


@dataclass(frozen=True)
class Report:
    """One knowledge base and one encoder, and their verdicts in the order of the questions.

    ``cost`` is that of the encoder, where it was measured.
    """

    knowledge: str
    encoder: str
    verdicts: Sequence[Verdict]
    cost: EncoderCost | None = None

    @cached_property
    def about_entries(self) -> list[Verdict]:
        """Return the verdicts that count for the figures of entries."""
        return [verdict for verdict in self.verdicts if verdict.question.asks_entry]

    @cached_property
    def figures(self) -> Mapping[str, Figure]:
        """Return the figures of entries by name."""
        return figures(self.about_entries)

    @cached_property
    def counts(self) -> Mapping[str, Any]:
        """Return the numbers of questions and actions."""
        return counts(self.about_entries)

    @cached_property
    def intents(self) -> IntentFigures | None:
        """Return the figures of intents, or None where no question is labelled with one."""
        labelled = [verdict for verdict in self.verdicts if verdict.question.asks_intent]
        return intent_figures(labelled) if labelled else None

    def to_json(self) -> dict[str, Any]:
        record = {"knowledge": self.knowledge, "encoder": self.encoder}
        intents = {"intents": self.intents.to_json()} if self.intents else {}
        cost = self.cost.to_json() if self.cost else {}
        return {**record, **self.counts, **self.figures, **cost, **intents}


@dataclass(frozen=True, slots=True)
class Change:
    """A question that is decided differently."""

    before: Verdict
    after: Verdict

    @property
    def gain(self) -> int:
        """Return how much better it is: -2, a right answer is now a wrong one, to 2."""
        return _worth(self.after) - _worth(self.before)

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.before.question.text,
            "right": sorted(self.before.question.right),
            "before": _decided(self.before),
            "after": _decided(self.after),
        }


@dataclass(frozen=True)
class Comparison:
    """Two runs over the same questions."""

    before: Report
    after: Report

    @cached_property
    def difference(self) -> dict[str, Figure]:
        """Return after less before of every figure; None where one of them is not defined."""
        after = self.after.figures
        return {name: _less(after[name], value) for name, value in self.before.figures.items()}

    @cached_property
    def changes(self) -> list[Change]:
        """Return the questions decided differently, the losses first, then by their order."""
        pairs = zip(self.before.verdicts, self.after.verdicts, strict=True)
        changed = [Change(*pair) for pair in pairs if _differ(*pair)]
        return sorted(changed, key=lambda change: change.gain)

    def to_json(self) -> dict[str, Any]:
        return {
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "difference": self.difference,
            "changed": [change.to_json() for change in self.changes],
        }


def _worth(verdict: Verdict) -> int:
    if verdict.outcome is None:
        return int(verdict.intent == verdict.question.intent)
    return _WORTH[verdict.outcome]


def _differ(before: Verdict, after: Verdict) -> bool:
    if (before.action, before.faq_id) != (after.action, after.faq_id):
        return True
    return before.question.asks_intent and before.intent != after.intent


def _decided(verdict: Verdict) -> dict[str, Any]:
    return {
        "action": verdict.action,
        "faq_id": verdict.faq_id,
        "intent": verdict.intent,
        "confidence": verdict.confidence,
        "outcome": verdict.outcome,
    }


def _less(after: Figure, before: Figure) -> Figure:
    return None if after is None or before is None else round(after - before, 4)
