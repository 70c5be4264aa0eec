"""Many conversations, written straight into the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=48)

_MANY = """
INSERT INTO conversations (public_id, open_kfid, external_userid, nickname, created_at,
    service_state, session_started_at, customer_wrote_at)
SELECT 'public-' || n, 'wkDemoYunqi0001', 'wm' || n, '客户' || n, :now, :state,
    CAST(:now AS timestamptz) - n * interval '10 minutes',
    CAST(:now AS timestamptz) - n * interval '10 minutes'
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n
"""
_MESSAGES = """
INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content, sent_at,
    received_at, fate)
SELECT 'wkDemoYunqi0001', 'm' || c.id || '-' || k, c.id, 3, 'text',
    jsonb_build_object('content', '第' || k || '句话，房间' || c.id || '的空调'),
    c.customer_wrote_at, c.customer_wrote_at, 'recorded'
FROM conversations c, generate_series(1, CAST(:each AS integer)) AS k
"""
_ONE = """
INSERT INTO conversations (public_id, open_kfid, external_userid, nickname, created_at,
    service_state, servicer_userid, session_started_at, customer_wrote_at, owned_at,
    session_version)
VALUES (:public_id, 'wkDemoYunqi0001', :customer, :nickname, :at, :state, :servicer, :at, :at,
    :at, 3)
RETURNING id
"""
_SAY = """
INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,
    servicer_userid, sent_at, received_at, fate, turn_id)
VALUES ('wkDemoYunqi0001', gen_random_uuid(), :conversation, :origin, 'text',
    jsonb_build_object('content', CAST(:words AS text)), :servicer, :at, :at, :fate, :turn)
RETURNING id
"""
_TURN = """
INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot, decision,
    trace, mode, drafts) VALUES (:conversation, 3, :at, :words, :action, 1,
    CAST(:decision AS jsonb), '{}', :mode, CAST(:drafts AS jsonb)) RETURNING id
"""


def fill(connection: Connection, first: int, last: int, *, state: int, messages: int = 0) -> None:
    """Insert conversations ``first`` to ``last``, each ten minutes older than the one before."""
    values = {"now": NOW, "state": state, "first": first, "last": last}
    connection.execute(text(_MANY), values)
    if messages:
        connection.execute(text(_MESSAGES), {"each": messages})


def add_conversation(connection: Connection, name: str, state: int, **more: Any) -> int:
    """Insert one conversation that began an hour ago; return its id."""
    values = {
        "public_id": f"public-{name.encode().hex()[-56:]}", "customer": f"wm-{name}",
        "nickname": name, "state": state, "servicer": None, "at": NOW - timedelta(hours=1), **more,
    }  # fmt: skip
    return int(connection.execute(text(_ONE), values).scalar_one())


def add_message(
    connection: Connection,
    conversation: int,
    words: str,
    at: datetime,
    *,
    fate: str = "person",
    servicer: str | None = None,
    turn: int | None = None,
) -> int:
    """Insert a message of the customer's, or of ``servicer``; return its id."""
    values = {
        "conversation": conversation, "words": words, "at": at, "servicer": servicer,
        "origin": 5 if servicer else 3, "fate": "recorded" if servicer else fate, "turn": turn,
    }  # fmt: skip
    return int(connection.execute(text(_SAY), values).scalar_one())


def add_turn(
    connection: Connection,
    conversation: int,
    words: str,
    at: datetime,
    *,
    action: str = "answer",
    mode: str = "full",
    decision: str = "{}",
    drafts: str = "[]",
) -> int:
    """Insert a turn; return its id."""
    values = {
        "conversation": conversation, "words": words, "at": at, "action": action, "mode": mode,
        "decision": decision, "drafts": drafts,
    }  # fmt: skip
    return int(connection.execute(text(_TURN), values).scalar_one())
