"""Who may see a customer beside a chat: followers, present and recent servicers, roles.

What the page says of itself counts for nothing: the customer's id comes from the client through
the browser, so whoever is logged in is looked up (WeCom developer documentation, 客户端API/
getCurExternalContact).
"""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.console.conversation_view import ConversationReader, Talk
from chatbot.console.finding import Subject
from chatbot.console.gate import SIGNED_IN
from chatbot.console.problems import DeskProblem
from chatbot.console.sight import Sight, customers_seen
from chatbot.console.tools import ConsoleTools
from chatbot.store.acquaintance import Acquaintance, acquaintance
from chatbot.store.conversations import get_conversation

#: Who served a customer knows them for so long.
SERVED_LATELY = timedelta(days=30)


def sidebar_viewer(request: web.Request) -> Viewer:
    """Return who asks; a member without a role acts as an agent where the door lets them in."""
    me = request[SIGNED_IN]
    return me.viewer or Viewer(me.member.userid, me.member.name, "agent")


class SidebarDoor:
    """Finds the ``customer`` in a request's path, for those who may see them.

    ``friend``: the page stands beside a member's own chat with a contact, of whose messages no
    server knows, so it is about no conversation.
    """

    def __init__(self, tools: ConsoleTools, reader: ConversationReader, *, friend: bool) -> None:
        self._tools = tools
        self._reader = reader
        self._friend = friend

    async def subject(self, request: web.Request) -> tuple[Subject, Viewer]:
        """Return the customer, and who asks.

        Raises:
            DeskProblem: nothing is known of the customer, or the member may not see them.
        """
        viewer, customer = sidebar_viewer(request), request.match_info["customer"]
        found = await self._tools.database.run(
            acquaintance, customer, viewer.userid, self._tools.clock.now() - SERVED_LATELY
        )
        if not (found.follows or found.served):
            await self._check_role(request, viewer, customer, found)
        number = None if self._friend else found.conversation_id
        return Subject(customer, number, found.account), viewer

    async def talk(self, request: web.Request) -> tuple[Talk, Viewer]:
        """Return the conversation, and who asks; raise as `subject` does, and if there is none."""
        subject, viewer = await self.subject(request)
        found = await self.talk_of(subject)
        if found is None:
            raise DeskProblem(404, "no_conversation")
        return found, viewer

    async def talk_of(self, subject: Subject) -> Talk | None:
        """Return the conversation that a subject is about, if it is about one."""
        if subject.conversation_id is None:
            return None
        number = subject.conversation_id
        conversation = await self._tools.database.run(get_conversation, number)
        return Talk(conversation, await self._reader.entry(number))

    async def _check_role(
        self, request: web.Request, viewer: Viewer, customer: str, found: Acquaintance
    ) -> None:
        """Let in who has a role, within its stores; a stranger learns nothing of the customer."""
        if request[SIGNED_IN].viewer is None:
            raise DeskProblem(403, "stranger")
        if not found.known:
            raise DeskProblem(404, "no_customer")
        if not await self._sees(viewer, customer, found.conversation_id):
            raise DeskProblem(403, "other_store")

    async def _sees(self, viewer: Viewer, customer: str, number: int | None) -> bool:
        if number is not None:
            return Sight(viewer, self._tools.snapshot)(await self._reader.entry(number))
        return bool(await customers_seen(self._tools, viewer, [customer]))
