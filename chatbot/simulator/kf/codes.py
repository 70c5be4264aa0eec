"""One-time codes for messages at an event (微信客服/发送欢迎语等事件响应消息)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from chatbot.simulator.config import DAY
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.kf.session import Session, State

Occasion = Literal["welcome", "pool", "staff", "end"]

#: Seconds a code is valid.
LIVES: Final[dict[Occasion, float]] = {
    "welcome": 20.0,
    "pool": 2 * DAY,
    "staff": 2 * DAY,
    "end": 20.0,
}
MSGTYPES: Final[dict[Occasion, frozenset[str]]] = {
    "welcome": frozenset({"text", "msgmenu"}),
    "pool": frozenset({"text"}),
    "staff": frozenset({"text"}),
    "end": frozenset({"text", "msgmenu"}),
}
_STATES: Final[dict[Occasion, State]] = {
    "pool": State.POOL,
    "staff": State.STAFF,
    "end": State.ENDED,
}
OCCASIONS: Final[dict[State, Occasion]] = {state: name for name, state in _STATES.items()}

# Not documented: what an unknown, used or expired code is answered with.
INVALID_CODE = 40058
WRONG_STATE = 95018


@dataclass(slots=True)
class EventCode:
    """A code that allows one message to one customer."""

    text: str
    occasion: Occasion
    open_kfid: str
    customer: str
    consultation: int
    expires_at: float
    used: bool = False


class CodeDesk:
    """Issues codes and accepts each once, in time, and while the session is as it was."""

    def __init__(self) -> None:
        self._codes: dict[str, EventCode] = {}

    def issue(self, occasion: Occasion, session: Session, now: float) -> str:
        """Return a new code for ``session``."""
        text = f"{occasion.upper()}_{secrets.token_urlsafe(18)}"
        self._codes[text] = EventCode(
            text,
            occasion,
            session.open_kfid,
            session.customer,
            session.consultation,
            now + LIVES[occasion],
        )
        return text

    def find(self, text: str, now: float) -> EventCode:
        """Return a code that may still be used; raise 40058."""
        code = self._codes.get(text)
        if code is None or code.used:
            raise PlatformError(INVALID_CODE, "code is unknown or was used")
        if now >= code.expires_at:
            raise PlatformError(INVALID_CODE, "code has expired")
        return code

    def check_state(self, code: EventCode, session: Session) -> None:
        """Raise 95018 unless the session is still in the state that the code was given for."""
        state = _STATES.get(code.occasion)
        if state is None:
            return
        if session.state is not state or session.consultation != code.consultation:
            raise PlatformError(WRONG_STATE, "the session has changed since the code was given")

    def all(self) -> list[EventCode]:
        """Return every code issued, oldest first."""
        return list(self._codes.values())
