"""What goes into a turn and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from chatbot.customers.ratings import RatingAsked, RatingGiven
from chatbot.dialogue.decision import Decision, MenuItem
from chatbot.dialogue.json_values import (
    instant_in,
    language_in,
    lines_in,
    pairs_in,
    texts_by_name_in,
    texts_in,
)
from chatbot.forms.form import WebhookCall
from chatbot.notices.notice import Notice

#: ``id`` of the menu line that calls a person; it comes back as the click's ``menu_id``.
HUMAN_MENU_ID = "human"

#: So long after an answer a short message may be about the same, or find fault with it.
_FRESH = timedelta(minutes=30)

#: How a customer showed what an earlier message was about: tapped a line, picked it in words, asked
#: again in other words, found fault with the answer, or asked for a person after it.
LabelSource = Literal["click", "typed", "rephrased", "dissatisfied", "wish"]

AttachmentKind = Literal[
    "image",
    "voice",
    "video",
    "file",
    "location",
    "link",
    "miniprogram",
    "business_card",
    "card",
    "unsupported",
]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A message that is not text; ``title`` is what it is called, empty where it has no name."""

    kind: AttachmentKind
    title: str = ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One burst of messages, answered together; ``texts`` in the order they were written."""

    texts: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    menu_id: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts that a turn takes into account beside the words.

    ``now`` is any aware instant. ``account`` is an open_kfid, empty outside of customer service;
    ``customer`` what the customer is called, empty if that is not known; ``tags`` ("group:tag")
    what the customer has; ``scene`` the scene_param of the link the customer came by; ``rating``
    what they were asked about a person's service and may still say; ``notices`` those in force,
    in the order they are said, without those in front that the customer has read today.
    """

    now: datetime
    account: str = ""
    customer: str = ""
    tags: tuple[str, ...] = ()
    scene: str = ""
    rating: RatingAsked | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An entry whose answer needs a row of ``table``; one of ``keys``, any row without them.

    ``also``: entries asked for in the same message, answered with it.
    """

    faq_id: str
    table: str
    keys: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "faq_id": self.faq_id,
            "table": self.table,
            "keys": list(self.keys),
            "also": list(self.also),
        }

    @classmethod
    def from_json(cls, record: object) -> WaitingRow | None:
        """Rebuild what ``to_json`` gave; None of anything else."""
        if not isinstance(record, dict):
            return None
        faq_id, table = record.get("faq_id"), record.get("table")
        if not isinstance(faq_id, str) or not isinstance(table, str):
            return None
        return cls(faq_id, table, texts_in(record.get("keys")), texts_in(record.get("also")))


@dataclass(frozen=True, slots=True)
class Question:
    """A message as it was decided, kept for what the customer makes of the decision.

    ``ranked`` holds the candidates with their probabilities, best first; ``snapshot`` is the
    knowledge they are of. ``refused`` are the entries that were answered in vain.
    """

    text: str
    snapshot: int
    ranked: tuple[tuple[str, float], ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def first(self) -> tuple[str | None, float]:
        """Return the candidate that led, with its probability."""
        return self.ranked[0] if self.ranked else (None, 0.0)

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "snapshot": self.snapshot,
            "ranked": [list(pair) for pair in self.ranked],
            "refused": list(self.refused),
        }

    @classmethod
    def from_json(cls, record: object) -> Question | None:
        """Rebuild what ``to_json`` gave; None of anything else."""
        if not isinstance(record, dict):
            return None
        text, snapshot = record.get("text"), record.get("snapshot")
        if not isinstance(text, str) or not isinstance(snapshot, int):
            return None
        return cls(text, snapshot, pairs_in(record.get("ranked")), texts_in(record.get("refused")))


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers given last, to what, and when.

    ``menu`` holds the ids of the entries in the menu that the customer saw last, in its order.
    ``times`` counts how often in a row the very same was said, of which ``said`` is a digest.
    ``instead`` are the marks of the notices that stood in for answers.
    """

    question: Question
    faq_ids: tuple[str, ...]
    at: datetime
    menu: tuple[str, ...] = ()
    said: str = ""
    times: int = 1
    instead: tuple[str, ...] = ()

    def is_fresh(self, now: datetime) -> bool:
        """Return whether the customer still has the answer in mind."""
        return timedelta() <= now - self.at <= _FRESH

    def to_json(self) -> dict[str, Any]:
        return {
            "question": self.question.to_json(),
            "faq_ids": list(self.faq_ids),
            "at": self.at.isoformat(),
            "menu": list(self.menu),
            "said": self.said,
            "times": self.times,
            "instead": list(self.instead),
        }

    @classmethod
    def from_json(cls, record: object) -> Answered | None:
        """Rebuild what ``to_json`` gave; None of anything else."""
        if not isinstance(record, dict):
            return None
        question, at = Question.from_json(record.get("question")), instant_in(record.get("at"))
        if question is None or at is None:
            return None
        said, times = record.get("said"), record.get("times")
        return cls(
            question,
            texts_in(record.get("faq_ids")),
            at,
            texts_in(record.get("menu")),
            said if isinstance(said, str) else "",
            times if isinstance(times, int) else 1,
            texts_in(record.get("instead")),
        )


