"""What may be said to a customer as JSON: drafts, quick replies, and what is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from chatbot.api.requests import json_answer, read_query
from chatbot.console.assisting import Suggestion
from chatbot.console.finding import SubjectOf
from chatbot.console.tools import ConsoleTools

_FOUND = 12


class Question(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[str, Field(max_length=2000)] = ""


class SuggestionApi:
    """Handlers of what may be said; worded for the customer that ``subject_of`` tells."""

    def __init__(self, tools: ConsoleTools, subject_of: SubjectOf) -> None:
        self._tools = tools
        self._subject_of = subject_of

    async def drafts(self, request: web.Request) -> web.Response:
        """Answer with drafts for the customer's last message, or for ``q``."""
        subject, _ = await self._subject_of(request)
        question, assist = read_query(request, Question).q.strip(), self._tools.assist
        number, customer = subject.conversation_id, subject.external_userid
        if question:
            return _suggestions(await assist.drafts_for_text(question, number, customer))
        return _suggestions(await assist.drafts(number) if number is not None else ())

    async def quick_replies(self, request: web.Request) -> web.Response:
        """Answer with the quick replies, or those and the entries that fit ``q``."""
        subject, viewer = await self._subject_of(request)
        question, assist = read_query(request, Question).q.strip(), self._tools.assist
        number, customer = subject.conversation_id, subject.external_userid
        if question:
            found = await assist.search(viewer.userid, question, number, _FOUND, customer)
            return _suggestions(found)
        return _suggestions(await assist.quick_replies(viewer.userid, number, customer))

    async def entries(self, request: web.Request) -> web.Response:
        """Answer with entries that fit ``q``, for saying which one it should have been."""
        subject, viewer = await self._subject_of(request)
        question, known = read_query(request, Question).q.strip(), self._tools.snapshot().by_id
        found: Sequence[Suggestion] = ()
        if question:
            found = await self._tools.assist.search(
                viewer.userid, question, subject.conversation_id, _FOUND, subject.external_userid
            )
        return _suggestions([each for each in found if each.faq_id in known])


def _suggestions(found: Sequence[Suggestion]) -> web.Response:
    items = [
        {
            "id": each.id, "title": each.title, "text": each.text, "folder": each.folder,
            "messages": [dict(message) for message in each.messages],
            "confidence": each.confidence, "shared": each.shared, "faq_id": each.faq_id,
        }
        for each in found
    ]  # fmt: skip
    return json_answer({"items": items})
