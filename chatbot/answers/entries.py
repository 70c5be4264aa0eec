"""Entries of the knowledge base, as the admins wrote them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from chatbot.answers.messages import (
    Message,
    TextMessage,
    message_from_json,
    message_to_json,
    words_of,
)
from chatbot.understanding.language import CHINESE, is_foreign, is_said_in

#: Whether an entry may answer by itself, only after asking back, or is for agents alone.
Auto = Literal["yes", "ask", "agents-only"]
AUTOS: tuple[Auto, ...] = get_args(Auto)
#: Wordings of entries with similar questions that are needed to see how confidences spread here.
ENOUGH_WORDINGS = 30


@dataclass(frozen=True, slots=True)
class Validity:
    """The days, in the brand's time zone, on which an entry answers; both ends inclusive."""

    start: date | None = None
    end: date | None = None

    @property
    def is_limited(self) -> bool:
        """Return whether there are days on which the entry does not answer."""
        return self.start is not None or self.end is not None

    def covers(self, day: date) -> bool:
        """Return whether ``day`` is one of them."""
        begun = self.start is None or self.start <= day
        return begun and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Condition:
    """When a variant of an answer applies.

    ``tags`` ("group:tag") holds if the customer has one of the named tags of every group that is
    named, as the platform's own tag filter does; ``accounts`` (short names) if the account is one
    of them; ``language`` (a code such as "en") if the message is written in it. All must hold.
    """

    tags: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    language: str = ""

    def holds(self, tags: Collection[str], account: str, language: str = CHINESE) -> bool:
        """Return whether a customer with ``tags`` who writes to ``account`` is meant."""
        if self.language and language != self.language:
            return False
        if self.accounts and account not in self.accounts:
            return False
        groups: dict[str, bool] = {}
        for tag in self.tags:
            group = tag.partition(":")[0]
            groups[group] = groups.get(group, False) or tag in tags
        return all(groups.values())


@dataclass(frozen=True, slots=True)
class Variant:
    """Messages for the customers who meet ``when``; None: for everybody else."""

    messages: tuple[Message, ...]
    when: Condition | None = None

    def is_in(self, language: str) -> bool:
        """Return whether it answers a message in ``language``, which is not Chinese, in kind."""
        if self.when is not None and self.when.language == language:
            return True
        words = (words for message in self.messages for words in words_of(message))
        return is_said_in(words, language)


@dataclass(frozen=True, slots=True)
class Entry:
    """A question, other wordings of it, and what answers it.

    The first variant whose condition holds is said; the last one has none. ``scope`` holds short
    names of accounts, none for all. ``target`` is the share of direct answers that must be right,
    None for the setting's.
    """

    id: str
    question: str
    answer: tuple[Variant, ...]
    similar: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    category: str = ""
    tags: tuple[str, ...] = ()
    valid: Validity = Validity()
    target: float | None = None
    auto: Auto = "yes"
    owner: str = ""
    review: date | None = None
    scope: tuple[str, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """Return the question and its other wordings."""
        return (self.question, *self.similar)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Return the messages of all variants."""
        return tuple(message for variant in self.answer for message in variant.messages)

    def answer_for(
        self, tags: Collection[str], account: str, language: str = CHINESE
    ) -> tuple[Message, ...]:
        """Return the messages for a customer with ``tags`` who writes to ``account``.

        None for a message in another language than Chinese that no variant answers in kind.
        """
        for variant in self.answer:
            if variant.when is not None and not variant.when.holds(tags, account, language):
                continue
            if not is_foreign(language) or variant.is_in(language):
                return variant.messages
        return ()

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "question": self.question,
            "answer": [_variant_to_json(variant) for variant in self.answer],
            "similar": list(self.similar),
            "not": list(self.excluded),
            "category": self.category,
            "tags": list(self.tags),
            "valid": [_iso(self.valid.start), _iso(self.valid.end)],
            "target": self.target,
            "auto": self.auto,
            "owner": self.owner,
            "review": _iso(self.review),
            "scope": list(self.scope),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Entry:
        """Rebuild what ``to_json`` gave."""
        start, end = map(_day, record["valid"])
        return cls(
            id=record["id"],
            question=record["question"],
            answer=tuple(map(_variant_from_json, record["answer"])),
            similar=tuple(record["similar"]),
            excluded=tuple(record["not"]),
            category=record["category"],
            tags=tuple(record["tags"]),
            valid=Validity(start, end),
            target=record["target"],
            auto=record["auto"],
            owner=record["owner"],
            review=_day(record["review"]),
            scope=tuple(record["scope"]),
        )


def plain_answer(*texts: str) -> tuple[Variant, ...]:
    """Return the answer that says ``texts`` to everybody."""
    return (Variant(tuple(map(TextMessage, texts))),)


def texts_of(messages: Iterable[Message]) -> tuple[str, ...]:
    """Return the contents of the text messages among ``messages``."""
    return tuple(each.text for each in messages if isinstance(each, TextMessage))


def _variant_to_json(variant: Variant) -> dict[str, Any]:
    messages = [message_to_json(each) for each in variant.messages]
    return {"when": variant.when and _condition_to_json(variant.when), "messages": messages}


def _condition_to_json(when: Condition) -> dict[str, Any]:
    record: dict[str, Any] = {"tags": list(when.tags), "accounts": list(when.accounts)}
    # Only where it is written, so that a content without languages keeps its digest.
    return {**record, "language": when.language} if when.language else record


def _variant_from_json(record: Mapping[str, Any]) -> Variant:
    when = record["when"]
    condition = when and Condition(
        tuple(when["tags"]), tuple(when["accounts"]), when.get("language", "")
    )
    return Variant(tuple(map(message_from_json, record["messages"])), condition)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
