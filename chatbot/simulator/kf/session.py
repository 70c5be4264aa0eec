"""One customer's session with one account, and its states (微信客服/会话分配与消息收发)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from chatbot.simulator.config import DAY

SESSION_SECONDS = 2 * DAY
WINDOW_SECONDS = 2 * DAY
MESSAGES_PER_WINDOW = 5
WELCOME_PAUSE_SECONDS = 2 * DAY
_BUBBLES_KEPT = 200


class State(IntEnum):
    """会话状态."""

    NEW = 0
    BOT = 1
    POOL = 2
    STAFF = 3
    ENDED = 4


@dataclass(slots=True)
class Bubble:
    """What a phone or a member's client shows of one message."""

    msgid: str
    sender: str  # "customer", "bot", "staff" or "event"
    at: float
    msgtype: str
    content: dict[str, Any]
    servicer: str = ""
    recalled: bool = False


@dataclass(slots=True)
class Session:
    """The state of one (account, customer) pair; consultations follow one another in it."""

    open_kfid: str
    customer: str
    state: State = State.ENDED
    servicer: str = ""
    consultation: int = 0  # counts up each time the customer starts anew
    started_at: float = 0.0
    wrote_at: float | None = None
    sent: int = 0  # API messages since the customer last wrote
    coded: set[State] = field(default_factory=set)  # states whose first msg_code was given
    served_by: set[str] = field(default_factory=set)
    welcomed_at: float | None = None
    entered: dict[str, Any] | None = None  # context of the last enter_session
    entered_at: float = 0.0
    rejected: bool = False  # a servicer refuses this customer's messages
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=_BUBBLES_KEPT))

    def settle(self, now: float) -> None:
        """End a consultation that has been open for 48 hours."""
        if self.state is not State.ENDED and now - self.started_at >= SESSION_SECONDS:
            self.end()

    def end(self) -> None:
        """Go to state 4."""
        self.state = State.ENDED
        self.servicer = ""

    def customer_wrote(self, now: float) -> None:
        """A customer's message gives a new quota and starts a consultation if none is open."""
        self.settle(now)
        if self.state is State.ENDED:
            self.start(State.NEW, now)
        self.wrote_at = now
        self.sent = 0

    def start(self, state: State, now: float) -> None:
        """Begin a new consultation in ``state``."""
        self.state = state
        self.consultation += 1
        self.started_at = now
        self.coded = set()

    def assign(self, userid: str) -> None:
        """Give the session to a member (state 3)."""
        self.state = State.STAFF
        self.servicer = userid
        self.served_by.add(userid)

    def first_code(self, state: State) -> bool:
        """Return whether a change to ``state`` yields a msg_code, and remember that it did.

        A code comes with the first change to 2 and to 3, and with every change to 4
        (微信客服/变更会话状态).
        """
        if state is State.ENDED:
            return True
        if state not in {State.POOL, State.STAFF} or state in self.coded:
            return False
        self.coded.add(state)
        return True

    def may_welcome(self, now: float) -> bool:
        """Return whether entering yields a welcome_code (微信客服/接收消息和事件).

        Not if a welcome reached the customer or the customer wrote in the last 48 hours.
        """
        moments = (self.welcomed_at, self.wrote_at)
        return all(at is None or now - at >= WELCOME_PAUSE_SECONDS for at in moments)

    def bubble(self, msgid: str) -> Bubble | None:
        """Return a recent message of this session."""
        return next((b for b in reversed(self.bubbles) if b.msgid == msgid), None)
