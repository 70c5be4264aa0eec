"""The codes that let one message through where the bot may not write otherwise.

Source: WeCom developer documentation, 微信客服/发送欢迎语等事件响应消息.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chatbot.pipeline.notices import KfPayload
from chatbot.store import handoffs, outbox
from chatbot.store.conversations import Conversation

#: Life of the code of a welcome and of a session's end, after its event.
EVENT_CODE_LIFE = timedelta(seconds=20)
#: Life of the code that comes when a session goes into the pool, or to a person.
SESSION_CODE_LIFE = timedelta(hours=48)


def send_by_code(
    connection: Connection,
    conversation: Conversation,
    code: str,
    message: KfPayload,
    now: datetime,
    *,
    due_at: datetime,
    expires_at: datetime,
    only_in_pool: bool = False,
    only_with_person: bool = False,
) -> int:
    """Put ``message`` into the outbox, and give it the kept ``code``: it is good for one.

    With ``only_in_pool`` it is not sent to who waits in the pool no longer, with
    ``only_with_person`` not to who is no longer with the same person. Returns the part's id.
    """
    payload: dict[str, Any] = {"code": code, "message": message}
    if only_in_pool:
        payload["only_in_pool"] = True
    if only_with_person:
        payload["only_with_person"] = True
    part = outbox.NewPart(
        lane="direct", kind="kf_event_message", conversation_id=conversation.id,
        session_version=conversation.session_version, msgid=outbox.new_msgid(), payload=payload,
        due_at=due_at, expires_at=expires_at,
    )  # fmt: skip
    stored = outbox.insert_part(connection, part, now)
    handoffs.use_notice_code(connection, code, stored.id)
    return stored.id
