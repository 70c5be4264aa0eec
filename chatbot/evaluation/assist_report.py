"""Would the bot have answered, and like the staff? Figures of the turns only recorded. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chatbot.insight.shares import Share

#: Below so many comparisons a share says little by itself.
FEW = 100


@dataclass(frozen=True, slots=True)
class AssistReport:
    """Turns that were only recorded, by what the bot would have done and what staff did.

    Of those it would have ``answered``: ``same`` and ``different`` from what a member wrote then,
    ``nothing`` to compare with (a greeting, a question back), and ``unanswered`` by anybody in
    writing. ``judged`` of them a person judged, whose word counts before any measure.
    """

    answered: int = 0
    clarified: int = 0
    handed_over: int = 0
    fixed: int = 0
    smalltalk: int = 0
    same: int = 0
    different: int = 0
    nothing: int = 0
    unanswered: int = 0
    judged: int = 0

    @property
    def would_answer(self) -> Share:
        """Return the share of questions, small talk left out, that the bot would answer itself."""
        return Share(self.answered, self.answered + self.clarified + self.handed_over + self.fixed)

    @property
    def like_staff(self) -> Share:
        """Return the share of its answers like the staff's, of those that can be compared."""
        return Share(self.same, self.same + self.different)


_ACTIONS = {
    "answer": "answered",
    "clarify": "clarified",
    "handoff": "handed_over",
    "smalltalk": "smalltalk",
}
_OUTCOMES = {
    "right": "same",
    "same": "same",
    "wrong": "different",
    "other": "different",
    "different": "different",
    "nothing": "nothing",
}


def make_report(counts: Iterable[tuple[str, str, bool, int]]) -> AssistReport:
    """Return the report of (action, outcome, whether a person said so, turns)."""
    totals: dict[str, int] = {}
    for action, outcome, judged, turns in counts:
        names = [_ACTIONS.get(action, "fixed")]
        if action == "answer":
            names += [_OUTCOMES.get(outcome, "unanswered"), *(["judged"] if judged else [])]
        for name in names:
            totals[name] = totals.get(name, 0) + turns
    return AssistReport(**totals)
