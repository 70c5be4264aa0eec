"""One access token, and one ticket of each kind, for all processes, through the database."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from chatbot.clock import Clock
from chatbot.store.database import Database
from chatbot.store.tokens import SharedToken, release_token, save_token, token_or_lease
from chatbot.wecom.errors import WeComError
from chatbot.wecom.tokens import FetchToken

#: Renewed this long before it ends (at most a tenth of its life), so that no call under way
#: meets the end.
_RENEW_BEFORE = timedelta(minutes=5)
_FETCH_LEASE = timedelta(seconds=15)
_WAIT_SECONDS = 0.05


class DatabaseTokenStore:
    """The TokenStore of `chatbot.wecom.tokens`: exactly one process fetches, all share."""

    def __init__(self, database: Database, clock: Clock, process_id: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._process_id = process_id
        self._known: dict[str, SharedToken] = {}
        self._failures: dict[str, WeComError] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, key: str, fetch: FetchToken, *, rejected: str | None = None) -> str:
        """Return the shared token; fetch it here only if no other process is doing so."""
        if token := self._usable(key, rejected):
            return token.text
        earlier = self._failures.get(key)
        async with self._asking[key]:
            if token := self._usable(key, rejected):
                return token.text
            failure = self._failures.get(key)
            if failure is not None and failure is not earlier:
                # Somebody asked in vain while this caller waited: once is enough for all.
                raise failure.with_traceback(None)
            self._known[key] = token = await self._asked(key, fetch, rejected)
            return token.text

    def _usable(self, key: str, rejected: str | None) -> SharedToken | None:
        known = self._known.get(key)
        if known and known.text != rejected and known.renew_at > self._clock.now():
            return known
        return None

    async def _asked(self, key: str, fetch: FetchToken, rejected: str | None) -> SharedToken:
        try:
            return await self._shared(key, fetch, rejected)
        except WeComError as error:
            self._failures[key] = error
            raise

    async def _shared(self, key: str, fetch: FetchToken, rejected: str | None) -> SharedToken:
        while True:
            now = self._clock.now()
            found = await self._database.run(
                token_or_lease, key, self._process_id(), rejected, now, now + _FETCH_LEASE
            )
            if isinstance(found, SharedToken):
                return found
            if found:
                return await self._fetch(key, fetch)
            await asyncio.sleep(_WAIT_SECONDS)

    async def _fetch(self, key: str, fetch: FetchToken) -> SharedToken:
        try:
            fetched = await fetch()
        except BaseException:
            await self._database.run(release_token, key, self._process_id())
            raise
        margin = min(_RENEW_BEFORE, (fetched.expires_at - fetched.fetched_at) / 10)
        token = SharedToken(fetched.value, fetched.expires_at - margin)
        await self._database.run(save_token, key, self._process_id(), token)
        return token
