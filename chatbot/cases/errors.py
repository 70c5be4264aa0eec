"""What can be wrong with an act on a case.

UserError
├── CaseProblem    it cannot be done, and why
└── CaseConflict   somebody changed the case meanwhile; carries how it stands now
"""

from __future__ import annotations

from chatbot.cases.case import Case
from chatbot.errors import UserError


class CaseProblem(UserError):
    """What was asked for cannot be done; the text says why, and what can."""


class CaseConflict(UserError):
    """Who acted looked at an older state; ``case`` is how it stands."""

    def __init__(self, case: Case) -> None:
        super().__init__(f"事项 {case.id} 刚刚被改过，请看过现在的样子再改")
        self.case = case
