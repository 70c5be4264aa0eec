"""Asks what customers are called, so that agents and answers can address them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from chatbot.clock import Clock
from chatbot.pipeline.claiming import POLL_SECONDS, keep_claiming
from chatbot.pipeline.sessions import WINDOW
from chatbot.store.database import Database
from chatbot.store.names import claim_unnamed, save_names
from chatbot.wecom.errors import WeComError
from chatbot.wecom.kf import KfApi

log = structlog.get_logger()

#: As many as one call takes (WeCom developer documentation, 微信客服/获取客户基础信息).
_AT_ONCE = 100
#: Who has no name yet, or was not told for an error, is asked for again after this long.
_AGAIN = timedelta(hours=1)


class CustomerNames:
    """Looks for customers who wrote lately and have no name; ``on_named``: some have one now."""

    def __init__(
        self, database: Database, kf: KfApi, clock: Clock, on_named: Callable[[], None]
    ) -> None:
        self._database = database
        self._kf = kf
        self._clock = clock
        self._on_named = on_named

    async def run(self) -> None:
        """Look and ask until cancelled."""
        await keep_claiming(self._claim, asyncio.Event(), self._clock, "names_failed")

    async def _claim(self) -> float:
        now = self._clock.now()
        unnamed = await self._database.run(claim_unnamed, now, now - WINDOW, now - _AGAIN, _AT_ONCE)
        if not unnamed:
            return POLL_SECONDS
        try:
            customers = await self._kf.customers(unnamed)
        except WeComError as error:
            log.info("names_unknown", error=str(error))
            return POLL_SECONDS
        names = {each.external_userid: each.nickname for each in customers.found if each.nickname}
        if names:
            await self._database.run(save_names, names)
            self._on_named()
        return 0.0 if len(unnamed) == _AT_ONCE else POLL_SECONDS
