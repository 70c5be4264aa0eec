"""A thousand customers, each with members who act in an order and at instants of their own.

Members take, hold the bot back, reply, transfer and end, at the desk and in their client, while
the customer writes and the bot decides and sends. Whatever the order, the bot speaks only while the
conversation is its own, and of every reply it is known what became of it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest

from chatbot.handoff.acting import Acted, Conflict
from chatbot.wecom.messages import text_message
from tests.pipeline.stage import AZHEN, XIAOZHOU, Stage, play

_CUSTOMERS = 1000
_AT_ONCE = 25
_STEPS = 5
_SEED = 20261122
_QUIET_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 0.15
_WORDS = ("早餐几点供应？", "能晚点退房吗", "有停车场吗", "转人工", "不对，是问早餐")
_ACTS = (
    "write", "write", "take", "pause", "resume", "reply", "transfer", "end", "client-end",
    "client-answer",
)  # fmt: skip


#: Writes down what happens to a conversation in the order in which it becomes true. No clock of a
#: process tells that: it is read before the transaction, which may have to wait for another's.
_WITNESS = """
CREATE TABLE happened (id bigserial PRIMARY KEY, what text, conversation bigint,
    message bigint, turn bigint, part bigint, held_back boolean);
CREATE FUNCTION note_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO happened (what, conversation, message)
    SELECT CASE WHEN NEW.origin = 3 THEN 'asked' ELSE 'moved' END, NEW.conversation_id, NEW.id
    WHERE NEW.origin IN (3, 5) OR NEW.content->>'event_type' = 'session_status_change';
    RETURN NULL; END $$;
CREATE FUNCTION note_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO happened (what, conversation, turn)
    VALUES ('decided', NEW.conversation_id, NEW.id);
    RETURN NULL; END $$;
CREATE FUNCTION note_pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO happened (what, conversation)
    VALUES (CASE WHEN NEW.paused_by IS NULL THEN 'let go' ELSE 'held' END, NEW.id);
    RETURN NULL; END $$;
CREATE FUNCTION note_part() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO happened (what, conversation, turn, part, held_back)
    SELECT CASE NEW.kind WHEN 'transition' THEN 'moved' ELSE 'spoken' END, NEW.conversation_id,
        NEW.turn_id, NEW.id, (SELECT paused_until > NEW.first_tried_at FROM conversations
            WHERE id = NEW.conversation_id)
    WHERE (NEW.kind = 'transition' AND NEW.state = 'delivered' AND OLD.state <> 'delivered')
        OR (NEW.kind = 'kf_message' AND NEW.by_userid IS NULL
            AND NEW.attempts > 0 AND OLD.attempts = 0);
    RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION note_message();
CREATE TRIGGER note AFTER INSERT ON turns FOR EACH ROW EXECUTE FUNCTION note_turn();
CREATE TRIGGER note AFTER UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION note_part();
CREATE TRIGGER note AFTER UPDATE OF paused_by ON conversations FOR EACH ROW
    EXECUTE FUNCTION note_pause();
