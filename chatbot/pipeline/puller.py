"""Pullers: one for each customer-service account, one process at a time.

The callback only rings; `sync_msg` brings the messages. Source: WeCom developer documentation,
微信客服/接收消息和事件.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from chatbot.clock import Clock
from chatbot.pipeline.checkpoints import Checkpoint
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.intake import IntakePolicy, Listener, Stored, store_page
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.pipeline.ratings import Ratings
from chatbot.pipeline.tasks import keep_running
from chatbot.pipeline.waiting import wait_for
from chatbot.pipeline.welcomes import Greet
from chatbot.store.accounts import PullLease, lease_pull, release_pull
from chatbot.store.database import Database
from chatbot.store.errors import LeaseLost, StoreUnavailable
from chatbot.wecom.errors import RateLimited, WeComError
from chatbot.wecom.kf import KfApi

log = structlog.get_logger()

_LEASE = timedelta(seconds=60)
#: The doorbell's token lives ten minutes; one that ran out only costs a refused call.
_TOKEN_LIFE = timedelta(minutes=9)
#: Another process is pulling; it may have asked before our doorbell rang, so ask again soon.
_BUSY_SECONDS = 0.1
_ERROR_SECONDS = 2.0
#: After a pull, doorbells are gathered this long, and one pull answers them all: a busy account
#: is asked twenty times a second at most, and its lease is not passed to and fro.
_GATHER_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class PullerContext:
    """What all pullers share."""

    database: Database
    kf: KfApi
    clock: Clock
    policy: IntakePolicy
    poll_seconds: float
    frontdesk: Frontdesk
    listener: Listener
    ratings: Ratings
    greet: Greet
    process_id: Callable[[], int]
    on_stored: Callable[[Stored], None]
    checkpoint: Checkpoint
    metrics: PipelineMetrics


class AccountPuller:
    """Pulls one account whenever its doorbell rings, and now and then without."""

    def __init__(self, open_kfid: str, shared: PullerContext) -> None:
        self.open_kfid = open_kfid
        self._shared = shared
        self._ringing = asyncio.Event()
        self._token = ""
        self._token_until = shared.clock.now()
        self._asked_at = shared.clock.now()

    def ring(self, token: str = "") -> None:
        """Ask for a pull; ``token`` comes with the callback and lifts the rate limit."""
        if token:
            self._token, self._token_until = token, self._shared.clock.now() + _TOKEN_LIFE
        self._ringing.set()

    async def run(self) -> None:
        """Pull until cancelled."""
        self.ring()  # what was missed while no server ran
        while True:
            await wait_for(self._ringing, self._shared.clock, self._until_poll())
            try:
                await self._pull_until_quiet()
            except RateLimited as error:
                await self._back_off(
                    error, (error.until - self._shared.clock.now()).total_seconds()
                )
            except (WeComError, StoreUnavailable) as error:
                await self._back_off(error, _ERROR_SECONDS)
            except LeaseLost:
                self._ringing.set()

    def _until_poll(self) -> float:
        since = (self._shared.clock.now() - self._asked_at).total_seconds()
        return max(0.0, self._shared.poll_seconds - since)

    async def _back_off(self, error: Exception, seconds: float) -> None:
        log.warning("pull_failed", open_kfid=self.open_kfid, error=str(error))
        self._ringing.set()  # the reason for pulling is still there
        await self._shared.clock.sleep(seconds)

    async def _pull_until_quiet(self) -> None:
        shared = self._shared
        now = shared.clock.now()
        lease = await shared.database.run(
            lease_pull, self.open_kfid, shared.process_id(), now, now + _LEASE
        )
        if lease is None:
            self._ringing.set()
            await asyncio.sleep(_BUSY_SECONDS)
            return
        try:
            more = True
            while more:
                self._ringing.clear()  # what rings from here on needs another pull
                lease, has_more = await self._pull_page(lease)
                if not has_more:
                    await asyncio.sleep(_GATHER_SECONDS)
                more = has_more or self._ringing.is_set()
        finally:
            await self._release(lease)

    async def _pull_page(self, lease: PullLease) -> tuple[PullLease, bool]:
        shared = self._shared
        self._asked_at = shared.clock.now()
        page = await shared.kf.sync_msg(self.open_kfid, lease.cursor or "", self._fresh_token())
        shared.checkpoint("page-fetched")
        now = shared.clock.now()
        stored = await shared.database.run(
            store_page,
            lease,
            page,
            policy=shared.policy,
            notices=shared.frontdesk.notices(self.open_kfid, now),
            standing_of=shared.frontdesk.standing_of(self.open_kfid, now),
            listener=shared.listener,
            record_tap=shared.ratings.record_tap,
            greet=shared.greet,
            now=now,
            lease_until=now + _LEASE,
        )
        shared.checkpoint("page-stored")
        shared.metrics.page_stored(stored.messages, stored.stale, stored.missed_codes)
        shared.on_stored(stored)
        caught_up = lease.caught_up or not page.has_more
        return replace(lease, cursor=page.next_cursor, caught_up=caught_up), page.has_more

    def _fresh_token(self) -> str:
        return self._token if self._shared.clock.now() < self._token_until else ""

    async def _release(self, lease: PullLease) -> None:
        try:
            await self._shared.database.run(release_pull, lease)
        except StoreUnavailable:
            log.warning("pull_lease_kept", open_kfid=self.open_kfid)  # it ends by itself


class Pullers:
    """The pullers of all accounts this server looks after."""

    def __init__(self, shared: PullerContext, on_unknown: Callable[[], None]) -> None:
        self._shared = shared
        self._on_unknown = on_unknown
        self._pullers: dict[str, AccountPuller] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def set_accounts(self, accounts: set[str]) -> None:
        """Pull exactly these accounts from now on."""
        for gone in set(self._pullers) - accounts:
            del self._pullers[gone]
            self._tasks.pop(gone).cancel()
        for open_kfid in sorted(accounts - set(self._pullers)):
            puller = AccountPuller(open_kfid, self._shared)
            self._pullers[open_kfid] = puller
            self._tasks[open_kfid] = asyncio.create_task(
                keep_running(f"pull {open_kfid}", puller.run)
            )

    def ring(self, open_kfid: str, token: str) -> None:
        """Pass a doorbell on; an unknown account may be new, so the list is asked for."""
        puller = self._pullers.get(open_kfid)
        if puller is None:
            self._on_unknown()
        else:
            puller.ring(token)

    async def stop(self) -> None:
        """Stop after the page under way; a page that is cut off is simply pulled again."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        self._pullers.clear()
