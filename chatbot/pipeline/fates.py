"""What becomes of a part after the platform's answer. Pure.

The platform refuses a repeated message id with a code it does not document. So on the repeat of
a send whose outcome was unknown, only a code that is absent from the documented tables counts as
"already sent". A refusal that depends on the session's state or budget tells nothing about the
first attempt: the part is then ``unknown``, is never sent again, and counts as sent. The same
holds for a message that spends a one-time code: the first attempt may have spent it.

A failure while the message was being prepared (a token, the upload of its picture) says nothing
about the message, which was not sent this time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chatbot.store.outbox import PartFate
from chatbot.wecom.errors import (
    Misconfigured,
    QuotaExhausted,
    RateLimited,
    Refused,
    SessionRefused,
    TokenProblem,
    WeComError,
)

#: First pause after a failure that may pass; doubles with every attempt.
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(seconds=30)
#: A wrong setting is mended by a person: look again at this pace.
_SETUP_PAUSE = timedelta(seconds=30)
#: Calls that come before the message itself.
_PREPARING = frozenset({"gettoken", "media/upload"})
#: Refused this often for the session's state although the platform says it is ours: give up.
_STATE_TRIES = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either a fate, or when to try again (``retry_at``).

    ``uncertain``: the attempt may have arrived. ``doubt_state``: ask the platform for the
    session's state before anything else is sent.
    """

    fate: PartFate | None
    retry_at: datetime | None = None
    uncertain: bool = False
    doubt_state: bool = False
    code: int | None = None
    text: str = ""


def judge_failure(
    error: WeComError, *, uncertain: bool, attempts: int, now: datetime, one_time: bool = False
) -> Verdict:
    """Return what to do after ``error``; ``uncertain``: an earlier attempt may have arrived.

    ``one_time``: the message spends a code that is good for one message.
    """
    prepares = error.api in _PREPARING
    if isinstance(error, Refused) and not isinstance(error, Misconfigured):
        if prepares:
            fate: PartFate = "unknown" if uncertain else "refused"
            return Verdict(fate, code=error.code, text=str(error))
        if uncertain:
            return _judge_refused_repeat(error, one_time)
        return _judge_refused(error, attempts, now)
    return Verdict(
        fate=None,
        retry_at=_retry_at(error, attempts, now),
        uncertain=uncertain or (error.may_have_executed and not prepares),
        code=error.code,
        text=str(error),
    )


def _judge_refused_repeat(error: Refused, one_time: bool) -> Verdict:
    if not error.documented:
        return Verdict("delivered", code=error.code, text="an earlier attempt had arrived")
    if one_time or isinstance(error, (SessionRefused, QuotaExhausted)):
        doubt = isinstance(error, SessionRefused)
        return Verdict("unknown", doubt_state=doubt, code=error.code, text=str(error))
    return Verdict("refused", code=error.code, text=str(error))


def _judge_refused(error: Refused, attempts: int, now: datetime) -> Verdict:
    doubt = isinstance(error, SessionRefused)
    if doubt and attempts < _STATE_TRIES:
        return Verdict(None, retry_at=now, doubt_state=True, code=error.code, text=str(error))
    return Verdict("refused", doubt_state=doubt, code=error.code, text=str(error))


def _retry_at(error: WeComError, attempts: int, now: datetime) -> datetime:
    if isinstance(error, RateLimited):
        return error.until
    if isinstance(error, (TokenProblem, Misconfigured)):
        return now + _SETUP_PAUSE
    pause = _FIRST_PAUSE * float(2 ** min(max(attempts - 1, 0), 10))
    return now + min(pause, _LONGEST_PAUSE)
