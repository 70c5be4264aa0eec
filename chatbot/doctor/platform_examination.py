"""The checks that ask WeCom, in the order that lets each use the facts before it."""

from __future__ import annotations

import asyncio

import aiohttp
from prometheus_client import CollectorRegistry

from chatbot.clock import Clock
from chatbot.doctor.account_match import check_sections
from chatbot.doctor.book import Book, blocked_by, need
from chatbot.doctor.callback_check import check_callback, check_public_address
from chatbot.doctor.case_checks import check_cases, read_case_load
from chatbot.doctor.database_reads import groups_written, read_tag_records
from chatbot.doctor.machine_examination import Machine
from chatbot.doctor.owner_checks import check_owners
from chatbot.doctor.platform_checks import (
    Platform,
    check_address,
    check_app,
    check_token,
    has_range,
    judge_clock,
)
from chatbot.doctor.report import NotChecked, Verdict
from chatbot.doctor.roster_checks import match_roster
from chatbot.doctor.settings_check import (
    AES_KEY,
    AGENT_ID,
    CORP_ID,
    SECRET,
    TOKEN,
    api_base_url,
    missing,
)
from chatbot.doctor.staff_checks import (
    AccountList,
    Staffing,
    check_accounts,
    check_servicer_range,
    check_servicers,
    check_supervisors,
    no_supervisors,
)
from chatbot.doctor.tag_checks import check_tag_writes, check_tags
from chatbot.doctor.words import listed, say
from chatbot.reviews.due import People
from chatbot.store.review_reminders import known_people
from chatbot.wecom.app import AgentInfo
from chatbot.wecom.client import WeComClient
from chatbot.wecom.envelope import Envelope
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import MemoryTokenStore


