"""Access tokens (WeCom developer documentation, 获取access_token)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from chatbot.simulator.config import RulesConfig, SimulatorConfig
from chatbot.simulator.errors import PlatformError

#: An expired token is told apart from an unknown one for this long.
_REMEMBER_SECONDS = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """The app that a secret, and so a token, belongs to."""

    agent_id: int
    name: str
    secret: str
    main: bool  # the app under test: it alone may use the customer-service accounts


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    app: AppIdentity
    expires_at: float


class TokenDesk:
    """Hands out tokens by secret and recognises them."""

    def __init__(self, config: SimulatorConfig, now: Callable[[], float]) -> None:
        self._now = now
        self._corp_id = config.corp.id
        self._rules: RulesConfig = config.rules
        self.apps = _identities(config)
        self._current: dict[str, _Token] = {}
        self._issued: dict[str, _Token] = {}

    def issue(self, corp_id: str, secret: str) -> tuple[str, int]:
        """Return a token and its life in seconds; raise 40013 or 40001."""
        if corp_id != self._corp_id:
            raise PlatformError(40013)
        app = self.apps.get(secret)
        if app is None:
            raise PlatformError(40001, "invalid secret")
        token = self._current.get(secret)
        if token is None or token.expires_at <= self._now() or not self._rules.repeat_token:
            token = self._make(app)
        return token.text, max(1, round(token.expires_at - self._now()))

    def identify(self, text: str) -> AppIdentity:
        """Return the app of a token; raise 41001, 40014 or 42001."""
        if not text:
            raise PlatformError(41001)
        token = self._issued.get(text)
        if token is None:
            raise PlatformError(40014)
        if token.expires_at <= self._now():
            raise PlatformError(42001)
        return token.app

    def invalidate(self) -> None:
        """Make every token invalid (40014), as the platform may at any time."""
        self._issued.clear()
        self._current.clear()

    def _make(self, app: AppIdentity) -> _Token:
        now = self._now()
        token = _Token(secrets.token_urlsafe(96), app, now + self._rules.token_seconds)
        self._issued = {
            text: old
            for text, old in self._issued.items()
            if old.expires_at + _REMEMBER_SECONDS > now
        }
        self._issued[token.text] = self._current[app.secret] = token
        return token


def _identities(config: SimulatorConfig) -> dict[str, AppIdentity]:
    main = AppIdentity(config.app.agent_id, config.app.name, config.app.secret, main=True)
    others = [AppIdentity(a.agent_id, a.name, a.secret, main=False) for a in config.other_apps]
    return {app.secret: app for app in (main, *others)}
