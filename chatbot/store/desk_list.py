"""One row a conversation for those who look after them: whose turn it is, since when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.tags import tags_of_customers


@dataclass(frozen=True, slots=True)
class Said:
    """The newest message of one side; ``author`` is the member who wrote it, if one did."""

    id: int
    at: datetime
    msgtype: str
    content: dict[str, Any]
    author: str | None
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class DeskHandoff:
    """The newest handoff that has not ended."""

    reason: str
    skill: str | None
    priority: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """What was left out of hours and is not done: a number and a time in the customer's words.

    ``owner`` is who has taken it, if somebody has.
    """

    since: datetime
    phone: str
    wanted: str
    owner: str | None


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A conversation as it stands.

    ``unanswered`` is what the customer wrote and neither person nor bot has answered, as (when,
    text), oldest first, where the session is with people. ``open_items`` are (kind, since).
    ``stamp`` changes with every message, part, turn, case and promise. ``rows`` are those of
    tables that were spoken of, by table.
    """

    id: int
    public_id: str
    version: int
    open_kfid: str
    account: str
    external_userid: str
    nickname: str | None
    state: int
    servicer: str | None
    started_at: datetime | None
    owned_at: datetime | None
    wrote_at: datetime | None
    sent: int
    rows: dict[str, str]
    scene: str
    alarmed: bool
    paused_by: str | None
    paused_until: datetime | None
    handoff: DeskHandoff | None
    heard: Said | None
    sent_last: Said | None
    unanswered: tuple[tuple[datetime, str], ...]
    open_items: tuple[tuple[str, datetime], ...]
    message: LeftMessage | None
    tags: tuple[str, ...]
    stamp: str


@dataclass(frozen=True, slots=True)
class OpenIds:
    """The conversations that are open, and how many more only the bot talks in."""

    ids: list[int]
    more: int


