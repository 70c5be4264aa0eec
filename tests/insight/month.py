"""A month of conversations written straight into the record, and more that comes late."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

#: Midnight in Shanghai lies in the middle of a day of UTC.
START = datetime(2026, 10, 1, 3, tzinfo=UTC)
DAYS = 31
ACCOUNTS = ("wk-hotel", "wk-shop")
AGENTS = ("azhen", "xiaozhou")
ENTRIES = ("late", "breakfast", "parking", "gone")
STORES = ("云栖酒店西湖店", "云栖酒店滨江店")
_TAGS = ("意向:续住", "意向:投诉")

_CONVERSATION = text(
    "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at, scope_rows,"
    " scene, session_started_at) VALUES (:name, :kf, :name, :at, CAST(:rows AS jsonb), :scene, :at)"
    " RETURNING id"
)
_MESSAGE = text(
    "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
    " servicer_userid, sent_at, received_at, fate, turn_id) SELECT open_kfid, gen_random_uuid(),"
    " id, :origin, 'text', '{}', :userid, :at, :at, :fate, :turn FROM conversations WHERE id = :id"
)
_TURN = text(
    "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
    " decision, trace, mode) VALUES (:id, 1, :at, '问', :action, 1, CAST(:decision AS jsonb),"
    " CAST(:trace AS jsonb), :mode) RETURNING id"
)
_HANDOFF = text(
    "INSERT INTO handoffs (conversation_id, turn_id, reason, priority, state, created_at, ended_at)"
    " VALUES (:id, :turn, :reason, 'normal', CASE WHEN CAST(:ended AS timestamptz) IS NULL"
    " THEN 'pooled' ELSE 'ended' END, :at, :ended) RETURNING id"
)
_RATING = text(
    "INSERT INTO ratings (key, conversation_id, external_userid, session_version,"
    " session_started_at, userid, asked_at) SELECT gen_random_uuid(), id, external_userid, 1, :at,"
    " :userid, :at FROM conversations WHERE id = :id RETURNING id"
)
_RATE = text("UPDATE ratings SET score = :score, rated_at = :at WHERE id = :rating")
_LABEL = text(
    "INSERT INTO turn_labels (turn_id, text, faq_id, source, snapshot, ranked_first, confidence,"
    " offered, refused, created_at) VALUES (:turn, '问', :faq_id, :source, 1, :leading,"
    " :confidence, '[]', CAST(:refused AS jsonb), :at)"
)
_JUDGE = text(
    "INSERT INTO turn_judgements (turn_id, verdict, faq_id, judged_by, judged_at)"
    " VALUES (:turn, :verdict, CASE WHEN :verdict = 'other' THEN 'late' END, 'azhen', :at)"
    " ON CONFLICT (turn_id) DO UPDATE SET verdict = EXCLUDED.verdict, faq_id = EXCLUDED.faq_id"
)
_CUSTOMER = text(
    "INSERT INTO customers (external_userid, first_seen_at) SELECT external_userid, :at"
    " FROM conversations WHERE id = :id ON CONFLICT DO NOTHING"
)
_TAG = text(
    "INSERT INTO tag_evidence (external_userid, tag_group, name, change, source, source_name,"
    " turn_id, at) SELECT external_userid, :group, :name, 'given', 'intent', 'x', :turn, :at"
    " FROM conversations WHERE id = :id"
)
_SENT = text(
    "INSERT INTO outbox (lane, kind, conversation_id, session_version, msgid, payload, state,"
    " due_at, created_at, by_userid) VALUES ('conversation', 'kf_message', :id, 1,"
    " gen_random_uuid(), '{}', 'pending', :at, :at, :userid) RETURNING id"
)
_DELIVERED = text("UPDATE outbox SET state = 'delivered', settled_at = :at WHERE id = :part")
_MOVE = text("UPDATE conversations SET scope_rows = CAST(:rows AS jsonb) WHERE id = :id")
_END = text("UPDATE handoffs SET ended_at = :at, state = 'ended' WHERE id = :handoff")


@dataclass
class Month:
    """Writes what happened, by chance from a seed."""

    connection: Connection
    dice: random.Random
    entries: Sequence[str] = ENTRIES
    accounts: Sequence[str] = ACCOUNTS

    def run(self, sql: Any, **values: Any) -> Any:
        """Execute a statement; return the first value, if there is one."""
        result = self.connection.execute(sql, values)
        return result.scalar_one() if result.returns_rows else None

    def begin(self, customers: int) -> list[int]:
        """Write this many conversations and what was said in them; return their numbers."""
        return [self._conversation(number) for number in range(customers)]

    def _conversation(self, number: int) -> int:
        dice = self.dice
        rows = dice.choice(({}, {"门店": STORES[0]}, {"门店": STORES[1]}, {"房型": "大床房"}))
        conversation = self.run(
            _CONVERSATION, name=f"c{number}", kf=dice.choice(self.accounts), at=START,
            rows=json.dumps(rows), scene="",
        )  # fmt: skip
        self.run(_CUSTOMER, id=conversation, at=START)
        at = START + timedelta(minutes=dice.randrange(DAYS * 24 * 60))
        for _ in range(dice.randrange(1, 6)):
            self.session(conversation, at)
            at += timedelta(minutes=dice.choice((30, 61, 200, 1000, 1439, 1441, 5000)))
        return int(conversation)

    def session(self, conversation: int, at: datetime) -> None:
        """Write a few turns, perhaps with people at the end."""
        for _ in range(self.dice.randrange(1, 4)):
            turn = self.turn(conversation, at)
            at += timedelta(seconds=self.dice.choice((1, 40, 600, 3599, 3600)))
            if self.dice.random() < 0.2:
                self.people(conversation, turn, at)
                at += timedelta(minutes=self.dice.choice((10, 300)))
        if self.dice.random() < 0.15:
            self.run(_MESSAGE, id=conversation, origin=3, userid=None, at=at, fate="off", turn=None)
        if self.dice.random() < 0.1:
            part = self.run(_SENT, id=conversation, userid="Azhen", at=at)
            self.run(_DELIVERED, part=part, at=at + timedelta(seconds=3))

    def turn(self, conversation: int, at: datetime) -> int:
        """Write a turn with its message, and what it tells."""
        dice = self.dice
        actions = ("answer", "answer", "answer", "clarify", "handoff", "smalltalk", "reply", "flow")
        action = dice.choice(actions)
        entry, confidence = dice.choice(self.entries), round(dice.random(), 4)
        decision: dict[str, Any] = {"confidence": confidence, "faq_id": None, "candidates": []}
        if action in ("answer", "clarify", "handoff"):
            decision["candidates"] = [{"faq_id": entry, "confidence": confidence}]
        if action == "answer":
            decision["faq_id"] = entry
            if dice.random() < 0.2:
                parts = [entry, dice.choice(self.entries), None]
                decision["parts"] = [{"faq_id": each} for each in parts]
        if action == "handoff":
            decision["handoff"] = {"reason": dice.choice(("low-confidence", "wish"))}
        trace = {"rule": "rating" if action == "reply" and dice.random() < 0.3 else "x"}
        turn = self.run(
            _TURN, id=conversation, at=at + timedelta(milliseconds=700), action=action,
            decision=json.dumps(decision), trace=json.dumps(trace),
            mode=dice.choice(("full", "full", "full", "assist")),
        )  # fmt: skip
        if dice.random() < 0.97:
            self.run(
                _MESSAGE, id=conversation, origin=3, userid=None, at=at, fate="turn", turn=turn
            )
        if trace["rule"] != "rating":
            self.tell(conversation, turn, at, entry, confidence)
        return int(turn)

    def tell(
        self, conversation: int, turn: int, at: datetime, entry: str, confidence: float
    ) -> None:
        """Write tags and labels of a turn."""
        dice = self.dice
        if dice.random() < 0.3:
            group, name = dice.choice(_TAGS).split(":")
            self.run(_TAG, id=conversation, group=group, name=name, turn=turn, at=at)
        source = dice.choice(("click", "typed", "rephrased", "dissatisfied", "wish", *[None] * 8))
        if source is not None:
            refused = [entry] if source == "dissatisfied" else []
            self.run(
                _LABEL, turn=turn, source=source, leading=entry, confidence=confidence, at=at,
                faq_id=None if source in ("dissatisfied", "wish") else dice.choice(self.entries),
                refused=json.dumps(refused),
            )  # fmt: skip

    def people(self, conversation: int, turn: int, at: datetime) -> None:
        """Write a handoff, and perhaps who came and how they were rated."""
        dice = self.dice
        ended = at + timedelta(hours=dice.choice((1, 20))) if dice.random() < 0.7 else None
        self.run(
            _HANDOFF, id=conversation, turn=turn, at=at, ended=ended,
            reason=dice.choice(("low-confidence", "wish")),
        )  # fmt: skip
        if dice.random() < 0.8:
            for _ in range(dice.randrange(1, 4)):
                at += timedelta(seconds=dice.choice((5, 29, 30, 400, 5000)))
                agent = dice.choice((AGENTS[0], AGENTS[1].title()))
                self.run(
                    _MESSAGE, id=conversation, origin=5, userid=agent, fate="recorded", turn=None,
                    at=at.replace(microsecond=0),
                )  # fmt: skip
            rating = self.run(_RATING, id=conversation, userid=AGENTS[0], at=at)
            if dice.random() < 0.5:
                self.run(_RATE, rating=rating, score=dice.choice(("good", "fair", "poor")), at=at)

    def late(self, conversations: Sequence[int]) -> None:
        """Write what comes late: judgements, scores, returns, ends of handoffs, other stores."""
        dice = self.dice
        for turn in self._ids("turns"):
            if dice.random() < 0.2:
                verdict = dice.choice(("right", "right", "wrong", "other"))
                self.run(_JUDGE, turn=turn, verdict=verdict, at=START + timedelta(days=DAYS))
        for rating in self._ids("ratings"):
            if dice.random() < 0.3:
                self.run(_RATE, rating=rating, score="poor", at=START + timedelta(days=DAYS))
        for handoff in self._ids("handoffs"):
            if dice.random() < 0.3:
                self.run(_END, handoff=handoff, at=START + timedelta(days=DAYS + 3))
        for conversation in conversations:
            if dice.random() < 0.3:
                at = START + timedelta(minutes=dice.randrange(DAYS * 24 * 60))
                self.session(conversation, at)
            if dice.random() < 0.2:
                rows = json.dumps({"门店": dice.choice(STORES)})
                self.run(_MOVE, id=conversation, rows=rows)

    def _ids(self, table: str) -> list[int]:
        return list(self.connection.scalars(text(f"SELECT id FROM {table} ORDER BY id")))
