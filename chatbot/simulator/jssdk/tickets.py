"""Tickets that sign pages (WeCom developer documentation, 获取企业的jsapi_ticket, 访问频率限制)."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chatbot.simulator.config import RulesConfig
from chatbot.simulator.errors import PlatformError

_HOUR = 3600.0
_PER_ENTERPRISE: Final = 400
_PER_APP: Final = 100


class Kind(StrEnum):
    """What a ticket signs for."""

    CONFIG = "config"  # the enterprise: one ticket for all its apps
    AGENT_CONFIG = "agentConfig"  # one app


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket; ``agent_id`` is None for the enterprise's."""

    text: str
    kind: Kind
    agent_id: int | None
    expires_at: float


class TicketDesk:
    """Hands out tickets and knows which are good."""

    def __init__(self, rules: RulesConfig, now: Callable[[], float]) -> None:
        self._rules = rules
        self._now = now
        self._valid: list[Ticket] = []
        self._asked: dict[tuple[Kind, int | None], deque[float]] = {}

    def issue(self, kind: Kind, agent_id: int) -> tuple[str, int]:
        """Return a ticket for the app and its life in seconds; raise 45009.

        400 an hour for the enterprise, 100 an hour for each app, either kind by itself.
        """
        self._count(kind, agent_id)
        owner = agent_id if kind is Kind.AGENT_CONFIG else None
        found = [t for t in self.valid() if (t.kind, t.agent_id) == (kind, owner)]
        ticket = found[-1] if found and self._rules.repeat_token else self._make(kind, owner)
        return ticket.text, max(1, round(ticket.expires_at - self._now()))

    def valid(self) -> list[Ticket]:
        """Return all tickets that have not expired, the newest last."""
        self._valid = [ticket for ticket in self._valid if ticket.expires_at > self._now()]
        return self._valid

    def invalidate(self) -> None:
        """Make every ticket worthless, as the platform may at any time."""
        self._valid.clear()

    def _make(self, kind: Kind, owner: int | None) -> Ticket:
        expires_at = self._now() + self._rules.ticket_seconds
        ticket = Ticket(secrets.token_urlsafe(64), kind, owner, expires_at)
        self._valid.append(ticket)
        return ticket

    def _count(self, kind: Kind, agent_id: int) -> None:
        now = self._now()
        limits = {(kind, None): _PER_ENTERPRISE, (kind, agent_id): _PER_APP}
        asked = [self._recent(key, now) for key in limits]
        if any(len(a) >= most for a, most in zip(asked, limits.values(), strict=True)):
            raise PlatformError(45009)
        for times in asked:
            times.append(now)

    def _recent(self, key: tuple[Kind, int | None], now: float) -> deque[float]:
        times = self._asked.setdefault(key, deque())
        while times and times[0] <= now - _HOUR:
            times.popleft()
        return times
