"""The columns of tables with entries: what they are called, and what cells beside entries mean."""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from types import MappingProxyType

#: What a column may be called, the English name first.
COLUMNS: Names[str, tuple[str, ...]] = {
    "id": ("编号",),
    "question": ("问题", "标准问"),
    "similar": ("相似问",),
    "not": ("排除问",),
    "answer": ("答案",),
    "category": ("分类",),
    "tags": ("标签",),
    "valid_from": ("生效时间",),
    "valid_until": ("失效时间",),
    "image": ("图片",),
    "link": ("链接",),
    "miniprogram": ("小程序",),
    "when": ("适用条件",),
    "auto": ("自动回答",),
    "owner": ("负责人",),
    "review": ("复核日期",),
}
#: The number of the snapshot that a table was exported from.
SNAPSHOT = "快照"
#: Why rows of an import were refused, in the file of those rows.
REASON = "拒绝原因"
#: What people write beside entries for one another; nothing of it is read.
ASIDE = frozenset({SNAPSHOT, REASON, "备注"})
#: What people write in the column 自动回答.
AUTO_WORDS: Names[str, str] = MappingProxyType(
    {"是": "yes", "先确认": "ask", "仅人工": "agents-only"}
)
ISO_KEYS = frozenset({"valid_from", "valid_until", "review"})
_DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?: 0?0:00(?::00)?)?")
_KEY_OF = {name: key for key, names in COLUMNS.items() for name in (key, *names)}
#: A text that a spreadsheet would compute, with the marks that keep it from doing so.
_ESCAPED = re.compile(r"'+[=+\-@＝＋－＠]")
_COMPUTED = re.compile(r"'*[=+\-@＝＋－＠]")


def key_of(heading: str) -> str | None:
    """Return the key of the column with this heading, empty for one beside the entries.

    None if there is no such column.
    """
    if heading in ASIDE or heading.startswith("_"):
        return ""
    return _KEY_OF.get(heading.lower())


def iso_day(cell: str) -> str:
    """Return a day as Excel writes it (2026/1/5) in ISO form; anything else as it is."""
    found = _DAY.fullmatch(cell)
    return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}" if found else cell


def escaped(cell: str) -> str:
    """Return a text as no spreadsheet computes it: with an apostrophe before the sign."""
    return f"'{cell}" if _COMPUTED.match(cell) else cell


def unescaped(cell: str) -> str:
    """Undo ``escaped``."""
    return cell[1:] if _ESCAPED.match(cell) else cell
