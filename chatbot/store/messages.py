"""The inbox: everything that sync_msg returned, each item exactly once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.store.database import statement

Fate = Literal["pending", "turn", "person", "off", "stale", "recalled", "recorded"]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """An item of a page that is to be stored."""

    msgid: str
    conversation_id: int | None
    origin: int
    msgtype: str
    content: dict[str, Any]
    servicer_userid: str | None
    sent_at: datetime
    fate: Fate


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message."""

    id: int
    conversation_id: int
    msgid: str
    origin: int
    msgtype: str
    content: dict[str, Any]
    servicer_userid: str | None
    sent_at: datetime
    fate: Fate
    turn_id: int | None


_KNOWN = statement("SELECT msgid FROM messages WHERE open_kfid = :open_kfid AND msgid = ANY(:ids)")
_INSERT = statement(
    "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
    " servicer_userid, sent_at, received_at, fate)"
    " SELECT :open_kfid, msgid, conversation, origin, type, content, servicer, sent_at, :now, fate"
    " FROM unnest(CAST(:msgids AS text[]), CAST(:conversations AS bigint[]),"
    " CAST(:origins AS smallint[]), CAST(:types AS text[]), CAST(:contents AS jsonb[]),"
    " CAST(:servicers AS text[]), CAST(:sent AS timestamptz[]), CAST(:fates AS text[]))"
    " WITH ORDINALITY AS m(msgid, conversation, origin, type, content, servicer, sent_at, fate, n)"
    " ORDER BY n RETURNING id"
)
_COLUMNS = (
    "id, conversation_id, msgid, origin, msgtype, content, servicer_userid, sent_at, fate, turn_id"
)
_PENDING = statement(
    f"SELECT {_COLUMNS} FROM messages"
    " WHERE conversation_id = ANY(:conversations) AND fate = 'pending' ORDER BY id"
)
_ASSIGN = statement(
    "UPDATE messages SET fate = :fate, turn_id = :turn_id WHERE id = ANY(:ids) AND fate = 'pending'"
)
_RECALL = statement(
    "UPDATE messages SET fate = CASE WHEN fate = 'pending' THEN 'recalled' ELSE fate END,"
    " content = content || '{\"recalled\": true}'"
    " WHERE open_kfid = :open_kfid AND msgid = :msgid"
)
_HISTORY = statement(
    f"SELECT {_COLUMNS} FROM messages"
    " WHERE conversation_id = :conversation_id AND msgtype <> 'event'"
    " ORDER BY id DESC LIMIT :limit"
)
_FIND = statement("SELECT id FROM messages WHERE open_kfid = :open_kfid AND msgid = :msgid")
_OF_TURN = statement(
    "SELECT id, COALESCE(content->>'content', '') FROM messages WHERE turn_id = :turn_id"
    " ORDER BY id"
)


def known_msgids(connection: Connection, open_kfid: str, msgids: Sequence[str]) -> set[str]:
    """Return which of ``msgids`` are stored already."""
    values = {"open_kfid": open_kfid, "ids": list(msgids)}
    return set(connection.scalars(_KNOWN, values))


def find_message_id(connection: Connection, open_kfid: str, msgid: str) -> int | None:
    """Return the id of a stored message, None if it is not stored."""
    found: int | None = connection.scalar(_FIND, {"open_kfid": open_kfid, "msgid": msgid})
    return found


def texts_of_turn(connection: Connection, turn_id: int) -> list[tuple[int, str]]:
    """Return the messages of a turn in order, each as its id and its words, if it has any."""
    return [(row[0], row[1]) for row in connection.execute(_OF_TURN, {"turn_id": turn_id})]


def insert_messages(
    connection: Connection, open_kfid: str, messages: Sequence[NewMessage], now: datetime
) -> list[int]:
    """Store new messages in order; return their ids in the same order."""
    values = {
        "open_kfid": open_kfid,
        "now": now,
        "msgids": [message.msgid for message in messages],
        "conversations": [message.conversation_id for message in messages],
        "origins": [int(message.origin) for message in messages],
        "types": [message.msgtype for message in messages],
        "contents": [storable_json(message.content) for message in messages],
        "servicers": [message.servicer_userid for message in messages],
        "sent": [message.sent_at for message in messages],
        "fates": [message.fate for message in messages],
    }
    return sorted(connection.scalars(_INSERT, values))


def pending_messages(connection: Connection, conversations: Sequence[int]) -> list[Message]:
    """Return the messages that wait for a turn, in order."""
    rows = connection.execute(_PENDING, {"conversations": list(conversations)})
    return [Message(*row) for row in rows]


def assign_messages(
    connection: Connection, ids: Sequence[int], fate: Fate, turn_id: int | None = None
) -> int:
    """Give pending messages their fate; return how many still were pending."""
    values = {"ids": list(ids), "fate": fate, "turn_id": turn_id}
    return connection.execute(_ASSIGN, values).rowcount


def recall_message(connection: Connection, open_kfid: str, msgid: str) -> None:
    """Forget a message the customer took back, if its turn has not begun; mark it in any case."""
    connection.execute(_RECALL, {"open_kfid": open_kfid, "msgid": msgid})


def storable_text(value: str) -> str:
    """Return text that PostgreSQL can keep: it refuses NUL and lone surrogates."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def storable_json(value: object) -> str:
    """Return JSON that PostgreSQL can keep: it refuses NUL and lone surrogates in text."""
    text = json.dumps(value, ensure_ascii=False).replace("\\u0000", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def message_history(connection: Connection, conversation_id: int, limit: int) -> list[Message]:
    """Return the newest messages of a conversation, events left out, oldest first."""
    values = {"conversation_id": conversation_id, "limit": limit}
    return [Message(*row) for row in connection.execute(_HISTORY, values)][::-1]
