"""Cells: what is counted, so that sums of sums are exact in whatever order they are added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple


class Cell(NamedTuple):
    """What is counted on a day: ``key`` says which of its kind (a reason, a member, a tag, …)."""

    day: date
    topic: str
    figure: str
    key: str


class Sum(NamedTuple):
    """How many, and how much together (seconds, confidence) where an amount belongs to each."""

    n: int = 0
    amount: int = 0

    def plus(self, other: Sum) -> Sum:
        """Return both together."""
        return Sum(self.n + other.n, self.amount + other.amount)

    def minus(self, other: Sum) -> Sum:
        """Return what is left without ``other``."""
        return Sum(self.n - other.n, self.amount - other.amount)


Cells = Mapping[Cell, Sum]


def changes(before: Cells, after: Cells) -> dict[Cell, Sum]:
    """Return what is to be added to sums that hold ``before`` so that they hold ``after``."""
    cells = dict.fromkeys([*before, *after])
    steps = {cell: after.get(cell, Sum()).minus(before.get(cell, Sum())) for cell in cells}
    return {cell: step for cell, step in steps.items() if step != Sum()}
