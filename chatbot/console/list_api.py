"""The list of conversations as JSON: live, ended ones page by page, and found ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from chatbot.api.requests import json_answer, read_query
from chatbot.clock import Clock
from chatbot.console.desk_hub import Changed, DeskHub
from chatbot.console.desk_rows import DeskReader, Entry
from chatbot.console.problems import DeskProblem
from chatbot.console.sight import Sight
from chatbot.console.tools import ConsoleTools

_ENDED_PAGE = 40
#: A page hears of the server so often, whatever happens, in seconds.
BEAT_SECONDS = 15.0
#: A page that takes longer to read what it is sent is let go; it comes back.
_SLOW_SECONDS = 20.0
#: A stream ends after so long, and the page asks anew: by then a login may be over.
_STREAM_SECONDS = 300.0
_STREAM_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that gathers would keep the news
}


class SearchQuery(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, Field(max_length=100)]


class EndedQuery(BaseModel):
    """Where the page begins, as the page before said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: Annotated[str, Field(max_length=80)] = ""


#: Whether an entry of the list is shown.
Sees = Callable[[Entry], bool]


class ListApi:
    """Handlers of the list."""

    def __init__(
        self,
        tools: ConsoleTools,
        desk: DeskReader,
        hub: DeskHub,
        *,
        beat: float = BEAT_SECONDS,
        slow: float = _SLOW_SECONDS,
    ) -> None:
        self._tools = tools
        self._desk = desk
        self._hub = hub
        self._beat = beat
        self._slow = slow

    async def ended(self, request: web.Request) -> web.Response:
        """Answer with a page of ended conversations."""
        before = _cursor(read_query(request, EndedQuery).before)
        entries, following = await self._desk.ended(self._sight(request), before, _ENDED_PAGE)
        cursor = f"{following[0].isoformat()}|{following[1]}" if following else None
        return json_answer({"rows": [each.shown for each in entries], "before": cursor})

    async def search(self, request: web.Request) -> web.Response:
        """Answer with the conversations that are found."""
        text = read_query(request, SearchQuery).q.strip().replace("\x00", "")
        sees = self._sight(request)
        found = await self._desk.found(text) if text else []
        return json_answer({"rows": [each.shown for each in found if sees(each)]})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the whole list, then every change, until the page leaves or the server stops."""
        return await self.stream_of(request, self._sight(request))

    async def stream_of(self, request: web.Request, sees: Sees) -> web.StreamResponse:
        """Send what ``sees`` allows of the list, then every change of that."""
        response = web.StreamResponse(headers=_STREAM_HEADERS)
        await response.prepare(request)
        try:
            async with asyncio.timeout(_STREAM_SECONDS):
                await self._send_changes(response, sees)
        except TimeoutError:
            # Too slow a reader would keep what is unsent for ever.
            if request.transport is not None and not _is_read(request.transport):
                request.transport.abort()
        except ConnectionError:
            pass  # the page has left
        return response

    async def _send_changes(self, response: web.StreamResponse, sees: Sees) -> None:
        with self._hub.follow(sees) as follower:
            await response.write(b"retry: 1000\n\n")
            while changed := await self._hub.next_change(follower, self._beat):
                event = _event(changed, self._tools.clock)
                async with asyncio.timeout(self._slow):
                    await response.write(event)

    def _sight(self, request: web.Request) -> Sight:
        return Sight(self._tools.viewer_of(request), self._tools.snapshot)


def _is_read(transport: asyncio.Transport) -> bool:
    return transport.get_write_buffer_size() == 0


def _event(changed: Changed, clock: Clock) -> bytes:
    data = {
        "whole": changed.whole,
        "rows": [each.shown for each in changed.entries],
        "gone": list(changed.gone),
        "more": changed.more,
        "fresh": changed.fresh,
        "now": clock.now().isoformat(),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode("utf-8", "replace")


def _cursor(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    at, _, number = text.partition("|")
    try:
        moment, last = datetime.fromisoformat(at), int(number)
    except ValueError:
        raise DeskProblem(400, "cursor") from None
    if moment.tzinfo is None or not 0 <= last < 2**63:
        raise DeskProblem(400, "cursor")
    return moment, last
