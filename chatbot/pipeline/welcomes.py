"""Greeting who enters a chat, with the notices that they have not read today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from chatbot.dialogue.heading import welcome_heading
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Situation
from chatbot.notices.heading import GAP, joined, size
from chatbot.notices.notice import Notice
from chatbot.pipeline.event_codes import send_by_code
from chatbot.pipeline.notice_board import NoticeBoard
from chatbot.pipeline.notices import KfPayload
from chatbot.store.conversations import Conversation
from chatbot.store.notices import note_tellings
from chatbot.store.tags import tags_of_customers
from chatbot.wecom.messages import MENU_HEAD_BYTES


class Greet(Protocol):
    """Says ``welcome``, a menu, to who enters, through the ``code`` of the event."""

    def __call__(
        self,
        connection: Connection,
        conversation: Conversation,
        code: str,
        welcome: KfPayload,
        now: datetime,
        expires_at: datetime,
    ) -> None: ...


def greet_as_usual(
    connection: Connection,
    conversation: Conversation,
    code: str,
    welcome: KfPayload,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Say the welcome as it is."""
    send_by_code(connection, conversation, code, welcome, now, due_at=now, expires_at=expires_at)


class Welcomes:
    """Greets with the notices in force in front."""

    def __init__(self, board: NoticeBoard, snapshot: Callable[[], Snapshot]) -> None:
        self._board = board
        self._snapshot = snapshot

    def greet(
        self,
        connection: Connection,
        conversation: Conversation,
        code: str,
        welcome: KfPayload,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Say the welcome below the notices that fit above it, and note that they are told."""
        head = str(welcome["msgmenu"].get("head_content", ""))
        left = MENU_HEAD_BYTES - size(head) - size(GAP)
        told, heading = self._heading(connection, conversation, now, left)
        if not told:
            greet_as_usual(connection, conversation, code, welcome, now, expires_at)
            return
        menu = {**welcome["msgmenu"], "head_content": joined(heading, head)}
        try:
            with connection.begin_nested():
                part_id = send_by_code(
                    connection, conversation, code, {**welcome, "msgmenu": menu}, now,
                    due_at=now, expires_at=expires_at,
                )  # fmt: skip
                self._note(connection, conversation, told, part_id, now)
        except _ToldMeanwhile:
            greet_as_usual(connection, conversation, code, welcome, now, expires_at)

    def _heading(
        self, connection: Connection, conversation: Conversation, now: datetime, most: int
    ) -> tuple[list[Notice], str]:
        customer, open_kfid = conversation.external_userid, conversation.open_kfid
        if not self._board.in_force(now, open_kfid):
            return [], ""
        situation = Situation(
            now=now, account=open_kfid, customer=conversation.nickname or "",
            tags=tags_of_customers(connection, [customer], now).get(customer, ()),
            scene=conversation.scene,
            notices=self._board.unread_now(connection, now, open_kfid, customer),
        )  # fmt: skip
        context = Context.from_json(conversation.context)
        return welcome_heading(self._snapshot(), context, situation, most)

    def _note(
        self,
        connection: Connection,
        conversation: Conversation,
        told: list[Notice],
        part_id: int,
        now: datetime,
    ) -> None:
        kept = note_tellings(
            connection, conversation.external_userid, self._board.day_of(now),
            [each.id for each in told], now, part_id=part_id,
        )  # fmt: skip
        if not kept:
            raise _ToldMeanwhile


class _ToldMeanwhile(Exception):
    """A turn on another account has told the customer at this very moment."""
