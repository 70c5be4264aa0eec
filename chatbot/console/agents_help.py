"""Drafts, quick replies and search for the console, by the desk that helps agents to answer."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.assist.desk import AssistDesk
from chatbot.assist.drafts import Draft
from chatbot.assist.replies import Reply, entry_id, faq_id_in
from chatbot.console.assisting import OwnReplies, Suggestion


class AgentsHelp:
    """Offers what the console's `Assist` asks for."""

    def __init__(self, desk: AssistDesk) -> None:
        self._desk = desk

    async def drafts(self, conversation_id: int) -> Sequence[Suggestion]:
        """Return up to three drafts for the customer's last message, the best first."""
        return [_draft(each) for each in await self._desk.drafts(conversation_id)]

    async def drafts_for_text(
        self, text: str, conversation_id: int | None, customer: str
    ) -> Sequence[Suggestion]:
        """Return up to three drafts for any text."""
        found = await self._desk.drafts_for_text(text, conversation_id, external_userid=customer)
        return [_draft(each) for each in found]

    async def quick_replies(
        self, userid: str, conversation_id: int | None, customer: str
    ) -> Sequence[Suggestion]:
        """Return what the agent uses most, the shared quick replies, then the agent's own.

        Only those that may be sent; what is used most stands in its folder as well.
        """
        often = await self._desk.often_used(userid, conversation_id, external_userid=customer)
        folders = await self._desk.quick_replies(userid, conversation_id, external_userid=customer)
        return [
            *(_reply(each, often.name) for each in often.replies if each.wording.may_be_sent),
            *(
                _reply(each, folder.name)
                for folder in folders
                for each in folder.replies
                if each.wording.may_be_sent
            ),
        ]

    async def search(
        self, userid: str, query: str, conversation_id: int | None, limit: int, customer: str
    ) -> Sequence[Suggestion]:
        """Return quick replies and entries that fit ``query``, the best first."""
        found = await self._desk.search(
            userid, query, conversation_id, limit, external_userid=customer
        )
        return [
            _reply(each.reply, each.reply.folder)
            for each in found
            if each.reply.wording.may_be_sent
        ]

    async def own_replies(self, userid: str) -> OwnReplies:
        """Return the agent's own quick replies."""
        replies = await self._desk.own_quick_replies(userid)
        folders = dict.fromkeys((*self._desk.folder_names, *(each.folder for each in replies)))
        names = [name for name in folders if name]
        return OwnReplies(replies, names, self._desk.variables)

    async def save_reply(
        self, userid: str, title: str, text: str, folder: str, reply_id: int | None
    ) -> None:
        """Keep an own quick reply, a new one without ``reply_id``."""
        await self._desk.save_quick_reply(userid, title, text, folder, reply_id)

    async def remove_reply(self, userid: str, reply_id: int) -> None:
        """Delete an own quick reply."""
        await self._desk.delete_quick_reply(userid, reply_id)

    async def order_replies(self, userid: str, ids: Sequence[int]) -> None:
        """Put all own quick replies into an order."""
        await self._desk.order_quick_replies(userid, ids)

    async def note_use(self, userid: str, item: str) -> None:
        """Count that the agent used the suggestion with the id ``item``."""
        await self._desk.note_use(userid, item)


def _draft(draft: Draft) -> Suggestion:
    confidence = draft.confidence or None
    item = entry_id(draft.id) if draft.id else ""
    return Suggestion(item, draft.title, draft.text, draft.messages, confidence, faq_id=draft.id)


def _reply(reply: Reply, folder: str) -> Suggestion:
    wording = reply.wording
    return Suggestion(
        reply.id, reply.title, wording.text, wording.messages, shared=reply.kind != "own",
        folder=folder, faq_id=faq_id_in(reply.id) or "",
    )  # fmt: skip
