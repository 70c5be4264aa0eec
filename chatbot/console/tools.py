"""What the console is built from, handed on by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web
from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.cases.desk import CaseDesk
from chatbot.clock import Clock
from chatbot.console.acting import DeskActions
from chatbot.console.assisting import Assist
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.customer_data import CustomerData
from chatbot.pipeline.desk_news import DeskNews
from chatbot.store.database import Database
from chatbot.wecom.kf import KfApi
from chatbot.wecom.media import MediaApi


class Audit(Protocol):
    """Records who did what, inside the transaction that does it."""

    def __call__(
        self,
        connection: Connection,
        viewer: Viewer,
        action: str,
        target: str,
        detail: Mapping[str, Any],
        now: datetime,
        /,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class ConsoleTools:
    """What the console needs.

    ``viewer_of`` says who asks, and raises the web.HTTPException of who decides about logins if
    nobody is signed in.
    """

    database: Database
    snapshot: Callable[[], Snapshot]
    clock: Clock
    kf: KfApi
    media: MediaApi
    viewer_of: Callable[[web.Request], Viewer]
    actions: DeskActions
    assist: Assist
    cases: CaseDesk
    audit: Audit
    news: DeskNews
    customer_data: CustomerData
