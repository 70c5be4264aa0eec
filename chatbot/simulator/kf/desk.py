"""The customer-service desk: accounts, sessions, what customers write and apps send.

Everything here happens at once, without waiting, so each action is atomic. What has been put into
an account's log is announced by ``ring``, which every caller does at the end of its action.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from chatbot.simulator.callbacks import NORMAL, CallbackSender, Delivery
from chatbot.simulator.config import AccountConfig, SimulatorConfig
from chatbot.simulator.directory import Directory
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.kf.codes import OCCASIONS, CodeDesk, EventCode
from chatbot.simulator.kf.log import MessageLog
from chatbot.simulator.kf.outgoing import Outgoing
from chatbot.simulator.kf.send_checks import SEND_CHECKS, Attempt, check_msgid
from chatbot.simulator.kf.session import Bubble, Session, State
from chatbot.simulator.live import LiveHub
from chatbot.simulator.log import ControlLog
from chatbot.simulator.params import Json
from chatbot.simulator.sealed import Sealer

ORIGIN_CUSTOMER, ORIGIN_EVENT, ORIGIN_STAFF = 3, 4, 5
TOKEN_SECONDS = 600

Via = Literal["send_msg", "on_event", "staff"]


@dataclass(slots=True)
class Account:
    """A customer-service account with its log and staff."""

    open_kfid: str
    name: str
    managed: bool
    log: MessageLog
    servicers: dict[str, bool] = field(default_factory=dict)  # userid -> receiving
    used_msgids: set[str] = field(default_factory=set)
    stop_types: dict[str, int] = field(default_factory=dict)


class KfDesk:
    """All accounts and sessions of the enterprise."""

    def __init__(
        self,
        config: SimulatorConfig,
        directory: Directory,
        sender: CallbackSender,
        log: ControlLog,
        live: LiveHub,
        now: Callable[[], float],
    ) -> None:
        self._corp_id = config.corp.id
        self._sealer = Sealer(config.app.secret)
        self._sender = sender
        self._log = log
        self._live = live
        self._unrung: list[str] = []
        self.now = now
        self.transitions = {
            State(old): frozenset(map(State, new)) for old, new in config.rules.transitions.items()
        }
        self.directory = directory
        self.accounts = {a.open_kfid: _open_account(a) for a in config.accounts}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.codes = CodeDesk()
        self.contact_ways: dict[str, tuple[str, str]] = {}  # kfc code -> (open_kfid, scene)

    # -- looking up ------------------------------------------------------------------------

    def account(self, open_kfid: str) -> Account:
        """Return an account; raise 95000, 95004 or 48007."""
        if not open_kfid:
            raise PlatformError(95000, "open_kfid is required")
        account = self.accounts.get(open_kfid)
        if account is None:
            raise PlatformError(95004)
        if not account.managed:
            raise PlatformError(48007)
        return account

    def session(self, open_kfid: str, customer: str) -> Session:
        """Return the pair's session as it is now; one that never was is in state 4."""
        session = self.sessions.get((open_kfid, customer))
        if session is None:
            session = self.sessions[open_kfid, customer] = Session(open_kfid, customer)
        session.settle(self.now())
        return session

    # -- callbacks and the log -------------------------------------------------------------

    def ring(self, delivery: Delivery = NORMAL) -> None:
        """Announce by callback what was put into logs since the last time."""
        bells, self._unrung = self._unrung, []
        if delivery.copies:
            self._sender.send([self.doorbell(open_kfid) for open_kfid in bells], delivery)

    def doorbell(self, open_kfid: str) -> dict[str, Any]:
        """Return the fields of the callback that says "pull now"."""
        now = int(self.now())
        return {
            "ToUserName": self._corp_id,
            "CreateTime": now,
            "MsgType": "event",
            "Event": "kf_msg_or_event",
            "Token": "ENC" + self._sealer.seal("token", open_kfid, now),
            "OpenKfId": open_kfid,
        }

    def token_is_valid(self, open_kfid: str, token: str) -> bool:
        """Return whether ``token`` came from this account's callback in the last 10 minutes."""
        issued = self._sealer.open("token", open_kfid, token.removeprefix("ENC"))
        return issued is not None and self.now() - issued < TOKEN_SECONDS

    def cursor(self, open_kfid: str, number: int) -> str:
        """Return the opaque cursor for a place in the account's log."""
        return self._sealer.seal("cursor", open_kfid, number)

    def place(self, open_kfid: str, cursor: str) -> int | None:
        """Return the place that ``cursor`` stands for, or None if it is not this account's."""
        return self._sealer.open("cursor", open_kfid, cursor)

    def _append(self, open_kfid: str, item: Json) -> str:
        self.accounts[open_kfid].log.append(item, self.now())
        self._unrung.append(open_kfid)
        return str(item["msgid"])

    def add_event(self, open_kfid: str, event_type: str, fields: Json) -> str:
        """Put a system event into the account's log and return its msgid."""
        event = {"event_type": event_type, "open_kfid": open_kfid, **fields}
        return self._append(
            open_kfid,
            {
                "msgid": new_msgid(),
                "send_time": int(self.now()),
                "origin": ORIGIN_EVENT,
                "msgtype": "event",
                "event": event,
            },
        )

    def add_message(
        self, session: Session, origin: int, msgtype: str, content: Json, servicer: str = ""
    ) -> str:
        """Put a customer's or a servicer's message into the log and on the screens."""
        msgid = new_msgid()
        item = {
            "msgid": msgid,
            "open_kfid": session.open_kfid,
            "external_userid": session.customer,
            "send_time": int(self.now()),
            "origin": origin,
            "msgtype": msgtype,
            msgtype: content,
        }
        if servicer:
            item["servicer_userid"] = servicer
        sender = "staff" if servicer else "customer"
        self._show(session, Bubble(msgid, sender, self.now(), msgtype, content, servicer))
        return self._append(session.open_kfid, item)

    # -- what customers do -----------------------------------------------------------------

    def customer_message(self, session: Session, msgtype: str, content: Json) -> str:
        """A customer writes; return the msgid."""
        session.customer_wrote(self.now())
        return self.add_message(session, ORIGIN_CUSTOMER, msgtype, content)

    def enter(self, session: Session, context: Json) -> str:
        """A customer opens the chat; the session stays as it is. Return the event's msgid."""
        now = self.now()
        session.entered, session.entered_at = context, now
        fields = {"external_userid": session.customer, **context}
        if session.may_welcome(now):
            fields["welcome_code"] = self.codes.issue("welcome", session, now)
        return self.add_event(session.open_kfid, "enter_session", fields)

    def recall(self, session: Session, bubble: Bubble) -> str:
        """A customer or servicer takes a message back; return the event's msgid."""
        bubble.recalled = True
        fields = {"external_userid": session.customer, "recall_msgid": bubble.msgid}
        if bubble.servicer:
            fields["servicer_userid"] = bubble.servicer
        self.touch(session)
        by = "servicer" if bubble.servicer else "user"
        return self.add_event(session.open_kfid, f"{by}_recall_msg", fields)

    # -- what apps do ----------------------------------------------------------------------

    def send(self, session: Session, message: Outgoing, fail_type: int | None = None) -> str:
        """Send an app's message; return its msgid, or raise by SEND_CHECKS.

        With ``fail_type`` it is accepted but never arrives, and an event says so.
        """
        attempt = self._attempt(session, message)
        for check in SEND_CHECKS:
            check(attempt)
        if session.state is State.NEW:
            session.state = State.BOT
        session.sent += 1
        return self._accept(session, message, "send_msg", fail_type)

    def send_on_event(self, code: EventCode, message: Outgoing) -> str:
        """Send the one message that ``code`` allows; return its msgid. It has its own allowance."""
        session = self.session(code.open_kfid, code.customer)
        self.codes.check_state(code, session)
        check_msgid(self._attempt(session, message))
        code.used = True
        if code.occasion == "welcome":
            session.welcomed_at = self.now()
        return self._accept(session, message, "on_event")

    def _attempt(self, session: Session, message: Outgoing) -> Attempt:
        used = self.accounts[session.open_kfid].used_msgids
        return Attempt(session, message, used, self.now())

    def _accept(
        self, session: Session, message: Outgoing, via: Via, fail_type: int | None = None
    ) -> str:
        msgid = message.msgid or new_msgid()
        self.accounts[session.open_kfid].used_msgids.add(msgid)
        if fail_type is None:
            self.deliver(session, msgid, message.msgtype, message.content, via)
            self._show(session, Bubble(msgid, "bot", self.now(), message.msgtype, message.content))
            return msgid
        self.add_event(
            session.open_kfid,
            "msg_send_fail",
            {"external_userid": session.customer, "fail_msgid": msgid, "fail_type": fail_type},
        )
        self.ring()
        return msgid

    def deliver(self, session: Session, msgid: str, msgtype: str, content: Json, via: Via) -> None:
        """Note that a message reached the customer's phone."""
        self._log.add(
            "delivered",
            open_kfid=session.open_kfid,
            customer=session.customer,
            msgid=msgid,
            msgtype=msgtype,
            content=content,
            via=via,
        )

    def transfer(self, session: Session, target: State, userid: str = "") -> str | None:
        """Change the state as service_state/trans does; return the msg_code if there is one."""
        session.settle(self.now())
        if session.state is State.ENDED:
            raise PlatformError(95013)
        if target not in self.transitions.get(session.state, frozenset()):
            raise PlatformError(95016, f"{session.state:d} -> {target:d}")
        if target is State.STAFF:
            session.assign(userid)
        elif target is State.ENDED:
            session.end()
        else:
            session.state, session.servicer = target, ""
        self.touch(session)
        return self.code_for(session)

    def code_for(self, session: Session) -> str | None:
        """Return a msg_code for the state just entered, if the platform gives one."""
        if not session.first_code(session.state):
            return None
        return self.codes.issue(OCCASIONS[session.state], session, self.now())

    # -- screens ---------------------------------------------------------------------------

    def touch(self, session: Session) -> None:
        """Refresh the pages that show this session."""
        self._live.touch(("phone", session.customer), ("account", session.open_kfid))

    def touch_account(self, open_kfid: str) -> None:
        """Refresh the pages that show this account."""
        self._live.touch(("account", open_kfid))

    def _show(self, session: Session, bubble: Bubble) -> None:
        session.bubbles.append(bubble)
        self.touch(session)

    def open_sessions(self, open_kfids: Iterable[str]) -> list[Session]:
        """Return the sessions of these accounts in which somebody has written."""
        wanted = set(open_kfids)
        found = [s for s in self.sessions.values() if s.open_kfid in wanted and s.consultation]
        for session in found:
            session.settle(self.now())
        return found


def new_msgid() -> str:
    """Return a msgid as the platform makes them."""
    return secrets.token_urlsafe(16)


def _open_account(config: AccountConfig) -> Account:
    # Numbered from the microsecond of the start: a cursor of an earlier run then stands before
    # everything in this one, and a bot that kept it misses nothing.
    log = MessageLog(first=time.time_ns() // 1000)
    servicers = dict.fromkeys((userid.lower() for userid in config.servicers), True)
    return Account(config.open_kfid, config.name, config.managed, log, servicers)
