"""Structured logs for people or machines, with secrets blanked at the last moment.

Blanking happens in the processor chain and on the standard handlers, not at the loggers, so that
lines of libraries pass through it as well: the platform wants token and secret in the query
string, and any HTTP error text may carry them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Literal

import structlog

_BLANK = "******"
_QUERY_SECRET = re.compile(
    r"((?:access_token|corpsecret|token|secret|msg_signature|echostr|password)=)[^&\s'\"]+",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"(://[^:/\s]*:)[^@\s]+@")


class SecretScrubber:
    """Blanks secrets in any text of a log event."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        # Short values would blank innocent words.
        self._secrets = [secret for secret in secrets if len(secret) >= 6]

    def scrub(self, text: str) -> str:
        """Return ``text`` without the known secrets and without secret-looking parameters."""
        for secret in self._secrets:
            text = text.replace(secret, _BLANK)
        return _URL_PASSWORD.sub(rf"\1{_BLANK}@", _QUERY_SECRET.sub(rf"\1{_BLANK}", text))

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> Mapping[str, Any]:
        return {name: self._value(value) for name, value in event.items()}

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, BaseException):
            return self.scrub(repr(value))
        return value


class _ScrubbingFilter(logging.Filter):
    """Scrubs lines of libraries that log through the standard module."""

    def __init__(self, scrubber: SecretScrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._scrubber.scrub(record.getMessage())
        record.args = None
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text = self._scrubber.scrub(text)
        return True


def configure_logs(
    log_format: Literal["console", "json"], level: str, secrets: Sequence[str] = ()
) -> None:
    """Send all log lines to standard error in one form; call once at start."""
    scrubber = SecretScrubber(secrets)
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            scrubber,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_ScrubbingFilter(scrubber))
    handler.setFormatter(logging.Formatter("%(asctime)s [%(levelname)s] %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
