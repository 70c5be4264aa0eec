"""Access tokens and tickets: each fetched once, shared by everybody, renewed in time.

Sources: WeCom developer documentation, 获取access_token, 获取企业的jsapi_ticket,
获取应用的jsapi_ticket.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chatbot.clock import Clock
from chatbot.wecom.answers import Answer
from chatbot.wecom.codes import Condition
from chatbot.wecom.errors import OutcomeUnknown, Refused, ServerFault, error_for_condition

#: A token is renewed this long before it expires, but never earlier than at 9/10 of its life.
_MARGIN = timedelta(minutes=5)
_REFUSAL_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """A token as the platform issued it; ``value`` is kept out of every repr."""

    value: str = field(repr=False)
    fetched_at: datetime
    expires_at: datetime

    def is_usable(self, now: datetime) -> bool:
        """Say whether the token will live long enough for one more call."""
        margin = min(_MARGIN, (self.expires_at - self.fetched_at) / 10)
        return now < self.expires_at - margin


FetchToken = Callable[[], Awaitable[FetchedToken]]


class TokenStore(Protocol):
    """Where the processes of one installation share their tokens and tickets."""

    async def get(self, key: str, fetch: FetchToken, *, rejected: str | None = None) -> str:
        """Return the token or ticket of ``key`` (see ``token_key``).

        When it is missing, about to expire, or equal to ``rejected``, exactly one caller over
        all processes runs ``fetch``; the others wait for its result. Errors of ``fetch`` reach
        every waiting caller.
        """
        ...


def token_key(corp_id: str, *parts: str) -> str:
    """Return the name under which a token or ticket is shared; no secret can be read from it."""
    return hashlib.sha256("\n".join((corp_id, *parts)).encode()).hexdigest()


class MemoryTokenStore:
    """Tokens of a single process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[str, FetchedToken] = {}
        self._flights: dict[str, asyncio.Task[FetchedToken]] = {}

    async def get(self, key: str, fetch: FetchToken, *, rejected: str | None = None) -> str:
        token = self._tokens.get(key)
        if token and token.value != rejected and token.is_usable(self._clock.now()):
            return token.value
        # Shielded: one caller that gives up must not take the token from all the others.
        return (await asyncio.shield(self._join_flight(key, fetch))).value

    def _join_flight(self, key: str, fetch: FetchToken) -> asyncio.Task[FetchedToken]:
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._fetch(key, fetch), name="wecom-token")
            self._flights[key] = flight
            flight.add_done_callback(lambda task: self._land(key, task))
        return flight

    async def _fetch(self, key: str, fetch: FetchToken) -> FetchedToken:
        token = await fetch()
        self._tokens[key] = token
        return token

    def _land(self, key: str, task: asyncio.Task[FetchedToken]) -> None:
        del self._flights[key]
        if not task.cancelled():
            task.exception()  # Seen here, in case every caller has gone away.


class TokenSource:
    """Gets one token or ticket, named ``key``, through a TokenStore.

    ``request`` calls ``api`` of the platform, whose answer holds the value in ``field``. About
    2000 failing requests lock the server's address out for an hour, so a refusal (wrong secret,
    address not trusted) is remembered for a while instead of being asked for again.
    """

    def __init__(
        self,
        store: TokenStore,
        key: str,
        clock: Clock,
        *,
        api: str,
        field: str,
        request: Callable[[], Awaitable[Answer]],
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._api = api
        self._field = field
        self._request = request
        self._refusal: tuple[datetime, Refused] | None = None

    async def get(self, *, rejected: str | None = None) -> str:
        """Return a value that is not ``rejected``."""
        return await self._store.get(self._key, self._fetch, rejected=rejected)

    async def _fetch(self) -> FetchedToken:
        if self._refusal and self._clock.now() < self._refusal[0]:
            raise self._refusal[1].with_traceback(None)
        try:
            return self._read(await self._ask())
        except Refused as error:
            self._refusal = (self._clock.now() + _REFUSAL_PAUSE, error)
            raise

    async def _ask(self) -> Answer:
        try:
            return await self._request()
        except (OutcomeUnknown, ServerFault) as error:
            api, detail = error.api, error.detail
        # Without a token the call that needed it was surely not made: no doubt about its outcome.
        raise error_for_condition(api, Condition.UNREACHABLE, detail)

    def _read(self, answer: Answer) -> FetchedToken:
        value, life = answer.get(self._field), answer.get("expires_in")
        if not isinstance(value, str) or not value or type(life) is not int:
            detail = f"no {self._field} in the answer"
            raise error_for_condition(self._api, Condition.UNREACHABLE, detail)
        now = self._clock.now()
        return FetchedToken(value, now, now + timedelta(seconds=life))
