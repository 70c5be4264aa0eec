"""What an encoder costs, beside how well it finds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.matching.encoder import LoadedEncoder

#: Enough for a steady mean; a slow model takes 0.2 s a text.
_TIMED_TEXTS = 100
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class EncoderCost:
    """Milliseconds for one text on one thread, the size of the weights, the length of a vector."""

    ms_per_text: float
    megabytes: float
    dim: int

    def to_json(self) -> dict[str, Any]:
        return {
            "encoder_ms_per_text": self.ms_per_text,
            "encoder_mb": self.megabytes,
            "encoder_dim": self.dim,
        }


def measure_cost(encoder: LoadedEncoder, texts: Sequence[str]) -> EncoderCost:
    """Embed some of ``texts``, at least one, one by one; the first is not timed."""
    timed = texts[:_TIMED_TEXTS]
    encoder.encode(timed[:1])
    start = time.perf_counter()
    for text in timed:
        encoder.encode([text])
    seconds = time.perf_counter() - start
    return EncoderCost(
        ms_per_text=round(seconds * 1000 / len(timed), 2),
        megabytes=round(encoder.size / _MEGABYTE, 1),
        dim=encoder.dim,
    )
