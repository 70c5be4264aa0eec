"""How well intents are told apart, from verdicts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.evaluation.figures import Figure, calibration_error
from chatbot.evaluation.verdicts import Verdict

#: Least share of its sentences that an intent should be found in, and how many sentences must be
#: labelled with it for a share to mean anything.
_ENOUGH_FOUND = 0.8
_ENOUGH_LABELLED = 3


@dataclass(frozen=True, slots=True)
class IntentRow:
    """One intent, or None for "no intent": how often it was right, found, and right when found.

    Of the sentences it was not found in, ``unheard`` got no intent at all; the others another one.
    """

    name: str | None
    labelled: int
    found: int
    right: int
    unheard: int = 0

    @property
    def needs_examples(self) -> bool:
        """Return whether it was missed so often that its examples do not cover what is said."""
        enough = self.name is not None and self.labelled >= _ENOUGH_LABELLED
        return enough and self.right < _ENOUGH_FOUND * self.labelled

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
            "unheard": self.unheard,
            "needs_examples": self.needs_examples,
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
    """Rows by size, confusions by frequency; ``accuracy`` counts a rightly found "none".

    ``none`` is the share of sentences without a found intent, ``ece`` the calibration error of the
    strongest intent over the sentences that have one.
    """

    questions: int
    accuracy: Figure
    none: Figure
    ece: Figure
    rows: tuple[IntentRow, ...]
    confusions: tuple[Confusion, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "questions": self.questions,
            "accuracy": _digits(self.accuracy),
            "none": _digits(self.none),
            "ece": _digits(self.ece),
            "intents": [row.to_json() for row in self.rows],
            "confusions": [confusion.to_json() for confusion in self.confusions],
        }


def intent_figures(verdicts: Sequence[Verdict]) -> IntentFigures:
    """Compare the strongest intent of each verdict with its label."""
    pairs = Counter((verdict.question.intent, verdict.intent) for verdict in verdicts)
    right = sum(count for (label, found), count in pairs.items() if label == found)
    said = [verdict for verdict in verdicts if verdict.intent is not None]
    confused = [Confusion(*pair, count) for pair, count in pairs.items() if pair[0] != pair[1]]
    return IntentFigures(
        questions=len(verdicts),
        accuracy=right / len(verdicts) if verdicts else None,
        none=1 - len(said) / len(verdicts) if verdicts else None,
        ece=calibration_error(
            (each.intent_confidence, each.intent == each.question.intent) for each in said
        ),
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
    rows = [
        IntentRow(
            name,
            labelled[name],
            found[name],
            pairs[name, name],
            0 if name is None else pairs[name, None],
        )
        for name in names
    ]
    return tuple(sorted(rows, key=lambda row: -row.labelled))


def _digits(value: Figure) -> Figure:
    return None if value is None else round(value, 4)
