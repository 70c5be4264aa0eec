"""Whom a request is about: a conversation by its public id, or a customer; and who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.console.conversation_view import ConversationReader, Talk
from chatbot.console.desk_rows import Entry
from chatbot.console.problems import DeskProblem
from chatbot.console.sight import Sight
from chatbot.console.tools import ConsoleTools


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer whom a viewer may see, and the conversation it is about, if it is about one.

    ``account`` is the ``open_kfid`` of the conversation, else of the one they wrote in last; empty
    if they never wrote.
    """

    external_userid: str
    conversation_id: int | None
    account: str


TalkOf = Callable[[web.Request], Awaitable[tuple[Talk, Viewer]]]
SubjectOf = Callable[[web.Request], Awaitable[tuple[Subject, Viewer]]]


class ByConversation:
    """Finds what a request of the console is about, by the ``public_id`` in its path."""

    def __init__(self, tools: ConsoleTools, reader: ConversationReader) -> None:
        self._tools = tools
        self._reader = reader

    async def talk(self, request: web.Request) -> tuple[Talk, Viewer]:
        """Return the conversation that a request is about, and who asks.

        Raises:
            DeskProblem: there is none, or the viewer may not see it.
        """
        viewer = self._tools.viewer_of(request)
        found = await self._reader.find(request.match_info["public_id"])
        if found is None:
            raise DeskProblem(404, "no_conversation")
        self._check_sight(viewer, found.entry)
        return found, viewer

    async def subject(self, request: web.Request) -> tuple[Subject, Viewer]:
        """Return the customer of that conversation, and who asks; raise as `talk` does."""
        talk, viewer = await self.talk(request)
        found = talk.conversation
        return Subject(found.external_userid, found.id, found.open_kfid), viewer

    async def may_see(self, request: web.Request, conversation_id: int) -> None:
        """Raise DeskProblem if who asks may not see a conversation that there is."""
        viewer = self._tools.viewer_of(request)
        self._check_sight(viewer, await self._reader.entry(conversation_id))

    def _check_sight(self, viewer: Viewer, entry: Entry) -> None:
        if not Sight(viewer, self._tools.snapshot)(entry):
            raise DeskProblem(403, "other_store")
