"""Sends callbacks the way the platform does (WeCom developer documentation, 接收消息与事件).

Encrypted XML by POST, a deadline of 5 seconds, three attempts with the same message but a new
encryption each. Trouble can be ordered for every callback: copies, other order, delay, forgery.
"""

from __future__ import annotations

import asyncio
import io
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
import structlog
from yarl import URL

from chatbot.simulator.clock import MovableClock
from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.log import ControlLog
from chatbot.simulator.wire import xml
from chatbot.simulator.wire.crypto import CallbackCrypto, CryptoError

logger = structlog.get_logger()

Flaw = Literal["forged", "truncated", "stale", "foreign", "oversized"]
#: Gets the fields of the callback and of the passive reply to it.
ReplyHandler = Callable[[Mapping[str, Any], dict[str, Any]], None]

_PARALLEL = 200
_STALE_SECONDS = 3600
_OVERSIZE = 2 * 1024 * 1024
_HTTP_OK = 200
_EMPTY_REPLIES = frozenset({"", "success"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a callback is delivered; the default is once, at once and sound."""

    copies: int = 1
    shuffle: bool = False
    delay: float = 0.0  # seconds on the simulator's clock; with shuffle, the longest delay
    flaw: Flaw | None = None
    seed: int | None = None


NORMAL = Delivery()
NONE = Delivery(copies=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one callback after its last attempt."""

    result: Literal["ok", "status", "timeout", "unreachable", "unset"]
    attempts: int
    status: int | None = None


class CallbackSender:
    """Delivers callbacks in tasks of its own, over one connection pool."""

    def __init__(self, config: SimulatorConfig, clock: MovableClock, log: ControlLog) -> None:
        self._app = config.app
        self._corp_id = config.corp.id
        self._rules = config.rules
        self._clock = clock
        self._log = log
        self._crypto = CallbackCrypto(config.app.token, config.app.encoding_aes_key, config.corp.id)
        self._foreign = CallbackCrypto(
            config.app.token, config.app.encoding_aes_key, "ww0000000000000000"
        )
        self._tasks: set[asyncio.Task[Outcome]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(_PARALLEL)
        self.on_reply: ReplyHandler = lambda _message, _reply: None

    async def open(self) -> None:
        """Open the connection pool."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_PARALLEL),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Give up what is under way and close the pool."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(
        self, messages: Sequence[Mapping[str, Any]], delivery: Delivery = NORMAL
    ) -> list[asyncio.Task[Outcome]]:
        """Start delivering each message (the fields of its XML); never waits."""
        copies = [message for message in messages for _ in range(delivery.copies)]
        delays = [delivery.delay] * len(copies)
        if delivery.shuffle:
            order = random.Random(delivery.seed)  # noqa: S311 - a test's order, nothing secret
            order.shuffle(copies)
            delays = [order.uniform(0, delivery.delay) for _ in copies]
        return [
            self._start(message, delay, delivery.flaw)
            for message, delay in zip(copies, delays, strict=True)
        ]

    async def verify(self) -> dict[str, Any]:
        """Send the GET that saving the settings sends, and say how it was answered."""
        echo = str(secrets.randbelow(10**18) + 10**18)
        encrypted = self._crypto.encrypt(echo)
        query = self._query(encrypted, None) | {"echostr": encrypted}
        timeout = aiohttp.ClientTimeout(total=self._rules.verify_seconds)
        try:
            async with self._pool.get(
                self._url(query), timeout=timeout, allow_redirects=False
            ) as answer:
                text = (await answer.read()).decode(errors="replace")
                passed = answer.status == _HTTP_OK and text == echo
                return {"ok": passed, "status": answer.status, "answer": text[:200]}
        except TimeoutError:
            return {"ok": False, "error": f"no answer within {self._rules.verify_seconds} s"}
        except (aiohttp.ClientError, OSError) as error:
            return {"ok": False, "error": str(error)}

    @property
    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("CallbackSender.open() has not been called")
        return self._session

    def _start(
        self, message: Mapping[str, Any], delay: float, flaw: Flaw | None
    ) -> asyncio.Task[Outcome]:
        task = asyncio.create_task(self._deliver(message, delay, flaw))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(
        self, message: Mapping[str, Any], delay: float, flaw: Flaw | None
    ) -> Outcome:
        if not self._app.callback_url:
            self._record(message, Outcome("unset", 0), flaw)
            return Outcome("unset", 0)
        if delay:
            await self._clock.sleep(delay)
        body = xml.build(message)
        outcome = await self._attempt(message, body, 1, flaw)
        self._record(message, outcome, flaw)
        # A probe is not repeated: the platform would never have sent it.
        attempts = 1 if flaw else self._rules.callback_attempts
        for number in range(2, attempts + 1):
            if outcome.result == "ok" or (
                outcome.result == "status" and not self._rules.retry_on_status
            ):
                break
            outcome = await self._attempt_later(message, body, number, outcome)
            self._record(message, outcome, flaw)
        return outcome

    async def _attempt_later(
        self, message: Mapping[str, Any], body: str, number: int, last: Outcome
    ) -> Outcome:
        # After a time-out the next attempt follows at once: the deadline is the distance.
        if last.result != "timeout":
            await self._clock.sleep(self._rules.callback_retry_seconds)
        return await self._attempt(message, body, number, None)

    async def _attempt(
        self, message: Mapping[str, Any], body: str, number: int, flaw: Flaw | None
    ) -> Outcome:
        crypto = self._foreign if flaw == "foreign" else self._crypto
        encrypted = crypto.encrypt(body)
        if flaw == "oversized":
            encrypted *= _OVERSIZE // len(encrypted) + 1
        data = self._envelope(encrypted, flaw)
        timeout = aiohttp.ClientTimeout(total=self._rules.callback_seconds)
        try:
            async with (
                self._slots,
                self._pool.post(
                    self._url(self._query(encrypted, flaw)),
                    data=io.BytesIO(data.encode()),
                    headers={"Content-Type": "text/xml; charset=utf-8"},
                    timeout=timeout,
                    allow_redirects=False,
                ) as answer,
            ):
                reply = await answer.read()
        except TimeoutError:
            return Outcome("timeout", number)
        except (aiohttp.ClientError, OSError):
            return Outcome("unreachable", number)
        if answer.status != _HTTP_OK:
            return Outcome("status", number, answer.status)
        self._read_reply(message, reply)
        return Outcome("ok", number, answer.status)

    def _envelope(self, encrypted: str, flaw: Flaw | None) -> str:
        fields: dict[str, Any] = {
            "ToUserName": self._corp_id,
            "AgentID": str(self._app.agent_id),
            "Encrypt": encrypted,
        }
        data = xml.build(fields)
        return data[: len(data) * 2 // 3] if flaw == "truncated" else data

    def _query(self, encrypted: str, flaw: Flaw | None) -> dict[str, str]:
        moment = int(self._clock.timestamp()) - (_STALE_SECONDS if flaw == "stale" else 0)
        timestamp, nonce = str(moment), str(secrets.randbelow(10**10))
        signature = self._crypto.sign(timestamp, nonce, encrypted)
        if flaw == "forged":
            signature = secrets.token_hex(20)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}

    def _url(self, query: Mapping[str, str]) -> URL:
        return URL(self._app.callback_url).update_query(query)

    def _record(self, message: Mapping[str, Any], outcome: Outcome, flaw: Flaw | None) -> None:
        named = ("Event", "ChangeType", "MsgType", "MsgId", "OpenKfId", "Token")
        self._log.add(
            "callback",
            fields={name: message[name] for name in named if name in message},
            attempt=outcome.attempts,
            outcome=outcome.result,
            status=outcome.status,
            flaw=flaw,
        )

    def _read_reply(self, message: Mapping[str, Any], data: bytes) -> None:
        """Decode a passive reply; one that cannot be read is logged, as the platform drops it."""
        text = data.decode(errors="replace").strip()
        if text in _EMPTY_REPLIES:
            return
        try:
            self.on_reply(message, self._opened(text))
        except (xml.XmlError, CryptoError, KeyError) as error:
            self._log.add("passive_reply", error=f"the reply cannot be read: {error}")

    def _opened(self, text: str) -> dict[str, Any]:
        outer = xml.parse(text)
        encrypted, timestamp, nonce = outer["Encrypt"], outer["TimeStamp"], outer["Nonce"]
        if not self._crypto.verify(outer["MsgSignature"], timestamp, nonce, encrypted):
            raise CryptoError("MsgSignature does not match")
        return xml.parse(self._crypto.decrypt(encrypted))


async def outcomes(tasks: Sequence[Awaitable[Outcome]]) -> list[Outcome]:
    """Wait until each callback has been delivered or given up."""
    return list(await asyncio.gather(*tasks))
