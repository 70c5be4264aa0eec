"""The pages of those who run the desk: supervisors, and who looks after what the bot does."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from chatbot.clock import Clock
from chatbot.console.account_pages import AccountPages, AccountTools
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.assist_view import AssistReader
from chatbot.console.gate import Gate
from chatbot.console.role_desk import StoreNamed
from chatbot.console.roster_import_pages import RosterImportPages
from chatbot.console.roster_pages import RosterPages, RosterTools
from chatbot.console.roster_view import RosterReader
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.database import Database
from chatbot.wecom.kf import KfApi


class Administration:
    """The roster with the rules of the desk, and the accounts with their modes."""

    def __init__(
        self,
        gate: Gate,
        database: Database,
        kf: KfApi,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
        store_named: StoreNamed,
    ) -> None:
        roster = RosterTools(
            database, clock, RosterReader(database, kf, snapshot, clock), store_named
        )
        agents = AdminWriter(gate, "agents")
        accounts = AccountTools(database, clock, snapshot, AssistReader(database, snapshot, clock))
        self._pages = (
            RosterPages(agents, roster),
            RosterImportPages(agents, roster),
            AccountPages(AdminWriter(gate, "accounts"), accounts),
        )

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [route for pages in self._pages for route in pages.routes()]
