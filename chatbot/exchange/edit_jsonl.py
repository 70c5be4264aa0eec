"""Changes entries in JSONL: their lines, with the keys in their order; other lines stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chatbot.exchange.edits import Edit, Left, NotEditableError
from chatbot.exchange.records import json_ready


def edited_jsonl(source: str, edits: Sequence[Edit], left: Left) -> str:
    """Return ``source`` with every edit made; note in ``left`` those that cannot be."""
    lines: list[str | None] = list(source.split("\n"))
    for edit in edits:
        number = edit.lines[0] - 1
        try:
            lines[number] = None if edit.after is None else _line(lines[number] or "", edit)
        except NotEditableError as reason:
            left[edit.id] = str(reason)
    return "\n".join(line for line in lines if line is not None)


def _line(line: str, edit: Edit) -> str:
    try:
        record: dict[str, Any] = json.loads(line)
    except (ValueError, RecursionError):
        raise NotEditableError("在文件里找不到它的位置") from None
    record |= json_ready(edit.values)
    for key, value in edit.values.items():
        if value is None:
            del record[key]
    return json.dumps(record, ensure_ascii=False)
