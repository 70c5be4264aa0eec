"""Adds a new entry to the file that those made from customers' questions are kept in.

What stands in the file already is left as it was; it is parsed again before it is saved.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from chatbot.errors import ContentError, UserError
from chatbot.knowledge.edit_files import Added, give_to_owner_of, save_source
from chatbot.knowledge.files import read_text
from chatbot.knowledge.problems import ContentErrors, Problems

#: Where new entries go; admins move them from there to wherever they like.
NEW_ENTRIES = "客户问题.yaml"


def add_entry(
    root: Path, faq_id: str, question: str, similar: list[str], answer: str, *, category: str = ""
) -> Added:
    """Write a new entry to the end of the file below ``root``, making the file if there is none.

    Raises:
        ContentError: the file cannot be read or written, or was saved by somebody else meanwhile.
        UserError: the file is written in a way that only a person can add to.
    """
    if not root.is_dir():
        raise UserError(f"{root} 不是文件夹，新条目没有地方写；请自己把它加进知识文件。")
    record: dict[str, Any] = {"id": faq_id, "question": question}
    record |= {"similar": similar} if similar else {}
    record |= {"category": category} if category else {}
    record |= {"answer": answer}
    path = root / NEW_ENTRIES
    source = _source(path)
    before = _entries(path, source)
    start = source if not source or source.endswith("\n") else f"{source}\n"
    edited = start + _written(record)
    if _parsed(edited) != [*before, record]:
        raise UserError(f"{path}：这个文件的写法不能自动加条目，请自己把“{question}”加进去")
    save_source(path, source, edited)
    return Added(path, start.count("\n") + 1)


def _source(path: Path) -> str:
    if not path.exists():
        try:
            path.touch(exist_ok=False)
            give_to_owner_of(path, path.parent)
        except OSError as error:
            raise ContentError(f"{path}：写不进去（{error.strerror}）") from None
    problems = Problems()
    source = read_text(path, problems)
    if source is None:
        raise ContentErrors(tuple(problems.found))
    return source


def _entries(path: Path, source: str) -> list[Any]:
    found = _parsed(source)
    if found is None:
        return []
    if not isinstance(found, list):
        raise UserError(f"{path}：这个文件应是一列条目（每个以“- ”开头），才能自动加新的")
    return found


def _parsed(source: str) -> Any:
    try:
        return yaml.load(source, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}


def _written(record: dict[str, Any]) -> str:
    """Return an entry as a list of one, with texts in one line and lists in brackets."""
    return str(
        yaml.dump(
            [record], Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=10**6,
        )
    )  # fmt: skip
