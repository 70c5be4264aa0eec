"""Writes the ids that entries have from their questions into the files, and nothing else.

So an entry keeps its id, and all that is recorded of it, when its question is worded anew. As with
similar questions, only the new text is put in where a parser says its place is, and the result is
read again before it is saved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chatbot.knowledge.edit_files import (
    editing,
    entry_nodes,
    object_of,
    reads_as,
    records_of,
    save_source,
)
from chatbot.knowledge.files import read_text
from chatbot.knowledge.places import Places
from chatbot.knowledge.problems import Problems

#: Questions and ids by the line where their entry begins; several may be written in one line.
_Ids = Mapping[int, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Written:
    """How many ids were written, and how many entries of which file only a person can give one."""

    written: int
    left: Mapping[Path, int]


def write_ids(root: Path, places: Places) -> Written:
    """Write an id for each entry below ``root`` that has none, as ``places`` tell of them.

    Raises:
        ContentError: a file cannot be written, or somebody else saved it at the same moment.
    """
    by_file: dict[Path, dict[int, list[tuple[str, str]]]] = {}
    for place, question, faq_id in places.without_id():
        lines = by_file.setdefault(place.path, {})
        lines.setdefault(place.line, []).append((question, faq_id))
    written, left = 0, {}
    with editing(root):
        for path, ids in by_file.items():
            count = sum(map(len, ids.values()))
            if _write(path, ids):
                written += count
            else:
                left[path] = count
    return Written(written, left)


def _write(path: Path, ids: _Ids) -> bool:
    edit = _EDITS.get(path.suffix.lower())
    source = read_text(path, Problems()) if edit else None
    edited = edit(source, ids) if edit and source is not None else None
    if source is None or edited is None:
        return False
    save_source(path, source, edited)
    return True


def _in_yaml(source: str, ids: _Ids) -> str | None:
    """Return the source with the ids; None if they cannot be put in by machine."""
    try:
        root = yaml.compose(source, Loader=yaml.CSafeLoader)
        wanted = yaml.load(source, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return None
    left = {line: list(listed) for line, listed in ids.items()}
    inserts: list[tuple[int, int, str]] = []
    for node, record in zip(entry_nodes(root), records_of(wanted), strict=False):
        waiting = left.get(node.start_mark.line + 1)
        if not waiting or not isinstance(node, yaml.MappingNode) or record.get("id") is not None:
            continue
        question, record["id"] = waiting.pop(0)
        if record.get("question") != question:  # saved anew since it was read
            return None
        inserts.append(_insert(source, node, record["id"]))
    edited = source
    for start, end, text in reversed(inserts):
        edited = edited[:start] + text + edited[end:]
    return edited if not any(left.values()) and reads_as(edited, wanted) else None


def _insert(source: str, node: yaml.MappingNode, faq_id: str) -> tuple[int, int, str]:
    """Return which part of the source becomes what, for an entry that is to have an id."""
    for key, value in node.value:
        if key.value == "id":  # with nothing behind it, or a word for nothing
            colon = source.index(":", key.end_mark.index) + 1
            is_blank = value.start_mark.index == value.end_mark.index
            return colon, colon if is_blank else value.end_mark.index, f" {faq_id}"
    start = node.value[0][0].start_mark
    after = ", " if node.flow_style else "\n" + " " * start.column
    return start.index, start.index, f"id: {faq_id}{after}"


def _in_lines(source: str, ids: _Ids) -> str | None:
    lines = source.split("\n")
    for number, ((question, faq_id), *_) in ids.items():
        line = lines[number - 1] if number <= len(lines) else ""
        record = object_of(line) or {}
        if record.get("question") != question or record.get("id"):
            return None
        wanted: dict[str, Any] = {**record, "id": faq_id}
        start = line.index("{") + 1
        edited = f'{line[:start]}"id": {json.dumps(faq_id)}, {line[start:].lstrip()}'
        if "id" in record:
            edited = json.dumps(wanted, ensure_ascii=False)
        if json.loads(edited) != wanted:
            return None
        lines[number - 1] = edited
    return "\n".join(lines)


_EDITS: Mapping[str, Callable[[str, _Ids], str | None]] = {
    ".yaml": _in_yaml,
    ".yml": _in_yaml,
    ".jsonl": _in_lines,
}
