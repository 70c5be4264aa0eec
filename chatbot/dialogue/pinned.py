"""Questions whose answer is pinned down: what must not change unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from chatbot.accounts.account import Accounts
from chatbot.dialogue.decision import Action, Decision
from chatbot.dialogue.turn import Situation

ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class PinnedQuestion:
    """A message that begins a conversation, and what must come of it.

    With ``faq_id``: this entry answers directly; with ``action``: that is done. One of the two is
    given. ``account`` is a short name, empty for the default; ``tags`` ("group:tag") what the
    customer has.
    """

    text: str
    faq_id: str = ""
    action: Action | None = None
    account: str = ""
    tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "faq_id": self.faq_id,
            "action": self.action,
            "account": self.account,
            "tags": list(self.tags),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> PinnedQuestion:
        """Rebuild what ``to_json`` gave."""
        return cls(
            record["text"], record["faq_id"], record["action"], record["account"],
            tuple(record["tags"]),
        )  # fmt: skip

    def holds(self, decision: Decision) -> bool:
        """Return whether ``decision`` is what was pinned down."""
        if self.faq_id:
            return decision.action == "answer" and decision.faq_id == self.faq_id
        return decision.action == self.action

    def situation(self, accounts: Accounts, now: datetime) -> Situation:
        """Return the facts that it is asked with at ``now``."""
        account = accounts.named(self.account) or accounts.default
        return Situation(now, account=account.open_kfid, tags=self.tags)
