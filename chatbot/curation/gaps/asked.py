"""Which turns asked something in vain, what they asked, and in which way it was in vain. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

#: ``unanswered``: one of several questions that no entry answers, or a draft that there was none;
#: ``handed_over``: a person had to answer; ``unchosen``: none of the offered entries was chosen;
#: ``disliked``: the customer, or a colleague, said that the answer was not it; ``mined``: a person
#: answered it in an old talk that was brought in; ``document``: a document that was brought in
#: answers it, nobody asked.
Kind = Literal["unanswered", "handed_over", "unchosen", "disliked", "mined", "document"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: Those that have no turn of the bot's behind them.
OF_FILES: frozenset[Kind] = frozenset({"mined", "document"})

#: So many letters of a question are looked at, and kept with what was said of it later.
LONGEST = 480
#: Why a person is called for want of an answer. A wish for a person, an urgent intent, a form, an
#: entry that only people may answer: all that is as the brand wants it.
_FOR_WANT = frozenset({"low-confidence", "language"})
_FOUND_WRONG = frozenset({"wrong", "other"})


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """A turn, and what was said of it later.

    ``chosen`` are the texts asked in it that a later choice or wording led to an entry, ``refused``
    those whose answer the customer did not want; ``verdict`` is a colleague's judgement.
    """

    turn_id: int
    conversation_id: int
    at: datetime
    text: str
    action: str
    rule: str
    mode: str
    decision: Mapping[str, Any]
    verdict: str | None = None
    chosen: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    @property
    def faq_id(self) -> str | None:
        """Return the entry that answered directly, None if none did or it was not it."""
        answered: str | None = self.decision.get("faq_id")
        wrong = self.verdict in _FOUND_WRONG or self._is_in(self.refused, self.text)
        return None if self.action != "answer" or wrong else answered

    def _is_in(self, texts: frozenset[str], text: str) -> bool:
        return text[:LONGEST] in texts

    def asked_in_vain(self) -> Iterator[tuple[str, Kind]]:
        """Yield the questions that got no answer, and in which way; usually none or one."""
        if self.verdict == "right":
            return
        if self.verdict in _FOUND_WRONG or self._is_in(self.refused, self.text):
            yield self.text, "disliked"
            return
        parts = [part for part in self.decision.get("parts") or () if part.get("text")]
        if any(part.get("faq_id") for part in parts):
            yield from self._left(parts)
        else:
            yield from self._whole()

    def _left(self, parts: list[Mapping[str, Any]]) -> Iterator[tuple[str, Kind]]:
        """Yield the parts of an answered message that nothing answered."""
        for part in parts:
            if not part.get("faq_id") and not self._is_in(self.chosen, part["text"]):
                yield part["text"], "unanswered"

    def _whole(self) -> Iterator[tuple[str, Kind]]:
        if self.rule == "clarify" and not self._is_in(self.chosen, self.text):
            yield self.text, "unchosen"
        handoff = self.decision.get("handoff") or {}
        if self.action == "handoff" and handoff.get("reason") in _FOR_WANT:
            yield self.text, "unanswered" if self.mode == "assist" else "handed_over"
