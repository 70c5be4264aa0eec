"""Tells people of cases: reminders, warnings, what became theirs; each once over all processes.

A case is locked, what is to be told is written down with the messages that tell it, and the case is
let go, all in one transaction: who dies meanwhile has told nothing, and the next process tells it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from chatbot.accounts.desk_rules import DeskRules
from chatbot.cases.office_hours import OfficeHours
from chatbot.cases.reminders import Reminder, due_reminders, next_reminder_at, reminders
from chatbot.cases.wording import CaseWords
from chatbot.clock import Clock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.claiming import keep_claiming, pause_until
from chatbot.pipeline.staff_cards import StaffCards
from chatbot.store.case_history import (
    already_told,
    claim_reminders,
    next_reminder,
    note_telling,
    remind_again,
)
from chatbot.store.cases import CaseView, find_case
from chatbot.store.database import Database
from chatbot.store.watch import read_desk_rules

log = structlog.get_logger()

_AT_ONCE = 20
#: Cases that somebody is at work on are tried again after this long.
_LEAST_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class ReminderTools:
    """What telling people of cases needs; ``on_told`` is called when messages wait to be sent."""

    database: Database
    snapshot: Callable[[], Snapshot]
    teller: StaffCards
    supervisors: tuple[str, ...]
    base_url: str
    clock: Clock
    checkpoint: Checkpoint
    on_told: Callable[[], None]


class CaseReminders:
    """Looks at every case when there may be something to tell of it."""

    def __init__(self, tools: ReminderTools) -> None:
        self._tools = tools
        self._waking = asyncio.Event()

    async def run(self) -> None:
        """Look and tell until cancelled."""
        await keep_claiming(self._claim, self._waking, self._tools.clock, "reminders_failed")

    async def _claim(self) -> float:
        now = self._tools.clock.now()
        told, next_at = await self._tools.database.run(self.remind, now)
        if told:
            log.info("cases_told", count=told)
            self._tools.on_told()
        return pause_until(next_at, now, _LEAST_PAUSE_SECONDS)

    def remind(self, connection: Connection, now: datetime) -> tuple[int, datetime | None]:
        """Tell what is to be told by ``now``; return how much, and when to look again."""
        claimed = claim_reminders(connection, now, _AT_ONCE)
        if claimed:
            self._tools.checkpoint("reminders-claimed")
        rules = read_desk_rules(connection)
        told = sum(self._remind_of(connection, case_id, rules, now) for case_id in claimed)
        return told, next_reminder(connection)

    def _remind_of(
        self, connection: Connection, case_id: int, rules: DeskRules, now: datetime
    ) -> int:
        view = find_case(connection, case_id)
        if view is None:
            return 0
        snapshot = self._tools.snapshot()
        account = snapshot.accounts.of(view.open_kfid or "")
        hours = OfficeHours.of(account.hours, snapshot.accounts.calendar, snapshot.timezone)
        planned = reminders(view.case, view.reach, rules, hours)
        due = due_reminders(planned, already_told(connection, case_id), now)
        words = CaseWords(snapshot.texts.case_words, snapshot.timezone)
        told = sum(self._tell(connection, view, each, words, now) for each in due)
        remind_again(connection, case_id, next_reminder_at(planned, now))
        return told

    def _tell(
        self,
        connection: Connection,
        view: CaseView,
        reminder: Reminder,
        words: CaseWords,
        now: datetime,
    ) -> bool:
        case, stage = view.case, reminder.stage
        to_owner = reminder.audience == "owner" and case.owner is not None
        userids = (str(case.owner),) if to_owner else self._tools.supervisors
        if not note_telling(connection, case.id, stage, reminder.about, userids, now):
            return False
        if not userids:
            advice = "set CHATBOT_SUPERVISORS"
            log.error("nobody_to_tell", case=case.id, stage=stage, advice=advice)
            return False
        key = f"case:{case.id}:{stage}:{reminder.about.timestamp()}"
        text = words.told(stage, case, view.customer, view.reach, now)
        self._tools.teller.notice(connection, userids, text, self._page(view), key, now)
        return True

    def _page(self, view: CaseView) -> str:
        return f"{self._tools.base_url}/turns/{view.public_id}" if view.public_id else ""
