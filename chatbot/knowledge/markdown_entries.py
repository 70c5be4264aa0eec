"""Entries in Markdown files: a heading of the second level is a question, below it its answer.

The form is told in docs/importing.md. A backslash before a line's first character says that the
line is text and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from chatbot.knowledge.columns import AUTO_WORDS, ISO_KEYS, iso_day
from chatbot.knowledge.files import read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Listing, Mapping, Node, NotReadable, Scalar, read_yaml

#: What a line ``- 键：值`` may begin with, the English name first.
FIELD_NAMES: Names[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("编号",),
        "similar": ("相似问",),
        "not": ("排除问",),
        "category": ("分类",),
        "tags": ("标签",),
        "valid_from": ("生效时间",),
        "valid_until": ("失效时间",),
        "target": ("目标正确率",),
        "auto": ("自动回答",),
        "owner": ("负责人",),
        "review": ("复核日期",),
        "scope": ("账号",),
    }
)
SEVERAL = frozenset({"similar", "not", "tags", "scope"})
_KEYS = {name: key for key, names in FIELD_NAMES.items() for name in (key, *names)}
_FIELD = re.compile(r"[-*] *(%s) *[：:] *(.*)" % "|".join(_KEYS))  # noqa: UP031  (braces in it)
_CATEGORY = re.compile(r"# +(.+)")
#: The space is easily forgotten, and what would then be said to customers is no answer.
_QUESTION = re.compile(r"## *([^#\s].*)")
_PICTURE = re.compile(r"!\[[^\]]*\]\((_media/[^()]+)\)")
_COMMENT = re.compile(r"<!--.*-->")
_NEXT_MESSAGE = re.compile("-{3,}")
_BLOCK, _BLOCK_END = re.compile("```ya?ml"), "```"
#: Lines that would be read as something else than text need a backslash, and so does a backslash.
_SPECIAL = (_CATEGORY, _QUESTION, _FIELD, _PICTURE, _COMMENT, _NEXT_MESSAGE, _BLOCK)
_ESCAPED = re.compile(r"\\[\\#*!<`-]")
_SHOWN = MappingProxyType(
    {
        "question": "问题",
        "answer": "答案",
        **{key: names[0] for key, names in FIELD_NAMES.items()},
        "valid.from": "生效时间",
        "valid.until": "失效时间",
    }
)


@dataclass(slots=True)
class Section:
    """An entry as it is written: its question, its fields, and the lines of its answer.

    Lines count from 1; ``answer`` holds each line of the answer with its number.
    """

    line: int
    question: str
    category: str
    fields: list[tuple[str, int, str]] = field(default_factory=list)
    answer: list[tuple[int, str]] = field(default_factory=list)


def markdown_entries(path: Path, problems: Problems) -> Iterator[tuple[Node, str, Names[str, str]]]:
    """Yield the entries of a file as if they were written in YAML, each with its category.

    The category is empty where no heading of the first level is above.
    """
    source = read_text(path, problems)
    if source is None:
        return
    sections, astray = sections_of(source)
    for line in astray:
        text = "这里的文字不属于任何问题；问题写成“## 问题”，答案写在它下面"
        problems.add(path, line, "", text)
    for section in sections:
        try:
            yield _entry(section), section.category, _SHOWN
        except NotReadable as error:
            problems.add(path, error.line, "答案", error.text)


def sections_of(source: str) -> tuple[list[Section], list[int]]:
    """Return the entries of a text, and the lines that belong to none."""
    sections: list[Section] = []
    astray: list[int] = []
    category, within, is_block = "", False, False
    for number, line in enumerate(source.split("\n"), start=1):
        if is_block:
            sections[-1].answer.append((number, line))
            is_block = line != _BLOCK_END
        elif found := _QUESTION.fullmatch(line):
            sections.append(Section(number, found[1], category))
            within = True
        elif found := _CATEGORY.fullmatch(line):
            category, within = found[1].strip(), False
        elif _COMMENT.fullmatch(line):
            continue
        elif within:
            is_block = _BLOCK.fullmatch(line) is not None
            _take(sections[-1], number, line)
        elif line.strip():
            astray.append(number)
    return sections, astray


def escaped_line(line: str) -> str:
    """Return a line of a text as it reads as text."""
    special = line.startswith("\\") or any(form.fullmatch(line) for form in _SPECIAL)
    return f"\\{line}" if special else line


def _take(section: Section, number: int, line: str) -> None:
    found = _FIELD.fullmatch(line)
    if found:
        section.fields.append((_KEYS[found[1]], number, found[2].strip()))
    else:
        section.answer.append((number, line))


def _entry(section: Section) -> Node:
    line = section.line
    pairs: list[tuple[str, int, Node]] = [
        ("question", line, Scalar(section.question, "text", line)),
        *_fields(section),
    ]
    answer = _answer(section)
    if answer is not None:
        pairs.append(("answer", answer.line, answer))
    return Mapping(tuple(pairs), line)


def _fields(section: Section) -> Iterator[tuple[str, int, Node]]:
    several: dict[str, list[tuple[int, str]]] = {}
    days: list[tuple[str, int, Node]] = []
    for key, line, value in section.fields:
        if key in SEVERAL:
            several.setdefault(key, []).append((line, value))
        elif key in {"valid_from", "valid_until"}:
            days.append((key.removeprefix("valid_"), line, _scalar(key, line, value)))
        else:
            yield key, line, _scalar(key, line, value)
    for key, values in several.items():
        line = values[0][0]
        yield key, line, Listing(tuple(Scalar(text, "text", at) for at, text in values), line)
    if days:
        yield "valid", days[0][1], Mapping(tuple(days), days[0][1])


def _scalar(key: str, line: int, value: str) -> Scalar:
    if key in ISO_KEYS:
        return Scalar(iso_day(value), "text", line)
    if key == "target":
        return Scalar(value, "number", line)
    return Scalar(AUTO_WORDS.get(value, value) if key == "auto" else value, "text", line)


def _answer(section: Section) -> Node | None:
    """Return the messages below a question: texts, pictures, and what is written in YAML."""
    messages: list[Node] = []
    text: list[tuple[int, str]] = []
    block: list[tuple[int, str]] | None = None
    for number, line in section.answer:
        if block is not None:
            if line == _BLOCK_END:
                messages += _of_block(block)
                block = None
            else:
                block.append((number, line))
            continue
        picture = _PICTURE.fullmatch(line)
        starts_block = _BLOCK.fullmatch(line)
        if not (picture or starts_block or _NEXT_MESSAGE.fullmatch(line)):
            text.append((number, line[1:] if _ESCAPED.match(line) else line))
            continue
        messages += _of_text(text)
        text = []
        if picture:
            messages.append(_picture(picture[1], number))
        if starts_block:
            block = []
    if block is not None:
        first = block[0][0] if block else section.line
        raise NotReadable(first, "这段 YAML 没有结束，请在它下面写一行 ```")
    messages += _of_text(text)
    return Listing(tuple(messages), messages[0].line) if messages else None


def _of_text(lines: list[tuple[int, str]]) -> list[Node]:
    text = "\n".join(line for _, line in lines).strip()
    if not text:
        return []
    return [Scalar(text, "text", next(number for number, line in lines if line.strip()))]


def _picture(file: str, line: int) -> Node:
    pairs = (("type", "image"), ("file", file))
    return Mapping(tuple((key, line, Scalar(value, "text", line)) for key, value in pairs), line)


def _of_block(lines: list[tuple[int, str]]) -> list[Node]:
    """Return the message, the messages or the variants written in YAML."""
    if not lines:
        return []
    # As many empty lines above as there are in the file, so that every line is the file's.
    above = "\n" * (lines[0][0] - 1)
    node = read_yaml(above + "\n".join(line for _, line in lines))
    if node is None:
        return []
    return list(node.items) if isinstance(node, Listing) else [node]