@dataclass(frozen=True, slots=True)
class Label:
    """What an earlier message of the customer's was about, told by a later one.

    ``faq_id`` is None if it was a person that was wanted, or if only ``refused`` is known: the
    entries answered in vain. ``snapshot``, ``ranked_first`` and ``confidence`` tell how the
    message was decided, ``offered`` which entries were to be chosen from.
    """

    text: str
    faq_id: str | None
    source: LabelSource
    snapshot: int
    ranked_first: str | None
    confidence: float
    offered: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the bot remembers between two turns of a conversation."""

    #: The customer was asked once to type instead of speaking.
    asked_to_type: bool = False
    #: The kind of a lone attachment that the customer was asked to say more about.
    waiting_about: Literal["image", "file", "video"] | None = None
    #: Ids of the entries that the last menu offered, in its order.
    offered: tuple[str, ...] = ()
    #: The lines of the menu that the customer saw last, whatever it was for, and since when.
    shown: tuple[MenuItem, ...] = ()
    shown_at: datetime | None = None
    #: The message that was asked back about, by that menu or for a row of a table.
    asked: Question | None = None
    #: The answer given last, until something else is said.
    last: Answered | None = None
    #: The answer that waits until the customer has said which row of a table is meant.
    waiting_row: WaitingRow | None = None
    #: The answer just given with the facts of a row: another row's name asks it again.
    follow_up: WaitingRow | None = None
    #: The row of each table that the customer chose or named, by the table's name.
    rows: Mapping[str, str] = field(default_factory=dict)
    #: The language that the customer wrote last if it is not Chinese; that of "ok" and of "1" too.
    language: str = ""
    #: The form in progress, as ``FormState.to_json`` gives it; empty without one.
    form: Mapping[str, Any] = field(default_factory=dict)

    def is_menu_fresh(self, now: datetime) -> bool:
        """Return whether the customer still has the menu seen last in mind, not only in sight."""
        return self.shown_at is None or timedelta() <= now - self.shown_at <= _FRESH

    def spoken_of_else(self) -> Context:
        """Return this after something else was said: no menu and no answer is meant any more.

        A row that was asked for still is.
        """
        asked = self.asked if self.waiting_row is not None else None
        return replace(self, offered=(), asked=asked, last=None)

    def to_json(self) -> dict[str, Any]:
        return {
            "asked_to_type": self.asked_to_type,
            "waiting_about": self.waiting_about,
            "offered": list(self.offered),
            "shown": [[item.id, item.text] for item in self.shown],
            "shown_at": self.shown_at and self.shown_at.isoformat(),
            "asked": self.asked and self.asked.to_json(),
            "last": self.last and self.last.to_json(),
            "waiting_row": self.waiting_row and self.waiting_row.to_json(),
            "follow_up": self.follow_up and self.follow_up.to_json(),
            "rows": dict(self.rows),
            "language": self.language,
            "form": dict(self.form),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any] | None) -> Context:
        """Rebuild a context; unknown keys and values, as of another release, are left out."""
        if not record:
            return cls()
        about = record.get("waiting_about")
        form = record.get("form")
        return cls(
            asked_to_type=record.get("asked_to_type") is True,
            waiting_about=about if about in {"image", "file", "video"} else None,
            offered=texts_in(record.get("offered")),
            shown=lines_in(record.get("shown")),
            shown_at=instant_in(record.get("shown_at")),
            asked=Question.from_json(record.get("asked")),
            last=Answered.from_json(record.get("last")),
            waiting_row=WaitingRow.from_json(record.get("waiting_row")),
            follow_up=WaitingRow.from_json(record.get("follow_up")),
            rows=texts_by_name_in(record.get("rows")),
            language=language_in(record.get("language")),
            form=form if isinstance(form, dict) else {},
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A turn's decision, the context for the next turn, and the evidence behind it.

    ``trace`` is plain JSON: what was understood, every candidate's scores, the rule that decided.
    ``webhook`` is the call that a filled form asks for, ``label`` what this turn tells about an
    earlier one, ``rating`` what it says of a person's service.
    """

    decision: Decision
    context: Context
    trace: dict[str, Any] = field(default_factory=dict)
    webhook: WebhookCall | None = None
    label: Label | None = None
    rating: RatingGiven | None = None