"""


@dataclass
class Watch:
    """How acts came out."""

    outcomes: Counter[str] = field(default_factory=Counter)

    def note(self, act: str, acted: Acted) -> None:
        """Count how an act came out."""
        told = acted.obstacle if isinstance(acted, Conflict) else type(acted).__name__
        self.outcomes[f"{act}: {told}"] += 1


class Play:
    """One customer and the members who care for them."""

    def __init__(self, stage: Stage, watch: Watch, customer: str, seed: int) -> None:
        self._stage = stage
        self._watch = watch
        self._customer = customer
        self._chance = random.Random(seed)

    async def run(self) -> None:
        await self._write()
        number = await self._number()
        for _ in range(_STEPS):
            await asyncio.sleep(self._chance.random() * _LONGEST_PAUSE_SECONDS)
            await self._act(number, self._chance.choice(_ACTS))

    async def _act(self, number: int, act: str) -> None:
        userid = self._chance.choice((AZHEN, XIAOZHOU))
        version = await self._version(number)
        desk = self._stage.desk
        match act:
            case "write":
                await self._write()
                return
            case "pause":
                acted = await desk.pause(userid, number)
            case "resume":
                await self._resume(number)
                return
            case "reply":
                acted = await desk.reply(userid, number, version, [text_message("我来回答")])
            case "take":
                acted = await desk.take(userid, number, version)
            case "transfer":
                acted = await desk.transfer(userid, number, version, XIAOZHOU)
            case "end":
                acted = await desk.end(userid, number, version)
            case _:
                await self._in_the_client(act.removeprefix("client-"))
                return
        self._watch.note(act, acted)

    async def _resume(self, number: int) -> None:
        for userid in (AZHEN, XIAOZHOU):
            self._watch.note("resume", await self._stage.desk.resume(userid, number))

    async def _in_the_client(self, action: str) -> None:
        state, servicer = await self._stage.state(self._customer)
        if state == 3:
            more = {"text": "您好"} if action == "answer" else {}
            await self._stage.staff(servicer, action, self._customer, **more)

    async def _write(self) -> None:
        await self._stage.say(self._chance.choice(_WORDS), self._customer)

    async def _number(self) -> int:
        while True:
            rows = self._stage.rows(
                "SELECT id FROM conversations WHERE external_userid = :customer",
                customer=self._customer,
            )
            if rows:
                return int(rows[0]["id"])
            await asyncio.sleep(0.02)

    async def _version(self, number: int) -> int:
        (row,) = self._stage.rows(
            "SELECT session_version FROM conversations WHERE id = :id", id=number
        )
        return int(row["session_version"])


async def _play_all(stage: Stage, watch: Watch) -> None:
    names = [f"wm{number:04}" for number in range(_CUSTOMERS)]
    await stage.control("customers", {"customers": [{"external_userid": n} for n in names]})
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int, name: str) -> None:
        async with room:
            await Play(stage, watch, name, _SEED + number).run()

    await asyncio.gather(*(one(number, name) for number, name in enumerate(names)))


def _spoken_while_held_back(stage: Stage) -> list[Any]:
    """Return what the bot began to send while somebody was about to reply."""
    return _told(stage, "SELECT conversation, id FROM happened WHERE what = 'spoken' AND held_back")


def _spoken_for_another(stage: Stage) -> list[Any]:
    """Return what the bot began to send after a person had the session, or it had ended.

    What people did in their client is known from WeCom's events, what they did at the desk from
    the moves that were carried out.
    """
    return _told(
        stage,
        "SELECT spoken.conversation, spoken.id FROM happened spoken"
        " JOIN happened moved ON moved.conversation = spoken.conversation"
        " AND moved.what = 'moved' AND moved.id < spoken.id"
        " AND moved.id > (SELECT max(asked.id) FROM happened asked JOIN messages m"
        "  ON m.id = asked.message WHERE asked.what = 'asked' AND m.turn_id = spoken.turn)"
        " WHERE spoken.what = 'spoken'",
    )


def _decided_too_soon(stage: Stage) -> list[Any]:
    """Return turns that were answered although the customer had gone on writing."""
    return _told(
        stage,
        "SELECT decided.conversation, decided.id FROM happened decided"
        " JOIN happened asked ON asked.conversation = decided.conversation"
        " AND asked.what = 'asked' AND asked.id < decided.id"
        " JOIN messages m ON m.id = asked.message"
        " JOIN turns t ON t.id = decided.turn AND t.mode = 'full'"
        " WHERE decided.what = 'decided'"
        " AND m.id > (SELECT max(q.id) FROM messages q WHERE q.turn_id = t.id)",
    )


def _told(stage: Stage, sql: str) -> list[Any]:
    """Return what a query finds, each with all that happened to its conversation, in order."""
    history = (
        "SELECT h.id, h.what, m.fate, m.content, o.payload, o.state, t.text, t.action"
        " FROM happened h LEFT JOIN messages m ON m.id = h.message"
        " LEFT JOIN outbox o ON o.id = h.part LEFT JOIN turns t ON t.id = h.turn"
        " WHERE h.conversation = :conversation ORDER BY h.id"
    )
    return [
        (row, *stage.rows(history, conversation=row["conversation"])) for row in stage.rows(sql)
    ]


def _assert_none(found: list[Any]) -> None:
    assert not found, pformat(found, width=140)


@pytest.mark.timeout(600)
async def test_that_the_bot_speaks_only_while_the_conversation_is_its_own(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    watch = Watch()
    async with play(
        database_url, vectors_dir, clock_file=tmp_path / "clock",
        quiet_seconds=_QUIET_SECONDS, quiet_max_seconds=60,
    ) as stage:  # fmt: skip
        await stage.database.run(lambda connection: connection.exec_driver_sql(_WITNESS))
        await _play_all(stage, watch)
        _assert_none(_spoken_while_held_back(stage))
        # Who writes on is waited for no longer than the longest quiet time, which is over now.
        _assert_none(_decided_too_soon(stage))
        await stage.advance(61)
        await stage.settled()
        _assert_none(_spoken_for_another(stage))
        assert len(stage.rows("SELECT DISTINCT what FROM happened")) == 6
        calls = Counter(
            (call["api"], call["errcode"]) for call in await stage.log("api") if call["errcode"]
        )
        assert not [call for call in calls if call[1] == 95016], calls
        reached = Counter(entry["msgid"] for entry in await stage.log("delivered"))
        assert set(reached.values()) == {1}
        sent = stage.rows(
            "SELECT msgid FROM outbox WHERE kind = 'kf_message' AND state = 'delivered'"
        )
        assert {row["msgid"] for row in sent} <= set(reached)
        fates = Counter(
            row["state"] for row in stage.rows("SELECT state FROM outbox WHERE kind = 'kf_message'")
        )
        (drafts,) = stage.rows("SELECT count(*) AS n FROM turns WHERE mode = 'assist'")
        # Every order was there: acts that went through, and acts that came too late.
        assert fates["held"] + drafts["n"], fates
        for act in ("take", "transfer", "end", "reply", "pause"):
            assert watch.outcomes[f"{act}: Done"], watch.outcomes
        assert watch.outcomes["take: changed"], watch.outcomes
        assert watch.outcomes["reply: persons"], watch.outcomes
