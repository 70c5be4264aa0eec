"""What becomes of tags that WeCom did not take. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chatbot.wecom.errors import (
    Misconfigured,
    RateLimited,
    Refused,
    TokenProblem,
    Transient,
    WeComError,
)

#: ``refused``: for good. ``gone``: the member does not follow the customer (any more).
#: ``deleted``: the tag is unknown. ``later``: try this customer again. ``next``: the same, but
#: other members may have theirs now. ``closed``: nothing of this kind works at present.
TagFate = Literal["refused", "gone", "deleted", "later", "next", "closed"]

_REFUSALS: dict[int | None, TagFate] = {84061: "gone", 40096: "gone", 40068: "deleted"}
#: Tags of another app: what only an admin can change, and then the list of tags changes too.
_NOT_OURS = frozenset({301002, 81011})
#: Settings that concern one member: rights in customer contact, the app's visible range.
_ONE_MEMBER = frozenset({84074, 50002, 60011, 60021, 60030})
_TOO_MANY_CALLS = 45009

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=10)
#: A wrong setting is mended by a person: look again at this pace.
_SETUP_PAUSE = timedelta(minutes=1)
_MEMBER_PAUSE = timedelta(minutes=10)
_LONGEST_MEMBER_PAUSE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class TagVerdict:
    """What becomes of it, and when to try again (None where that will not help)."""

    fate: TagFate
    retry_at: datetime | None = None


def judge_tag_failure(error: WeComError | TimeoutError, attempts: int, now: datetime) -> TagVerdict:
    """Return what to do after ``error``; ``attempts`` counts the failures before."""
    if isinstance(error, Refused) and not _is_setting(error):
        return TagVerdict(_REFUSALS.get(error.code, "refused"))
    if isinstance(error, WeComError) and error.code in _ONE_MEMBER:
        return TagVerdict("next", now + _doubled(_MEMBER_PAUSE, attempts, _LONGEST_MEMBER_PAUSE))
    if isinstance(error, (TokenProblem, Misconfigured)):
        return TagVerdict("closed", now + _SETUP_PAUSE)
    if isinstance(error, RateLimited):
        return TagVerdict("closed" if error.code == _TOO_MANY_CALLS else "later", error.until)
    pause = _doubled(_FIRST_PAUSE, attempts, _LONGEST_PAUSE)
    if isinstance(error, Transient):
        pause = max(pause, timedelta(seconds=error.retry_after))
    return TagVerdict("later", now + pause)


def _is_setting(error: Refused) -> bool:
    """Return whether an admin can mend it without touching the tags."""
    return isinstance(error, Misconfigured) and error.code not in _NOT_OURS


def _doubled(first: timedelta, attempts: int, longest: timedelta) -> timedelta:
    return min(first * float(2 ** min(attempts, 20)), longest)
