"""What may be said of who serves customers and by which rules: one check for files and forms."""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.accounts.hours import HoursError, OpeningHours, Span, parse_spans
from chatbot.knowledge.fields import Fields, written_day
from chatbot.knowledge.tree import Listing, Mapping, Scalar

AGENT_KEYS = ("name", "skills", "stores", "hours", "shifts", "capacity")
#: The limits of a desk, each with the least and the most it may be.
LIMITS: Names[str, tuple[int, int]] = MappingProxyType(
    {
        "answer_minutes": (1, 1440),
        "pool_minutes": (1, 1440),
        "urgent_seconds": (10, 3600),
        "end_minutes": (1, 1440),
        "card_seconds": (0, 600),
        "case_soon_minutes": (1, 1440),
        "case_late_minutes": (1, 10080),
        "digest_hour": (0, 24),
    }
)
RULE_KEYS = (*LIMITS, "duty_phone")
#: The most conversations that may be set as somebody's limit.
MOST_CAPACITY = 1000
#: WeCom developer documentation, 通讯录管理/创建成员.
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
#: What a day off is written like, beside an empty list.
_DAY_OFF = frozenset({"休息", "休"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How one writes a number, a day off, and nothing at all, in a file or in a form."""

    number: str
    unlimited: str
    as_shipped: str
    day_off: str


IN_FILE = Manner("，不加引号", "不限就不写这一行", "照自带的就不写这一行", "休息写 []")
IN_FORM = Manner("", "不限就留空", "照自带的就留空", "休息写“休息”")


def userid_objection(written: str) -> str | None:
    """Return what is wrong with a member's id, None if WeCom may know it."""
    if _USERID.fullmatch(written):
        return None
    return "不是成员账号：只能有英文字母、数字和 _ - @ ."


def read_agent(userid: str, fields: Fields, manner: Manner) -> Agent:
    """Return what the keys of `AGENT_KEYS` say of a member; problems are noted."""
    return Agent(
        userid=userid,
        name=(fields.text("name") or "") if fields.present("name") else "",
        skills=fields.texts("skills"),
        stores=fields.texts("stores"),
        hours=_read_hours(fields),
        shifts=_read_shifts(fields, manner),
        capacity=_whole(
            fields, "capacity", (1, MOST_CAPACITY), f"{manner.number}；{manner.unlimited}"
        ),
    )


def read_rules(fields: Fields, manner: Manner) -> DeskRules:
    """Return the rules that the keys of `RULE_KEYS` say; what is not said is as shipped."""
    limits = {
        key: number
        for key, bounds in LIMITS.items()
        if (number := _whole(fields, key, bounds, f"{manner.number}；{manner.as_shipped}"))
        is not None
    }
    phone = (fields.text("duty_phone") or "") if fields.present("duty_phone") else ""
    return DeskRules.from_json({**DeskRules().to_json(), **limits, "duty_phone": phone})


def _read_hours(fields: Fields) -> OpeningHours:
    try:
        return OpeningHours.parse(fields.texts("hours"))
    except HoursError as error:
        fields.complain(fields.line_of("hours"), "hours", str(error))
        return OpeningHours()


def _read_shifts(fields: Fields, manner: Manner) -> dict[date, tuple[Span, ...]]:
    node = fields.present("shifts")
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        fields.complain(node.line, "shifts", '要写成 {2027-01-01 = ["13:00-22:00"]}，空的是休息')
        return {}
    days = tuple(dict.fromkeys(key for key, _, _ in node.pairs))
    inner = fields.part("shifts", node, days)
    found: dict[date, tuple[Span, ...]] = {}
    for day in days:
        try:
            found[written_day(day)] = _spans(inner, day, manner)
        except ValueError:
            inner.complain(inner.line_of(day), day, f"“{day}”不是日期；要写成 2027-01-01")
    return found


def _spans(fields: Fields, day: str, manner: Manner) -> tuple[Span, ...]:
    """Return the hours of one day, written as a text or as a list of texts."""
    node = fields.present(day)
    is_list = isinstance(node, Listing)
    written = fields.texts(day) if is_list else tuple(filter(None, (fields.text(day),)))
    try:
        return tuple(span for text in written if text not in _DAY_OFF for span in parse_spans(text))
    except HoursError as error:
        fields.complain(fields.line_of(day), day, f"{error}；{manner.day_off}")
        return ()


def _whole(fields: Fields, key: str, bounds: tuple[int, int], otherwise: str) -> int | None:
    """Return a whole number in these bounds; ``otherwise`` ends what is said of anything else."""
    node = fields.present(key)
    if node is None:
        return None
    least, most = bounds
    written = node.value if isinstance(node, Scalar) and node.kind == "number" else ""
    if written.isdecimal() and least <= int(written[:6]) <= most:
        return int(written)
    fields.complain(node.line, key, f"要写 {least} 到 {most} 的整数{otherwise}")
    return None
