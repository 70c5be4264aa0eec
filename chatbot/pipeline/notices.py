"""Fixed messages of the desk itself, ready to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from chatbot.accounts.account import Account
from chatbot.customers.ratings import SCORES, Score, score_line
from chatbot.dialogue.menus import service_menu
from chatbot.dialogue.snapshot import Snapshot
from chatbot.facts.variables import ASSISTANT, ASSISTANT_NAMES, CUSTOMER, Missing, fill
from chatbot.texts import Texts, in_language
from chatbot.understanding.language import CHINESE, is_foreign
from chatbot.wecom.messages import ClickItem, menu_message, text_message

log = structlog.get_logger()

KfPayload = dict[str, Any]

#: Stands for a variable without a value: a notice is better short than not sent.
_NOTHING = "\u200b"


@dataclass(frozen=True, slots=True)
class RatingMenu:
    """The question how a person's service was."""

    head: str
    captions: Mapping[Score, str]
    tail: str

    def message(self, key: str) -> KfPayload:
        """Return the message that asks for the rating ``key``."""
        items = [ClickItem(score_line(key, score), self.captions[score]) for score in SCORES]
        return menu_message(self.head, items, self.tail)


@dataclass(frozen=True, slots=True)
class Notices:
    """What customers are told around a session; each is a customer-service message body.

    ``waiting_in_pool`` is None while no staff are there: the customer knows already. ``rating``
    may stand in for ``session_ended``; it is None where the account asks nobody.
    """

    welcome: KfPayload
    handed_over: KfPayload
    waiting_in_pool: KfPayload | None
    session_ended: KfPayload
    rating: RatingMenu | None = None


def make_notices(snapshot: Snapshot, account: Account, now: datetime) -> Notices:
    """Return an account's notices in its own wording, as they read at ``now``."""
    texts = snapshot.texts
    return Notices(
        welcome=_welcome(snapshot, account, now),
        handed_over=handed_over_notice(snapshot, account, now),
        waiting_in_pool=queue_notice(snapshot, account, now),
        session_ended=text_message(_filled(texts.session_ended, account, texts)),
        rating=_rating_menu(texts) if account.rating else None,
    )


def _rating_menu(texts: Texts) -> RatingMenu:
    captions = {score: texts.score_caption(score) for score in SCORES}
    return RatingMenu(texts.rating_head, captions, texts.rating_tail)


def handed_over_notice(
    snapshot: Snapshot, account: Account, now: datetime, language: str = CHINESE
) -> KfPayload:
    """Return what is said before a handover: that a person comes, or when one will be there.

    Who writes another language reads it in that below.
    """
    texts, local = snapshot.texts, now.astimezone(snapshot.timezone)
    is_open = account.hours.is_open(local, snapshot.accounts.calendar)
    words = _handed_over(snapshot, account, local, is_open=is_open)
    if is_foreign(language):
        lines = texts.handed_over_foreign if is_open else texts.handed_over_closed_foreign
        words = f"{words}\n{in_language(lines, language)}"
    return text_message(words)


def closed_notice(snapshot: Snapshot, account: Account, now: datetime) -> KfPayload:
    """Return what is said to who was not answered before the staff went home: when they return."""
    local = now.astimezone(snapshot.timezone)
    return text_message(_closed(snapshot, account, local, snapshot.texts.session_closed))


def kept_notice(snapshot: Snapshot, account: Account, now: datetime) -> KfPayload:
    """Return what is said instead where the session stays with a person."""
    local = now.astimezone(snapshot.timezone)
    return text_message(_closed(snapshot, account, local, snapshot.texts.session_kept_closed))


def held_notice(snapshot: Snapshot, account: Account, now: datetime) -> KfPayload:
    """Return what is said to whom a person has and nobody answers: that they are not forgotten."""
    local, texts = now.astimezone(snapshot.timezone), snapshot.texts
    if account.hours.is_open(local, snapshot.accounts.calendar):
        return text_message(_filled(texts.held_notice, account, texts))
    return text_message(_closed(snapshot, account, local, texts.held_notice_closed))


def _handed_over(snapshot: Snapshot, account: Account, local: datetime, *, is_open: bool) -> str:
    texts = snapshot.texts
    if is_open:
        return _filled(texts.handed_over, account, texts)
    return _closed(snapshot, account, local, texts.handed_over_closed)


def _closed(snapshot: Snapshot, account: Account, local: datetime, text: str) -> str:
    """Return ``text`` with the hours and when staff are there next."""
    texts = snapshot.texts
    opening = account.hours.next_opening(local, snapshot.accounts.calendar)
    words = _filled(text, account, texts).replace("{hours}", account.hours.in_words())
    return words.replace("{opening}", _opening_in_words(texts, local, opening))


def queue_notice(snapshot: Snapshot, account: Account, now: datetime) -> KfPayload | None:
    """Return what is said to who still waits in the pool; None while no staff are there."""
    local = now.astimezone(snapshot.timezone)
    if not account.hours.is_open(local, snapshot.accounts.calendar):
        return None
    return text_message(_filled(snapshot.texts.queue_notice, account, snapshot.texts))


def _welcome(snapshot: Snapshot, account: Account, now: datetime) -> KfPayload:
    texts = snapshot.texts
    silent = snapshot.silent(account, now.astimezone(snapshot.timezone).date())
    menu = service_menu(snapshot, account, silent)
    items = [ClickItem(item.id, item.text) for item in menu.items]
    head = _filled(account.welcome or texts.welcome_head, account, texts)
    return menu_message(head, items, _filled(texts.welcome_tail, account, texts))


def _opening_in_words(texts: Texts, local: datetime, opening: datetime | None) -> str:
    if opening is None:
        return ""
    days = (opening.date() - local.date()).days
    pattern = (texts.opening_today, texts.opening_tomorrow)[days : days + 1]
    words = pattern[0] if pattern else texts.opening_later
    return words.format(month=opening.month, day=opening.day, time=f"{opening:%H:%M}")


def _filled(text: str, account: Account, texts: Texts) -> str:
    """Return ``text`` with what is known without asking: the assistant, and no name."""

    def resolve(group: str, name: str) -> str | None:
        if group == ASSISTANT and name in ASSISTANT_NAMES:
            return account.assistant or texts.assistant_name
        if group == ASSISTANT:
            return account.variables.get(name)
        return texts.unnamed_customer if group == CUSTOMER else None

    filled = fill(text, resolve)
    if isinstance(filled, Missing):
        log.error("notice_lacks_variables", account=account.open_kfid, variables=str(filled))
        filled = fill(text, lambda group, name: resolve(group, name) or _NOTHING)
    return str(filled)
