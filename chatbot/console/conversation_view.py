"""One conversation for the console: how it stands, what was said, what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from chatbot.access.roles import may
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.brief import brief
from chatbot.console.desk_rows import DeskReader, Entry, Json
from chatbot.console.harmless import harmless
from chatbot.console.lines import Wording, lines_of
from chatbot.customers.reach import ways_to
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.agents import member_names
from chatbot.store.conversations import Conversation, find_conversation
from chatbot.store.database import Database
from chatbot.store.desk_lines import desk_page
from chatbot.wecom.kf import SessionState

#: Messages of customer and staff on a page.
_PAGE = 50
_LOOKS_AFTER_OTHERS = frozenset({"supervisor", "admin"})


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that a viewer may see."""

    conversation: Conversation
    entry: Entry


class ConversationReader:
    """Reads single conversations."""

    def __init__(
        self,
        database: Database,
        desk: DeskReader,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
    ) -> None:
        self._database = database
        self._desk = desk
        self._snapshot = snapshot
        self._clock = clock

    async def find(self, public_id: str) -> Talk | None:
        """Return the conversation of a page address, None if there is none."""
        conversation = await self._database.run(find_conversation, public_id)
        if conversation is None:
            return None
        return Talk(conversation, await self.entry(conversation.id))

    async def entry(self, conversation_id: int) -> Entry:
        """Return how a conversation stands that there is."""
        (entry,) = await self._desk.entries([conversation_id])
        return entry

    async def view(self, talk: Talk, viewer: Viewer) -> Json:
        """Return how it stands, its newest lines, and what the viewer can do."""
        page = await self.lines(talk, None)
        more = await self._database.run(self._more, talk.conversation)
        return {"row": talk.entry.shown, **page, "can": can(talk, viewer), **more}

    def _more(self, connection: Connection, conversation: Conversation) -> Json:
        return {
            "ways": _ways(connection, conversation.external_userid),
            "brief": brief(connection, conversation, self._snapshot()),
        }

    async def lines(self, talk: Talk, before: int | None) -> Json:
        """Return lines before the message ``before`` (None: the newest), oldest first."""
        return await self._database.run(self._lines, talk.conversation.id, before)

    def _lines(self, connection: Connection, conversation_id: int, before: int | None) -> Json:
        page = desk_page(connection, conversation_id, before, _PAGE)
        wording = Wording(self._snapshot().texts, member_names(connection))
        lines = [line.to_json() for line in lines_of(page, wording)]
        return {"lines": lines, "before": page.next_before}


def _ways(connection: Connection, external_userid: str) -> Json:
    """Return how the customer can be reached when nothing can be sent in the session."""
    names, ways = member_names(connection), ways_to(connection, external_userid)
    return {
        "followers": [
            {"userid": userid, "name": names.get(userid, userid)} for userid in ways.followers
        ],
        "phones": [
            {"number": harmless(each.number), "told_in": each.told_in, "at": each.at.isoformat()}
            for each in ways.phones
        ],
    }


def can(talk: Talk, viewer: Viewer) -> dict[str, Any]:
    """Return what the platform and the viewer's role allow now; whoever acts checks it again.

    From the bot and the pool a session goes to a person, from a person to another one or to the
    end; the app writes only while it is the bot's (WeCom developer documentation,
    微信客服/会话分配与消息收发).
    """
    state, servicer = talk.conversation.service_state, talk.conversation.servicer_userid
    running = state != SessionState.ENDED
    mine = state == SessionState.SERVICER and servicer == viewer.userid
    others = state == SessionState.SERVICER and not mine
    return {
        "take": running and not mine,
        "take_over": others,
        "transfer": running,
        "end": mine or (others and viewer.role in _LOOKS_AFTER_OTHERS),
        "answer": state in {SessionState.NEW, SessionState.BOT},
        "why": may(viewer, "publish"),
    }
