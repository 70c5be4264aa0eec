"""Customer-service messages as words for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from chatbot.texts import Texts


def payload_words(message: dict[str, Any], texts: Texts) -> str:
    """Return what a message body says, a menu with a line for each of its lines."""
    kind = str(message.get("msgtype", ""))
    content = message.get(kind)
    if not isinstance(content, dict):
        return ""
    if kind == "msgmenu":
        items = [item["click"]["content"] for item in content["list"] if item["type"] == "click"]
        lines = [content.get("head_content", ""), *(f"· {item}" for item in items)]
        return "\n".join(line for line in [*lines, content.get("tail_content", "")] if line)
    words = str(content.get("content") or content.get("title") or "")
    return words or str(getattr(texts, f"page_{kind}", texts.page_other))


#: What each kind is read by; menus have more to them.
_NEEDED: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "text": ("content",), "image": ("media_id",), "video": ("media_id",), "file": ("media_id",),
    "link": ("title", "url"), "miniprogram": ("appid", "title", "pagepath"),
})  # fmt: skip


def is_well_formed(message: Mapping[str, Any]) -> bool:
    """Return whether a body from outside has what its kind is worded and sent by."""
    kind = str(message.get("msgtype", ""))
    content = message.get(kind)
    if not isinstance(content, dict):
        return False
    if kind == "msgmenu":
        rest = {name: value for name, value in content.items() if name != "list"}
        items = content.get("list")
        return isinstance(items, list) and all(map(_is_line, items)) and _all_text(rest)
    return _all_text(content) and all(name in content for name in _NEEDED.get(kind, ("",)))


def _is_line(item: object) -> bool:
    if not isinstance(item, dict):
        return False
    line = item.get(str(item.get("type")))
    return isinstance(line, dict) and (item["type"] != "click" or "content" in line)


def _all_text(content: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) for value in content.values())


def message_words(msgtype: str, content: dict[str, Any], texts: Texts) -> str:
    """Return a message that came in as words, whatever its type."""
    if msgtype == "text":
        return str(content.get("content", ""))
    for field in ("title", "name", "address", "head_content"):
        if content.get(field):
            return str(content[field])
    return str(getattr(texts, f"page_{msgtype}", texts.page_other))
