"""A busy afternoon at the desk, for pages to show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from chatbot.accounts.agent import Agent
from chatbot.customers.records import begin_relation, give_tags
from chatbot.customers.tags import Cause, Gift, Groups, Tag
from chatbot.store.accounts import save_accounts
from chatbot.store.agents import save_agents
from chatbot.store.handoffs import add_open_item, insert_handoff, take_handoffs
from chatbot.store.notes import add_note
from chatbot.store.outbox import NewPart, insert_part, new_msgid, settle_part
from chatbot.store.tags import TurnRef
from tests.pipeline.stage import KF
from tests.store.desk_samples import add_conversation, add_message, add_turn

#: HTML, a link, a text turned round, controls, and ten thousand characters.
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> http://evil.example/\u202e倒过来\u0007\x1b"
    + "很长" * 5000
)


def ago(minutes: float) -> datetime:
    """Return an instant before now."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


def bot_says(
    connection: Connection,
    conversation: int,
    asked: str,
    answer: str,
    minutes: float,
    **decision: Any,
) -> int:
    """Let the bot answer a question; return the turn."""
    candidates = [
        {"faq_id": "late", "question": "可以延迟退房吗？", "confidence": 0.93},
        {"faq_id": "parking", "question": "有停车场吗？", "confidence": 0.31},
    ]
    values = {
        "action": "answer", "faq_id": "late", "confidence": 0.93, "candidates": candidates,
        **decision,
    }  # fmt: skip
    at = ago(minutes)
    turn = add_turn(
        connection, conversation, asked, at, action=values["action"], decision=json.dumps(values)
    )
    add_message(connection, conversation, asked, at, fate="turn", turn=turn)
    body = {"msgtype": "text", "text": {"content": answer}}
    new = NewPart(
        "conversation", "kf_message", conversation, 3, new_msgid(), body, at, turn_id=turn
    )
    part = insert_part(connection, new, at)
    settle_part(connection, part.id, "delivered", at + timedelta(seconds=2))
    return turn


def hand_over(
    connection: Connection, conversation: int, asked: str, minutes: float, **handoff: Any
) -> int:
    """Let the bot hand a question over; return the turn."""
    values = {"reason": "low-confidence", "skill": None, "priority": "normal", **handoff}
    turn = bot_says(
        connection, conversation, asked, "正在为您转接人工客服，请稍候。", minutes,
        action="handoff", faq_id=None, confidence=0.34, handoff=values,
    )  # fmt: skip
    insert_handoff(connection, conversation, turn, now=ago(minutes), **values)
    return turn


def afternoon(connection: Connection, groups: Groups) -> None:
    """Fill the desk."""
    save_accounts(connection, {KF: "云栖酒店"})
    people = {"azhen": "阿珍", "xiaozhou": "小周", "liang": "梁主管"}
    save_agents(
        connection, [Agent(userid, name) for userid, name in people.items()], ago(0), "liang"
    )
    lin = add_conversation(
        connection, "小林", 3, servicer="azhen", public_id="public-lin", at=ago(42)
    )
    turn = bot_says(
        connection,
        lin,
        "能晚点退房吗",
        "会员可免费延迟至 14:00，其他客人可购买延时退房券至 15:00。",
        42,
    )
    give_tags(
        connection, "wm-小林", [Gift(Tag("意向", "续住"), Cause("entry", "late", 0.93)),
                               Gift(Tag("阶段", "已入住"), Cause("intent", "入住", 0.88))],
        groups, ago(42), TurnRef(turn, ()),
    )  # fmt: skip
    begin_relation(connection, "wm-小林", "xiaozhou", "大堂海报", ago(9000), ago(9000))
    add_note(connection, "wm-小林", "过敏：花生。喜欢安静的房间。", "azhen", ago(2000))
    hand_over(
        connection, lin, "我想带我的鹦鹉参加婚礼，你们能安排吗？", 12, reason="low-confidence"
    )
    take_handoffs(connection, lin, "azhen", ago(11))
    add_message(connection, lin, "您好，我是前台阿珍，鹦鹉平时有笼子吗？", ago(8), servicer="azhen")
    add_message(connection, lin, "有的，一个小笼子，它很安静", ago(3))
    pipe = add_conversation(connection, "李先生", 2, public_id="public-pipe", at=ago(6))
    hand_over(
        connection, pipe, "浴室漏水了，地毯都湿了！", 4, reason="intent", skill="售后",
        priority="urgent",
    )  # fmt: skip
    wang = add_conversation(connection, "王姐", 2, public_id="public-wang", at=ago(20))
    hand_over(connection, wang, "发票抬头开错了，能重开吗", 9, reason="wish", priority="high")
    hostile = add_conversation(
        connection, "<b>坏人</b>\u202e人好", 1, public_id="public-hostile", at=ago(30)
    )
    bot_says(connection, hostile, HOSTILE, "请问您想咨询什么呢？", 25, action="smalltalk")
    chen = add_conversation(connection, "陈同学", 1, public_id="public-chen", at=ago(15))
    bot_says(connection, chen, "有停车场吗", "有，住店客人免费停车。", 14, faq_id="parking")
    missed = add_conversation(connection, "赵女士", 4, public_id="public-missed", at=ago(700))
    add_message(connection, missed, "昨晚问的加床可以吗", ago(690), fate="stale")
    add_open_item(connection, missed, "unanswered", ago(690), ago(600))
    colleague = add_conversation(
        connection, "周先生", 3, servicer="xiaozhou", public_id="public-zhou", at=ago(33)
    )
    hand_over(connection, colleague, "会员积分怎么没有到账", 18, reason="missing-fact")
    take_handoffs(connection, colleague, "xiaozhou", ago(17))
    add_message(connection, colleague, "我帮您查一下", ago(16), servicer="xiaozhou")
    done = add_conversation(connection, "孙小姐", 4, public_id="public-sun", at=ago(120))
    bot_says(connection, done, "早餐几点", "早餐七点到十点。", 118)
    connection.execute(
        text("UPDATE conversations SET customer_wrote_at = (SELECT max(sent_at) FROM messages m"
             " WHERE m.conversation_id = conversations.id AND origin = 3)")
    )  # fmt: skip
