"""What another system knows of the customer of a conversation, as JSON of its own.

A page asks for it when everything else is drawn, so that the panel never waits for that system.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from chatbot.api.requests import json_answer
from chatbot.console.finding import SubjectOf
from chatbot.console.orders_view import orders_view
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.customer_data import CustomerData


class OrdersApi:
    """The handler; ``subject_of`` says which customer a request is about, if they may be seen."""

    def __init__(
        self, data: CustomerData, snapshot: Callable[[], Snapshot], subject_of: SubjectOf
    ) -> None:
        self._data = data
        self._snapshot = snapshot
        self._subject_of = subject_of

    async def show(self, request: web.Request) -> web.Response:
        """Answer with orders and facts; ``set`` is False where no system is to be asked."""
        subject, _ = await self._subject_of(request)
        if not self._data.is_set:
            return json_answer({"set": False})
        told = await self._data.fetch(subject.external_userid, subject.account)
        return json_answer(orders_view(told, self._snapshot()))
