"""What an examination found: findings, grouped by check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class NotChecked(Exception):
    """What a check builds on is not there; the text says what, in Chinese."""


class Severity(StrEnum):
    """How bad a finding is: it must be mended, it should be looked at, or it is just so."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written; ``line`` counts from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. ``id`` is stable for scripts; the other texts are Chinese.

    ``settings`` are the variables concerned, ``place`` the line in a file, ``subject`` what it is
    about where that does not say it.
    """

    id: str
    severity: Severity
    settings: tuple[str, ...]
    subject: str
    cause: str
    remedy: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Verdict(Generic[T]):
    """What a check hands back. ``fact`` is what later checks build on; None if it was not found."""

    findings: tuple[Finding, ...] = ()
    summary: str = ""
    fact: T | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check of the report. ``summary`` says what was seen, or why nothing was checked."""

    id: str
    title: str
    summary: str = ""
    findings: tuple[Finding, ...] = ()
    skipped: bool = False

    @property
    def status(self) -> Status:
        """Return the worst of the findings, or that there was no check."""
        if self.skipped:
            return Status.SKIPPED
        found = {finding.severity for finding in self.findings}
        return next((Status(severity) for severity in Severity if severity in found), Status.OK)

    def rewritten(self, rewrite: Callable[[str], str]) -> Outcome:
        """Return a copy with ``rewrite`` applied to every text that may quote something."""
        findings = tuple(
            replace(
                finding,
                subject=rewrite(finding.subject),
                cause=rewrite(finding.cause),
                remedy=rewrite(finding.remedy),
            )
            for finding in self.findings
        )
        return replace(self, summary=rewrite(self.summary), findings=findings)


@dataclass(frozen=True, slots=True)
class Report:
    """All checks in the order they were made."""

    outcomes: tuple[Outcome, ...] = field(default=())

    def count(self, severity: Severity) -> int:
        """Return how many findings are this severe."""
        return sum(
            finding.severity is severity
            for outcome in self.outcomes
            for finding in outcome.findings
        )

    @property
    def skipped(self) -> int:
        """Return how many checks were not made."""
        return sum(outcome.skipped for outcome in self.outcomes)

    @property
    def exit_code(self) -> int:
        """Return 1 if something must be mended, else 0."""
        return int(self.count(Severity.PROBLEM) > 0)
