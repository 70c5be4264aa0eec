"""How well intents are told apart, from verdicts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.evaluation.figures import Figure
from chatbot.evaluation.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class IntentRow:
    """One intent, or None for "no intent": how often it was right, found, and right when found."""

    name: str | None
    labelled: int
    found: int
    right: int

    @property
    def precision(self) -> Figure:
        """Return the share of right ones among the sentences it was found in."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> Figure:
        """Return the share of its sentences it was found in."""
        return self.right / self.labelled if self.labelled else None

    def to_json(self) -> dict[str, Any]:
        return {
            "intent": self.name,
            "questions": self.labelled,
            "precision": _digits(self.precision),
            "recall": _digits(self.recall),
        }


@dataclass(frozen=True, slots=True)
class Confusion:
    """Sentences of one intent in which another one was found; None is "no intent"."""

    label: str | None
    found: str | None
    questions: int

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "found": self.found, "questions": self.questions}


@dataclass(frozen=True, slots=True)
class IntentFigures:
    """Rows by size, confusions by frequency; ``accuracy`` counts a rightly found "none"."""

    questions: int
    accuracy: Figure
    rows: tuple[IntentRow, ...]
    confusions: tuple[Confusion, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "questions": self.questions,
            "accuracy": _digits(self.accuracy),
            "intents": [row.to_json() for row in self.rows],
            "confusions": [confusion.to_json() for confusion in self.confusions],
        }


def intent_figures(verdicts: Sequence[Verdict]) -> IntentFigures:
    """Compare the strongest intent of each verdict with its label."""
    pairs = Counter((verdict.question.intent, verdict.intent) for verdict in verdicts)
    right = sum(count for (label, found), count in pairs.items() if label == found)
    confused = [Confusion(*pair, count) for pair, count in pairs.items() if pair[0] != pair[1]]
    return IntentFigures(
        questions=len(verdicts),
        accuracy=right / len(verdicts) if verdicts else None,
        rows=_rows(pairs),
        confusions=tuple(sorted(confused, key=lambda each: -each.questions)),
    )


def _rows(pairs: Counter[tuple[str | None, str | None]]) -> tuple[IntentRow, ...]:
    labelled: Counter[str | None] = Counter()
    found: Counter[str | None] = Counter()
    for (label, other), count in pairs.items():
        labelled[label] += count
        found[other] += count
    names = dict.fromkeys([*labelled, *found])
    rows = [IntentRow(name, labelled[name], found[name], pairs[name, name]) for name in names]
    return tuple(sorted(rows, key=lambda row: -row.labelled))


def _digits(value: Figure) -> Figure:
    return None if value is None else round(value, 4)
