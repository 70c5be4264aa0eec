"""A database that the first release left behind, with data in every table."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from chatbot.store import migrate as migrating
from chatbot.store.database import Database
from chatbot.store.migrate import migrate, newest_version
from tests.pipeline.stage import KF, LIN, WANG, eventually, play

_CONTENT = Path(__file__).parents[1] / "data" / "content_of_the_first_release.json"
_ROWS = """
INSERT INTO processes (host, pid, started_at) VALUES ('gone', 1, :now);
INSERT INTO access_tokens (key, token, renew_at) VALUES ('k', 't', :now);
INSERT INTO kf_accounts (open_kfid, name, caught_up_at, lease_owner, lease_until, fence)
    VALUES (:kf, '云栖', :now, 1, :later, 3);
INSERT INTO conversations (public_id, open_kfid, external_userid, nickname, created_at,
    service_state, session_version, context, customer_wrote_at, sent_since_customer, due_at,
    lease_owner, lease_until, fence) VALUES
    ('pageOfTheFirstRelease1', :kf, :lin, '小林', :now, 4, 1,
    '{"asked_to_type": true, "waiting_about": "image"}', :now, 1, :now, 1, :later, 2);
INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot, decision,
    trace) VALUES (1, 1, :now, '早餐', 'answer', 1, :decision, '{}');
INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content, sent_at,
    received_at, fate, turn_id) VALUES
    (:kf, 'old1', 1, 3, 'text', '{"content": "早餐"}', :now, :now, 'turn', 1),
    (:kf, 'old2', 1, 3, 'text', '{"content": "在吗"}', :now, :now, 'person', NULL);
INSERT INTO handoffs (conversation_id, turn_id, reason, priority, state, created_at)
    VALUES (1, 1, 'wish', 'normal', 'ended', :now);
INSERT INTO outbox (lane, kind, conversation_id, turn_id, session_version, msgid, payload, state,
    due_at, created_at, settled_at) VALUES
    ('conversation', 'kf_message', 1, 1, 1, 'm1',
     '{"msgtype": "text", "text": {"content": "十点"}}', 'delivered', :now, :now, :now),
    ('conversation', 'kf_message', 1, 1, 1, 'm2', '{"msgtype": "text", "text": {"content": "半"}}',
     'pending', :now, :now, NULL);
INSERT INTO notice_codes (code, conversation_id, occasion, received_at, expires_at, outbox_id)
    VALUES ('c', 1, 'welcome', :now, :later, 1);
INSERT INTO open_items (conversation_id, kind, first_message_at, last_message_at, opened_at)
    VALUES (1, 'unanswered', :now, :now, :now);
INSERT INTO app_events (dedup_key, kind, fields, created_at, received_at) VALUES
    ('e1', 'contact', '{"Event": "change_external_contact", "ChangeType": "add_external_contact",
      "ExternalUserID": "wm1", "UserID": "azhen", "FromUserName": "sys"}', :now, :now),
    ('e2', 'message', '{"FromUserName": "AZhen", "MsgType": "text", "Content": "在吗"}',
      :now, :now),
    ('e3', 'app_event', '{}', :now, :now);
INSERT INTO snapshots (digest, content, state, created_at, published_at) VALUES
    (:digest, :content, 'live', :now, :now), ('waiting', :content, 'candidate', :now, NULL);
"""
_DECISION = {
    "text": "早餐", "action": "answer", "faq_id": "breakfast", "confidence": 0.9,
    "candidates": [{"faq_id": "breakfast", "question": "早餐几点供应？", "confidence": 0.9}],
    "intent": None, "intents": [], "tags": [], "reply": [{"type": "text", "text": "十点"}],
    "threshold": 0.8, "reason": "confidence 0.9 >= threshold 0.8", "snapshot": 1,
}  # fmt: skip
_KEPT = (
    "processes", "access_tokens", "kf_accounts", "conversations", "turns", "messages", "handoffs",
    "outbox", "notice_codes", "open_items", "app_events", "snapshots",
)  # fmt: skip


def _begin_with_the_first_release(connection: Connection) -> None:
    connection.execute(text("DROP SCHEMA public CASCADE"))
    connection.execute(text("CREATE SCHEMA public"))
    config = Config()
    scripts = Path(migrating.__file__).parent / "migrations"
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    content, now = _CONTENT.read_text("utf-8"), datetime.now(UTC)
    values = {
        "kf": KF, "lin": LIN, "now": now, "later": now + timedelta(minutes=1),
        "decision": json.dumps(_DECISION), "content": content,
        "digest": hashlib.sha256(content.encode()).hexdigest(),
    }  # fmt: skip
    for statement in _ROWS.split(";\n"):
        if statement.strip():
            connection.execute(text(statement.replace('": ', '"\\: ')), values)


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table: int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in _KEPT
    }


def _events(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(text("SELECT subject, state FROM app_events ORDER BY id"))
    return [(row.subject, row.state) for row in rows]


def _tables(connection: Connection) -> set[str]:
    return set(
        connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    )


def _after_the_first(database: Database) -> dict[str, int]:
    """Return how many rows each table of the first release had before the migration."""
    database.run_sync(_begin_with_the_first_release)
    assert database.run_sync(_tables) == {*_KEPT, "alembic_version"}  # none forgotten above
    before = database.run_sync(_counts)
    assert all(before.values())
    migrate(database)
    return before


def test_that_every_row_of_the_first_release_survives(database: Database) -> None:
    before = _after_the_first(database)
    version = database.run_sync(lambda c: c.scalar(text("SELECT version_num FROM alembic_version")))
    assert version == newest_version()
    assert database.run_sync(_counts) == before
    assert database.run_sync(_events) == [
        ("wm1", "waiting"), ("azhen", "ignored"), ("app_event", "ignored"),
    ]  # fmt: skip
    sizes = database.run_sync(
        lambda c: [tuple(row) for row in c.execute(text("SELECT entries, intents FROM snapshots"))]
    )
    assert sizes == [(2, 1), (2, 1)]


async def test_that_the_server_goes_on_where_the_first_release_stopped(
    database: Database, database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    _after_the_first(database)
    async with play(
        database_url, vectors_dir, knowledge_dir=tmp_path / "none", intents_dir=tmp_path / "none"
    ) as stage:
        await stage.say("早餐几点供应？")
        assert await stage.delivered() == ["早餐七点到十点。"]
        await stage.say("我要投诉", WANG)
        assert "非常抱歉" in (await stage.delivered(WANG))[0]
        await stage.in_state(3, WANG)
        await stage.settled()
        parts = stage.rows("SELECT msgid, state FROM outbox WHERE msgid IN ('m1', 'm2')")
        assert {row["msgid"]: row["state"] for row in parts} == {
            "m1": "delivered", "m2": "superseded",
        }  # fmt: skip
        (waiting,) = stage.rows("SELECT state FROM snapshots WHERE digest = 'waiting'")
        assert waiting["state"] == "candidate"

        async def relations() -> list[str]:
            return [row["userid"] for row in stage.rows("SELECT userid FROM contact_relations")]

        await eventually(relations, lambda found: found == ["azhen"])
        async with stage.session.get(f"{stage.server}/turns/pageOfTheFirstRelease1") as answer:
            assert "十点" in await answer.text()
