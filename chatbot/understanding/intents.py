"""What a customer is after, told by examples and keywords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatbot.answers.messages import Message, message_from_json, message_to_json
from chatbot.forms.form import Flow
from chatbot.matching import fuzzy
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import PatternGroups, Patterns
from chatbot.understanding.smalltalk import Kind, Smalltalk

Priority = Literal["normal", "high", "urgent"]

#: How surely a message that is nothing but thanks means the same as an example that is.
_SAME_SMALLTALK = 0.9

_URGENCY: Mapping[Priority, int] = {"normal": 0, "high": 1, "urgent": 2}


@dataclass(frozen=True, slots=True)
class IntentHandoff:
    """To whom an intent hands over, and how soon."""

    skill: str | None = None
    priority: Priority = "normal"


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent file.

    ``drafts`` are ids of entries that help an agent to answer, best first.
    """

    name: str
    title: str
    examples: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    stage: str = ""
    reply: tuple[Message, ...] = ()
    handoff: IntentHandoff | None = None
    flow: Flow | None = None
    drafts: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Return whether it says what to do, beside giving tags."""
        return bool(self.reply) or self.handoff is not None or self.flow is not None

    @property
    def urgency(self) -> int:
        """Return how soon a person is to look: -1 never, 0 normal to 2 urgent."""
        return -1 if self.handoff is None else _URGENCY[self.handoff.priority]

    def to_json(self) -> dict[str, Any]:
        record: dict[str, Any] = {"intent": self.name, "title": self.title}
        for name in ("examples", "keywords", "exclude", "tags"):
            record[name] = list(getattr(self, name))
        record["stage"] = self.stage
        record["reply"] = [message_to_json(message) for message in self.reply]
        handoff = self.handoff
        record["handoff"] = handoff and {"skill": handoff.skill, "priority": handoff.priority}
        record["flow"] = self.flow and self.flow.to_json()
        # Only where they are written, so that a content without them keeps its digest.
        return {**record, "drafts": list(self.drafts)} if self.drafts else record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Intent:
        """Rebuild what ``to_json`` gave."""
        handoff, flow = record["handoff"], record["flow"]
        return cls(
            name=record["intent"],
            title=record["title"],
            examples=tuple(record["examples"]),
            keywords=tuple(record["keywords"]),
            exclude=tuple(record["exclude"]),
            tags=tuple(record["tags"]),
            stage=record["stage"],
            reply=tuple(map(message_from_json, record["reply"])),
            handoff=IntentHandoff(handoff["skill"], handoff["priority"]) if handoff else None,
            flow=Flow.from_json(flow) if flow else None,
            drafts=tuple(record.get("drafts", ())),
        )


@dataclass(frozen=True, slots=True)
class FoundIntent:
    """An intent in a message: how sure, by what kind of evidence, and the very words."""

    intent: Intent
    confidence: float
    evidence: Literal["examples", "keywords"]
    detail: str


class IntentRules:
    """All intents, compiled. Without ``smalltalk`` none of its kinds tells an intent."""

    def __init__(
        self,
        intents: Iterable[Intent],
        normaliser: Normaliser,
        smalltalk: Smalltalk | None = None,
    ) -> None:
        self._intents = tuple(intents)
        self._smalltalk = smalltalk
        self._keywords = PatternGroups([each.keywords for each in self._intents], normaliser)
        self._exclude = [Patterns.compile(each.exclude, normaliser) for each in self._intents]
        examples = [
            (example, number)
            for number, intent in enumerate(self._intents)
            for example in map(normaliser.normalise, intent.examples)
            if example.key
        ]
        self._example_keys = [example.key for example, _ in examples]
        self._example_of = [number for _, number in examples]
        self._close = fuzzy.CloseKeys(self._example_keys)
        #: The kinds of small talk that beside a question may tell an intent: some example has it.
        self.heeded_smalltalk: frozenset[Kind] = frozenset()
        self._of_smalltalk: dict[str, dict[int, tuple[str, float]]] = {}
        if smalltalk is not None:
            for example, number in examples:
                self._learn_smalltalk(smalltalk, example, number)

    def _learn_smalltalk(self, smalltalk: Smalltalk, example: NormalText, number: int) -> None:
        meaning = smalltalk.meaning(example)
        if meaning is not None:
            alike = self._of_smalltalk.setdefault(meaning, {})
            alike.setdefault(number, (example.key, _SAME_SMALLTALK))
        whole = smalltalk.kind(example)
        kinds = smalltalk.beside(example) if whole is None else {whole}
        self.heeded_smalltalk |= kinds

    @property
    def every(self) -> tuple[Intent, ...]:
        """Return all intents, in file order."""
        return self._intents

    def drafts_of(self, name: str) -> tuple[str, ...]:
        """Return the ids of the entries that help to answer the intent ``name``."""
        return next((each.drafts for each in self._intents if each.name == name), ())

    def find(self, *forms: NormalText) -> Sequence[FoundIntent]:
        """Return the intents of a message, strongest first; ties: more urgent, file order.

        ``forms`` are ways to write the same message: what any of them shows counts, and so does
        what any of them excludes. A keyword and an example's own wording are the admin's rule and
        certain; a wording close to an example is as sure as it is close, and small talk nearly as
        sure as an example that is small talk of the same meaning.
        """
        by_example: dict[int, tuple[str, float]] = {}
        by_keyword: dict[int, str] = {}
        for form in forms:
            by_keyword = {**self._keywords.find(form), **by_keyword}
            for number, close in self._by_example(form).items():
                by_example[number] = max(close, by_example.get(number, close), key=_ratio)
        found = [
            _strongest(self._intents[number], by_example.get(number), by_keyword.get(number))
            for number in sorted(by_example.keys() | by_keyword.keys())
            if not any(map(self._exclude[number].find, forms))
        ]
        return sorted(found, key=lambda hit: (-hit.confidence, -hit.intent.urgency))

    def _by_example(self, message: NormalText) -> dict[int, tuple[str, float]]:
        """Return each intent's closest example and its ratio, by the intent's number."""
        closest: dict[int, tuple[str, float]] = {}
        for at, ratio in self._close.find(message.key):
            closest.setdefault(self._example_of[at], (self._example_keys[at], ratio))
        if self._smalltalk is None or not self._of_smalltalk:
            return closest
        meaning = self._smalltalk.meaning(message)
        return closest if meaning is None else {**self._of_smalltalk.get(meaning, {}), **closest}


def _ratio(close: tuple[str, float]) -> float:
    return close[1]


def _strongest(
    intent: Intent, example: tuple[str, float] | None, keyword: str | None
) -> FoundIntent:
    """Return the hit by the example's own wording, else by keyword, else by a close wording."""
    if example is not None and (example[1] == 1.0 or keyword is None):
        return FoundIntent(intent, example[1], "examples", example[0])
    return FoundIntent(intent, 1.0, "keywords", keyword or "")
