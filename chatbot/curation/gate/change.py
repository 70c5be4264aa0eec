"""One question, and what becomes of it before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from chatbot.dialogue.decision import Decision

#: Where a question comes from: pinned down, a wording that was written or taken away, a wording
#: asked as if it were not there, or a message of a customer's.
Source = Literal["pinned", "wording", "left-out", "recent"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done about a question: by which entry or intent (empty: none), how sure.

    ``leads`` is the entry that is thought of first, whatever is done; empty if there is none.
    """

    action: str
    faq_id: str
    confidence: float
    leads: str = ""
    intent: str = ""

    @classmethod
    def of(cls, decision: Decision) -> Verdict:
        """Return what ``decision`` comes to."""
        leads = decision.candidates[0].faq_id if decision.candidates else ""
        acts = decision.action not in {"answer", "clarify"} and decision.intent is not None
        intent = decision.intent if acts and decision.intent else ""
        confidence = round(decision.confidence, 4)
        return cls(decision.action, decision.faq_id or "", confidence, leads, intent)

    def is_like(self, other: Verdict) -> bool:
        """Return whether a customer would be served alike."""
        ours = (self.action, self.faq_id, self.intent)
        return ours == (other.action, other.faq_id, other.intent)

    def to_json(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "faq_id": self.faq_id,
            "confidence": self.confidence,
            "leads": self.leads,
            "intent": self.intent,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Verdict:
        """Rebuild what ``to_json`` gave."""
        return cls(**record)


@dataclass(frozen=True, slots=True)
class Change:
    """A question that would be served otherwise.

    ``entry`` is the one that it is known to belong to, empty if nobody knows. ``before`` is None
    if nothing was live before.
    """

    text: str
    source: Source
    before: Verdict | None
    after: Verdict
    entry: str = ""

    @property
    def differs(self) -> bool:
        """Return whether a customer would be served otherwise than before."""
        return self.before is None or not self.after.is_like(self.before)

    @property
    def entries(self) -> set[str]:
        """Return the ids of the entries that are spoken of."""
        verdicts = [each for each in (self.before, self.after) if each is not None]
        named = (self.entry, *(name for each in verdicts for name in (each.faq_id, each.leads)))
        return {name for name in named if name}

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "source": self.source,
            "entry": self.entry,
            "before": self.before and self.before.to_json(),
            "after": self.after.to_json(),
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Change:
        """Rebuild what ``to_json`` gave."""
        before = record["before"]
        return cls(
            record["text"],
            record["source"],
            None if before is None else Verdict.from_json(before),
            Verdict.from_json(record["after"]),
            record["entry"],
        )
