"""Going home and coming back, as JSON: who is away gets no conversations."""

from __future__ import annotations

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.api.requests import json_answer
from chatbot.console.tools import ConsoleTools


class DutyApi:
    """Handlers of the viewer's own duty."""

    def __init__(self, tools: ConsoleTools) -> None:
        self._tools = tools

    async def show(self, request: web.Request) -> web.Response:
        """Answer with whether the viewer is away."""
        return await self._now(self._tools.viewer_of(request))

    async def leave(self, request: web.Request) -> web.Response:
        """Hand over all that the viewer has; say how many conversations that are."""
        viewer = self._tools.viewer_of(request)
        count = await self._tools.actions.leave(viewer)
        return json_answer({"away": True, "count": count})

    async def come_back(self, request: web.Request) -> web.Response:
        """Let the viewer get conversations again."""
        viewer = self._tools.viewer_of(request)
        await self._tools.actions.come_back(viewer)
        return await self._now(viewer)

    async def _now(self, viewer: Viewer) -> web.Response:
        return json_answer({"away": await self._tools.actions.is_away(viewer)})
