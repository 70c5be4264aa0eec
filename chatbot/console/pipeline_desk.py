"""The console's acts, carried out by the pipeline's desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chatbot.access.viewer import Viewer
from chatbot.console.acting import Conflict, Done, DraftOf, Outcome, Refused
from chatbot.handoff.acting import Acted, NotTaken, Obstacle, Underway
from chatbot.handoff.acting import Conflict as Hindered
from chatbot.pipeline.desk import Desk
from chatbot.texts import Texts
from chatbot.wecom.kf import SessionState

#: What hinders without anybody having been faster, as keys of the desk's words.
_REFUSALS: Mapping[Obstacle, str] = MappingProxyType(
    {
        "bots": "not_with_people",
        "persons": "only_in_client",
        "budget": "budget_spent",
        "window": "window_closed",
        "moving": "moving",
    }
)


class PipelineDesk:
    """Acts for the console's `DeskActions`."""

    def __init__(self, desk: Desk, texts: Callable[[], Texts]) -> None:
        self._desk = desk
        self._texts = texts

    async def take(self, viewer: Viewer, conversation_id: int, seen_version: int) -> Outcome:
        """Give the session to the viewer."""
        return self._told(await self._desk.take(viewer.userid, conversation_id, seen_version))

    async def transfer(
        self, viewer: Viewer, conversation_id: int, seen_version: int, to_userid: str
    ) -> Outcome:
        """Give the session to a colleague."""
        return self._told(
            await self._desk.transfer(viewer.userid, conversation_id, seen_version, to_userid)
        )

    async def end(self, viewer: Viewer, conversation_id: int, seen_version: int) -> Outcome:
        """End the session: the bot answers when the customer writes again."""
        return self._told(await self._desk.end(viewer.userid, conversation_id, seen_version))

    async def answer(
        self,
        viewer: Viewer,
        conversation_id: int,
        seen_version: int,
        messages: Sequence[Mapping[str, Any]],
        draft_of: DraftOf | None,
    ) -> Outcome:
        """Send through the bot's channel."""
        del draft_of  # the reply itself is on record with its author
        bodies = [dict(message) for message in messages]
        return self._told(
            await self._desk.reply(viewer.userid, conversation_id, seen_version, bodies)
        )

    async def pause(self, viewer: Viewer, conversation_id: int) -> Outcome:
        """Let the bot be silent for 60 seconds from now."""
        return self._told(await self._desk.pause(viewer.userid, conversation_id))

    async def resume(self, viewer: Viewer, conversation_id: int) -> Outcome:
        """End one's own pause."""
        return self._told(await self._desk.resume(viewer.userid, conversation_id))

    async def leave(self, viewer: Viewer) -> int:
        """Hand over all that the viewer has, who goes home."""
        return await self._desk.leave(viewer.userid)

    async def come_back(self, viewer: Viewer) -> None:
        """Let the viewer get conversations again."""
        await self._desk.come_back(viewer.userid)

    async def is_away(self, viewer: Viewer) -> bool:
        """Return whether the viewer has gone home and is not back."""
        return await self._desk.is_away(viewer.userid)

    def _told(self, acted: Acted) -> Outcome:
        words = self._texts().desk_words
        if isinstance(acted, NotTaken):
            return Refused(acted.reason or words["refused_moving"])
        if isinstance(acted, Underway):
            return Refused(words["refused_underway"])
        if isinstance(acted, Hindered):
            return self._hindered(acted, words)
        return Done(acted.now.version)

    def _hindered(self, conflict: Hindered, words: Mapping[str, str]) -> Outcome:
        now, key = conflict.now, _REFUSALS.get(conflict.obstacle)
        if now is None:
            return Refused(words["refused_unknown"])
        if key is not None:
            return Refused(words[f"refused_{key}"])
        reason, servicer = "moved", now.servicer
        if conflict.obstacle == "paused":
            reason, servicer = "paused", now.paused_by
        elif now.state == SessionState.ENDED:
            reason = "ended"
        elif now.state == SessionState.SERVICER:
            reason = "taken"
        return Conflict(reason, now.version, now.state, servicer)
