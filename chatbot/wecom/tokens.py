"""Access tokens: one per enterprise and secret, fetched once, shared by everybody.

Source: WeCom developer documentation, 获取access_token.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretStr

from chatbot.clock import Clock
from chatbot.wecom.answers import Answer
from chatbot.wecom.codes import Condition
from chatbot.wecom.errors import OutcomeUnknown, Refused, ServerFault, error_for_condition

_API = "gettoken"
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
    """Where the processes of one installation share their token."""

    async def get(self, key: str, fetch: FetchToken, *, rejected: str | None = None) -> str:
        """Return the token of ``key`` (see ``token_key``).

        When it is missing, about to expire, or equal to ``rejected``, exactly one caller over
        all processes runs ``fetch``; the others wait for its result. Errors of ``fetch`` reach
        every waiting caller.
        """
        ...


def token_key(corp_id: str, secret: str) -> str:
    """Return the name under which a token is shared; the secret cannot be read from it."""
    return hashlib.sha256(f"{corp_id}\n{secret}".encode()).hexdigest()


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
    """Gets one app's token through a TokenStore.

    ``request_token`` asks the platform; it is given the credentials for the query. About 2000
    failing requests lock the server's address out for an hour, so a refusal (wrong secret,
    address not trusted) is remembered for a while instead of being asked for again.
    """

    def __init__(
        self,
        store: TokenStore,
        corp_id: str,
        secret: SecretStr,
        request_token: Callable[[Mapping[str, str]], Awaitable[Answer]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._corp_id = corp_id
        self._secret = secret
        self._key = token_key(corp_id, secret.get_secret_value())
        self._request_token = request_token
        self._clock = clock
        self._refusal: tuple[datetime, Refused] | None = None

    async def get(self, *, rejected: str | None = None) -> str:
        """Return a token that is not ``rejected``."""
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
        credentials = {"corpid": self._corp_id, "corpsecret": self._secret.get_secret_value()}
        try:
            return await self._request_token(credentials)
        except (OutcomeUnknown, ServerFault) as error:
            detail = error.detail
        # Without a token the call that needed it was surely not made: no doubt about its outcome.
        raise error_for_condition(_API, Condition.UNREACHABLE, detail)

    def _read(self, answer: Answer) -> FetchedToken:
        value, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or type(life) is not int:
            raise error_for_condition(_API, Condition.UNREACHABLE, "no access_token in the answer")
        now = self._clock.now()
        return FetchedToken(value, now, now + timedelta(seconds=life))
