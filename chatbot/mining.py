"""Finds in old talks what customers asked that people had to answer, and brings it to the gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from chatbot.bringing import Bringer, mark_of
from chatbot.clock import Clock
from chatbot.curation.gaps.asked import LONGEST, TurnFacts
from chatbot.curation.gaps.draft import MOST_REPLIES, reply_of
from chatbot.curation.gaps.stretch import DEFAULT_MINUTES
from chatbot.curation.mining.exchanges import Exchange, exchanges_of
from chatbot.curation.mining.rows import Said
from chatbot.curation.personal import blanked, blanks_in, names_in
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.dialogue.turn import Outcome, Situation, Utterance
from chatbot.evaluation.likeness import answers_nothing
from chatbot.pipeline.gap_answers import GapAnswers
from chatbot.store.database import Database
from chatbot.store.gap_brought import Brought, known_marks
from chatbot.store.gap_worth import Contents, Found, Text

#: So many questions are decided and brought in at once, in one transaction.
_AT_ONCE = 200
#: A group tells what it is about by so many different questions.
_COMPARED = 200
_LEAST_LETTERS = 2
#: Different questions whose decisions are kept: people ask the same again and again.
_REMEMBERED = 20_000


@dataclass(slots=True)
class Counts:
    """How many questions of customers there were, and what became of them.

    ``unanswered``: nobody wrote an answer; ``answered``: the live knowledge answers by itself;
    ``other``: greetings, wishes for a person, forms; ``known``: brought in before.
    """

    talks: int = 0
    questions: int = 0
    unanswered: int = 0
    answered: int = 0
    other: int = 0
    known: int = 0
    brought: int = 0


@dataclass(slots=True)
class MinedGroup:
    """What a run found for a group; a negative number is a new one."""

    number: int
    times: int = 0
    minutes: float = 0.0
    texts: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    replies: list[str] = field(default_factory=list)

    def add(self, question: Brought) -> None:
        """Count a question."""
        self.times += 1
        self.minutes += DEFAULT_MINUTES if question.minutes is None else question.minutes
        if question.form in self.texts or len(self.texts) < _COMPARED:
            self.texts.setdefault(question.form, question.text)
            self.asked[question.form] += 1
        if len(self.replies) < MOST_REPLIES:
            self.replies.append(question.reply)

    def contents(self) -> Contents:
        """Return what the group is worked out from."""
        questions = [
            Text(at, at, text, form, self.asked[form])
            for at, (form, text) in enumerate(self.texts.items())
        ]
        replies = [Text(at, at, reply, "") for at, reply in enumerate(self.replies)]
        return Contents(self.number, questions, replies)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that was asked in a talk, with the names that were said there."""

    exchange: Exchange
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the live knowledge makes of a question: what it leaves to people, or that it knows."""

    left: tuple[str, ...]
    answers: bool


class Miner:
    """Reads talks and keeps what people had to answer."""

    def __init__(
        self,
        database: Database,
        service: DialogueService,
        bringer: Bringer,
        clock: Clock,
        names: Sequence[str],
    ) -> None:
        self.counts = Counts()
        self.groups: dict[int, MinedGroup] = {}
        self._database = database
        self._service = service
        self._mind: Mind = service.mind
        self._bringer = bringer
        self._clock = clock
        self._names = tuple(names)
        self._judged: dict[tuple[str, ...], _Judged] = {}

    def mine(self, source: str, talks: Iterable[Sequence[Said]]) -> Iterator[int]:
        """Bring in what the talks of ``source`` have; yield how many are read after each batch."""
        asked = self._asked(talks)
        while batch := list(islice(asked, _AT_ONCE)):
            self._take(source, batch)
            yield self.counts.talks

    def dearest(self, limit: int, answers: GapAnswers) -> list[tuple[MinedGroup, Found]]:
        """Return the groups that cost most, with what they are about."""
        ranked = sorted(self.groups.values(), key=lambda each: (-each.minutes, -each.times))
        return [(each, answers.found(self._mind, each.contents())) for each in ranked[:limit]]

    def _asked(self, talks: Iterable[Sequence[Said]]) -> Iterator[_Asked]:
        """Yield the questions that a person answered in words."""
        for talk in talks:
            self.counts.talks += 1
            told = {name for each in talk if each.by == "customer" for name in names_in(each.text)}
            for exchange in exchanges_of(talk, self._asks):
                self.counts.questions += 1
                if exchange.written:
                    yield _Asked(exchange, (*self._names, *sorted(told)))
                else:
                    self.counts.unanswered += 1

    def _asks(self, text: str) -> bool:
        """Return whether a message is more than a greeting or thanks."""
        snapshot = self._mind.dialogue.snapshot
        form = snapshot.normaliser.normalise(text[:LONGEST])
        return len(form.key) >= _LEAST_LETTERS and snapshot.smalltalk.kind(form) is None

    def _take(self, source: str, batch: Sequence[_Asked]) -> None:
        judged = self._judge([each.exchange.texts for each in batch])
        found: dict[str, Brought] = {}
        for asked, verdict in zip(batch, judged, strict=True):
            questions = list(self._questions(source, asked, verdict))
            if not questions:
                self.counts.answered += verdict.answers
                self.counts.other += not verdict.answers
            found |= {each.mark: each for each in questions}
        known = self._database.run_sync(known_marks, list(found))
        new = [each for mark, each in found.items() if mark not in known]
        self.counts.known += len(found) - len(new)
        self.counts.brought += len(new)
        for each, group in zip(new, self._bringer.bring(new), strict=True):
            self.groups.setdefault(group, MinedGroup(group)).add(each)

    def _judge(self, asked: Sequence[tuple[str, ...]]) -> list[_Judged]:
        """Return what the live knowledge makes of questions, the threads sharing the work."""
        if len(self._judged) > _REMEMBERED:
            self._judged.clear()
        new = [each for each in dict.fromkeys(asked) if each not in self._judged]
        now = self._clock.now()
        outcomes = self._service.decide_each((Utterance(each) for each in new), Situation(now))
        for each, outcome in zip(new, outcomes, strict=True):
            self._judged[each] = _judged(outcome, now)
        return [self._judged[each] for each in asked]

    def _questions(self, source: str, asked: _Asked, verdict: _Judged) -> Iterator[Brought]:
        """Yield what a customer asked in vain of the live knowledge, without personal data."""
        exchange, normaliser = asked.exchange, self._mind.dialogue.snapshot.normaliser
        said = [
            text
            for text in exchange.written
            if not answers_nothing(normaliser.normalise(text[:LONGEST]).text)
        ]
        reply = reply_of(said, asked.names)
        if not reply:
            return
        minutes = exchange.minutes
        times: Counter[str] = Counter()
        for raw in verdict.left:
            text = blanked(raw[:LONGEST], asked.names)[0].strip()
            form = normaliser.normalise(text)
            if not _is_left(text, form.key):
                continue
            # By what was written alone: neither other knowledge nor other members make it another.
            times[raw] += 1
            asked_at, time = _instant(exchange.asked_at), str(times[raw])
            mark = mark_of("mined", exchange.talk, asked_at, raw, time)
            each = None if minutes is None else minutes / len(verdict.left)
            yield Brought(
                "mined", source, mark, text, form.text[:LONGEST], form.key[:LONGEST],
                exchange.asked_at, each, reply,
            )  # fmt: skip


def _judged(outcome: Outcome, now: datetime) -> _Judged:
    decision = outcome.decision.to_json()
    facts = TurnFacts(
        0, 0, now, decision["text"], decision["action"], str(outcome.trace.get("rule", "")),
        "full", decision,
    )  # fmt: skip
    left = tuple(text for text, _ in facts.asked_in_vain())
    return _Judged(left, decision["action"] == "answer" and not left)


def _is_left(text: str, key: str) -> bool:
    """Return whether more than what was blanked is left of a question."""
    blanked_out = sum(len(blank) - 2 for blank in blanks_in(text))
    return len(key) - blanked_out >= _LEAST_LETTERS


def _instant(at: datetime) -> str:
    return str(round(at.timestamp()))
