"""What agents do with a conversation, as the console sees it; who does it is built elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chatbot.access.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; ``version`` is the session's version afterwards."""

    version: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """It was not done: the conversation has moved on since the page showed it.

    ``reason`` is the key of a sentence, ``conflict_<reason>`` among the desk's words, such as
    ``taken`` (somebody else has it) or ``ended``; ``state`` is WeCom's, 0 to 4, as it is now.
    """

    reason: str
    version: int
    state: int
    servicer: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done; ``reason`` says in words why and what to do."""

    reason: str


Outcome = Done | Conflict | Refused


@dataclass(frozen=True, slots=True)
class DraftOf:
    """What a reply was made from: a turn of the bot's, or an entry; for learning from it."""

    turn_id: int | None = None
    faq_id: str | None = None


class DeskActions(Protocol):
    """Acting on a conversation by its number; ``seen_version`` is what the page showed."""

    async def take(self, viewer: Viewer, conversation_id: int, seen_version: int) -> Outcome:
        """Give the session to the viewer."""
        ...

    async def transfer(
        self, viewer: Viewer, conversation_id: int, seen_version: int, to_userid: str
    ) -> Outcome:
        """Give the session to a colleague."""
        ...

    async def end(self, viewer: Viewer, conversation_id: int, seen_version: int) -> Outcome:
        """End the session: the bot answers when the customer writes again."""
        ...

    async def answer(
        self,
        viewer: Viewer,
        conversation_id: int,
        seen_version: int,
        messages: Sequence[Mapping[str, Any]],
        draft_of: DraftOf | None,
    ) -> Outcome:
        """Send through the bot's channel, in states 0 and 1; the bot does not answer that itself.

        ``messages`` are bodies of kf/send_msg without receiver and id.
        """
        ...

    async def pause(self, viewer: Viewer, conversation_id: int) -> Outcome:
        """Let the bot be silent for this customer for 60 seconds from now."""
        ...

    async def resume(self, viewer: Viewer, conversation_id: int) -> Outcome:
        """End one's own pause."""
        ...

    async def leave(self, viewer: Viewer) -> int:
        """Hand over all that the viewer has, who goes home; return how many conversations."""
        ...

    async def come_back(self, viewer: Viewer) -> None:
        """Let the viewer get conversations again."""
        ...

    async def is_away(self, viewer: Viewer) -> bool:
        """Return whether the viewer has gone home and is not back."""
        ...
