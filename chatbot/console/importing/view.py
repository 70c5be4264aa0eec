"""What the page of a trial shows of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.console.harmless import one_line
from chatbot.exchange.importing import Trial
from chatbot.exchange.merging import Step
from chatbot.exchange.records import json_ready
from chatbot.knowledge.columns import COLUMNS

#: What concerns people first.
_ORDER = ("refused", "conflict", "changed", "new", "gone")
_SHOWN = 300
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Side:
    """A field with what it says on each side: two of a change, three of a conflict."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file: what becomes of it."""

    kind: str
    line: int
    id: str
    question: str
    changes: Sequence[Side] = ()
    conflicts: Sequence[Side] = ()
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TrialView:
    """The rows that are shown, how many there are of each kind, and how many are not shown."""

    rows: Sequence[Row]
    counts: Mapping[str, int]
    more: int
    warnings: Sequence[str]

    @property
    def applies(self) -> int:
        """Return how many rows would be written."""
        return self.counts.get("new", 0) + self.counts.get("changed", 0)


def view_of(trial: Trial) -> TrialView:
    """Return a trial for its page."""
    rows = [*_refused(trial), *(_row(trial, step) for step in trial.plan.steps)]
    counts = Counter(each.kind for each in rows)
    told = [each for each in rows if each.kind in _ORDER]
    told.sort(key=lambda each: (_ORDER.index(each.kind), each.line))
    warnings = [
        one_line(f"第 {each.line} 行 {each.key}：{each.text}", _LONGEST)
        for each in trial.incoming.warnings[:_SHOWN]
    ]
    return TrialView(told[:_SHOWN], counts, max(0, len(told) - _SHOWN), warnings)


def _refused(trial: Trial) -> Iterator[Row]:
    for row in trial.incoming.refused:
        yield Row("refused", row.lines[0], row.id, "", reasons=row.reasons)


def _row(trial: Trial, step: Step) -> Row:
    kind = "conflict" if step.conflicts else step.kind
    question = one_line(trial.questions.get(step.id, ""), _LONGEST)
    if step.id in trial.left:
        return Row("refused", step.line, step.id, question, reasons=(trial.left[step.id],))
    changes = [Side(_named(c.key), (_said(c.before), _said(c.after))) for c in step.changes]
    conflicts = [
        Side(_named(c.key), (_said(c.base), _said(c.ours), _said(c.theirs))) for c in step.conflicts
    ]
    # Of a new one it is plain that all is new: what customers will read is shown.
    answer = _named("answer")
    shown = changes if step.kind != "new" else [each for each in changes if each.name == answer]
    return Row(kind, step.line, step.id, question, shown, conflicts)


def _named(key: str) -> str:
    """Return what a field is called in tables."""
    return COLUMNS[key][0] if key in COLUMNS else key


def _said(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(json_ready(value), ensure_ascii=False)
    return one_line(text, _LONGEST)
