"""What a search of an agent's costs among 10,000 entries, and making the index for it.

    python -m benchmarks.assist

Ten wordings an entry and an answer of some 60 characters; queries as agents type them: initials,
pinyin, characters, sentences. "search" is all but the embedding of the query, as the thread's CPU
time; "encoder" is what the built-in encoder takes for it, which letters that are found do without.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.decisions import DrawnVectors, encode_alone, knowledge
from chatbot.answers.entries import Entry, plain_answer
from chatbot.assist.search import SearchIndex
from chatbot.assist.shelf import Shelf
from chatbot.assist.talk import Talk
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Situation
from chatbot.knowledge.build import build_dialogue
from chatbot.matching.vector_cache import VectorCache
from chatbot.understanding.confusions import shipped_confusions

_WORDINGS = 100_000
_QUERIES = 200
_BEFORE = 20
_LIMIT = 20
_SEED = 20261123


def _with_answers(entries: Sequence[Entry], chance: random.Random) -> tuple[Entry, ...]:
    """Return the entries with answers made of other entries' questions."""
    return tuple(
        replace(entry, answer=plain_answer("，".join(_some(entries, chance, 5))))
        for entry in entries
    )


def _some(entries: Sequence[Entry], chance: random.Random, count: int) -> list[str]:
    return [entry.question for entry in chance.choices(entries, k=count)]


def _queries(entries: Sequence[Entry], chance: random.Random) -> dict[str, list[str]]:
    read = shipped_confusions().readings
    words = [text[at : at + 4] for text in _some(entries, chance, _QUERIES) for at in (1,)]
    pinyin = ["".join(min(read(each), default=each) for each in word) for word in words]
    return {
        "initials": ["".join(min(read(each), default=each)[0] for each in word) for word in words],
        "one letter": [each[0] for each in pinyin],
        "pinyin": pinyin,
        "characters": words,
        "sentence": [f"客人问{text}怎么回" for text in _some(entries, chance, _QUERIES)],
    }


def _search(index: SearchIndex, mind: Mind, shelf: Shelf, query: str) -> float:
    """Return the milliseconds of one search, without those of the encoder."""
    vectors = np.zeros((0, DrawnVectors.dim), dtype=np.float32)
    mind.encoder.encode([query])
    begun = time.thread_time()
    mind.encoder.encode([query])
    drawn = time.thread_time() - begun
    begun = time.thread_time()
    shelf.ranked(index.find(mind, query, [], vectors), _LIMIT)
    spent = time.thread_time() - begun
    return max(0.0, spent - (0.0 if query.isascii() else drawn)) * 1e3


def main() -> None:
    chance = random.Random(_SEED)
    content, encoder = knowledge(_WORDINGS)
    content = replace(content, entries=_with_answers(content.entries, chance))
    with tempfile.TemporaryDirectory() as scratch:
        cache = VectorCache(Path(scratch))
        dialogue = build_dialogue(
            content, 0, encoder, cache, target_precision=0.95, timezone="Asia/Shanghai"
        )
    begun = time.perf_counter()
    index = SearchIndex(dialogue.snapshot)
    made = time.perf_counter() - begun
    print(f"{len(content.entries)} entries, {_WORDINGS} wordings: index in {made:.1f} s")
    situation = Situation(datetime(2026, 11, 22, tzinfo=UTC))
    shelf = Shelf(dialogue.snapshot, Talk(Context(), situation), [], {})
    mind = Mind(dialogue, encoder)
    queries = _queries(content.entries, chance)
    alone = np.median(encode_alone(queries["sentence"][:60]))
    print(f"encoder alone p50 {alone:.1f} ms")
    for kind, typed in queries.items():
        taken = [_search(index, mind, shelf, query) for query in typed][_BEFORE:]
        p50, p95 = np.percentile(taken, [50, 95])
        print(f"{kind:10}  search p50 {p50:.1f} ms, p95 {p95:.1f} ms")


if __name__ == "__main__":
    main()
