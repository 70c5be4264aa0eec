"""Entries as rows of a table, and what the columns cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chatbot.answers.entries import Condition, Entry, Variant
from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    Message,
    MiniprogramMessage,
    TextMessage,
)
from chatbot.knowledge.columns import AUTO_WORDS, COLUMNS

#: Excel and WPS cut a cell behind that many characters.
LONGEST_CELL = 32_767
_SEPARATORS = re.compile(r"[|｜\n\r]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_AUTO = {auto: word for word, auto in AUTO_WORDS.items()}
#: The order in which the cells of a row are said.
_ORDER = ("answer", "image", "link", "miniprogram")


class UnfitError(Exception):
    """What a form cannot hold: the key, and why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key
        self.why = why


def headings() -> list[str]:
    """Return the headings in Chinese, in the order of the columns."""
    return [names[0] for names in COLUMNS.values()]


def rows_of(entry: Entry, separator: str) -> list[dict[str, str]]:
    """Return the cells of an entry, a row for each variant; raise UnfitError if one has none.

    ``separator`` goes between several values of a cell.
    """
    if entry.target is not None:
        raise UnfitError("target", "表格没有这一列")
    if entry.scope:
        raise UnfitError("scope", "表格没有这一列")
    first, *others = (_variant(entry, each) for each in entry.answer)
    whole = {
        "id": entry.id,
        "question": entry.question,
        "similar": _joined("similar", entry.similar, separator),
        "not": _joined("not", entry.excluded, separator),
        **first,
        "category": entry.category,
        "tags": _joined("tags", entry.tags, separator),
        "valid_from": entry.valid.start.isoformat() if entry.valid.start else "",
        "valid_until": entry.valid.end.isoformat() if entry.valid.end else "",
        "auto": _AUTO[entry.auto],
        "owner": entry.owner,
        "review": entry.review.isoformat() if entry.review else "",
    }
    rows = [whole, *({"id": entry.id, **other} for other in others)]
    for row in rows:
        for key, cell in row.items():
            _check(key, cell)
    return rows


def _check(key: str, cell: str) -> None:
    if _CONTROL.search(cell):
        raise UnfitError(key, "有看不见的控制字符")
    if len(cell) > LONGEST_CELL:
        raise UnfitError(key, f"一格放不下 {len(cell)} 个字")


def _joined(key: str, values: Iterable[str], separator: str) -> str:
    for value in values:
        if _SEPARATORS.search(value):
            raise UnfitError(key, f"“{value}”里有竖线或换行，会被拆成两个")
    return separator.join(values)


def _variant(entry: Entry, variant: Variant) -> dict[str, str]:
    cells: dict[str, str] = {}
    for message in variant.messages:
        key, cell = _message(message)
        if key in cells or any(_ORDER.index(key) < _ORDER.index(other) for other in cells):
            raise UnfitError("answer", "一格只能有一段文字，后面依次是图片、链接、小程序各一个")
        cells[key] = cell
    if variant.when is not None:
        cells["when"] = _condition(variant.when)
    return cells


def _message(message: Message) -> tuple[str, str]:
    match message:
        case TextMessage():
            return "answer", message.text
        case ImageMessage():
            return "image", message.file
        case LinkMessage():
            if message.desc:
                raise UnfitError("answer", "表格写不下带描述的链接")
            return "link", f"{message.title} {message.url} {message.image}"
        case MiniprogramMessage():
            return "miniprogram", (
                f"{message.title} {message.appid} {message.page} {message.image}"
            )
        case MenuMessage():
            raise UnfitError("answer", "表格写不下菜单")


def _condition(when: Condition) -> str:
    written = [*when.tags, *(f"账号={name}" for name in when.accounts)]
    if when.language:
        written.append(f"语言={when.language}")
    if len(written) != 1:
        raise UnfitError("answer", "一格只能写一个条件")
    if _SEPARATORS.search(written[0]):
        raise UnfitError("answer", f"条件“{written[0]}”里有竖线或换行")
    return written[0]
