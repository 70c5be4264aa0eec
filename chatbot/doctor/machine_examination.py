"""The checks of this machine: folders, files, encoder, database. Threads make them: they block."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from chatbot.accounts.agent import Roster
from chatbot.clock import Clock
from chatbot.doctor.access_check import check_access
from chatbot.doctor.account_checks import check_account_file
from chatbot.doctor.book import Book, need
from chatbot.doctor.customer_data_check import check_customer_data
from chatbot.doctor.database_check import Store, check_database, read
from chatbot.doctor.database_reads import read_modes, read_published
from chatbot.doctor.file_checks import User, check_files
from chatbot.doctor.form_checks import check_forms
from chatbot.doctor.local_checks import check_content, check_data_folder, check_encoder
from chatbot.doctor.mode_check import LiveModes, check_modes
from chatbot.doctor.publishing_check import check_publishing
from chatbot.doctor.questions import Questions
from chatbot.doctor.report import NotChecked, Verdict
from chatbot.doctor.roster_checks import Ground, check_roster
from chatbot.doctor.table_checks import check_tables
from chatbot.doctor.text_checks import check_texts
from chatbot.doctor.words import say
from chatbot.knowledge.content import Content
from chatbot.settings import Settings
from chatbot.store.agents import read_roster

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Machine:
    """What the checks of the platform go on with: content and database, as far as there are."""

    settings: Settings
    content: Content | None
    store: Store | None
    roster: Roster | None = None

    def need_content(self) -> Content:
        """Return the content; raise NotChecked if it is wrong or on another machine."""
        folder = self.settings.knowledge_dir
        if self.content is None and not folder.exists() and not self.settings.knowledge_watch:
            raise NotChecked(say("content_elsewhere", folder=folder))
        return need(self.content, "content")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what ``work`` reads in the database; raise NotChecked if that is impossible."""
        return read(need(self.store, "database"), work)


class MachineExamination:
    """The checks of one installation's machine, in order."""

    def __init__(self, book: Book, settings: Settings, clock: Clock) -> None:
        self._book = book
        self._settings = settings
        self._clock = clock

    async def run(self) -> Machine:
        """Make every check."""
        settings = self._settings
        await self._enter("data", lambda: check_data_folder(settings))
        user = await self._enter("files", lambda: check_files(settings))
        content = await self._enter("content", lambda: self._check_content(user))
        encoder = await self._enter("encoder", lambda: check_encoder(settings))
        store = await self._enter("database", lambda: check_database(settings))
        machine = Machine(settings, content, store)
        await self._examine_content(machine)
        await self._book.enter("customer_data", lambda: check_customer_data(settings, self._clock))
        await self._enter("publishing", lambda: self._check_publishing(machine, encoder))
        await self._enter("modes", lambda: self._check_modes(machine))
        roster = await self._enter("roster", lambda: self._check_roster(machine))
        await self._enter("access", lambda: check_access(settings, machine.read))
        return replace(machine, roster=roster)

    async def _enter(self, check: str, work: Callable[[], Verdict[T]]) -> T | None:
        return await self._book.enter(check, partial(asyncio.to_thread, work))

    async def _examine_content(self, machine: Machine) -> None:
        settings, content = self._settings, machine.need_content
        knowledge, today = settings.knowledge_dir, self._today()
        await self._enter("account_file", lambda: check_account_file(content(), knowledge, today))
        await self._enter(
            "texts",
            lambda: check_texts(content(), Questions(content(), today), settings.intents_dir),
        )
        await self._enter("tables", lambda: check_tables(content(), knowledge))
        await self._enter("forms", lambda: check_forms(content(), settings))

    def _check_content(self, user: User | None) -> Verdict[Content]:
        need(user, "files")
        return check_content(self._settings)

    def _check_publishing(self, machine: Machine, encoder: str | None) -> Verdict[int]:
        published = machine.read(read_published)
        return check_publishing(published, machine.content, encoder, self._settings)

    def _check_modes(self, machine: Machine) -> Verdict[int]:
        accounts = machine.need_content().accounts
        try:
            live = machine.read(read_modes)
        except NotChecked:  # then what the file says is in force as far as anybody knows
            live = LiveModes({}, {})
        return check_modes(accounts, live, self._settings.knowledge_dir)

    def _check_roster(self, machine: Machine) -> Verdict[Roster]:
        roster = machine.read(read_roster)
        return check_roster(roster, Ground.of(machine.need_content()), self._local())

    def _today(self) -> date:
        return self._local().date()

    def _local(self) -> datetime:
        return self._clock.now().astimezone(ZoneInfo(self._settings.timezone))
