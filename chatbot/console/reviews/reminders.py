"""Reminds owners of entries that are to be looked over, each of all that is due, once.

In working hours alone. What is told and the message that tells it are written in one transaction:
who dies meanwhile has told nobody, and nobody is told twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote

import structlog
from sqlalchemy import Connection

from chatbot.access.roles import Appointed, may
from chatbot.answers.entries import Entry
from chatbot.clock import Clock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.editing.desk import EditDesk
from chatbot.errors import ChatbotError
from chatbot.notices.heading import size
from chatbot.reviews.due import People, Review, recipients, reminded_of, reviews_of
from chatbot.store.database import Database
from chatbot.store.insight_digests import viewers
from chatbot.store.review_reminders import (
    Reminded,
    claim_reminder,
    known_people,
    reminders_told,
)
from chatbot.store.staff_messages import NOTICE_RANK, insert_message
from chatbot.wecom.messages import TEXT_BYTES, text_message

log = structlog.get_logger()

_LOOK_SECONDS = 60.0
#: Nobody is reminded before and after these hours of a working day.
_FROM_HOUR, _TO_HOUR = 9, 18
_LIFE = timedelta(hours=24)
#: Bytes that are left for saying how many more there are, and where.
_TAIL_BYTES = 300


@dataclass(frozen=True, slots=True)
class ReminderTools:
    """What reminding needs; ``base_url`` is where the pages are."""

    database: Database
    editing: EditDesk
    snapshot: Callable[[], Snapshot]
    clock: Clock
    appointed: Appointed
    base_url: str


class ReviewReminders:
    """Looks whether somebody is to be reminded, and tells them."""

    def __init__(self, tools: ReminderTools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self._look()
            except ChatbotError as error:
                log.warning("review_reminders_failed", error=str(error))
            await self._tools.clock.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        now = self._tools.clock.now()
        if not self._in_working_hours(now):
            return
        # What somebody has just looked over counts, though it waits to be published.
        working = await self._tools.editing.working()
        dated = [each for each in working.content.entries if each.review is not None]
        told = await self._tools.database.run(self.remind, dated, now)
        if told:
            log.info("reviews_told", members=told)

    def _in_working_hours(self, now: datetime) -> bool:
        snapshot = self._tools.snapshot()
        local = now.astimezone(snapshot.timezone)
        is_workday = snapshot.accounts.calendar.is_workday(local.date())
        return is_workday and _FROM_HOUR <= local.hour < _TO_HOUR

    def remind(self, connection: Connection, dated: Sequence[Entry], now: datetime) -> int:
        """Tell what is to be told by ``now``; return how many members are."""
        today = now.astimezone(self._tools.snapshot().timezone).date()
        due = _not_told(connection, dated, people_of(connection, self._tools.appointed), today)
        if not due:
            return 0
        others = curators(connection, self._tools.appointed)
        unowned = sum(each.userid is None for _, each in due)
        if unowned and not others:
            log.error("nobody_to_remind", entries=unowned, advice="set CHATBOT_ADMINS")
            due = [(reminder, each) for reminder, each in due if each.userid is not None]
        claimed = [
            review
            for reminder, review in due
            if claim_reminder(
                connection, reminder, (review.userid,) if review.userid else others, now
            )
        ]
        told = recipients(claimed, others)
        for userid, reviews in told.items():
            self._tell(connection, userid, reviews, today, now)
        return len(told)

    def _tell(
        self,
        connection: Connection,
        userid: str,
        reviews: Sequence[Review],
        today: date,
        now: datetime,
    ) -> None:
        words = self._tools.snapshot().texts.review_words
        text = reminder_text(reviews, words, self._tools.base_url, today)
        # With the days: an entry that got another one meanwhile is another reminder.
        named = "\n".join(f"{each.entry.id} {each.day}" for each in reviews)
        ids = zlib.crc32(named.encode())
        insert_message(
            connection, userid, "notice", NOTICE_RANK, text_message(text), now, due_at=now,
            expires_at=now + _LIFE, key=f"reviews:{today}:{ids:08x}:{userid}",
        )  # fmt: skip


def people_of(connection: Connection, appointed: Appointed) -> People:
    """Return whom owners may be."""
    names = dict.fromkeys((*appointed.admins, *appointed.supervisors), "")
    return People({**names, **known_people(connection)})


def curators(connection: Connection, appointed: Appointed) -> tuple[str, ...]:
    """Return who looks after what nobody owns: who may publish, for all stores."""
    found = viewers(connection, appointed)
    return tuple(
        sorted(each.userid for each in found if may(each, "publish") and each.stores is None)
    )


def _not_told(
    connection: Connection, dated: Sequence[Entry], people: People, today: date
) -> list[tuple[Reminded, Review]]:
    due: list[tuple[Reminded, Review]] = []
    for review in reviews_of(dated, people):
        about = reminded_of(review.day, today) if review.day else None
        if review.day is not None and about is not None:
            due.append((Reminded(review.entry.id, review.day, about), review))
    told = reminders_told(connection, [each.faq_id for each, _ in due])
    return [(each, review) for each, review in due if each not in told]


def reminder_text(
    reviews: Sequence[Review], words: Mapping[str, str], base_url: str, today: date
) -> str:
    """Return one message about all ``reviews``, as many by name as fit into it."""
    text = words["told_head"].format(count=len(reviews))
    for at, each in enumerate(reviews):
        url = f"{base_url}/console/entries/{quote(each.entry.id, safe='')}"
        when = words["told_late" if each.days_left(today) < 0 else "told_day"]
        line = f"{each.entry.question}（{when.format(day=each.day)}）\n{url}"
        if size(f"{text}\n{line}") > TEXT_BYTES - _TAIL_BYTES:
            text = f"{text}\n{words['told_more'].format(count=len(reviews) - at)}"
            break
        text = f"{text}\n{line}"
    return f"{text}\n{words['told_page']}{base_url}/console/reviews"
