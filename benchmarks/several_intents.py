"""How well several intents in one message are told, as the running dialogue tells them.

    python -m benchmarks.several_intents --data FOLDER FOLDER …      # each with intent_*.jsonl

Lines of intent_train.jsonl and intent_test.jsonl: {"text", "intent"}. Each folder's intents stand
beside the questions of ``--knowledge``. First its own test messages, which have one intent each:
accuracy, the share where the strongest intent is the right one; several, the share that has marks,
spaces or joining words between its words, and false, the share of these where more than one intent
is told; texts, how many have to be embedded for a message. Then pairs of them with different
intents, put together by a comma, and by one of several joints in turn: both and one, the share
where both, or at least one, are told; tagged, where both are sure enough for a tag; apart, the
share where both are told of the two messages by themselves, the most that can be hoped for.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks.asking import Bench, Result
from benchmarks.intents import Labelled, intents_of, read_labelled
from benchmarks.scores import print_row
from chatbot.dialogue.decision import IntentMatch
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.vector_cache import VectorCache
from chatbot.understanding.intent_examples import SURE_FROM

_PAIRS = 490
_JOINTS = ("，", "。", "，还有", "，另外", "，顺便", "\n", " ")
_END = "。，？！?!."
_SEVERAL = re.compile(r"\w[,，.。;；!！?？…\s]+\w|\w(?:还有|另外|顺便|以及|然后)\w")


@dataclass(frozen=True)
class Pair:
    """Two messages of different intents."""

    first: Labelled
    second: Labelled

    @property
    def intents(self) -> set[str]:
        return {self.first[1], self.second[1]}

    def joined(self, joint: str) -> str:
        return self.first[0].rstrip(_END) + joint + self.second[0]


def pairs_of(asked: Sequence[Labelled]) -> list[Pair]:
    order = np.random.default_rng(0).permutation(len(asked))
    mixed = [asked[at] for at in order]
    pairs = (Pair(*pair) for pair in zip(mixed[::2], mixed[1::2], strict=False))
    return [pair for pair in pairs if len(pair.intents) > 1][:_PAIRS]


def rows(
    bench: Bench, dialogue: Dialogue, asked: Sequence[Labelled]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the rows of one folder."""
    yield "", of_single(bench, dialogue, asked)
    pairs = pairs_of(asked)
    first = told(bench, dialogue, [pair.first[0] for pair in pairs])
    second = told(bench, dialogue, [pair.second[0] for pair in pairs])
    apart = [
        pair.intents <= names_of((*one[:1], *other[:1]))
        for pair, one, other in zip(pairs, first, second, strict=True)
    ]
    for name, joints in (("，", _JOINTS[:1]), ("mixed", _JOINTS)):
        texts = [pair.joined(joint) for pair, joint in zip(pairs, cycle(joints), strict=False)]
        found = told(bench, dialogue, texts)
        yield f" pairs {name}", of_pairs(found, pairs) | {"apart": share(apart)}


def of_single(bench: Bench, dialogue: Dialogue, asked: Sequence[Labelled]) -> dict[str, float]:
    """Return the figures of messages with one intent each."""
    texts = [text for text, _ in asked]
    results = asked_of(bench, dialogue, texts)
    found = [result.outcome.decision.intents for result in results]
    several = [_SEVERAL.search(text) is not None for text in texts]
    return {
        "accuracy": share(
            names_of(each[:1]) == {name} for each, (_, name) in zip(found, asked, strict=True)
        ),
        "several": share(several),
        "false": share(len(each) > 1 for each, many in zip(found, several, strict=True) if many),
        "texts": float(np.mean([result.embedded for result in results])),
    }


def of_pairs(found: Sequence[Sequence[IntentMatch]], pairs: Sequence[Pair]) -> dict[str, float]:
    """Return how often the intents of ``pairs`` are told."""
    asked = [(pair.intents, each) for pair, each in zip(pairs, found, strict=True)]
    return {
        "both": share(intents <= names_of(each) for intents, each in asked),
        "tagged": share(intents <= names_of(each, SURE_FROM) for intents, each in asked),
        "one": share(bool(intents & names_of(each)) for intents, each in asked),
    }


def told(bench: Bench, dialogue: Dialogue, texts: Sequence[str]) -> list[tuple[IntentMatch, ...]]:
    """Return the intents that ``dialogue`` tells in each text, strongest first."""
    return [result.outcome.decision.intents for result in asked_of(bench, dialogue, texts)]


def asked_of(bench: Bench, dialogue: Dialogue, texts: Sequence[str]) -> list[Result]:
    """Return what becomes of each text."""
    return bench.ask(dialogue, [{"text": text, "faq_id": None} for text in texts])


def names_of(found: Iterable[IntentMatch], least: float = 0.0) -> set[str]:
    return {each.name for each in found if each.confidence >= least}


def share(found: Iterable[bool]) -> float:
    return float(np.mean(list(found)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders")
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"), help="stands beside")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    options = parser.parse_args()
    knowledge = load_content(options.knowledge, None)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(VectorCache(options.cache or Path(scratch)))
        for folder in options.data:
            examples = read_labelled(folder / "intent_train.jsonl")
            dialogue = bench.build(replace(knowledge, intents=intents_of(examples)))
            asked = read_labelled(folder / "intent_test.jsonl")
            for name, values in rows(bench, dialogue, asked):
                print_row(f"{folder.name}{name}", values)


if __name__ == "__main__":
    main()
