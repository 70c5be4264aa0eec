"""Shows a report: to people in aligned lines, to scripts as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from types import MappingProxyType

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chatbot.doctor.report import Finding, Outcome, Place, Report, Severity, Status
from chatbot.doctor.words import listed, say, words

_SYMBOLS: Mapping[Status, str] = MappingProxyType(
    dict(zip(Status, ("✔", "i", "!", "✘", "–"), strict=True))
)
_STYLES: Mapping[Status, str] = MappingProxyType(
    dict(zip(Status, ("green", "cyan", "yellow", "red", "dim"), strict=True))
)
_INDENT = 4
_GAP = 2


def print_report(report: Report, console: Console) -> None:
    """Print the report: in colours on a terminal, else in plain lines without wrapping."""
    if console.is_terminal and console.encoding.lower().startswith("utf"):
        _print_coloured(report, console)
    else:
        console.print(Text("\n".join(_plain_lines(report))), soft_wrap=True)


def _print_coloured(report: Report, console: Console) -> None:
    titles = [f"{_SYMBOLS[outcome.status]} {outcome.title}" for outcome in report.outcomes]
    width = max(map(cell_len, titles))
    console.print(Text(words()["labels"]["heading"], "bold"), "", sep="\n")
    for title, outcome in zip(titles, report.outcomes, strict=True):
        line = _grid(width)
        line.add_row(Text(title, _STYLES[outcome.status]), Text(_summary(outcome)))
        console.print(line)
        for finding in outcome.findings:
            block = _grid(0)
            for label, text in _lines_of(finding, outcome):
                block.add_row(Text(label, "dim"), Text(text))
            console.print(Padding(block, (0, 0, 1, _INDENT)))
    if not report.outcomes[-1].findings:
        console.print()
    console.print(Text(_ending(report), _STYLES[_worst(report)]))


def _grid(width: int) -> Table:
    """Return two columns: one as wide as its longest text but at least ``width``, and the rest."""
    grid = Table.grid(padding=(0, _GAP))
    grid.add_column(no_wrap=True, min_width=width)
    grid.add_column(overflow="fold")
    return grid


def _plain_lines(report: Report) -> Iterator[str]:
    width = max(cell_len(outcome.title) for outcome in report.outcomes) + _GAP
    yield from (words()["labels"]["heading"], "")
    for outcome in report.outcomes:
        mark = words()["marks"][outcome.status]
        space = " " * (width - cell_len(outcome.title))
        yield f"{mark} {outcome.title}{space}{_summary(outcome)}".rstrip()
        for finding in outcome.findings:
            for label, text in _lines_of(finding, outcome):
                indent = " " * (_INDENT + cell_len(label) + _GAP)
                yield textwrap.indent(text, indent).replace(indent, _labelled(label), 1)
            yield ""
    if not report.outcomes[-1].findings:
        yield ""
    yield _ending(report)


def _labelled(label: str) -> str:
    return f"{' ' * _INDENT}{label}{' ' * _GAP}"


def _summary(outcome: Outcome) -> str:
    if outcome.skipped:
        return str(words()["labels"]["skipped"]).format(reason=outcome.summary)
    return "" if outcome.status is Status.PROBLEM else outcome.summary


def _lines_of(finding: Finding, outcome: Outcome) -> Iterator[tuple[str, str]]:
    labels = words()["labels"]
    if finding.severity.value != outcome.status.value:  # the outcome shows the worst of several
        yield labels["severity"], labels[finding.severity]
    if finding.settings:
        yield labels["setting"], listed(finding.settings)
    if finding.place:
        yield labels["place"], _place(finding.place)
    if finding.subject:
        yield labels["subject"], finding.subject
    yield labels["cause"], finding.cause
    yield labels["remedy"], finding.remedy


def _place(place: Place) -> str:
    line = say("line", line=place.line) if place.line else ""
    return " ".join(filter(None, (place.file, line, place.key)))


def _worst(report: Report) -> Status:
    if report.count(Severity.PROBLEM):
        return Status.PROBLEM
    return Status.WARNING if report.count(Severity.WARNING) or report.skipped else Status.OK


def _ending(report: Report) -> str:
    labels = words()["labels"]
    if _worst(report) is Status.OK:
        return str(labels["healthy"])
    return str(labels["ending"]).format(
        problems=report.count(Severity.PROBLEM),
        warnings=report.count(Severity.WARNING),
        notes=report.count(Severity.NOTE),
        skipped=report.skipped,
    )


def to_json(report: Report) -> str:
    """Return the report for scripts: ``ok`` and ``checks`` with their findings."""
    checks = [
        {
            "id": outcome.id,
            "title": outcome.title,
            "status": outcome.status,
            "summary": outcome.summary,
            "findings": [asdict(finding) for finding in outcome.findings],
        }
        for outcome in report.outcomes
    ]
    body = {"ok": report.exit_code == 0, "checks": checks}
    return json.dumps(body, ensure_ascii=False, indent=2)
