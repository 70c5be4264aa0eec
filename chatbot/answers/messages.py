"""Messages that answer a question, as the admins wrote them: before variables are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text; may hold variables such as ``{门店.早餐时间}``."""

    type: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class ImageMessage:
    """A picture; ``file`` is its path below the knowledge folder, such as ``_media/map.png``."""

    type: ClassVar[str] = "image"
    file: str


@dataclass(frozen=True, slots=True)
class LinkMessage:
    """A card that opens an address; ``image`` is the file of its thumbnail."""

    type: ClassVar[str] = "link"
    title: str
    url: str
    image: str
    desc: str = ""


@dataclass(frozen=True, slots=True)
class MiniprogramMessage:
    """A card that opens a page of a mini-program; ``image`` is the file of its thumbnail."""

    type: ClassVar[str] = "miniprogram"
    appid: str
    page: str
    title: str
    image: str


@dataclass(frozen=True, slots=True)
class MenuMessage:
    """Lines to tap; each of ``items`` is asked as a question when it is tapped."""

    type: ClassVar[str] = "menu"
    head: str
    items: tuple[str, ...]
    tail: str = ""


Message: TypeAlias = TextMessage | ImageMessage | LinkMessage | MiniprogramMessage | MenuMessage

MESSAGE_TYPES: Mapping[str, type[Message]] = {
    kind.type: kind
    for kind in (TextMessage, ImageMessage, LinkMessage, MiniprogramMessage, MenuMessage)
}

_FIELDS = {kind: [field.name for field in fields(kind)] for kind in MESSAGE_TYPES.values()}


def message_to_json(message: Message) -> dict[str, Any]:
    """Return the message as it is written in a knowledge file."""
    written = asdict(message)
    if isinstance(message, MenuMessage):
        written["items"] = list(message.items)
    return {"type": message.type, **written}


def message_from_json(record: Mapping[str, Any]) -> Message:
    """Rebuild what ``message_to_json`` gave."""
    kind = MESSAGE_TYPES[record["type"]]
    values = {name: record[name] for name in _FIELDS[kind]}
    if kind is MenuMessage:
        values["items"] = tuple(values["items"])
    return kind(**values)


def words_of(message: Message) -> tuple[str, ...]:
    """Return every text of the message that the customer reads or that leads somewhere."""
    match message:
        case TextMessage():
            return (message.text,)
        case ImageMessage():
            return ()
        case LinkMessage():
            return (message.title, message.desc, message.url)
        case MiniprogramMessage():
            return (message.title, message.page)
        case MenuMessage():
            return (message.head, *message.items, message.tail)


def file_of(message: Message) -> str | None:
    """Return the path of the picture that the message needs, or None."""
    match message:
        case ImageMessage():
            return message.file
        case LinkMessage() | MiniprogramMessage():
            return message.image
        case _:
            return None
