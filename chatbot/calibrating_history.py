"""What was learnt from labels, step by step: as a page and a command tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from chatbot.store.calibrations import Learning


@dataclass(frozen=True, slots=True)
class Change:
    """A number before and after; None where nobody had worked it out, or there was none."""

    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """A learning: from how many labels of which source, what it changed, and what was measured.

    ``threshold`` is that of entries without a target of their own; ``least_precision`` and
    ``coverage`` are what the report says that was made afterwards.
    """

    snapshot: int
    at: datetime
    cause: str
    actor: str
    labels: int
    sources: Mapping[str, int] | None
    threshold: Change
    share: Change
    least_precision: float | None
    coverage: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON object."""
        return asdict(self) | {"at": self.at.isoformat()}


def steps_of(found: Iterable[Learning]) -> list[Step]:
    """Return learnings as they are told."""
    return [
        Step(
            snapshot=each.snapshot,
            at=each.at,
            cause=each.cause,
            actor=each.actor,
            labels=each.correction.labels if each.correction else 0,
            sources=each.sources,
            threshold=Change(_threshold(each.before), _threshold(each.after)),
            share=Change(
                each.former.share if each.former else None,
                each.correction.share if each.correction else None,
            ),
            least_precision=_measured(each.after, "bound", "least_precision"),
            coverage=_measured(each.after, "expected", "coverage"),
        )
        for each in found
    ]


def _threshold(report: Mapping[str, Any] | None) -> float | None:
    return None if report is None else float(report["promises"][0]["threshold"])


def _measured(report: Mapping[str, Any] | None, part: str, name: str) -> float | None:
    """Return a figure of a report; a bound without answers says nothing."""
    told = report and report[part]
    if not told or (part == "bound" and not told["answered"]):
        return None
    return float(told[name])
