"""When kf/send_msg is refused, and in which order (微信客服/发送消息)."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final

from chatbot.simulator.errors import PlatformError
from chatbot.simulator.kf.outgoing import Outgoing
from chatbot.simulator.kf.session import (
    MESSAGES_PER_WINDOW,
    WINDOW_SECONDS,
    Session,
    State,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message with sound parameters that an app wants to send now."""

    session: Session
    message: Outgoing
    used_msgids: Container[str]
    now: float


def check_state(attempt: Attempt) -> None:
    """Raise 95013 in an ended session, 95018 while waiting for or talking to a person."""
    if attempt.session.state is State.ENDED:
        raise PlatformError(95013)
    if attempt.session.state in {State.POOL, State.STAFF}:
        raise PlatformError(95018)


def check_window(attempt: Attempt) -> None:
    """Raise 95002 later than 48 hours after the customer wrote, 95001 after five messages."""
    wrote_at = attempt.session.wrote_at
    if wrote_at is None or attempt.now - wrote_at >= WINDOW_SECONDS:
        raise PlatformError(95002)
    if attempt.session.sent >= MESSAGES_PER_WINDOW:
        raise PlatformError(95001)


def check_msgid(attempt: Attempt) -> None:
    """Raise 95033 for a msgid that this account has already sent."""
    if attempt.message.msgid and attempt.message.msgid in attempt.used_msgids:
        raise PlatformError(95033)


#: In which order kf/send_msg refuses, after the parameters. The platform's own order is not
#: documented; with this one a repeated message is told "repeated" only where it could be sent.
#: A consultation ends by itself after 48 hours, so a message that is late is told 95013 first.
SEND_CHECKS: Final[tuple[Callable[[Attempt], None], ...]] = (
    check_state,
    check_window,
    check_msgid,
)