_WITH_PEOPLE = statement(
    "SELECT id FROM conversations WHERE service_state IN (2, 3)"
    " UNION SELECT conversation_id FROM open_items WHERE closed_at IS NULL"
    " UNION SELECT conversation_id FROM handoffs WHERE state IN ('requested', 'pooled', 'failed')"
    " UNION SELECT conversation_id FROM cases WHERE state = 'open' AND kind = 'message'"
    " AND conversation_id IS NOT NULL"
)
_WITH_BOT = statement(
    "SELECT id FROM conversations WHERE service_state IN (0, 1) AND session_started_at > :since"
    " ORDER BY session_started_at DESC LIMIT :limit"
)
_COUNT_WITH_BOT = statement(
    "SELECT count(*) FROM conversations"
    " WHERE service_state IN (0, 1) AND session_started_at > :since"
)
_ROWS = statement(
    "SELECT c.id, c.public_id, c.session_version, c.open_kfid,"
    " COALESCE(NULLIF(a.name, ''), c.open_kfid) AS account, c.external_userid, c.nickname,"
    " c.service_state, c.servicer_userid, c.session_started_at, c.owned_at, c.customer_wrote_at,"
    " c.sent_since_customer, c.scope_rows AS rows, c.scene,"
    " c.alarmed_at IS NOT NULL AS alarmed, c.paused_by, c.paused_until,"
    " h.reason, h.skill, h.priority, h.state AS handoff_state, h.created_at AS handed_at,"
    " h.turn_id AS handoff_turn,"
    " m.id AS heard_id, m.origin, m.msgtype AS heard_type, m.content AS heard_content,"
    " m.sent_at AS heard_at, m.servicer_userid AS heard_from,"
    " p.id AS sent_id, p.payload, p.by_userid, COALESCE(p.settled_at, p.created_at) AS sent_at,"
    " concat_ws('.', m.id, m.fate, o.newest, o.unsettled, t.newest, m.content ->> 'recalled',"
    " (SELECT string_agg('c' || id || 'v' || version, '' ORDER BY id) FROM cases"
    " WHERE conversation_id = c.id AND state = 'open'),"
    " (SELECT 'p' || max(id) FROM case_proposals"
    " WHERE conversation_id = c.id AND state = 'open')) AS stamp"
    " FROM conversations c LEFT JOIN kf_accounts a ON a.open_kfid = c.open_kfid"
    " LEFT JOIN LATERAL (SELECT reason, skill, priority, state, created_at, turn_id FROM handoffs"
    " WHERE conversation_id = c.id AND state <> 'ended' ORDER BY id DESC LIMIT 1) h ON true"
    " LEFT JOIN LATERAL (SELECT id, origin, msgtype, content, sent_at, servicer_userid, fate"
    " FROM messages WHERE conversation_id = c.id AND msgtype <> 'event'"
    " ORDER BY id DESC LIMIT 1) m ON true"
    " LEFT JOIN LATERAL (SELECT id, payload, by_userid, settled_at, created_at FROM outbox"
    " WHERE conversation_id = c.id AND kind IN ('kf_message', 'kf_event_message')"
    " AND state IN ('pending', 'sending', 'delivered', 'unknown')"
    " ORDER BY id DESC LIMIT 1) p ON true"
    " LEFT JOIN LATERAL (SELECT max(id) AS newest,"
    " count(*) FILTER (WHERE settled_at IS NULL) AS unsettled FROM (SELECT id, settled_at"
    " FROM outbox WHERE conversation_id = c.id ORDER BY id DESC LIMIT 10) AS parts) o ON true"
    " LEFT JOIN LATERAL (SELECT id AS newest FROM turns WHERE conversation_id = c.id"
    " ORDER BY id DESC LIMIT 1) t ON true"
    " WHERE c.id = ANY(:ids)"
)
_UNANSWERED = statement(
    # Of the session under way, since a person wrote last. What the bot answered before it handed
    # over waits for nobody; what it only drafted for does.
    "SELECT c.id, w.sent_at, w.text FROM conversations c"
    " LEFT JOIN LATERAL (SELECT turn_id FROM handoffs WHERE conversation_id = c.id"
    " AND state <> 'ended' ORDER BY id DESC LIMIT 1) h ON true"
    " CROSS JOIN LATERAL (SELECT m.id, m.sent_at,"
    " left(COALESCE(m.content ->> 'content', ''), 200) AS text"
    " FROM messages m LEFT JOIN turns t ON t.id = m.turn_id"
    " WHERE m.conversation_id = c.id AND m.origin = 3 AND m.msgtype <> 'event'"
    " AND m.sent_at >= c.session_started_at AND NOT m.content ? 'recalled'"
    " AND (m.fate <> 'turn' OR m.turn_id = h.turn_id OR t.mode = 'assist')"
    " AND m.id > COALESCE((SELECT id FROM messages WHERE conversation_id = c.id"
    " AND servicer_userid IS NOT NULL ORDER BY id DESC LIMIT 1), 0)"
    " ORDER BY m.id LIMIT 20) AS w"
    " WHERE c.id = ANY(:ids) AND c.service_state IN (2, 3) ORDER BY c.id, w.id"
)
_ITEMS = statement(
    "SELECT conversation_id, kind, first_message_at FROM open_items"
    " WHERE closed_at IS NULL AND conversation_id = ANY(:ids) ORDER BY first_message_at, kind"
)
_MESSAGES = statement(
    "SELECT conversation_id, created_at, phone, wanted, owner FROM cases"
    " WHERE state = 'open' AND kind = 'message' AND conversation_id = ANY(:ids)"
)
_ENDED = statement(
    "SELECT id, customer_wrote_at FROM conversations WHERE customer_wrote_at IS NOT NULL"
    " AND (service_state = 4 OR (service_state < 2 AND session_started_at <= :since))"
    " AND (CAST(:before_at AS timestamptz) IS NULL"
    " OR (customer_wrote_at, id) < (:before_at, :before_id))"
    " ORDER BY customer_wrote_at DESC, id DESC LIMIT :limit"
)
_NAMED = statement(
    "SELECT id FROM conversations WHERE nickname ILIKE :pattern OR external_userid = :text"
    " ORDER BY customer_wrote_at DESC NULLS LAST, id DESC LIMIT :limit"
)
_WRITTEN = statement(
    # The pairs find, the pattern makes sure that they stand in this order. As a set of its own:
    # else a common text is looked for along the newest conversations, message by message.
    "WITH hits AS MATERIALIZED (SELECT id, conversation_id FROM messages WHERE msgtype = 'text'"
    " AND conversation_id IS NOT NULL"
    " AND text_pairs(content ->> 'content') @> text_pairs(:text)"
    " AND content ->> 'content' ILIKE :pattern LIMIT 2000)"
    " SELECT conversation_id FROM hits GROUP BY conversation_id ORDER BY max(id) DESC LIMIT :limit"
)


