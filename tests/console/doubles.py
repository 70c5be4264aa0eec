"""What others build for the desk, small but true: they act on the real database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.acting import Conflict, Done, DraftOf, Outcome, Refused
from chatbot.console.assisting import OwnReplies, Suggestion
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline import sessions
from chatbot.store import quick_replies
from chatbot.store.agents import absent_agents, begin_absence, end_absence
from chatbot.store.conversations import Conversation, get_conversation, save_conversation
from chatbot.store.database import Database
from chatbot.store.outbox import NewPart, insert_part, new_msgid
from chatbot.store.quick_replies import OwnReply
from chatbot.wecom.kf import SessionState
from tests.console.pauses import pause_bot, resume_bot

_REASONS = {SessionState.SERVICER: "taken", SessionState.ENDED: "ended"}
_PAUSE = timedelta(seconds=60)


class DatabaseActions:
    """Moves sessions in the database alone; what is answered goes into the outbox."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, viewer: Viewer, conversation_id: int, seen_version: int) -> Outcome:
        return await self._move(
            conversation_id, seen_version,
            lambda c: sessions.handed_over(c, SessionState.SERVICER, viewer.userid),
        )  # fmt: skip

    async def transfer(
        self, viewer: Viewer, conversation_id: int, seen_version: int, to_userid: str
    ) -> Outcome:
        if to_userid == viewer.userid:
            return Refused("不能转给自己。")
        return await self._move(
            conversation_id, seen_version,
            lambda c: sessions.handed_over(c, SessionState.SERVICER, to_userid),
        )  # fmt: skip

    async def end(self, viewer: Viewer, conversation_id: int, seen_version: int) -> Outcome:
        return await self._move(conversation_id, seen_version, sessions.ended)

    async def answer(
        self,
        viewer: Viewer,
        conversation_id: int,
        seen_version: int,
        messages: Sequence[Mapping[str, Any]],
        draft_of: DraftOf | None,
    ) -> Outcome:
        now = self._clock.now()

        def work(connection: Connection) -> Outcome:
            conversation = get_conversation(connection, conversation_id)
            if conversation.session_version != seen_version:
                return _conflict(conversation)
            for message in messages:
                part = NewPart(
                    "conversation", "kf_message", conversation_id, seen_version, new_msgid(),
                    dict(message), now, by_userid=viewer.userid,
                )  # fmt: skip
                insert_part(connection, part, now)
            save_conversation(connection, replace(conversation, due_at=now), now)
            return Done(seen_version)

        return await self._database.run(work)

    async def pause(self, viewer: Viewer, conversation_id: int) -> Outcome:
        now = self._clock.now()

        def work(connection: Connection) -> Outcome:
            conversation = get_conversation(connection, conversation_id)
            done = pause_bot(connection, conversation_id, viewer.userid, now, now + _PAUSE)
            return Done(conversation.session_version) if done else _conflict(conversation, "paused")

        return await self._database.run(work)

    async def resume(self, viewer: Viewer, conversation_id: int) -> Outcome:
        def work(connection: Connection) -> Outcome:
            resume_bot(connection, conversation_id, viewer.userid)
            return Done(get_conversation(connection, conversation_id).session_version)

        return await self._database.run(work)

    async def leave(self, viewer: Viewer) -> int:
        await self._database.run(begin_absence, viewer.userid, self._clock.now())
        return 0

    async def come_back(self, viewer: Viewer) -> None:
        await self._database.run(end_absence, viewer.userid)

    async def is_away(self, viewer: Viewer) -> bool:
        return viewer.userid in await self._database.run(absent_agents)

    async def _move(
        self, conversation_id: int, seen: int, change: Callable[[Conversation], Conversation]
    ) -> Outcome:
        now = self._clock.now()

        def work(connection: Connection) -> Outcome:
            conversation = get_conversation(connection, conversation_id)
            if conversation.session_version != seen:
                return _conflict(conversation)
            moved = change(conversation)
            save_conversation(connection, moved, now)
            return Done(moved.session_version)

        return await self._database.run(work)


def _conflict(conversation: Conversation, reason: str = "") -> Conflict:
    state = SessionState(conversation.service_state)
    return Conflict(
        reason or _REASONS.get(state, "moved"), conversation.session_version, state,
        conversation.servicer_userid,
    )  # fmt: skip


class EntryAssist:
    """Offers the entries of the knowledge base, as they are written."""

    def __init__(self, snapshot: Callable[[], Snapshot], database: Database, clock: Clock) -> None:
        self._snapshot = snapshot
        self._database = database
        self._clock = clock

    async def drafts(self, conversation_id: int) -> Sequence[Suggestion]:
        return [replace(each, confidence=0.9) for each in self._entries()[:2]]

    async def drafts_for_text(
        self, text: str, conversation_id: int | None, customer: str
    ) -> Sequence[Suggestion]:
        return await self.search("", text, conversation_id, 3, customer)

    async def quick_replies(
        self, userid: str, conversation_id: int | None, customer: str
    ) -> Sequence[Suggestion]:
        own = Suggestion("own-1", "稍等", "请稍等，我去问一下同事。", (), shared=False)
        return [*self._entries()[:4], own]

    async def search(
        self, userid: str, query: str, conversation_id: int | None, limit: int, customer: str
    ) -> Sequence[Suggestion]:
        return [each for each in self._entries() if query in each.title][:limit]

    async def own_replies(self, userid: str) -> OwnReplies:
        return OwnReplies(await self._database.run(quick_replies.own_replies, userid), (), ())

    async def save_reply(
        self, userid: str, title: str, text: str, folder: str, reply_id: int | None
    ) -> None:
        reply, now = OwnReply(reply_id or 0, folder, title, text), self._clock.now()
        if reply_id is None:
            await self._database.run(quick_replies.add_reply, userid, reply, 200, now)
        else:
            await self._database.run(quick_replies.change_reply, userid, reply, now)

    async def remove_reply(self, userid: str, reply_id: int) -> None:
        await self._database.run(quick_replies.delete_reply, userid, reply_id)

    async def order_replies(self, userid: str, ids: Sequence[int]) -> None:
        await self._database.run(quick_replies.order_replies, userid, ids)

    async def note_use(self, userid: str, item: str) -> None:
        await self._database.run(quick_replies.note_use, userid, item, self._clock.now())

    def _entries(self) -> list[Suggestion]:
        return [_suggestion(entry.id, entry.question, entry.messages) for entry in
                self._snapshot().entries]  # fmt: skip


def _suggestion(faq_id: str, question: str, messages: Sequence[Any]) -> Suggestion:
    words = "\n".join(str(getattr(each, "text", "")) for each in messages)
    body = {"msgtype": "text", "text": {"content": words}}
    return Suggestion(f"faq:{faq_id}", question, words, (body,), folder="售中", faq_id=faq_id)


@dataclass
class AuditBook:
    """Remembers who did what."""

    lines: list[tuple[str, str, str, Mapping[str, Any]]] = field(default_factory=list)

    def __call__(
        self,
        connection: Connection,
        viewer: Viewer,
        action: str,
        target: str,
        detail: Mapping[str, Any],
        now: datetime,
    ) -> None:
        self.lines.append((viewer.userid, action, target, detail))
