"""What publishing would change, as it is shown to people and kept with the snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from chatbot.curation.gate.change import Change
from chatbot.curation.left_out import Expected
from chatbot.curation.linting.findings import Severity
from chatbot.dialogue.pinned import PinnedQuestion

#: More changes are counted, not listed.
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class PinnedResult:
    """What becomes of a pinned question; ``holds``: what was pinned down still comes of it."""

    pinned: PinnedQuestion
    change: Change
    holds: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "pinned": self.pinned.to_json(),
            "change": self.change.to_json(),
            "holds": self.holds,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> PinnedResult:
        """Rebuild what ``to_json`` gave."""
        pinned = PinnedQuestion.from_json(record["pinned"])
        return cls(pinned, Change.from_json(record["change"]), record["holds"])


@dataclass(frozen=True, slots=True)
class NoteOfLinter:
    """Something that the linter found: what and why, and what to do."""

    kind: str
    severity: Severity
    text: str
    cure: str


@dataclass(frozen=True, slots=True)
class GateReport:
    """What would change if content went live.

    ``live`` is the snapshot it was held against, None if there was none. ``asked`` counts the
    questions by their source, ``changes`` lists those served otherwise (at most ``MOST_LISTED`` of
    ``changed``). ``before`` and ``after`` are what to expect of messages, None where there are too
    few wordings to tell. ``titles`` are the questions of the entries that are spoken of, by id.
    ``findings`` is what the linter found that is more than a note.
    """

    live: int | None
    pinned: tuple[PinnedResult, ...]
    asked: Mapping[str, int]
    changes: tuple[Change, ...]
    changed: int
    before: Expected | None
    after: Expected | None
    content: Mapping[str, Any] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[NoteOfLinter, ...] = ()

    @property
    def broken(self) -> tuple[PinnedResult, ...]:
        """Return the pinned questions that break."""
        return tuple(each for each in self.pinned if not each.holds)

    @property
    def errors(self) -> tuple[NoteOfLinter, ...]:
        """Return what the linter says may not be published."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def may_go_live(self) -> bool:
        """Return whether nothing that was pinned down breaks, and the linter found no error."""
        return not self.broken and not self.errors

    def to_json(self) -> dict[str, Any]:
        return {
            "live": self.live,
            "pinned": [each.to_json() for each in self.pinned],
            "asked": dict(self.asked),
            "changes": [each.to_json() for each in self.changes],
            "changed": self.changed,
            "before": self.before and self.before.to_json(),
            "after": self.after and self.after.to_json(),
            "content": dict(self.content),
            "titles": dict(self.titles),
            "findings": [asdict(each) for each in self.findings],
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> GateReport:
        """Rebuild what ``to_json`` gave."""
        before, after = record["before"], record["after"]
        return cls(
            live=record["live"],
            pinned=tuple(map(PinnedResult.from_json, record["pinned"])),
            asked=record["asked"],
            changes=tuple(map(Change.from_json, record["changes"])),
            changed=record["changed"],
            before=None if before is None else Expected(**before),
            after=None if after is None else Expected(**after),
            content=record["content"],
            titles=record["titles"],
            findings=tuple(NoteOfLinter(**each) for each in record["findings"]),
        )