def open_ids(connection: Connection, since: datetime, limit: int) -> OpenIds:
    """Return what people have or somebody waits for, and the bot's newest ``limit`` sessions.

    Sessions of the bot that began before ``since`` are over: WeCom ends them without telling.
    """
    values = {"since": since, "limit": limit}
    ids = set(connection.scalars(_WITH_PEOPLE))
    with_bot = list(connection.scalars(_WITH_BOT, values))
    total = connection.scalar(_COUNT_WITH_BOT, values) if len(with_bot) == limit else len(with_bot)
    return OpenIds(sorted(ids.union(with_bot)), int(total or 0) - len(with_bot))


def ended_ids(
    connection: Connection, since: datetime, before: tuple[datetime, int] | None, limit: int
) -> list[tuple[int, datetime]]:
    """Return conversations whose session is over, (id, when the customer wrote), newest first.

    ``before`` is the last one of the page before.
    """
    before_at, before_id = before or (None, 0)
    values = {"since": since, "before_at": before_at, "before_id": before_id, "limit": limit}
    return [(row.id, row.customer_wrote_at) for row in connection.execute(_ENDED, values)]


def found_ids(connection: Connection, text: str, limit: int) -> list[int]:
    """Return conversations whose customer is called so, then those in which it was written.

    A single character is looked for in names only.
    """
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"text": text, "pattern": f"%{escaped}%", "limit": limit}
    found = list(connection.scalars(_NAMED, values))
    if len(text) > 1:
        found += connection.scalars(_WRITTEN, values)
    return list(dict.fromkeys(found))[:limit]


def desk_rows(connection: Connection, ids: Sequence[int], now: datetime) -> list[DeskRow]:
    """Return these conversations, in the order of ``ids``."""
    values = {"ids": list(ids)}
    found = list(connection.execute(_ROWS, values))
    unanswered = _by_conversation(connection.execute(_UNANSWERED, values))
    items = _by_conversation(
        (row.conversation_id, row.kind, row.first_message_at)
        for row in connection.execute(_ITEMS, values)
    )
    messages = {
        row.conversation_id: LeftMessage(*row[1:]) for row in connection.execute(_MESSAGES, values)
    }
    tags = tags_of_customers(connection, [row.external_userid for row in found], now)
    by_id = {
        row.id: _desk_row(
            row,
            tuple(unanswered.get(row.id, ())),
            tuple(items.get(row.id, ())),
            messages.get(row.id),
            tags.get(row.external_userid, ()),
        )
        for row in found
    }
    return [by_id[each] for each in ids if each in by_id]


def _by_conversation(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for conversation_id, *rest in rows:
        grouped.setdefault(conversation_id, []).append(tuple(rest))
    return grouped


def _desk_row(
    row: Any, unanswered: Any, items: Any, message: LeftMessage | None, tags: tuple[str, ...]
) -> DeskRow:
    return DeskRow(
        id=row.id, public_id=row.public_id, version=row.session_version, open_kfid=row.open_kfid,
        account=row.account, external_userid=row.external_userid, nickname=row.nickname,
        state=row.service_state, servicer=row.servicer_userid, started_at=row.session_started_at,
        owned_at=row.owned_at, wrote_at=row.customer_wrote_at, sent=row.sent_since_customer,
        rows=row.rows, scene=row.scene, alarmed=row.alarmed, paused_by=row.paused_by,
        paused_until=row.paused_until, handoff=_handoff(row), heard=_heard(row),
        sent_last=_sent(row), unanswered=unanswered, open_items=items, message=message, tags=tags,
        stamp=row.stamp,
    )  # fmt: skip


def _handoff(row: Any) -> DeskHandoff | None:
    if row.reason is None:
        return None
    return DeskHandoff(row.reason, row.skill, row.priority, row.handoff_state, row.handed_at)


def _heard(row: Any) -> Said | None:
    if row.heard_id is None:
        return None
    recalled = "recalled" in row.heard_content
    author = row.heard_from or ("" if row.origin == _STAFF else None)
    return Said(row.heard_id, row.heard_at, row.heard_type, row.heard_content, author, recalled)


#: Origins (WeCom developer documentation, 微信客服/接收消息和事件): 3 the customer, 5 staff.
_STAFF = 5


def _sent(row: Any) -> Said | None:
    if row.sent_id is None:
        return None
    message = row.payload.get("message", row.payload)
    msgtype = str(message.get("msgtype", ""))
    return Said(row.sent_id, row.sent_at, msgtype, message, row.by_userid)
