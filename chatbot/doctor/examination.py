"""One examination: every check in order, each kept from stopping the next."""

from __future__ import annotations

import aiohttp

from chatbot.clock import make_clock
from chatbot.doctor.book import Book, blocked_by, secrets_of
from chatbot.doctor.machine_examination import MachineExamination
from chatbot.doctor.platform_examination import PlatformExamination
from chatbot.doctor.report import Report, Verdict
from chatbot.settings import Settings

__all__ = ["CHECKS", "examine", "secrets_of"]

#: All checks in the order in which they are made.
CHECKS = (
    "settings", "data", "files", "content", "encoder", "database", "account_file", "texts",
    "tables", "forms", "customer_data", "publishing", "modes", "roster", "access", "address",
    "clock", "token", "app", "public_address", "callback", "accounts", "servicers",
    "servicer_range", "sections", "roster_match", "cases", "owners", "supervisors", "tags",
    "tag_writes",
)  # fmt: skip


async def examine(settings: Verdict[Settings]) -> Report:
    """Make all checks with the settings as `check_settings` read them. Changes nothing."""
    book = Book(settings)
    if settings.fact is None:
        for check in CHECKS[1:]:
            await book.enter(check, _nothing_known)
        return Report(tuple(book.outcomes))
    clock = make_clock(settings.fact.test_clock)
    machine = await MachineExamination(book, settings.fact, clock).run()
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        await PlatformExamination(book, machine, session, clock).run()
    return Report(tuple(book.outcomes))


async def _nothing_known() -> Verdict[None]:
    raise blocked_by("settings")
