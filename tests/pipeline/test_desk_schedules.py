"""A thousand customers with people, each with a schedule of their own: nobody is forgotten.

Customers write, staff answer, transfer, end, stop to receive and come back, in an order drawn from
a seed; time passes. After each round every session is where it must be.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatbot.accounts.desk_rules import DeskRules
from chatbot.clock import OffsetClock
from tests.pipeline.stage import AZHEN, KF, LIANG, XIAOZHOU, Stage, play

_SCHEDULES = 1000
_ROUNDS = 3
_SEED = 20261124
_RULES = DeskRules()
#: A look may come this much after it is due: the floor of polling, and many at a time.
_SLACK = timedelta(seconds=30)
_WRITES = ("转人工", "门锁打不开", "好的谢谢", "还有人吗", None, None)
_ANSWERS = ("answer", "answer", "transfer", "end", None, None, None)
_PASSES = (70, 310, 1900)
_FORBIDDEN = {95016, 95018}

Json = dict[str, Any]


async def _customers(stage: Stage) -> list[str]:
    names = [f"wm{number:04}" for number in range(_SCHEDULES)]
    await stage.control("customers", {"customers": [{"external_userid": n} for n in names]})
    return names


async def _write(stage: Stage, chance: random.Random, customers: list[str]) -> None:
    """Let customers write, each what their schedule says."""
    chosen = [(customer, chance.choice(_WRITES)) for customer in customers]
    messages = [
        {"customer": customer, "open_kfid": KF, "text": {"content": words}}
        for customer, words in chosen
        if words is not None
    ]
    if messages:
        answer = await stage.control("messages", {"messages": messages})
        stage.said += answer["msgids"]


async def _act(stage: Stage, chance: random.Random) -> None:
    """Let staff do what their schedules say, in the sessions that they have."""
    state = await stage.control("state")
    receiving = [each["userid"] for each in state["accounts"][0]["servicers"] if each["receiving"]]
    for session in state["sessions"]:
        customer, servicer = session["customer"], session["servicer"]
        if session["state"] == 2 and receiving and chance.random() < 0.3:
            await stage.staff(chance.choice(receiving), "take", customer, callback="none")
        if session["state"] != 3:
            continue
        action = chance.choice(_ANSWERS)
        others = [each for each in receiving if each != servicer]
        if action == "answer":
            await stage.staff(servicer, "answer", customer, text="您好", callback="none")
        elif action == "transfer" and others:
            await stage.staff(servicer, "transfer", customer, to=others[0], callback="none")
        elif action == "end":
            await stage.staff(servicer, "end", customer, callback="none")
    for userid in (AZHEN, XIAOZHOU):
        if chance.random() < 0.3:
            await stage.staff(userid, "receive", on=chance.random() < 0.7)
    await stage.enter(customer=chance.choice(state["sessions"])["customer"])  # rings the bell


async def _quiet(stage: Stage, clock: OffsetClock) -> None:
    """Wait until everything that happened has been followed."""
    async with asyncio.timeout(300):
        while True:
            if not _work_left(stage, clock) and not await _apart(stage):
                return
            await asyncio.sleep(0.2)


def _work_left(stage: Stage, clock: OffsetClock) -> bool:
    (work,) = stage.rows(
        "SELECT EXISTS (SELECT FROM messages WHERE fate = 'pending')"
        " OR EXISTS (SELECT FROM outbox WHERE settled_at IS NULL"
        "   AND NOT (payload ? 'only_in_pool'))"
        " OR EXISTS (SELECT FROM conversations WHERE watch_at <= :now OR due_at <= :now)"
        " OR (SELECT count(*) FROM messages WHERE msgid = ANY(:msgids)) < :said AS left",
        now=clock.now(), said=len(stage.said), msgids=stage.said,
    )  # fmt: skip
    return bool(work["left"])


async def _apart(stage: Stage) -> bool:
    """Return whether the platform and we disagree about a session."""
    seen = await stage.control("state")
    rows = stage.rows(
        "SELECT external_userid, service_state, COALESCE(servicer_userid, '') AS servicer"
        " FROM conversations"
    )
    ours = {row["external_userid"]: (row["service_state"], row["servicer"]) for row in rows}
    return any(
        _differ((session["state"], session["servicer"]), ours[session["customer"]])
        for session in seen["sessions"]
        if session["customer"] in ours
    )


def _differ(platform: tuple[int, str], ours: tuple[int, str]) -> bool:
    """Return whether both sides disagree; 0 and 1 are both the bot's."""
    if platform[0] in {0, 1} and ours[0] in {0, 1}:
        return False
    return platform != ours


