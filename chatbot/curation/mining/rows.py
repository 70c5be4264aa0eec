"""A row of a chat export: which column is which, who spoke, when. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from types import MappingProxyType
from typing import Literal

#: ``none``: the system's own words, which nobody said.
Speaker = Literal["customer", "person", "bot", "none"]

CONVERSATION, TIME, ROLE, CONTENT = COLUMNS = ("会话", "时间", "角色", "内容")
_HEADINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    CONVERSATION: ("会话", "会话id", "会话编号", "会话号", "对话", "对话id", "对话编号", "聊天id",
                   "conversation", "conversationid", "session", "sessionid", "chat", "chatid",
                   "dialog", "dialogid"),
    TIME: ("时间", "发送时间", "消息时间", "聊天时间", "创建时间", "time", "sentat", "sendtime",
           "createdat", "createtime", "timestamp", "datetime", "date"),
    ROLE: ("角色", "发送者角色", "发送人角色", "发送者类型", "发送人类型", "发送方", "身份",
           "发言人", "role", "sender", "sendertype", "senderrole", "speaker", "from"),
    CONTENT: ("内容", "消息内容", "聊天内容", "消息", "文本", "content", "text", "message", "msg",
              "body"),
})  # fmt: skip
_COLUMN_OF = {name: column for column, names in _HEADINGS.items() for name in names}
_WORDS: Mapping[Speaker, tuple[str, ...]] = MappingProxyType({
    "customer": ("客户", "顾客", "访客", "用户", "买家", "会员", "客人", "游客", "粉丝", "咨询者",
                 "customer", "user", "visitor", "client", "buyer", "guest", "contact"),
    "person": ("客服", "坐席", "座席", "人工", "人工客服", "在线客服", "接待", "接待人员", "员工",
               "商家", "卖家", "店员", "店家", "顾问", "客服人员",
               "agent", "staff", "servicer", "operator", "seller", "human", "support"),
    "bot": ("机器人", "智能客服", "机器人客服", "客服机器人", "智能助手", "助手", "自动回复",
            "智能", "bot", "robot", "ai", "assistant", "chatbot"),
    "none": ("系统", "系统消息", "系统通知", "事件", "通知", "system", "event", "notice"),
})  # fmt: skip
_SPEAKER_OF = {word: speaker for speaker, words in _WORDS.items() for word in words}
_BESIDE = re.compile(r"[\s_\-]|[（(].*?[)）]")
#: What stands after the role: a name, a number.
_NAMED = re.compile(r"[-_—:：/|（(\[【\s\d].*$", re.DOTALL)
_CLOCK = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?[T\s]*"
    r"(\d{1,2})\s*[:：时点]\s*(\d{1,2})(?:\s*[:：分]\s*(\d{1,2})(?:[.,]\d+)?)?\s*[分秒]?\s*"
    r"(Z|[+-]\d{2}:?\d{2})?"
)
_YEARS = range(2000, 2101)
_EPOCH = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?")
#: What stands for a message that is no text: "[图片]", "【语音】 12秒".
_PLACEHOLDER = re.compile(
    r"[\[【<（(](?:图片|语音|视频|文件|表情|动画表情|位置|名片|链接|小程序|卡片|红包|转账|音频|"
    r"image|voice|video|file|emoji|location|link)[^\]】>）)]{0,40}[\]】>）)]",
    re.IGNORECASE,
)
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said in a talk of an export."""

    talk: str
    at: datetime
    by: Speaker
    text: str


class RowError(Exception):
    """Why a row cannot be used; the message says it in words for the person who imports."""


def columns_in(headings: Sequence[str]) -> dict[str, int]:
    """Return which column has which number; those that are missing are not in it."""
    found: dict[str, int] = {}
    for number, heading in enumerate(headings):
        column = _COLUMN_OF.get(_BESIDE.sub("", heading).casefold())
        if column is not None:
            found.setdefault(column, number)
    return found


def said_in(cells: Mapping[str, object], zone: tzinfo) -> Said:
    """Return what a row says; times without a zone are those of ``zone``.

    Raises:
        RowError: says what is wrong.
    """
    talk = clean(cells.get(CONVERSATION))
    if not talk:
        raise RowError(f"“{CONVERSATION}”是空的，不知道是哪一次对话")
    by = speaker_of(clean(cells.get(ROLE)))
    at = moment_of(cells.get(TIME), zone)
    text = _PLACEHOLDER.sub(" ", clean(cells.get(CONTENT))).strip()
    return Said(talk, at, by, text)


def clean(value: object) -> str:
    """Return a cell as text without what nobody sees."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _UNSEEN.sub("", str(value)).strip()


def speaker_of(role: str) -> Speaker:
    """Return who speaks; raise RowError for a word that nobody uses for it."""
    plain = role.casefold()
    for word in (plain, _NAMED.sub("", plain)):
        if word in _SPEAKER_OF:
            return _SPEAKER_OF[word]
    shown = role[:20] or "空的"
    raise RowError(f"“{ROLE}”认不出：{shown}；写成 客户、客服、机器人 或 系统")


def moment_of(value: object, zone: tzinfo) -> datetime:
    """Return an instant as exports write it; raise RowError if it is none."""
    text = clean(value)
    try:
        found = _instant(text, zone)
    except (ValueError, OverflowError):
        found = None
    # No chat is of another time; years at the ends of the calendar are left blanks of a system.
    if found is not None and found.year in _YEARS:
        return found
    shown = text[:30] or "空的"
    raise RowError(f"“{TIME}”认不出：{shown}；写成 2026-01-05 14:30:00")


def _instant(text: str, zone: tzinfo) -> datetime | None:
    epoch = _EPOCH.fullmatch(text)
    if epoch:
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    numbers = (int(each or 0) for each in found.groups()[:6])
    return datetime(*numbers, tzinfo=_zone(found[7], zone))  # type: ignore[arg-type, misc]


def _zone(written: str | None, zone: tzinfo) -> tzinfo:
    if written is None:
        return zone
    if written == "Z":
        return UTC
    minutes = int(written[1:3]) * 60 + int(written[-2:])
    return timezone(timedelta(minutes=minutes if written[0] == "+" else -minutes))