class PlatformExamination:
    """The checks of one installation's side of WeCom."""

    def __init__(
        self, book: Book, machine: Machine, session: aiohttp.ClientSession, clock: Clock
    ) -> None:
        self._book = book
        self._machine = machine
        self._settings = machine.settings
        self._session = session
        self._clock = clock

    async def run(self) -> None:
        """Make every check."""
        enter = self._book.enter
        client = await self._examine_access()
        app = await enter("app", lambda: self._check_app(client))
        await enter("public_address", self._check_public_address)
        await enter("callback", self._check_callback)
        await self._examine_staff(client, app)
        await enter("tags", lambda: self._check_tags(client))
        await enter("tag_writes", self._check_tag_writes)

    async def _examine_access(self) -> WeComClient | None:
        enter, url = self._book.enter, api_base_url(self._settings)
        platform = await enter("address", lambda: check_address(self._session, url, self._clock))
        await enter("clock", lambda: self._check_clock(platform))
        return await enter("token", lambda: self._check_token(platform))

    async def _examine_staff(self, client: WeComClient | None, app: AgentInfo | None) -> None:
        enter = self._book.enter
        accounts = await enter("accounts", lambda: self._check_accounts(client))
        staffing = await enter("servicers", lambda: self._check_servicers(client, accounts))
        await enter("servicer_range", lambda: self._check_range(client, app, staffing))
        await enter("sections", lambda: self._check_sections(accounts, staffing))
        await enter("roster_match", lambda: self._match_roster(staffing))
        await enter("cases", lambda: self._check_cases(staffing))
        await enter("owners", lambda: self._check_owners(staffing))
        await enter("supervisors", lambda: self._check_supervisors(client, app))

    async def _check_clock(self, platform: Platform | None) -> Verdict[float]:
        return judge_clock(need(platform, "address"), self._settings.test_clock)

    async def _check_token(self, platform: Platform | None) -> Verdict[WeComClient]:
        self._need_settings(CORP_ID, SECRET)
        return await check_token(self._client(), need(platform, "address"))

    async def _check_app(self, client: WeComClient | None) -> Verdict[AgentInfo]:
        self._need_settings(AGENT_ID)
        return await check_app(need(client, "token"), self._settings.wecom.agent_id)

    async def _check_public_address(self) -> Verdict[str]:
        return check_public_address(self._settings)

    async def _check_callback(self) -> Verdict[float]:
        self._need_settings(CORP_ID, TOKEN, AES_KEY)
        if self._book.concerns("token", CORP_ID):
            raise blocked_by("token")
        envelope = self._envelope()
        return await check_callback(self._session, self._settings, envelope, self._clock)

    async def _check_accounts(self, client: WeComClient | None) -> Verdict[AccountList]:
        found = self._need_own_client(client)
        return await check_accounts(found, self._settings.wecom.kf_accounts)

    async def _check_servicers(
        self, client: WeComClient | None, accounts: AccountList | None
    ) -> Verdict[Staffing]:
        usable = need(accounts, "accounts").usable
        return await check_servicers(need(client, "token"), need(usable or None, "accounts"))

    async def _check_range(
        self, client: WeComClient | None, app: AgentInfo | None, staffing: Staffing | None
    ) -> Verdict[int]:
        _need_range(app)
        members = need(need(staffing, "servicers").members or None, "servicers")
        supervisors = self._settings.supervisors
        return await check_servicer_range(need(client, "token"), members, supervisors)

    async def _check_sections(
        self, accounts: AccountList | None, staffing: Staffing | None
    ) -> Verdict[int]:
        described = self._machine.need_content().accounts
        folder = self._settings.knowledge_dir
        return check_sections(described, need(accounts, "accounts"), staffing, folder)

    async def _match_roster(self, staffing: Staffing | None) -> Verdict[int]:
        roster = need(self._machine.roster, "roster")
        return match_roster(roster, need(staffing, "servicers").members)

    async def _check_cases(self, staffing: Staffing | None) -> Verdict[int]:
        members = need(staffing, "servicers").members
        now = self._clock.now()
        load = await asyncio.to_thread(
            self._machine.read, lambda connection: read_case_load(connection, now)
        )
        roster = self._machine.roster or {}
        return check_cases(load, {*members, *roster, *map(str.lower, self._settings.supervisors)})

    async def _check_owners(self, staffing: Staffing | None) -> Verdict[int]:
        entries = self._machine.need_content().entries
        members = need(staffing, "servicers").members
        known = await asyncio.to_thread(self._machine.read, known_people)
        appointed = (*members, *self._settings.admins, *self._settings.supervisors)
        return check_owners(entries, People({**dict.fromkeys(appointed, ""), **known}))

    async def _check_supervisors(
        self, client: WeComClient | None, app: AgentInfo | None
    ) -> Verdict[int]:
        if not self._settings.supervisors:
            return no_supervisors()
        _need_range(app)
        return await check_supervisors(need(client, "token"), self._settings.supervisors)

    async def _check_tags(self, client: WeComClient | None) -> Verdict[int]:
        content = self._machine.need_content()
        try:
            written = await asyncio.to_thread(self._machine.read, groups_written)
        except NotChecked:  # then nothing is said about what was written
            written = None
        return await check_tags(self._need_own_client(client), content, written)

    async def _check_tag_writes(self) -> Verdict[int]:
        records = await asyncio.to_thread(self._machine.read, read_tag_records)
        return check_tag_writes(records, self._clock.now())

    def _need_own_client(self, client: WeComClient | None) -> WeComClient:
        """Return the client unless it is another app's: what that may do says nothing about us."""
        found = need(client, "token")
        if self._book.concerns("app", AGENT_ID):
            raise blocked_by("app")
        return found

    def _need_settings(self, *names: str) -> None:
        absent = [name for name in names if name in missing(self._settings)]
        if absent:
            raise NotChecked(say("needs_settings", names=listed(absent)))

    def _client(self) -> WeComClient:
        wecom = self._settings.wecom
        return WeComClient(
            self._session,
            base_url=api_base_url(self._settings),
            corp_id=wecom.corp_id,
            agent_id=wecom.agent_id,
            secret=wecom.secret,
            tokens=MemoryTokenStore(self._clock),
            clock=self._clock,
            metrics=WeComMetrics(CollectorRegistry()),
        )

    def _envelope(self) -> Envelope:
        wecom = self._settings.wecom
        if wecom.token is None or wecom.encoding_aes_key is None:
            raise blocked_by("settings")
        token, key = wecom.token.get_secret_value(), wecom.encoding_aes_key.get_secret_value()
        return Envelope(token, key, wecom.corp_id)


def _need_range(app: AgentInfo | None) -> None:
    """Raise NotChecked where the platform would refuse to tell anything about anybody."""
    if not has_range(need(app, "app")):
        raise blocked_by("app")
