"""What a search needs ready: the index of the live snapshot, and vectors of own quick replies."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chatbot.assist.search import SearchIndex, text_to_embed
from chatbot.dialogue.service import Mind
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.encoder import Vectors
from chatbot.matching.vector_cache import VectorStore, embed_with_cache
from chatbot.store.quick_replies import OwnReply

#: Agents whose vectors are kept at hand: of more, those who searched last.
_AGENTS = 200


class Indexes:
    """The index of the content that was searched last; many threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[str, SearchIndex] | None = None

    def of(self, snapshot: Snapshot) -> SearchIndex:
        """Return the index of ``snapshot``, built if other content, or none, was searched before.

        The same content learnt anew has the same index.
        """
        with self._lock:
            if self._kept is None or self._kept[0] != snapshot.digest:
                self._kept = None  # the former one may go before the new one is there
                self._kept = (snapshot.digest, SearchIndex(snapshot))
            return self._kept[1]


@dataclass(frozen=True, slots=True)
class _Embedded:
    fingerprint: str
    texts: tuple[str, ...]
    vectors: Vectors


class OwnVectors:
    """Vectors of agents' own quick replies, embedded when first needed; many threads may ask."""

    def __init__(self, vectors: VectorStore) -> None:
        self._vectors = vectors
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Embedded] = OrderedDict()

    def of(self, mind: Mind, userid: str, own: Sequence[OwnReply]) -> Vectors:
        """Return a unit row for each of an agent's ``own`` replies, by the encoder of ``mind``."""
        texts = tuple(map(text_to_embed, own))
        fingerprint = mind.encoder.fingerprint
        with self._lock:
            known = self._kept.get(userid)
        if known is None or (known.fingerprint, known.texts) != (fingerprint, texts):
            rows = self._embed(mind, texts)
            known = _Embedded(fingerprint, texts, rows)
        with self._lock:
            self._kept[userid] = known
            self._kept.move_to_end(userid)
            while len(self._kept) > _AGENTS:
                self._kept.popitem(last=False)
        return known.vectors

    def _embed(self, mind: Mind, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, mind.encoder.dim), dtype=np.float32)
        return embed_with_cache(mind.encoder, self._vectors, texts)
