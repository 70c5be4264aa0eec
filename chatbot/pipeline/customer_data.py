"""Asks another system of the brand what it knows of a customer: orders, membership and the like.

One signed question (`chatbot.pipeline.webhook_client`), at most two seconds, kept for a minute in
this process. The pages that show it are drawn before and do not wait for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import structlog

from chatbot.clock import Clock
from chatbot.pipeline.customer_answer import AnswerUnreadable, CustomerAnswer, read_answer
from chatbot.pipeline.webhook_client import WebhookClient
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.unionids import known_unionid, save_unionid
from chatbot.wecom.errors import WeComError
from chatbot.wecom.kf import KfApi

log = structlog.get_logger()

#: What the question is called; an address that takes forms as well tells them apart by it.
QUESTION = "customer-data"
ANSWER_SECONDS = 2.0
_UNIONID_SECONDS = 1.0
_KEPT_FOR = timedelta(seconds=60)
_MOST_KEPT = 1000
#: Forms go through the same client: questions leave them room.
_AT_ONCE = 8

#: ``silent``: no answer in time, or an error of that system that may pass; ``refused``: it will
#: not, or it may not be called; ``unreadable``: the answer is not as agreed.
NoAnswer = Literal["silent", "refused", "unreadable"]
Told: TypeAlias = CustomerAnswer | NoAnswer


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: CustomerAnswer
    until: datetime


class CustomerData:
    """Asks about customers at ``url``; an empty one asks nobody."""

    def __init__(
        self, database: Database, kf: KfApi, client: WebhookClient, clock: Clock, url: str
    ) -> None:
        self._database = database
        self._kf = kf
        self._client = client
        self._clock = clock
        self._url = url
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[Told]] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)

    @property
    def is_set(self) -> bool:
        """Return whether there is anybody to ask."""
        return bool(self._url)

    async def fetch(self, external_userid: str, open_kfid: str) -> Told:
        """Return what is known of a customer of an account, or why nothing is.

        Whoever asks for the same customer meanwhile gets the same answer. A failure is not kept.
        """
        key = external_userid, open_kfid
        kept = self._kept.get(key)
        if kept is not None and kept.until > self._clock.now():
            return kept.answer
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask_once(key))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)  # who leaves the page takes nobody's answer away

    async def _ask_once(self, key: tuple[str, str]) -> Told:
        told = await self._ask(*key)
        if isinstance(told, CustomerAnswer):
            self._keep(key, told)
        return told

    def _keep(self, key: tuple[str, str], answer: CustomerAnswer) -> None:
        self._kept[key] = _Kept(answer, self._clock.now() + _KEPT_FOR)
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    async def _ask(self, external_userid: str, open_kfid: str) -> Told:
        if not self._url:
            return CustomerAnswer()
        question = {"ask": QUESTION, "customer": external_userid, "account": open_kfid}
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._room:
                if unionid := await self._unionid(external_userid):
                    question["unionid"] = unionid
                answer = await self._client.ask(self._url, question, ANSWER_SECONDS)
        except TimeoutError:  # others asked too much at once
            log.warning("customer_data_crowded")
            return "silent"
        if answer.kind != "done":
            log.warning("customer_data_failed", problem=answer.problem)
            # What came back and was no answer is the mistake of whoever wrote it.
            garbled = answer.kind == "failed" and answer.uncertain
            return "silent" if answer.kind == "again" else "unreadable" if garbled else "refused"
        try:
            return read_answer(answer.result)
        except AnswerUnreadable as error:
            log.warning("customer_data_unreadable", field=str(error))
            return "unreadable"

    async def _unionid(self, external_userid: str) -> str:
        """Return the customer's unionid, empty if it is not known; a nicety that may fail."""
        try:
            async with asyncio.timeout(_UNIONID_SECONDS):
                known = await self._database.run(known_unionid, external_userid)
                if known is not None:
                    return known
                found = (await self._kf.customers([external_userid])).found
                if not found:
                    return ""  # not told now, of who has not written lately
                unionid = found[0].unionid
                await self._database.run(save_unionid, external_userid, unionid)
                return unionid
        except (WeComError, StoreUnavailable, TimeoutError) as error:
            log.info("unionid_unknown", error=str(error))
            return ""
