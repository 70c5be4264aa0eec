"""The end of a session with a person: what its one code says.

Source of the rules: WeCom developer documentation, 微信客服/发送欢迎语等事件响应消息.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from chatbot.pipeline.event_codes import send_by_code
from chatbot.pipeline.notices import KfPayload, RatingMenu
from chatbot.store import handoffs
from chatbot.store.conversations import Conversation
from chatbot.store.ratings import ask_rating, note_rating_menu


def say_goodbye(
    connection: Connection,
    before: Conversation,
    conversation: Conversation,
    code: str,
    notice: KfPayload,
    menu: RatingMenu | None,
    now: datetime,
    *,
    expires_at: datetime,
) -> None:
    """Say that a session is over, or ask by ``menu`` how it was; one transaction with its end.

    ``before`` is the conversation as the person had it. ``menu`` is None where nobody is to be
    asked; else it is asked whom a person has written to, once in 24 hours.
    """
    handoffs.add_notice_code(connection, conversation.id, "ended", code, now, expires_at)
    key = None
    if menu is not None:
        key = ask_rating(
            connection, conversation.id, conversation.external_userid, before.session_version, now
        )
    message = menu.message(key) if menu is not None and key is not None else notice
    part_id = send_by_code(
        connection, conversation, code, message, now, due_at=now, expires_at=expires_at
    )
    if key is not None:
        note_rating_menu(connection, key, part_id)
