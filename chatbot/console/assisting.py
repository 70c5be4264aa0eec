"""Drafts, quick replies and search, as the console sees them; others offer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chatbot.store.quick_replies import OwnReply


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that may be sent, worded for this customer.

    ``id`` tells it from all others, "" for words of the bot's that are of no entry; ``faq_id`` is
    its entry's, if it has one; ``title`` the question or what the reply is called. ``messages``
    are bodies of kf/send_msg, ``text`` the same for copying. ``shared`` ones belong to everybody;
    ``folder`` may be empty. ``confidence`` is a probability, where one is known.
    """

    id: str
    title: str
    text: str
    messages: Sequence[Mapping[str, Any]]
    confidence: float | None = None
    shared: bool = True
    folder: str = ""
    faq_id: str = ""


@dataclass(frozen=True, slots=True)
class OwnReplies:
    """An agent's own quick replies as they are written, in their order.

    ``folders`` are names to put them under, ``variables`` what may stand in their text.
    """

    replies: Sequence[OwnReply]
    folders: Sequence[str]
    variables: Sequence[str]


class Assist(Protocol):
    """Offers what an agent may say to a ``customer``, in a conversation or elsewhere (None)."""

    async def drafts(self, conversation_id: int) -> Sequence[Suggestion]:
        """Return up to three drafts for the customer's last message, the best first."""
        ...

    async def drafts_for_text(
        self, text: str, conversation_id: int | None, customer: str
    ) -> Sequence[Suggestion]:
        """Return up to three drafts for any text."""
        ...

    async def quick_replies(
        self, userid: str, conversation_id: int | None, customer: str
    ) -> Sequence[Suggestion]:
        """Return what the agent uses most, the shared quick replies, then the agent's own."""
        ...

    async def search(
        self, userid: str, query: str, conversation_id: int | None, limit: int, customer: str
    ) -> Sequence[Suggestion]:
        """Return quick replies and entries that fit ``query``, the best first."""
        ...

    async def own_replies(self, userid: str) -> OwnReplies:
        """Return the agent's own quick replies."""
        ...

    async def save_reply(
        self, userid: str, title: str, text: str, folder: str, reply_id: int | None
    ) -> None:
        """Keep an own quick reply, a new one without ``reply_id``.

        Raises:
            UserError: it cannot be kept; so with the acts below.
        """
        ...

    async def remove_reply(self, userid: str, reply_id: int) -> None:
        """Delete an own quick reply."""
        ...

    async def order_replies(self, userid: str, ids: Sequence[int]) -> None:
        """Put all own quick replies into an order."""
        ...

    async def note_use(self, userid: str, item: str) -> None:
        """Count that the agent used the suggestion with the id ``item``."""
        ...
