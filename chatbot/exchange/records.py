"""An entry as the keys and values that an admin would write, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chatbot.answers.entries import Condition, Entry, Validity, Variant
from chatbot.answers.messages import Message, TextMessage, message_to_json
from chatbot.knowledge.entry_files import ENTRY_KEYS

Record = dict[str, Any]
#: The keys of an entry besides its id, in the order in which they are written.
FIELDS = tuple(key for key in ENTRY_KEYS if key != "id")
#: Fields whose values are a list in which each item stands for itself.
LISTS = frozenset({"similar", "not", "tags", "scope"})


def fields_of(entry: Entry) -> Record:
    """Return every field as it is written, None where it says nothing."""
    return {
        "question": entry.question,
        "similar": list(entry.similar) or None,
        "not": list(entry.excluded) or None,
        "answer": answer_of(entry.answer),
        "category": entry.category or None,
        "tags": list(entry.tags) or None,
        "valid": _validity(entry.valid),
        "target": entry.target,
        "auto": None if entry.auto == "yes" else entry.auto,
        "owner": entry.owner or None,
        "review": entry.review,
        "scope": list(entry.scope) or None,
    }


def record_of(entry: Entry) -> Record:
    """Return the entry with what it says, as it is written in a file of its own."""
    written = {key: value for key, value in fields_of(entry).items() if value is not None}
    return {"id": entry.id, **written}


def answer_of(variants: tuple[Variant, ...]) -> Any:
    """Return an answer in its shortest form: a text, a list of messages, or variants."""
    if len(variants) == 1 and variants[0].when is None:
        return _messages(variants[0].messages)
    return [_variant(variant) for variant in variants]


def json_ready(value: Any) -> Any:
    """Return a value with days as texts, for JSON."""
    if isinstance(value, Mapping):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _messages(messages: tuple[Message, ...]) -> Any:
    written = [_message(message) for message in messages]
    return written[0] if len(written) == 1 and isinstance(written[0], str) else written


def _message(message: Message) -> Any:
    if isinstance(message, TextMessage):
        return message.text
    return {key: value for key, value in message_to_json(message).items() if value != ""}


def _variant(variant: Variant) -> Record:
    messages = {"messages": _messages(variant.messages)}
    return messages if variant.when is None else {"when": _condition(variant.when), **messages}


def _condition(when: Condition) -> Record:
    written: Record = {"tags": list(when.tags), "accounts": list(when.accounts)}
    written["language"] = when.language
    return {key: value for key, value in written.items() if value}


def _validity(valid: Validity) -> Record | None:
    days = {"from": valid.start, "until": valid.end}
    return {key: day for key, day in days.items() if day is not None} or None
