"""The record of conversations as it is counted, see `chatbot.insight.record`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, TextClause

from chatbot.insight.record import HandoffFact, LabelFact, RatingFact, Said, Talk, TurnFact
from chatbot.store.database import statement

_ACCOUNTS = statement("SELECT id, open_kfid FROM conversations WHERE id = ANY(:ids)")
_SAID = statement(
    "SELECT conversation_id, sent_at, lower(servicer_userid) AS userid, turn_id FROM messages"
    " WHERE conversation_id = ANY(:ids) AND msgtype <> 'event' AND (servicer_userid IS NOT NULL"
    # Not what was taken back, and not the history of before the bot was there.
    " OR (origin = 3 AND fate IN ('turn', 'person', 'off', 'stale'))) ORDER BY id"
)
_SENT = statement(
    "SELECT conversation_id, settled_at, lower(by_userid) AS userid FROM outbox"
    " WHERE conversation_id = ANY(:ids) AND by_userid IS NOT NULL AND kind = 'kf_message'"
    " AND state = 'delivered' ORDER BY id"
)
_TURNS = statement(
    "SELECT t.conversation_id, t.id, t.created_at, t.action, t.mode,"
    " COALESCE(t.trace ->> 'rule', '') AS rule, t.decision ->> 'faq_id' AS faq_id,"
    " jsonb_path_query_array(t.decision, '$.parts[*].faq_id') AS parts,"
    " t.decision #>> '{candidates,0,faq_id}' AS leading,"
    " COALESCE(CAST(t.decision ->> 'confidence' AS float8), 0) AS confidence,"
    " t.decision #>> '{handoff,reason}' AS reason, j.verdict,"
    " ARRAY(SELECT e.tag_group || ':' || e.name FROM tag_evidence e"
    "  WHERE e.turn_id = t.id AND e.change = 'given' ORDER BY e.id) AS tags"
    " FROM turns t LEFT JOIN turn_judgements j ON j.turn_id = t.id"
    " WHERE t.conversation_id = ANY(:ids) ORDER BY t.id"
)
_LABELS = statement(
    "SELECT t.conversation_id, l.turn_id, l.source, l.faq_id, l.ranked_first, l.confidence,"
    " l.refused FROM turn_labels l JOIN turns t ON t.id = l.turn_id"
    " WHERE t.conversation_id = ANY(:ids) ORDER BY l.id"
)
_HANDOFFS = statement(
    "SELECT conversation_id, turn_id, reason, created_at, ended_at FROM handoffs"
    " WHERE conversation_id = ANY(:ids) ORDER BY id"
)
_RATINGS = statement(
    "SELECT r.conversation_id, r.asked_at, lower(r.userid) AS userid, r.score FROM ratings r"
    " WHERE r.conversation_id = ANY(:ids) AND NOT EXISTS (SELECT FROM outbox o"
    "  WHERE o.id = r.outbox_id AND o.state IN ('refused', 'superseded', 'expired'))"
    " ORDER BY r.id"
)


def talks_of(connection: Connection, ids: Sequence[int]) -> dict[int, Talk]:
    """Return what is to be counted of these conversations; those that are gone are left out."""

    def read(query: TextClause) -> dict[int, list[Row[Any]]]:
        rows: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(query, {"ids": list(ids)}):
            rows[row.conversation_id].append(row)
        return rows

    said, sent, turns, labels = read(_SAID), read(_SENT), read(_TURNS), read(_LABELS)
    handoffs, ratings = read(_HANDOFFS), read(_RATINGS)
    return {
        each.id: Talk(
            each.open_kfid,
            [Said(row.sent_at, row.userid, None if row.userid else row.turn_id)
             for row in said[each.id]]
            + [Said(row.settled_at, row.userid) for row in sent[each.id]],
            [_turn(row) for row in turns[each.id]],
            [_label(row) for row in labels[each.id]],
            [HandoffFact(row.turn_id, row.reason, row.created_at, row.ended_at)
             for row in handoffs[each.id]],
            [RatingFact(row.asked_at, row.userid, row.score) for row in ratings[each.id]],
        )
        for each in connection.execute(_ACCOUNTS, {"ids": list(ids)})
    }  # fmt: skip


def _turn(row: Row[Any]) -> TurnFact:
    answered = [row.faq_id, *row.parts] if row.action == "answer" else []
    return TurnFact(
        id=row.id,
        at=row.created_at,
        action=row.action,
        mode=row.mode,
        rule=row.rule,
        answered=tuple(dict.fromkeys(each for each in answered if each is not None)),
        leading=row.leading,
        confidence=row.confidence,
        reason=row.reason,
        verdict=row.verdict,
        tags=tuple(row.tags),
    )


def _label(row: Row[Any]) -> LabelFact:
    return LabelFact(
        row.turn_id, row.source, row.faq_id, row.ranked_first, row.confidence, tuple(row.refused)
    )
