"""Entries in Markdown, as ``chatbot.knowledge.markdown_entries`` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chatbot.answers.entries import Entry, Variant
from chatbot.answers.messages import ImageMessage, Message, TextMessage
from chatbot.exchange.records import answer_of, fields_of
from chatbot.exchange.yaml_text import item_lines
from chatbot.knowledge.columns import AUTO_WORDS
from chatbot.knowledge.markdown_entries import FIELD_NAMES, SEVERAL, escaped_line

_AUTO = {auto: word for word, auto in AUTO_WORDS.items()}


def markdown_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the lines of a file. Entries without a category come first: no heading ends one."""
    category = ""
    for entry in sorted(entries, key=lambda each: bool(each.category)):
        if entry.category != category:
            category = entry.category
            yield f"# {category}"
            yield ""
        yield from section_lines(entry)
        yield ""


def section_lines(entry: Entry, *, category: bool = False) -> list[str]:
    """Return an entry: its question, its fields, its answer."""
    lines = [f"## {entry.question}", "", *field_line("id", entry.id)]
    fields = fields_of(entry)
    for key in FIELD_NAMES:
        if key != "id" and (key != "category" or category):
            lines += field_line(key, value_of(fields, key))
    return [*lines, "", *answer_lines(entry.answer)]


def value_of(fields: dict[str, Any], key: str) -> Any:
    """Return the value of a field by the name that Markdown has for it."""
    if key in {"valid_from", "valid_until"}:
        return (fields["valid"] or {}).get(key.removeprefix("valid_"))
    return fields.get(key)


def field_line(key: str, value: Any) -> list[str]:
    """Return the lines of a field: one for each of several values, none for nothing."""
    if value is None:
        return []
    values = value if key in SEVERAL else [_AUTO.get(value, value) if key == "auto" else value]
    return [f"- {FIELD_NAMES[key][0]}：{each}" for each in values]


def answer_lines(variants: tuple[Variant, ...]) -> list[str]:
    """Return the lines of an answer: texts and pictures as they are, all else in YAML."""
    if len(variants) > 1 or variants[0].when is not None:
        return _block(answer_of(variants))
    lines: list[str] = []
    former: Message | None = None
    for message in variants[0].messages:
        if former is not None:
            lines += ["", "---", ""] if _both_text(former, message) else [""]
        lines += _message(message)
        former = message
    return lines


def _both_text(one: Message, other: Message) -> bool:
    return isinstance(one, TextMessage) and isinstance(other, TextMessage)


def _message(message: Message) -> list[str]:
    if isinstance(message, TextMessage):
        return [escaped_line(line) for line in message.text.split("\n")]
    if isinstance(message, ImageMessage):
        return [f"![]({message.file})"]
    return _block(answer_of((Variant((message,)),)))


def _block(items: list[Any]) -> list[str]:
    return ["```yaml", *(line for item in items for line in item_lines(item, 0)), "```"]
