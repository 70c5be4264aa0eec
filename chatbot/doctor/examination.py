"""One examination: every check in order, each kept from stopping the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import aiohttp
import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from chatbot.clock import make_clock
from chatbot.doctor import words
from chatbot.doctor.callback_check import check_callback, check_public_address
from chatbot.doctor.database_check import check_database
from chatbot.doctor.local_checks import check_content, check_data_folder, check_encoder
from chatbot.doctor.platform_checks import (
    Platform,
    check_address,
    check_app,
    check_token,
    has_range,
    judge_clock,
)
from chatbot.doctor.report import NotChecked, Outcome, Report, Verdict
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
    check_accounts,
    check_servicer_range,
    check_servicers,
    check_supervisors,
    no_supervisors,
)
from chatbot.logs import SecretScrubber
from chatbot.settings import Settings
from chatbot.wecom.app import AgentInfo
from chatbot.wecom.client import WeComClient
from chatbot.wecom.envelope import Envelope
from chatbot.wecom.kf import KfAccount
from chatbot.wecom.metrics import WeComMetrics
from chatbot.wecom.tokens import MemoryTokenStore

log = structlog.get_logger()

T = TypeVar("T")

#: All checks in the order in which they are made.
CHECKS = (
    "settings", "data", "content", "encoder", "database", "address", "clock", "token", "app",
    "public_address", "callback", "accounts", "servicers", "servicer_range", "supervisors",
)  # fmt: skip


class _Book:
    """Enters what the checks find."""

    def __init__(self, settings: Verdict[Settings]) -> None:
        secrets = secrets_of(settings.fact) if settings.fact else []
        self._scrub = SecretScrubber(secrets).scrub
        self.outcomes: list[Outcome] = []
        self._add(Outcome("settings", words.title("settings"), settings.summary, settings.findings))

    def _add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome.rewritten(self._scrub))

    async def enter(self, check: str, work: Callable[[], Awaitable[Verdict[T]]]) -> T | None:
        """Make a check and return its fact; whatever goes wrong stays in the report."""
        title = words.title(check)
        try:
            verdict = await work()
        except NotChecked as reason:
            self._add(Outcome(check, title, str(reason), skipped=True))
            return None
        except Exception as error:  # a mistake of ours in one check must not cost the others
            log.exception("doctor_check_failed", check=check)
            crashed = words.finding("check_crashed", problem=type(error).__name__)
            self._add(Outcome(check, title, findings=(crashed,)))
            return None
        self._add(Outcome(check, title, verdict.summary, verdict.findings))
        return verdict.fact

    def concerns(self, check: str, setting: str) -> bool:
        """Say whether ``check`` found something about ``setting``."""
        return any(
            setting in finding.settings
            for outcome in self.outcomes
            if outcome.id == check
            for finding in outcome.findings
        )


async def examine(settings: Verdict[Settings]) -> Report:
    """Make all checks with the settings as `check_settings` read them. Changes nothing."""
    book = _Book(settings)
    if settings.fact is None:
        for check in CHECKS[1:]:
            await book.enter(check, _nothing_known)
        return Report(tuple(book.outcomes))
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        await _Examination(book, settings.fact, session).run()
    return Report(tuple(book.outcomes))


def secrets_of(settings: Settings) -> list[str]:
    """Return every value that may never be shown."""
    wecom = settings.wecom
    held = [wecom.secret, wecom.token, wecom.encoding_aes_key]
    secrets = [secret.get_secret_value() for secret in held if secret]
    try:
        password = make_url(settings.database_url or "postgresql://").password
    except (ArgumentError, ValueError):  # then the whole address is treated as one
        password = settings.database_url
    return [*secrets, password] if password else secrets


async def _nothing_known() -> Verdict[None]:
    raise _blocked_by("settings")


def _blocked_by(check: str) -> NotChecked:
    return NotChecked(words.say("blocked", title=words.title(check)))


def _need(fact: T | None, check: str) -> T:
    """Return the fact of an earlier check; raise NotChecked if it has none."""
    if fact is None:
        raise _blocked_by(check)
    return fact


class _Examination:
    """The checks of one installation, in the order that lets each use the facts before it."""

    def __init__(self, book: _Book, settings: Settings, session: aiohttp.ClientSession) -> None:
        self._book = book
        self._settings = settings
        self._session = session
        self._clock = make_clock(settings.test_clock)

    async def run(self) -> None:
        """Make every check."""
        for check, work in _MACHINE.items():
            await self._book.enter(check, partial(asyncio.to_thread, work, self._settings))
        client = await self._examine_access()
        app = await self._book.enter("app", lambda: self._check_app(client))
        await self._book.enter("public_address", self._check_public_address)
        await self._book.enter("callback", self._check_callback)
        await self._examine_staff(client, app)

    async def _examine_access(self) -> WeComClient | None:
        enter, url = self._book.enter, api_base_url(self._settings)
        platform = await enter("address", lambda: check_address(self._session, url, self._clock))
        await enter("clock", lambda: self._check_clock(platform))
        return await enter("token", lambda: self._check_token(platform))

    async def _examine_staff(self, client: WeComClient | None, app: AgentInfo | None) -> None:
        enter = self._book.enter
        accounts = await enter("accounts", lambda: self._check_accounts(client))
        servicers = await enter("servicers", lambda: self._check_servicers(client, accounts))
        await enter("servicer_range", lambda: self._check_range(client, app, servicers))
        await enter("supervisors", lambda: self._check_supervisors(client, app))

    async def _check_clock(self, platform: Platform | None) -> Verdict[float]:
        return judge_clock(_need(platform, "address"), self._settings.test_clock)

    async def _check_token(self, platform: Platform | None) -> Verdict[WeComClient]:
        self._need_settings(CORP_ID, SECRET)
        return await check_token(self._client(), _need(platform, "address"))

    async def _check_app(self, client: WeComClient | None) -> Verdict[AgentInfo]:
        self._need_settings(AGENT_ID)
        return await check_app(_need(client, "token"), self._settings.wecom.agent_id)

    async def _check_public_address(self) -> Verdict[str]:
        return check_public_address(self._settings)

    async def _check_callback(self) -> Verdict[float]:
        self._need_settings(CORP_ID, TOKEN, AES_KEY)
        if self._book.concerns("token", CORP_ID):
            raise _blocked_by("token")
        envelope = self._envelope()
        return await check_callback(self._session, self._settings, envelope, self._clock)

    async def _check_accounts(self, client: WeComClient | None) -> Verdict[tuple[KfAccount, ...]]:
        found = _need(client, "token")
        if self._book.concerns("app", AGENT_ID):  # another app's accounts say nothing about ours
            raise _blocked_by("app")
        return await check_accounts(found, self._settings.wecom.kf_accounts)

    async def _check_servicers(
        self, client: WeComClient | None, accounts: tuple[KfAccount, ...] | None
    ) -> Verdict[tuple[str, ...]]:
        return await check_servicers(_need(client, "token"), _need(accounts, "accounts"))

    async def _check_range(
        self, client: WeComClient | None, app: AgentInfo | None, servicers: tuple[str, ...] | None
    ) -> Verdict[int]:
        _need_range(app)
        return await check_servicer_range(
            _need(client, "token"), _need(servicers, "servicers"), self._settings.supervisors
        )

    async def _check_supervisors(
        self, client: WeComClient | None, app: AgentInfo | None
    ) -> Verdict[int]:
        if not self._settings.supervisors:
            return no_supervisors()
        _need_range(app)
        return await check_supervisors(_need(client, "token"), self._settings.supervisors)

    def _need_settings(self, *names: str) -> None:
        absent = [name for name in names if name in missing(self._settings)]
        if absent:
            raise NotChecked(words.say("needs_settings", names=words.listed(absent)))

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
            raise _blocked_by("settings")
        token, key = wecom.token.get_secret_value(), wecom.encoding_aes_key.get_secret_value()
        return Envelope(token, key, wecom.corp_id)


def _need_range(app: AgentInfo | None) -> None:
    """Raise NotChecked where the platform would refuse to tell anything about anybody."""
    if not has_range(_need(app, "app")):
        raise _blocked_by("app")


#: The checks of this machine; they block, so they are made in a thread.
_MACHINE: Mapping[str, Callable[[Settings], Verdict[Any]]] = MappingProxyType(
    {
        "data": check_data_folder,
        "content": check_content,
        "encoder": check_encoder,
        "database": check_database,
    }
)
