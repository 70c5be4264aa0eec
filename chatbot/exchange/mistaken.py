"""Rows that would become the wrong entry: ids that a spreadsheet has spoilt, questions of two."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from chatbot.answers.entries import Entry
from chatbot.knowledge.entry_files import Placed
from chatbot.knowledge.table_entries import TABLE_SUFFIXES
from chatbot.understanding.normalise import Normaliser

#: A long number, and what looks like a day, as a spreadsheet writes them.
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+\d{1,3}", re.IGNORECASE)
_DAY = re.compile(r"\d{1,2}月\d{1,2}日|\d{1,2}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)")


def objection_to(
    path: Path, ours: Mapping[str, Entry], normaliser: Normaliser
) -> Callable[[Placed], str | None]:
    """Return what says why a row of ``path`` may be about another entry than it seems to be.

    ``ours`` are the entries of the folder by id.
    """
    is_table = path.suffix.lower() in TABLE_SUFFIXES
    shortened = {each.lstrip("0"): each for each in ours if each.isdecimal() and each[0] == "0"}
    asking: dict[str, list[str]] = {}
    for entry in ours.values():
        asking.setdefault(normaliser.key(entry.question), []).append(entry.id)

    def objection(placed: Placed) -> str | None:
        written = placed.written_id
        if written:
            is_new = is_table and written not in ours
            return _spoilt(written, shortened) if is_new else None
        same = asking.get(normaliser.key(placed.entry.question), []) if placed.entry else []
        if len(same) < 2:
            return None
        return f"文件夹里有 {len(same)} 条同样的问题（{'、'.join(same)}），请写上编号，说明是哪一条"

    return objection


def _spoilt(written: str, shortened: Mapping[str, str]) -> str | None:
    """Return what is said of an id that a spreadsheet has changed."""
    mend = "请把编号一列设成文本格式，从原来的文件重新复制"
    if _ROUNDED.fullmatch(written):
        return f"编号“{written}”被 Excel 缩短了，后面几位已经丢掉；{mend}"
    if _DAY.fullmatch(written):
        return f"编号“{written}”被 Excel 改成了日期；{mend}"
    if written in shortened:
        return (
            f"文件夹里没有编号“{written}”，有“{shortened[written]}”："
            f"多半是 Excel 去掉了前面的 0；{mend}"
        )
    return None
