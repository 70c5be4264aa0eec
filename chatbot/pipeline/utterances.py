"""From stored messages to what the dialogue understands: one burst becomes one utterance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from chatbot.dialogue.turn import Attachment, AttachmentKind, Utterance
from chatbot.store.messages import Message

#: Message types of sync_msg whose meaning is an attachment, and which of their fields names them.
_ATTACHMENTS: dict[str, tuple[AttachmentKind, tuple[str, ...]]] = {
    "image": ("image", ()),
    "video": ("video", ()),
    "file": ("file", ("file_name", "name")),
    "location": ("location", ("name", "address")),
    "link": ("link", ("title",)),
    "miniprogram": ("miniprogram", ("title",)),
    "business_card": ("business_card", ()),
    "channels_shop_product": ("card", ("title",)),
    "channels_shop_order": ("card", ("product_titles",)),
    "channels": ("card", ("title",)),
    "merged_msg": ("card", ("title",)),
    "msgmenu": ("card", ("head_content",)),
}


class Transcriber(Protocol):
    """Turns a voice message into text."""

    async def transcribe(self, media_id: str) -> str | None:
        """Return what was said, or None if it cannot be told."""
        ...


class NoTranscription:
    """Understands no voice; the dialogue then asks once to type."""

    async def transcribe(self, media_id: str) -> str | None:
        return None


async def to_utterance(messages: Sequence[Message], transcriber: Transcriber) -> Utterance:
    """Make one utterance of a burst; the last menu click of the burst counts."""
    texts: list[str] = []
    attachments: list[Attachment] = []
    menu_id: str | None = None
    for message in messages:
        if message.msgtype == "text":
            texts.append(str(message.content.get("content", "")))
            menu_id = message.content.get("menu_id") or menu_id
        elif message.msgtype == "voice":
            said = await transcriber.transcribe(str(message.content.get("media_id", "")))
            if said is None:
                attachments.append(Attachment("voice"))
            else:
                texts.append(said)
        else:
            attachments.append(_attachment(message.msgtype, message.content))
    return Utterance(tuple(texts), tuple(attachments), menu_id)


def _attachment(msgtype: str, content: Mapping[str, Any]) -> Attachment:
    kind, fields = _ATTACHMENTS.get(msgtype, ("unsupported", ()))
    title = next((_title(content[field]) for field in fields if content.get(field)), "")
    return Attachment(kind, title)


def _title(value: object) -> str:
    if isinstance(value, list):
        return "、".join(str(item) for item in value)
    return str(value)
