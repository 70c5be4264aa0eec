"""What people read about a case. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chatbot.cases.case import Case, Reach, one_line
from chatbot.cases.reminders import Stage

_NAME = 30
_NAMES_SHOWN = 5


class CaseWords:
    """A brand's words for cases, in its time zone; ``words`` is the text ``case_words``."""

    def __init__(self, words: Mapping[str, str], zone: ZoneInfo) -> None:
        self._words = words
        self._zone = zone

    def kind(self, case: Case) -> str:
        """Return what a case's kind is called."""
        return self._words[f"kind_{case.kind}"]

    def state(self, state: str) -> str:
        """Return what a state is called."""
        return self._words[f"state_{state}"]

    def owner(self, case: Case) -> str:
        """Return the owner's id, or that there is none."""
        return case.owner or self._words["nobody"]

    def customer(self, nickname: str) -> str:
        """Return what a customer is called, hostile names made harmless."""
        return one_line(nickname, _NAME) or self._words["unnamed"]

    def instant(self, at: datetime, now: datetime) -> str:
        """Return an instant as in 今天 15:00."""
        local, today = at.astimezone(self._zone), now.astimezone(self._zone).date()
        days = (local.date() - today) // timedelta(days=1)
        pattern = {0: "today", 1: "tomorrow"}.get(days, "day")
        return self._words[pattern].format(month=local.month, day=local.day, time=f"{local:%H:%M}")

    def told(self, stage: Stage, case: Case, nickname: str, reach: Reach, now: datetime) -> str:
        """Return what is told of a case at a stage, one line without the customer's marks."""
        values = {
            "title": case.title,
            "customer": self.customer(nickname),
            "due": self.instant(case.due_at, now),
            "owner": self.owner(case),
            "closes": self.instant(reach.closes_at, now) if reach.closes_at else "",
            "ways": self.ways(case, reach),
        }
        return self._words[stage].format(**values)

    def ways(self, case: Case, reach: Reach) -> str:
        """Return how the customer can be reached when nothing can be sent in the session."""
        followers = "、".join(reach.followers[:_NAMES_SHOWN])
        which = {
            (True, True): "way_both", (True, False): "way_followers",
            (False, True): "way_phone", (False, False): "way_none",
        }[bool(followers), bool(case.phone)]  # fmt: skip
        return self._words[which].format(followers=followers, phone=case.phone)
