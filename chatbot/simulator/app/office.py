"""What members have received from apps, and what they may do with it."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chatbot.simulator.app.cards import INTERACTIVE, TASK_ID_FAULT
from chatbot.simulator.config import DAY
from chatbot.simulator.directory import Directory
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.live import LiveHub
from chatbot.simulator.log import ControlLog
from chatbot.simulator.params import Json

RESPONSE_CODE_SECONDS = 3 * DAY
RECALL_SECONDS = DAY
_MINUTE = 60.0
_KEPT_PER_MEMBER = 200
_KEPT_MESSAGES = 20_000


@dataclass(slots=True)
class AppMessage:
    """One message of an app to some members."""

    msgid: str
    agent_id: int
    members: tuple[str, ...]
    msgtype: str
    content: Json
    at: float
    own: bool = False  # written by the member to the app
    recalled: bool = False
    response_code: str = ""
    updates: dict[str, Json] = field(default_factory=dict)  # userid -> what the card was made into

    @property
    def task_id(self) -> str:
        """Return the card's task_id, "" without one."""
        return str(self.content.get("task_id", "")) if self.msgtype == "template_card" else ""


@dataclass(slots=True)
class _ResponseCode:
    message: AppMessage
    expires_at: float


class Office:
    """Inboxes of the members and the one-time codes of their cards."""

    def __init__(
        self,
        directory: Directory,
        log: ControlLog,
        live: LiveHub,
        now: Callable[[], float],
        *,
        per_minute: int,
    ) -> None:
        self._directory = directory
        self._log = log
        self._live = live
        self._per_minute = per_minute
        self._recent: dict[tuple[int, str], deque[float]] = {}
        self._messages: dict[str, AppMessage] = {}
        self._by_task: dict[tuple[int, str], AppMessage] = {}
        self._codes: dict[str, _ResponseCode] = {}
        self.now = now
        self.inboxes: dict[str, deque[AppMessage]] = {}

    def send(
        self, agent_id: int, members: Iterable[str], msgtype: str, content: Json
    ) -> AppMessage:
        """Deliver a message; raise 42014 if the card's task_id was used before."""
        message = AppMessage(
            secrets.token_urlsafe(24), agent_id, tuple(members), msgtype, content, self.now()
        )
        if message.task_id:
            if (agent_id, message.task_id) in self._by_task:
                raise PlatformError(TASK_ID_FAULT, "task_id was used before")
            self._by_task[agent_id, message.task_id] = message
        if content.get("card_type") in INTERACTIVE:
            message.response_code = self.issue_code(message)
        self._keep(message)
        self._deliver(message)
        return message

    def _keep(self, message: AppMessage) -> None:
        self._messages[message.msgid] = message
        if len(self._messages) > _KEPT_MESSAGES:
            del self._messages[next(iter(self._messages))]

    def _deliver(self, message: AppMessage) -> None:
        dropped = [userid for userid in message.members if not self._admit(message, userid)]
        reached = [userid for userid in message.members if userid not in dropped]
        for userid in reached:
            self._inbox(userid).append(message)
        self._log.add(
            "app_message",
            msgid=message.msgid,
            agent_id=message.agent_id,
            users=reached,
            dropped=dropped,
            msgtype=message.msgtype,
            content=message.content,
        )
        self._live.touch(*(("member", userid) for userid in reached))

    def note_own(self, userid: str, agent_id: int, msgid: str, msgtype: str, content: Json) -> None:
        """Show a member's own message to the app in the member's client."""
        message = AppMessage(msgid, agent_id, (userid,), msgtype, content, self.now(), own=True)
        self._inbox(userid).append(message)
        self._live.touch(("member", userid))

    def _inbox(self, userid: str) -> deque[AppMessage]:
        return self.inboxes.setdefault(userid, deque(maxlen=_KEPT_PER_MEMBER))

    def _admit(self, message: AppMessage, userid: str) -> bool:
        """Return False for what exceeds 30 a minute to one member (频率限制): silently dropped."""
        times = self._recent.setdefault((message.agent_id, userid), deque())
        while times and times[0] <= self.now() - _MINUTE:
            times.popleft()
        if len(times) >= self._per_minute:
            return False
        times.append(self.now())
        return True

    def issue_code(self, message: AppMessage) -> str:
        """Return a new response_code: 72 hours, one use."""
        code = f"RC_{secrets.token_urlsafe(24)}"
        self._codes[code] = _ResponseCode(message, self.now() + RESPONSE_CODE_SECONDS)
        return code

    def update(self, agent_id: int, code: str, members: Iterable[str], change: Json) -> None:
        """Change a card for some members; raise 60140 if the code is not good any more."""
        entry = self._codes.get(code)
        if entry is None or entry.message.agent_id != agent_id or entry.expires_at <= self.now():
            raise PlatformError(60140)
        del self._codes[code]
        self.change(entry.message, members, change)

    def change(self, message: AppMessage, members: Iterable[str], change: Json) -> None:
        """Show ``change`` (``button`` or ``template_card``) on the members' cards."""
        changed = [userid for userid in members if userid in message.members]
        for userid in changed:
            message.updates[userid] = change
        self._log.add("card_update", msgid=message.msgid, users=changed, content=change)
        self._live.touch(*(("member", userid) for userid in changed))

    def recall(self, agent_id: int, msgid: str) -> None:
        """Take a message back within 24 hours; raise 40058 or 42052."""
        message = self._messages.get(msgid)
        if message is None or message.agent_id != agent_id:
            raise PlatformError(40058, "msgid is unknown to this app")
        if self.now() - message.at > RECALL_SECONDS:
            raise PlatformError(42052)
        message.recalled = True
        self._live.touch(*(("member", userid) for userid in message.members))

    def find(self, msgid: str) -> AppMessage | None:
        """Return a message by its msgid, or None."""
        return self._messages.get(msgid)

    def find_task(self, agent_id: int, task_id: str) -> AppMessage | None:
        """Return the card with this task_id, or None."""
        return self._by_task.get((agent_id, task_id))

    def sort_recipients(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return (members that can be reached, ids that cannot), lower-cased, each once."""
        wanted = dict.fromkeys(name.lower() for name in names if name)
        reached = [userid for userid in wanted if self._directory.visible(userid)]
        return reached, [userid for userid in wanted if userid not in reached]

    def everybody(self) -> list[str]:
        """Return all members in the visible range."""
        return [userid for userid in self._directory.members if self._directory.visible(userid)]
