"""Which reminders of reviews were told, and whom owners of entries may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from chatbot.store.agents import member_names
from chatbot.store.database import statement
from chatbot.store.grants import list_grants


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder of an entry's review, by the day that it is for."""

    faq_id: str
    review: date
    about: date


_TOLD = statement("SELECT faq_id, review, about FROM review_reminders WHERE faq_id = ANY(:faq_ids)")
_CLAIM = statement(
    "INSERT INTO review_reminders (faq_id, review, about, told, at)"
    " VALUES (:faq_id, :review, :about, :told, :now) ON CONFLICT DO NOTHING"
)


def reminders_told(connection: Connection, faq_ids: Sequence[str]) -> set[Reminded]:
    """Return the reminders of these entries that were told."""
    return {Reminded(*row) for row in connection.execute(_TOLD, {"faq_ids": list(faq_ids)})}


def claim_reminder(
    connection: Connection, reminder: Reminded, told: Sequence[str], now: datetime
) -> bool:
    """Note that this transaction tells ``told`` of it; False if another one does, or has."""
    values = {
        "faq_id": reminder.faq_id, "review": reminder.review, "about": reminder.about,
        "told": list(told), "now": now,
    }  # fmt: skip
    return connection.execute(_CLAIM, values).rowcount == 1


def known_people(connection: Connection) -> dict[str, str]:
    """Return all members that are known here, by id, with their names where they have one."""
    granted = (each.grant.userid for each in list_grants(connection))
    return {**dict.fromkeys(filter(None, granted), ""), **member_names(connection)}