def _forgotten(stage: Stage, now: datetime) -> list[Json]:
    """Return the sessions in which somebody has waited too long and no supervisor knows."""
    rows = stage.rows(
        "SELECT c.external_userid AS customer, c.service_state AS state, c.owned_at, c.alarmed_at,"
        " (SELECT h.priority FROM handoffs h WHERE h.conversation_id = c.id AND h.state <> 'ended'"
        "  ORDER BY h.id DESC LIMIT 1) AS priority,"
        " (SELECT array_agg(m.content->>'content' ORDER BY m.id) FROM messages m"
        "  WHERE m.conversation_id = c.id AND m.origin = 3 AND m.sent_at >= c.session_started_at"
        "  AND m.id > COALESCE((SELECT max(s.id) FROM messages s WHERE s.conversation_id = c.id"
        "  AND s.origin = 5 AND s.sent_at >= c.session_started_at), 0)) AS unanswered"
        " FROM conversations c WHERE c.service_state IN (2, 3)"
    )
    forgotten = []
    for row in rows:
        asks = [words for words in row["unanswered"] or () if words != "好的谢谢"]
        urgent = row["priority"] == "urgent"
        in_pool = row["state"] == 2
        limit = (
            _RULES.waits_in_pool(urgent=urgent)
            if in_pool
            else _RULES.waits_for_answer(urgent=urgent)
        )
        waited = now - row["owned_at"]
        if (asks or in_pool) and waited > limit + _SLACK and row["alarmed_at"] is None:
            forgotten.append({**row, "waited": waited})
        silent = not asks and not in_pool and waited > _RULES.ends_after + _SLACK
        if silent and _last_word(stage, row["customer"]) < now - _RULES.ends_after - _SLACK:
            forgotten.append({**row, "waited": waited})
    return forgotten


def _last_word(stage: Stage, customer: str) -> datetime:
    (row,) = stage.rows(
        "SELECT max(m.sent_at) AS at FROM messages m JOIN conversations c"
        " ON c.id = m.conversation_id WHERE c.external_userid = :customer AND m.origin IN (3, 5)",
        customer=customer,
    )
    at: datetime = row["at"] or datetime.min.replace(tzinfo=UTC)
    return at


@pytest.mark.timeout(600)
async def test_that_in_a_thousand_schedules_nobody_is_forgotten(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    chance = random.Random(_SEED)
    clock = OffsetClock(tmp_path / "clock")
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        customers = await _customers(stage)
        for number in range(_ROUNDS):
            await _write(stage, chance, customers)
            await _quiet(stage, clock)
            await _act(stage, chance)
            await _quiet(stage, clock)
            for seconds in (_PASSES[number], 30):
                await stage.advance(seconds)
                await _quiet(stage, clock)
            assert _forgotten(stage, clock.now()) == []
        calls = await stage.log("api")
        refused = Counter(
            (call["api"], call["errcode"]) for call in calls if call["errcode"] in _FORBIDDEN
        )
        assert refused == {}
        codes = Counter(
            call["body"]["code"]
            for call in calls
            if call["api"] == "kf/send_msg_on_event" and call["errcode"] == 0
        )
        assert codes
        assert set(codes.values()) == {1}
        (told,) = stage.rows(
            "SELECT count(*) FILTER (WHERE state = 'delivered') AS held,"
            " count(*) FILTER (WHERE state = 'refused') AS refused FROM outbox"
            " WHERE payload ? 'only_with_person'"
        )
        assert told["held"] > 0
        assert told["refused"] == 0
        (asked,) = stage.rows(
            "SELECT count(*) AS n, count(DISTINCT external_userid) AS customers FROM ratings"
        )
        assert asked["n"] == asked["customers"] > 0
        moved = stage.rows(
            "SELECT payload->>'move' AS move, count(*) AS n FROM outbox"
            " WHERE kind = 'transition' AND state = 'delivered' GROUP BY 1"
        )
        assert {"pass-on", "end", None} <= {row["move"] for row in moved}
        assert any(card["users"] == [LIANG] for card in await stage.log("app_message"))
