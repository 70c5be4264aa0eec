"""Words shared by the ways in: who asks, who came in, and what may go wrong on the way."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from chatbot.access.roles import Standing
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.errors import ChatbotError
from chatbot.store.database import Database
from chatbot.store.login_starts import Kind, count_attempt


class LoginProblem(ChatbotError):
    """A login that leads nowhere; ``key`` names its words, ``target`` is where it should have."""

    def __init__(self, key: str, status: int, target: str = "") -> None:
        self.key = key
        self.status = status
        self.target = target
        super().__init__(key)


class TooManyAttempts(ChatbotError):
    """Somebody knocked too often; ``wait`` is how long to leave it."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"wait {wait}")


@dataclass(frozen=True, slots=True)
class Browser:
    """Who asks: what the browser says of itself, and the address it comes from."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request comes from. ``viewer`` is None for a member to whom no role was given."""

    session_id: int
    member: Standing
    viewer: Viewer | None


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that has begun: its secret for the browser's cookie, and where to go."""

    token: str
    target: str


class Throttle:
    """Counts who knocks, over all processes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def count(self, kind: Kind, address: str) -> None:
        """Count one attempt; raise TooManyAttempts if that was one too many."""
        wait = await self._database.run(count_attempt, kind, address, self._clock.now())
        if wait is not None:
            raise TooManyAttempts(wait)


def new_token() -> str:
    """Return a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored of a secret. It cannot be guessed, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
