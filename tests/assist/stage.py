"""A brand's knowledge for the tests of what helps agents, and a server to ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Connection, text

from chatbot.accounts.account import Account, Accounts
from chatbot.answers.entries import Condition, Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import ImageMessage, LinkMessage, MenuMessage, TextMessage
from chatbot.app import ASSIST, running_server
from chatbot.assist.desk import AssistDesk
from chatbot.dialogue.turn import Context, Situation
from chatbot.facts.tables import Table
from chatbot.knowledge.content import Content
from chatbot.store.database import Database
from chatbot.store.turns import Turn
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.pipeline.stage import Stage, serving, simulated, stage_settings
from tests.ports import quiet_port

KF = "wkDemoYunqi0001"
NOW = datetime(2026, 5, 1, 4, tzinfo=UTC)
LIN = Situation(NOW, account=KF, customer="小林", tags=("会员等级:金卡",))
AZHEN, XIAOZHOU = "azhen", "xiaozhou"

_TABLE = Table(
    "门店",
    ("酒店", "别名", "停车", "泳池"),
    {
        "云栖西湖店": {"别名": "西湖店", "停车": "有 68 个车位", "泳池": ""},
        "云栖外滩店": {"别名": "外滩店", "停车": "没有停车场", "泳池": "有泳池"},
    },
)
ENTRIES = (
    Entry(
        "late",
        "可以延迟退房吗？",
        (
            Variant(
                (TextMessage("{顾客.称呼}是金卡会员，可延迟至 16:00。"),),
                Condition(tags=("会员等级:金卡",)),
            ),
            Variant((TextMessage("会员可免费延迟至 14:00。"),)),
        ),
        ("能晚点退房吗", "退房时间能延到下午吗"),
        category="退房",
    ),
    Entry("late-twin", "退房可以推迟吗？", plain_answer("会员可免费延迟至 14:00。")),
    Entry("parking", "有停车场吗？", plain_answer("{门店.酒店}{门店.停车}。"), ("停车方便吗",)),
    Entry("pool", "有泳池吗？", plain_answer("{门店.酒店}：{门店.泳池}。"), ("能游泳吗",)),
    Entry(
        "may-day",
        "五一有什么活动？",
        plain_answer("五一住二送一。"),
        ("劳动节优惠",),
        valid=Validity(date(2026, 4, 1), date(2026, 4, 30)),
    ),
    Entry("vip", "贵宾厅在哪？", plain_answer("二楼。"), ("贵宾休息室",), scope=("other",)),
    Entry(
        "map",
        "怎么去酒店？",
        (
            Variant(
                (
                    TextMessage("看地图："),
                    ImageMessage("_media/map.png"),
                    LinkMessage("路线", "https://example.com/way", "_media/map.png"),
                )
            ),
        ),
        ("酒店怎么走",),
    ),
    Entry("only-menu", "还有什么？", (Variant((MenuMessage("看看", ("五一有什么活动？",)),)),)),
    Entry(
        "sorry",
        "客人不满意，怎么先道歉？",
        plain_answer("{顾客.称呼}好，真的抱歉。"),
        ("给生气的客人道歉",),
        category="话术/售后",
        auto="agents-only",
    ),
    Entry(
        "hold",
        "答应帮客人留房，怎么说？",
        plain_answer("{顾客.称呼}好，房间先为您留到 18:00。"),
        ("给客人留房的话怎么说",),
        category="话术/售前/留房",
        auto="agents-only",
    ),
    Entry(
        "limits",
        "客人要补偿，可以给多少？",
        plain_answer("【内部】前台可送早餐券一次。"),
        ("客诉补偿权限",),
        category="规定",
        auto="agents-only",
    ),
    Entry("card", "老客人怎么打招呼？", plain_answer("又见到您了！"), auto="agents-only"),
)
INTENTS = (
    Intent(
        "complaint",
        "投诉",
        keywords=("投诉",),
        reply=(TextMessage("非常抱歉。"),),
        handoff=IntentHandoff("售后", "high"),
        drafts=("sorry", "limits"),
    ),
)
CONTENT = Content(
    ENTRIES,
    INTENTS,
    {},
    tables=(_TABLE,),
    accounts=Accounts(
        Account(), (Account(key="yunqi", open_kfid=KF), Account(key="other", open_kfid="wk2"))
    ),
    media={"_media/map.png": "ab" * 32},
)


def turn(words: str, action: str = "handoff", **more: Any) -> Turn:
    """Return a recorded turn; ``ranked`` are its candidates, ``reason`` why it was handed over."""
    ranked = more.pop("ranked", ())
    decision: dict[str, Any] = {
        "text": words,
        "action": action,
        "faq_id": more.pop("faq_id", None),
        "confidence": ranked[0][1] if ranked else 0.0,
        "candidates": [
            {"faq_id": faq_id, "question": "?", "confidence": sure} for faq_id, sure in ranked
        ],
        "intents": more.pop("intents", []),
        "parts": more.pop("parts", []),
    }
    if action == "handoff":
        decision["handoff"] = {"reason": more.pop("reason", "low-confidence")}
    values: dict[str, Any] = {"id": 1, "session_version": 1, "created_at": NOW, **more}
    return Turn(text=words, action=action, decision=decision, **values)


def in_store(row: str) -> Context:
    """Return the context of a talk about one store."""
    return Context(rows={"门店": row})


@asynccontextmanager
async def assisting(
    database_url: str, data_dir: Path, **changes: Any
) -> AsyncIterator[tuple[Stage, AssistDesk]]:
    """Run the whole server against the simulator; yield the stage and the server's own desk."""
    port = quiet_port()
    async with simulated(port) as (config, platform):
        settings = stage_settings(config, platform, port, data_dir=data_dir, **changes)
        async with (
            running_server(settings, database_url) as app,
            serving(app, port) as server,
            aiohttp.ClientSession() as session,
        ):
            database = Database(database_url, threads=2)
            try:
                yield Stage(session, platform, server, database), app[ASSIST]
            finally:
                database.dispose()


def count_rows(database: Database, table: str) -> int:
    """Return how many rows a table has."""

    def count(connection: Connection) -> int:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    return database.run_sync(count)
