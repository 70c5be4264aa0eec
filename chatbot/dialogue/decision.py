"""What one turn decided: the record kept for every turn and shown to people and systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from chatbot.notices.notice import Mode
from chatbot.understanding.language import CHINESE

Action = Literal["answer", "clarify", "handoff", "reply", "flow", "smalltalk"]
Priority = Literal["normal", "high", "urgent"]

#: Reason codes of a handoff; each has its words in the texts, key ``reason_<code>``.
HandoffReason = Literal[
    "wish",
    "low-confidence",
    "image",
    "file",
    "video",
    "voice",
    "unsupported",
    "intent",
    "budget",
    "missing-fact",
    "agents-only",
    "language",
    "dissatisfied",
    "form",
    "webhook",
    "mode",
    "error",
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry that may answer, with the probability that it is right."""

    faq_id: str
    question: str
    confidence: float

    def to_json(self) -> dict[str, Any]:
        return {
            "faq_id": self.faq_id,
            "question": self.question,
            "confidence": round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class IntentMatch:
    """An intent found in the message, and by what."""

    name: str
    confidence: float
    evidence: Literal["examples", "keywords"]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "confidence": round(self.confidence, 4),
            "evidence": self.evidence,
        }


@dataclass(frozen=True, slots=True)
class GivenTag:
    """A tag ("group:name") for the customer, and what it follows from.

    ``name`` is the intent's name, the entry's id or the form's intent; ``confidence`` that of the
    intent or entry.
    """

    tag: str
    by: Literal["intent", "entry", "flow"]
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Part:
    """One of several questions in a message; ``faq_id`` is None where no entry is sure.

    An entry that first has to know a row of a table is sure, though its answer is yet to come.
    """

    text: str
    faq_id: str | None
    confidence: float

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "faq_id": self.faq_id,
            "confidence": round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class HandoffRequest:
    """A person is to take over: with which skill (None: any), how soon, and why."""

    skill: str | None
    priority: Priority
    reason: HandoffReason

    def to_json(self) -> dict[str, Any]:
        return {"skill": self.skill, "priority": self.priority, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class TextReply:
    """One text message."""

    text: str

    def to_json(self) -> dict[str, Any]:
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class ImageReply:
    """A picture; ``file`` is its path below the knowledge folder, ``sha256`` of its bytes."""

    file: str
    sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"type": "image", "file": self.file}


@dataclass(frozen=True, slots=True)
class LinkReply:
    """A card that opens an address; ``image`` is the file of its thumbnail."""

    title: str
    desc: str
    url: str
    image: str
    sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "type": "link",
            "title": self.title,
            "desc": self.desc,
            "url": self.url,
            "image": self.image,
        }


@dataclass(frozen=True, slots=True)
class MiniprogramReply:
    """A card that opens a page of a mini-program; ``image`` is the file of its thumbnail."""

    appid: str
    page: str
    title: str
    image: str
    sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "type": "miniprogram",
            "appid": self.appid,
            "page": self.page,
            "title": self.title,
            "image": self.image,
        }


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A line the customer can tap; ``id`` comes back with the click, ``text`` is the caption."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class MenuReply:
    """A message with lines to tap."""

    head: str
    items: tuple[MenuItem, ...]
    tail: str = ""

    def to_json(self) -> dict[str, Any]:
        items = [{"id": item.id, "text": item.text} for item in self.items]
        return {"type": "menu", "head": self.head, "items": items, "tail": self.tail}


@dataclass(frozen=True, slots=True)
class GivenNotice:
    """A notice that the customer reads with this decision, on which day of the brand's."""

    id: int
    mode: Mode
    day: date

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "mode": self.mode}


Reply = TextReply | ImageReply | LinkReply | MiniprogramReply | MenuReply


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. ``confidence`` is the probability that the best candidate is right.

    ``faq_id`` is None unless ``action`` is "answer"; ``handoff`` is set exactly when it is
    "handoff", and ``reply`` is then what is said before a person takes over, often nothing.
    A "clarify" has exactly one menu among its replies. ``slots`` holds what a form knows so far.

    ``parts`` are the questions of a message that has several, in their order: ``faq_id`` is then
    that of the first one answered, ``confidence`` the least of those answered.
    """

    text: str
    action: Action
    reason: str
    snapshot: int
    threshold: float
    faq_id: str | None = None
    confidence: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    intents: tuple[IntentMatch, ...] = ()
    given: tuple[GivenTag, ...] = ()
    reply: tuple[Reply, ...] = ()
    handoff: HandoffRequest | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    #: The language that the customer writes, by its code; what is said before a person takes over
    #: is said in it as well.
    language: str = CHINESE
    #: The notices in ``reply``, and what it is without those in front: all that is said where both
    #: are more than may be sent.
    notices: tuple[GivenNotice, ...] = ()
    unheaded: tuple[Reply, ...] | None = None

    @property
    def intent(self) -> str | None:
        """Return the name of the strongest intent."""
        return self.intents[0].name if self.intents else None

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the tags given, once each."""
        return tuple(dict.fromkeys(given.tag for given in self.given))

    @property
    def menu(self) -> MenuReply | None:
        """Return the last menu among the replies: the one that the customer looks at."""
        return next((part for part in reversed(self.reply) if isinstance(part, MenuReply)), None)

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON object; confidences have four digits."""
        record: dict[str, Any] = {
            "text": self.text,
            "action": self.action,
            "faq_id": self.faq_id,
            "confidence": round(self.confidence, 4),
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "intent": self.intent,
            "intents": [intent.to_json() for intent in self.intents],
            "tags": list(self.tags),
            "reply": [part.to_json() for part in self.reply],
            "threshold": round(self.threshold, 4),
            "reason": self.reason,
            "snapshot": self.snapshot,
        }
        if self.handoff is not None:
            record["handoff"] = self.handoff.to_json()
        if self.action == "clarify" and self.menu is not None:
            record["menu"] = self.menu.to_json()["items"]
        if self.action == "flow" or self.slots:
            record["slots"] = dict(self.slots)
        if self.parts:
            record["parts"] = [part.to_json() for part in self.parts]
        if self.notices:
            record["notices"] = [notice.to_json() for notice in self.notices]
        return record
