"""Changes entries in Markdown where they stand: other lines stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from chatbot.answers.entries import Entry
from chatbot.exchange.edits import Edit, Left, NotEditableError, Splice
from chatbot.exchange.markdown_text import answer_lines, field_line, value_of
from chatbot.exchange.records import fields_of
from chatbot.knowledge.markdown_entries import FIELD_NAMES, SEVERAL, Section, sections_of

#: Lines in place of those from ``start`` up to ``end``, which count from 1.
_Lines = tuple[int, int, list[str]]


def edited_markdown(source: str, edits: Sequence[Edit], left: Left) -> str:
    """Return ``source`` with every edit made; note in ``left`` those that cannot be."""
    lines = source.split("\n")
    sections, _ = sections_of(source)
    by_line = {section.line: section for section in sections}
    changes: list[_Lines] = []
    for edit in edits:
        section = by_line.get(edit.lines[0])
        try:
            if section is None:
                raise NotEditableError("在文件里找不到它的位置")
            changes += list(_section(section, edit))
        except NotEditableError as reason:
            left[edit.id] = str(reason)
    return "\n".join(_replaced(lines, changes))


def _replaced(lines: list[str], changes: Iterable[_Lines]) -> Iterator[str]:
    at = 1
    pieces = (Splice(start, end, "\n".join(new)) for start, end, new in changes)
    for piece in sorted(pieces, key=lambda each: (each.start, each.end)):
        yield from lines[at - 1 : piece.start - 1]
        if piece.text or piece.start == piece.end:
            yield piece.text
        at = piece.end
    yield from lines[at - 1 :]


def _section(section: Section, edit: Edit) -> Iterator[_Lines]:
    if edit.after is None:
        yield section.line, _last_line(section) + 1, []
        return
    if "question" in edit.changes:
        yield section.line, section.line + 1, [f"## {edit.after.question}"]
    after = fields_of(edit.after)
    before = fields_of(edit.before)
    new: list[str] = []
    for key in FIELD_NAMES:
        if key == "id":
            new += field_line("id", edit.id) if edit.keeps_id else []
            continue
        value = value_of(after, key)
        if value != value_of(before, key):
            yield from _field(section, edit, key, value, new)
    if new:
        place = max((line for _, line, _ in section.fields), default=section.line) + 1
        is_below = place > section.line + 1
        yield place, place, new if is_below else ["", *new]
    if "answer" in edit.changes:
        yield _answer(section, edit.after)


def _field(section: Section, edit: Edit, key: str, value: Any, new: list[str]) -> Iterator[_Lines]:
    """Yield the lines of a field that change; what has no line yet is added to ``new``."""
    written = [(line, text) for name, line, text in section.fields if name == key]
    if not written:
        if value is None:
            raise NotEditableError("分类写在上面的标题里，请自己改")
        new += field_line(key, value)
        return
    wanted = list(value or ()) if key in SEVERAL else [value] if value is not None else []
    lines = [
        line for each in wanted for line in field_line(key, [each] if key in SEVERAL else each)
    ]
    if key not in SEVERAL:
        yield written[0][0], written[0][0] + 1, lines
        return
    matcher = SequenceMatcher(None, [text for _, text in written], wanted, autojunk=False)
    for tag, i, j, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        for number in range(i, j):
            yield written[number][0], written[number][0] + 1, []
        if last > first:
            place = written[j - 1][0] + 1 if j else written[0][0]
            yield place, place, lines[first:last]


def _answer(section: Section, after: Entry) -> _Lines:
    said = [number for number, line in section.answer if line.strip()]
    if any(said[0] < line < said[-1] for _, line, _ in section.fields):
        raise NotEditableError("答案中间写着别的内容，请自己改")
    return said[0], said[-1] + 1, answer_lines(after.answer)


def _last_line(section: Section) -> int:
    fields = (line for _, line, _ in section.fields)
    return max(section.line, *fields, *(line for line, _ in section.answer))
