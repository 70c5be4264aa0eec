"""What a table has no column for: of that the folder's word stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from chatbot.answers.entries import Entry, Validity
from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    Message,
    MiniprogramMessage,
)

#: The columns of messages that are no text.
_COLUMN_OF: Mapping[type[object], str] = MappingProxyType(
    {ImageMessage: "image", LinkMessage: "link", MiniprogramMessage: "miniprogram"}
)


def with_unsaid(said: Entry, ours: Entry, columns: Mapping[str, str]) -> Entry:
    """Return what a row says, with what the folder has where the table has no column for it.

    An answer and the days of an entry are each several columns. Without a column for conditions
    a row speaks of the answer for everybody, and those for some stay.
    """
    start = said.valid.start if "valid_from" in columns else ours.valid.start
    end = said.valid.end if "valid_until" in columns else ours.valid.end
    said = replace(said, valid=Validity(start, end))
    several = len(said.answer) > 1 or len(ours.answer) > 1
    if "answer" not in columns or (several and "when" in columns):
        return said
    default = ours.answer[-1]
    messages = _messages(said.answer[-1].messages, default.messages, columns)
    return replace(said, answer=(*ours.answer[:-1], replace(default, messages=messages)))


def _messages(
    said: Sequence[Message], ours: Sequence[Message], columns: Mapping[str, str]
) -> tuple[Message, ...]:
    left = list(said)
    messages: list[Message] = []
    for message in ours:
        column = _COLUMN_OF.get(type(message), "answer")
        if isinstance(message, MenuMessage) or column not in columns:
            messages.append(message)
        elif left and type(left[0]) is type(message):
            messages.append(left.pop(0))
    return (*messages, *left)
