"""The fit of the shipped confidence models on labelled questions.

    python -m benchmarks.answers_fit --data FOLDER [--cache FOLDER] [--others FOLDER …]

FOLDER has queries.jsonl and faq*.jsonl, as for ``benchmarks.answers``; OTHERS are folders with
intent_train.jsonl and intent_test.jsonl, asked as knowledge bases of another origin (a quarter of
the intents left out, so that their messages have no entry), to show what a model fitted on FOLDER
is worth elsewhere. Prints figures of each file by models that have not seen its standard questions
(fitted on the other half of them), figures of the others, and the coefficients.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.asking import Bench, Query, Result, read_queries
from benchmarks.logistic import Bools, Floats, fit_logistic
from benchmarks.scores import auroc, calibration_error, coverage, print_row
from chatbot.answers.entries import Entry, plain_answer
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.confidence import ConfidenceModel, Judge, Signals, unknown_features
from chatbot.matching.vector_cache import VectorCache

_KINDS = ("in", "oos_near", "oos_far")
#: The share of each kind that the models are fitted for; the first is 1 − ``FITTED_SHARE``.
_SHARES = (0.7, 0.2, 0.1)
_WORDINGS = (1, 3, 10)
_LEFT_OUT = 0.25
_FAR = 500


@dataclass(frozen=True)
class Rows:
    """Messages to one knowledge base that were decided by meaning, a row each."""

    features: Floats
    right: Bools
    in_scope: Bools
    weights: Floats
    half: npt.NDArray[np.int64]
    unknown: Floats


@dataclass(frozen=True)
class Models:
    """Whether the best entry is right, and whether none is if it is not."""

    right: ConfidenceModel
    unknown: ConfidenceModel


def rows_of(judge: Judge, results: Sequence[Result]) -> Rows:
    """Return the rows of ``results``, weighted to the shares of each kind."""
    asked = [result for result in results if result.outcome.trace.get("signals")]
    signals = [Signals(**result.outcome.trace["signals"]) for result in asked]
    features = [judge.features(each) for each in signals]
    kinds = np.array([_KINDS.index(result.query["kind"]) for result in asked])
    counts = np.maximum(1, np.bincount(kinds, minlength=len(_KINDS)))
    return Rows(
        np.array(features),
        np.array([result.right for result in asked]),
        np.array([result.in_scope for result in asked]),
        (np.array(_SHARES) / counts)[kinds],
        np.array([_half(result.query) for result in asked]),
        np.array([unknown_features(each) for each in features]),
    )


def _half(query: Query) -> int:
    """Put all messages of one standard question into the same half."""
    origin = query["faq_id"] or query.get("origin", "")
    return zlib.crc32((origin if query["kind"] != "oos_far" else query["text"]).encode()) % 2


def fit(parts: Sequence[Rows], halves: Sequence[int] = (0, 1)) -> Models:
    """Return the models fitted on the ``halves`` of ``parts``."""
    chosen = [np.isin(part.half, halves) for part in parts]
    pairs = list(zip(parts, chosen, strict=True))
    right = np.concatenate([part.right[mask] for part, mask in pairs])
    weights = np.concatenate([part.weights[mask] for part, mask in pairs])
    features = np.concatenate([part.features[mask] for part, mask in pairs])
    unknown = np.concatenate([part.unknown[mask] for part, mask in pairs])
    out = ~np.concatenate([part.in_scope[mask] for part, mask in pairs])
    wrong = ~right
    return Models(
        _model(fit_logistic(features, right, weights)),
        _model(fit_logistic(unknown[wrong], out[wrong], weights[wrong])),
    )


def _model(fitted: Floats) -> ConfidenceModel:
    rounded = np.round(fitted, 3).tolist()
    return ConfidenceModel(rounded[0], tuple(rounded[1:]))


def chances(models: Models, part: Rows) -> Floats:
    return np.array([models.right.of_features(row) for row in part.features])


def figures(chance: Floats, part: Rows) -> dict[str, float]:
    return {
        "hit@1": float(part.right[part.in_scope].mean()),
        "auroc": auroc(chance, part.right),
        "cov@95": coverage(chance, part.right, part.in_scope, 0.95),
        "cov@90": coverage(chance, part.right, part.in_scope, 0.90),
        "ece": calibration_error(chance, part.right, part.weights),
        "bias": float((part.weights * (chance - part.right)).sum() / part.weights.sum()),
    }


def held_out(parts: Sequence[Rows], part: Rows) -> dict[str, float]:
    """Return figures of ``part`` by models that have not seen its standard questions."""
    chance = np.zeros(len(part.right))
    for half in (0, 1):
        mask = part.half == half
        chance[mask] = chances(fit(parts, [1 - half]), part)[mask]
    return figures(chance, part)


def others(folder: Path) -> Iterator[tuple[str, Content, list[Query]]]:
    """Yield intents as knowledge bases of few and many wordings, with their test messages."""
    examples: dict[str, list[str]] = {}
    for row in map(json.loads, (folder / "intent_train.jsonl").read_text("utf-8").splitlines()):
        examples.setdefault(row["intent"], []).append(row["text"])
    lines = (folder / "intent_test.jsonl").read_text("utf-8").splitlines()
    asked = [(row["text"], row["intent"]) for row in map(json.loads, lines)]
    names = sorted(examples)
    order = np.random.default_rng(0).permutation(len(names)).tolist()
    left_out = {names[at] for at in order[: int(len(names) * _LEFT_OUT)]}
    queries: list[Query] = [
        {"text": text, "faq_id": None, "kind": "oos_near", "origin": name}
        if name in left_out
        else {"text": text, "faq_id": name, "kind": "in"}
        for text, name in asked
    ]
    for count in _WORDINGS:
        entries = tuple(
            Entry(name, texts[0], plain_answer(name), tuple(texts[1:count]))
            for name, texts in examples.items()
            if name not in left_out
        )
        yield f"{folder.name}, {count} wordings", Content(entries), queries


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder to fit on")
    parser.add_argument("--others", type=Path, nargs="*", default=[], help="folders to try it on")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    options = parser.parse_args()
    queries = read_queries(options.data / "queries.jsonl")
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(VectorCache(options.cache or Path(scratch)))

        def ask(content: Content, queries: Sequence[Query]) -> Rows:
            dialogue = bench.build(content)
            return rows_of(dialogue.snapshot.ranker.judge, bench.ask(dialogue, queries))

        files = sorted(options.data.glob("faq*.jsonl"))
        parts = [ask(load_content(path, None), queries) for path in files]
        models = fit(parts)
        for path, part in zip(files, parts, strict=True):
            print_row(path.name, figures(chances(models, part), part))
            print_row(f"{path.name}, held out", held_out(parts, part))
        far = [
            {"text": query["text"], "faq_id": None, "kind": "oos_far"}
            for query in queries
            if query["kind"] == "in"
        ][:_FAR]
        for folder in options.others:
            for name, content, asked in others(folder):
                part = ask(content, [*asked, *far])
                print_row(name, figures(chances(models, part), part))
        print(models.right)
        print(models.unknown)


if __name__ == "__main__":
    main()
