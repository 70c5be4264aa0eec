"""What would change, in the words of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chatbot.curation.gate.change import Change, Source, Verdict
from chatbot.curation.gate.report import GateReport, NoteOfLinter
from chatbot.curation.left_out import Expected

#: A page is no place for more; the command lists them all.
_MOST_SHOWN = 100
_SOURCES: tuple[Source, ...] = ("recent", "left-out", "wording")


@dataclass(frozen=True, slots=True)
class ChangedQuestion:
    """A question that is served otherwise; ``before`` and ``after`` in words."""

    text: str
    source: str
    entry: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PinnedQuestionShown:
    """A pinned question, what is wanted of it and what comes of it, in words."""

    text: str
    wanted: str
    after: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ReportShown:
    """A report as it is drawn: sentences, and tables of questions."""

    content: tuple[str, ...]
    asked: str
    figures: tuple[str, ...]
    pinned: tuple[PinnedQuestionShown, ...]
    changes: tuple[ChangedQuestion, ...]
    changed: int
    more: int
    errors: tuple[NoteOfLinter, ...]
    warnings: tuple[NoteOfLinter, ...]

    @property
    def broken(self) -> tuple[PinnedQuestionShown, ...]:
        """Return the pinned questions that break."""
        return tuple(each for each in self.pinned if not each.holds)


def shown(report: GateReport, words: Mapping[str, str]) -> ReportShown:
    """Return what is drawn of a report."""
    drawer = _Drawer(words, report.titles)
    listed = report.changes[:_MOST_SHOWN]
    return ReportShown(
        content=tuple(drawer.content(report)),
        asked=drawer.asked(report),
        figures=tuple(drawer.figures(report)),
        pinned=tuple(drawer.pinned(report)),
        changes=tuple(map(drawer.change, listed)),
        changed=report.changed,
        more=report.changed - len(listed),
        errors=report.errors,
        warnings=tuple(each for each in report.findings if each.severity == "warning"),
    )


class _Drawer:
    def __init__(self, words: Mapping[str, str], titles: Mapping[str, str]) -> None:
        self._words = words
        self._titles = titles

    def content(self, report: GateReport) -> Iterator[str]:
        for kind, items in report.content.items():
            counts = Counter(item["kind"] for item in items)
            parts = "，".join(
                self._words[f"item_{what}"].format(count=count) for what, count in counts.items()
            )
            names = "、".join(item["title"] or item["name"] for item in items[:5])
            more = "…" if len(items) > 5 else ""
            yield self._words["content_line"].format(
                kind=self._words[f"kind_{kind}"], parts=parts, names=names + more
            )

    def asked(self, report: GateReport) -> str:
        told = (
            self._words[f"asked_{source}"].format(count=report.asked[source])
            for source in ("pinned", *_SOURCES)
            if report.asked.get(source)
        )
        return "、".join(told)

    def figures(self, report: GateReport) -> Iterator[str]:
        before, after = report.before, report.after
        if before is None or after is None:
            return
        yield self._words["figure_coverage"].format(
            before=_percent(before.coverage), after=_percent(after.coverage)
        )
        yield self._words["figure_right"].format(before=_right(before), after=_right(after))

    def pinned(self, report: GateReport) -> Iterator[PinnedQuestionShown]:
        for each in sorted(report.pinned, key=lambda one: one.holds):
            wanted = self._entry(each.pinned.faq_id) or self._action(str(each.pinned.action))
            yield PinnedQuestionShown(
                each.pinned.text, wanted, self._verdict(each.change.after), each.holds
            )

    def change(self, change: Change) -> ChangedQuestion:
        return ChangedQuestion(
            change.text,
            self._words[f"source_{change.source}"],
            self._entry(change.entry),
            self._verdict(change.before),
            self._verdict(change.after),
        )

    def _verdict(self, verdict: Verdict | None) -> str:
        if verdict is None:
            return self._words["nothing_live"]
        by = self._entry(verdict.faq_id) or verdict.intent
        if not by and verdict.leads:
            by = self._words["leads"].format(entry=self._entry(verdict.leads))
        sure = f"{verdict.confidence:.2f}"
        action = self._action(verdict.action)
        return self._words["verdict"].format(action=action, by=by, confidence=sure)

    def _entry(self, name: str) -> str:
        """Return what people call an entry: its question, or its id if it is gone."""
        return self._words["entry"].format(title=self._titles.get(name, name)) if name else ""

    def _action(self, action: str) -> str:
        return self._words.get(f"action_{action}", action)


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _right(expected: Expected) -> str:
    return f"{1 - expected.wrong / expected.direct:.1%}" if expected.direct else "—"
