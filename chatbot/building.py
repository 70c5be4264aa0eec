"""Building dialogues as the settings say; needs no database."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import Encoder
from chatbot.matching.vector_cache import Progress, VectorStore
from chatbot.settings import Settings


class DialogueBuilder(Protocol):
    """Builds a dialogue from content; may take a while, because it embeds what is new.

    It takes over the reading of texts that a ``former`` dialogue has too.
    """

    def __call__(
        self,
        content: Content,
        snapshot_number: int,
        *,
        progress: Progress | None = None,
        former: Dialogue | None = None,
    ) -> Dialogue: ...


def builder_of(settings: Settings, encoder: Encoder, vectors: VectorStore) -> DialogueBuilder:
    """Return what builds dialogues by these settings."""
    return partial(
        build_dialogue,
        encoder=encoder,
        cache=vectors,
        target_precision=settings.target_precision,
        timezone=settings.timezone,
        threads=settings.encoder_threads,
        out_of_scope_share=settings.out_of_scope_share,
    )
