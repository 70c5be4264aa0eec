"""Enters what the checks find, whatever goes wrong in one of them, and never a secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from chatbot.doctor import words
from chatbot.doctor.report import NotChecked, Outcome, Verdict
from chatbot.logs import SecretScrubber
from chatbot.settings import Settings

log = structlog.get_logger()

T = TypeVar("T")


class Book:
    """Enters what the checks find."""

    def __init__(self, settings: Verdict[Settings]) -> None:
        secrets = secrets_of(settings.fact) if settings.fact else []
        self._scrub = SecretScrubber(secrets).scrub
        self.outcomes: list[Outcome] = []
        self._add(Outcome("settings", words.title("settings"), settings.summary, settings.findings))

    def _add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome.rewritten(self._scrub))

    async def enter(self, check: str, work: Callable[[], Awaitable[Verdict[T]]]) -> T | None:
        """Make a check and return its fact; whatever goes wrong stays in the report."""
        title = words.title(check)
        try:
            verdict = await work()
        except NotChecked as reason:
            self._add(Outcome(check, title, str(reason), skipped=True))
            return None
        except Exception as error:  # a mistake of ours in one check must not cost the others
            log.exception("doctor_check_failed", check=check)
            crashed = words.finding("check_crashed", problem=type(error).__name__)
            self._add(Outcome(check, title, findings=(crashed,)))
            return None
        self._add(Outcome(check, title, verdict.summary, verdict.findings))
        return verdict.fact

    def concerns(self, check: str, setting: str) -> bool:
        """Say whether ``check`` found something about ``setting``."""
        return any(
            setting in finding.settings
            for outcome in self.outcomes
            if outcome.id == check
            for finding in outcome.findings
        )


def secrets_of(settings: Settings) -> list[str]:
    """Return every value that may never be shown."""
    wecom = settings.wecom
    held = [
        wecom.secret, wecom.token, wecom.encoding_aes_key, settings.webhook_secret,
        settings.api_token,
    ]  # fmt: skip
    secrets = [secret.get_secret_value() for secret in held if secret]
    try:
        password = make_url(settings.database_url or "postgresql://").password
    except (ArgumentError, ValueError):  # then the whole address is treated as one
        password = settings.database_url
    return [*secrets, password] if password else secrets


def blocked_by(check: str) -> NotChecked:
    """Return the reason that an earlier check is to be mended first."""
    return NotChecked(words.say("blocked", title=words.title(check)))


def need(fact: T | None, check: str) -> T:
    """Return the fact of an earlier check; raise NotChecked if it has none."""
    if fact is None:
        raise blocked_by(check)
    return fact
