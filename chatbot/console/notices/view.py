"""Notices as the pages show them: how they stand, whom they are for, how they look on a phone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from chatbot.answers.entries import texts_of
from chatbot.clock import Clock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.wording import values_of
from chatbot.facts.meant import rows_meant
from chatbot.facts.variables import fill
from chatbot.notices.brand import Brand
from chatbot.notices.heading import TEXT_BYTES, joined, size
from chatbot.notices.notice import NewNotice, Notice
from chatbot.notices.standing import STANDS, Stand, in_words, is_own, is_seen, stand_of
from chatbot.store.accounts import list_accounts
from chatbot.store.audit import AuditRow, audit_of
from chatbot.store.notice_reach import Asked, asked_since
from chatbot.store.notices import KeptNotice, all_notices, one_notice, told_customers

_MOST = 500
_REACHED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice with how it stands, in words whom it is for, and how many customers read it."""

    kept: KeptNotice
    stand: Stand
    scope: str
    told: int
    may_change: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a notice would have reached in the last days; ``is_cut``: these, and more."""

    customers: int
    turns: int
    is_cut: bool


class NoticeReader:
    """Reads notices for the pages."""

    def __init__(self, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._snapshot = snapshot
        self._clock = clock

    def brand(self, connection: Connection) -> Brand:
        """Return what a notice may name, as it is live."""
        snapshot = self._snapshot()
        tables = (finder.table for finder in snapshot.rows.values())
        known = {each.open_kfid: each.name for each in list_accounts(connection)}
        return Brand.of(snapshot.entries, tables, snapshot.accounts, known, snapshot.timezone)

    def listed(
        self, connection: Connection, limit: Collection[str] | None, brand: Brand
    ) -> dict[Stand, list[Shown]]:
        """Return all notices, those that hold first; of the past the newest."""
        found = all_notices(connection, _MOST)
        seen = [each for each in found if is_seen(each.notice, limit)]
        told = told_customers(connection, [each.notice.id for each in seen])
        shown = [self._shown(each, told, limit, brand) for each in seen]
        return {stand: [each for each in shown if each.stand == stand] for stand in STANDS}

    def one(
        self, connection: Connection, number: int, limit: Collection[str] | None, brand: Brand
    ) -> Shown | None:
        """Return a notice, None if there is none that the viewer sees."""
        kept = one_notice(connection, number)
        if kept is None or not is_seen(kept.notice, limit):
            return None
        return self._shown(kept, told_customers(connection, [number]), limit, brand)

    def _shown(
        self,
        kept: KeptNotice,
        told: Mapping[int, int],
        limit: Collection[str] | None,
        brand: Brand,
    ) -> Shown:
        notice, stand = kept.notice, stand_of(kept.notice, self._clock.now())
        words = self._snapshot().texts.notice_words
        may_change = stand != "past" and is_own(notice, limit)
        scope = in_words(notice, brand, words)
        return Shown(kept, stand, scope, told.get(notice.id, 0), may_change)

    def acts(self, connection: Connection, target: str) -> list[AuditRow]:
        """Return who did what to a notice, the newest first."""
        return audit_of(connection, target)

    def reach(self, connection: Connection, new: NewNotice) -> Reach:
        """Return how many would have been told in the last days, by what is known of them."""
        now, snapshot = self._clock.now(), self._snapshot()
        notice = new.numbered(0)
        found = asked_since(connection, now - _REACHED, now)
        meant = [each for each in found.asked if _is_meant(snapshot, notice, each)]
        customers, turns = {each.customer for each in meant}, sum(each.turns for each in meant)
        return Reach(len(customers), turns, found.is_cut)

    def preview(self, new: NewNotice) -> list[str]:
        """Return the bubbles that a customer would see: the notice, and an answer below it."""
        snapshot, notice = self._snapshot(), new.numbered(0)
        rows = _sample_rows(snapshot, notice)
        account = snapshot.accounts.of(notice.accounts[0] if notice.accounts else "")
        resolve = values_of(snapshot, account, "", rows)
        text = _filled(notice.text, resolve)
        if notice.mode == "replace":
            return [text]
        answer = _filled(_sample_answer(snapshot, notice), resolve)
        together = joined(text, answer)
        return [together] if size(together) <= TEXT_BYTES else [text, answer]


def _is_meant(snapshot: Snapshot, notice: Notice, asked: Asked) -> bool:
    if not notice.is_for_account(asked.open_kfid):
        return False
    if notice.categories and not _is_about(snapshot, notice, asked.faq_id):
        return False
    if not notice.stores:
        return True
    rows = rows_meant(snapshot.rows, asked.rows, asked.tags, asked.scene)
    return any(row in notice.stores for row in rows.values())


def _is_about(snapshot: Snapshot, notice: Notice, faq_id: str | None) -> bool:
    number = snapshot.by_id.get(faq_id or "")
    return number is not None and notice.is_about(snapshot.entries[number].category)


def _sample_rows(snapshot: Snapshot, notice: Notice) -> dict[str, str]:
    """Return a row of every table: one of the notice's stores, or the first."""
    chosen: dict[str, str] = {}
    for name, finder in snapshot.rows.items():
        keys = list(finder.table.rows)
        own = [key for key in keys if key in notice.stores]
        if keys:
            chosen[name] = (own or keys)[0]
    return chosen


def _sample_answer(snapshot: Snapshot, notice: Notice) -> str:
    """Return what the first entry that the notice stands above says."""
    meant = (each for each in snapshot.entries if notice.is_about(each.category))
    texts = (text for each in meant for text in texts_of(each.answer[-1].messages)[:1])
    return next(texts, "")


def _filled(text: str, resolve: Callable[[str, str], str | None]) -> str:
    """Return a text with its variables, and what has no value left as it is written."""
    return str(fill(text, lambda group, name: resolve(group, name) or f"{{{group}.{name}}}"))
