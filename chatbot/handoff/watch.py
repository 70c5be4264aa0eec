"""What a session that is not the bot's needs at a moment, so that no customer is forgotten. Pure.

The states and the moves between them are the platform's (WeCom developer documentation,
微信客服/会话分配与消息收发): from the pool only to a person, from a person only to another one or
to the end. Nothing leads back to the bot but the end: it answers when the customer writes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chatbot.accounts.desk_rules import DeskRules

#: How soon something is tried again that nobody could do: people come back, conversations end.
RETRY = timedelta(seconds=30)

#: What to do: nothing yet; give it to (another) person; tell the supervisors; end it because
#: the customer is silent; end it because nobody will be there for a while. A session that waits for
#: a case is not ended: who is to do it is told so, and the customer when staff will be back.
Action = Literal["wait", "pass-on", "alarm", "end", "close", "hold", "keep"]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """That something is still to be done for the customer, for which the session waits.

    ``closes_at`` is when the customer's 48 hours are over: nothing can be sent in the session any
    more, so there is nothing to wait for. ``told`` says whether it is known that the session is
    kept, ``listed`` whether what the customer asked after hours is on the list of the morning.
    """

    closes_at: datetime
    told: bool
    listed: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A session in the pool, or with a person.

    ``owned_at`` is since when it is there. ``asked_at`` is when the customer wrote what no person
    has answered, None if there is nothing; ``spoken_at`` when anybody wrote last. ``serves`` says
    whether who has it receives customers and is on duty; ``free`` whether somebody (else) could
    take it; ``staffed`` whether the account is open, and ``opens_at`` when it next is.
    """

    in_pool: bool
    owned_at: datetime
    asked_at: datetime | None
    spoken_at: datetime | None
    urgent: bool
    serves: bool
    free: bool
    staffed: bool
    alarmed: bool
    opens_at: datetime | None = None
    case: OpenCase | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now; of "wait", ``until`` says when to look again."""

    action: Action
    until: datetime | None = None


def next_step(seen: Seen, rules: DeskRules, now: datetime) -> Step:
    """Return what a session needs now."""
    if seen.in_pool:
        return _in_pool(seen, rules, now)
    if seen.asked_at is not None:
        return _unanswered(seen, rules, max(seen.owned_at, seen.asked_at), now)
    silent_since = max(seen.owned_at, seen.spoken_at or seen.owned_at)
    ends_at = silent_since + rules.ends_after
    if now < ends_at:
        return Step("wait", ends_at)
    case = _waited_for(seen, now)
    if case is None:
        return Step("end")
    return Step("wait", case.closes_at) if case.told else Step("hold")


def _waited_for(seen: Seen, now: datetime) -> OpenCase | None:
    """Return the case that the session is kept for, None if it need not be."""
    return seen.case if seen.case is not None and now < seen.case.closes_at else None


def _in_pool(seen: Seen, rules: DeskRules, now: datetime) -> Step:
    if seen.free:
        return Step("pass-on")
    if not seen.staffed and not seen.urgent:
        return Step("wait", seen.opens_at or now + RETRY)
    limit = seen.owned_at + rules.waits_in_pool(urgent=seen.urgent)
    if now >= limit and not seen.alarmed:
        return Step("alarm")
    return Step("wait", _sooner(limit, now))


def _unanswered(seen: Seen, rules: DeskRules, since: datetime, now: datetime) -> Step:
    limit = since + rules.waits_for_answer(urgent=seen.urgent)
    if seen.serves and now < limit:
        return Step("wait", limit)
    if seen.free:
        return Step("pass-on")
    if not seen.serves and not seen.staffed and not seen.urgent:
        case = _waited_for(seen, now)
        if case is None:
            return Step("close")
        later = min(case.closes_at, seen.opens_at or now + RETRY)
        return Step("wait", later) if case.listed else Step("keep")
    if now >= limit and not seen.alarmed:
        return Step("alarm")
    return Step("wait", _sooner(limit, now))


def _sooner(limit: datetime, now: datetime) -> datetime:
    """Return when to look for somebody again, at the limit if that comes first."""
    return min(limit, now + RETRY) if limit > now else now + RETRY
