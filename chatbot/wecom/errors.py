"""What may go wrong when calling the platform; branches answer what a caller can do.

WeComError                    one failed call: api, code, meaning, next_step, hint
├── Transient                 try again with back-off (-1, 6000, maintenance)
│   ├── ServerFault           HTTP 5xx: a gateway answered, the call may have been executed
│   └── Unreachable           no connection was made: surely not executed
├── OutcomeUnknown            sent, but no readable answer: may or may not be executed
├── RateLimited               wait until ``until`` (45009, 45033)
├── TokenProblem              the token was refused although it had just been renewed
└── Refused                   the same request will be refused again
    ├── Misconfigured         an admin must change a setting, here or in the console of WeCom
    ├── SessionRefused        the session's state forbids it: read the state again
    ├── QuotaExhausted        wait for the customer's next message
    ├── ServicerUnavailable   choose another member
    └── MediaExpired          upload the media again

A callback that is turned away raises ``envelope.CallbackRefused`` instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from chatbot.errors import ChatbotError
from chatbot.wecom.codes import Advice, Condition, Kind, advice_for, is_documented

__all__ = [
    "Misconfigured",
    "OutcomeUnknown",
    "QuotaExhausted",
    "RateLimited",
    "Refused",
    "ServerFault",
    "ServicerUnavailable",
    "SessionRefused",
    "TokenProblem",
    "Transient",
    "Unreachable",
    "WeComError",
    "is_documented",
]

_HINT = re.compile(r"hint:\s*\[([0-9_]{1,64})\]")
_SOON_SECONDS = 1.0
_LATER_SECONDS = 180.0
_TOO_MANY = 45009


class WeComError(ChatbotError):
    """A call to the platform failed.

    ``api`` is the path below ``/cgi-bin/``; ``code`` the platform's errcode, None when the
    answer had none; ``meaning`` and ``next_step`` are Chinese words for operators; ``hint`` the
    digits the platform gives for its support. The text never holds a token or a secret.
    """

    #: Whether the platform may have done what was asked in spite of the error.
    may_have_executed: bool = False

    def __init__(
        self, api: str, code: int | None, advice: Advice, *, hint: str = "", detail: str = ""
    ) -> None:
        self.api = api
        self.code = code
        self.kind = advice.kind
        self.meaning = advice.meaning
        self.next_step = advice.next_step
        self.hint = hint
        self.detail = detail
        super().__init__(self._text())

    def _text(self) -> str:
        code = "" if self.code is None else f"错误码 {self.code}，"
        detail = f"（{self.detail}）" if self.detail else ""
        hint = f"（hint {self.hint}）" if self.hint else ""
        return f"{self.api}：{code}{self.meaning}{detail}。{self.next_step}{hint}"

    @property
    def documented(self) -> bool:
        """Whether the platform documents the code."""
        return self.code is not None and is_documented(self.code)


class Transient(WeComError):
    """The platform was busy or down; the same request may succeed later."""

    @property
    def retry_after(self) -> float:
        """The least time to wait before the next try, in seconds."""
        return _LATER_SECONDS if self.kind is Kind.LATER else _SOON_SECONDS


class ServerFault(Transient):
    """The platform answered with HTTP 5xx; what stood behind the gateway may have acted."""

    may_have_executed = True


class Unreachable(Transient):
    """No connection was made, so nothing was executed."""


class OutcomeUnknown(WeComError):
    """The request was sent but no readable answer came."""

    may_have_executed = True


class RateLimited(WeComError):
    """Too many calls; ``until`` is the aware instant from which calls are let through again."""

    def __init__(self, api: str, code: int | None, *, until: datetime, hint: str = "") -> None:
        super().__init__(api, code, advice_for(_TOO_MANY if code is None else code), hint=hint)
        self.until = until


class TokenProblem(WeComError):
    """The access token was refused, also after one renewal."""


class Refused(WeComError):
    """The platform refuses this request and would refuse it again."""


class Misconfigured(Refused):
    """A setting here or in the console of WeCom must change first."""


class SessionRefused(Refused):
    """The state of the conversation forbids it (95013, 95016, 95018)."""


class QuotaExhausted(Refused):
    """Five messages were sent, or 48 hours have passed, since the customer's last message."""


class ServicerUnavailable(Refused):
    """The member does not receive customers at present (95014, 95019)."""


class MediaExpired(Refused):
    """The media id is unknown or older than three days (40007)."""


_CLASSES: Mapping[Kind, type[WeComError]] = {
    Kind.TRANSIENT: Transient,
    Kind.LATER: Transient,
    Kind.SERVER_ERROR: ServerFault,
    Kind.UNREACHABLE: Unreachable,
    Kind.UNKNOWN: OutcomeUnknown,
    Kind.CREDENTIAL: TokenProblem,
    Kind.SETTING: Misconfigured,
    Kind.SESSION: SessionRefused,
    Kind.QUOTA: QuotaExhausted,
    Kind.SERVICER: ServicerUnavailable,
    Kind.MEDIA: MediaExpired,
}


def hint_of(errmsg: str) -> str:
    """Return the digits of ``hint: [...]`` in the platform's message, or nothing."""
    found = _HINT.search(errmsg)
    return found[1] if found else ""


def error_for_code(api: str, code: int, errmsg: str) -> WeComError:
    """Return the error for a refusal that has no waiting time.

    Only the hint is taken from ``errmsg``, whose wording may change. An undocumented code keeps
    the platform's sentence as ``detail``, because it is all there is; ``errmsg`` must be free of
    secrets.
    """
    advice = advice_for(code)
    detail = "" if is_documented(code) else errmsg.partition(", hint:")[0][:200]
    kind = _CLASSES.get(advice.kind, Refused)
    return kind(api, code, advice, hint=hint_of(errmsg), detail=detail)


def error_for_condition(api: str, condition: Condition, detail: str = "") -> WeComError:
    """Return the error for a problem without a code, such as a dropped connection."""
    advice = advice_for(condition)
    return _CLASSES.get(advice.kind, Refused)(api, None, advice, detail=detail)
