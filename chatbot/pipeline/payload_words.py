"""A customer-service message body as words for people. Pure."""

from __future__ import annotations

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
