"""What goes into a turn and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from chatbot.dialogue.decision import Decision
from chatbot.forms.form import WebhookCall

#: ``id`` of the menu line that calls a person; it comes back as the click's ``menu_id``.
HUMAN_MENU_ID = "human"

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
    what the customer has; ``scene`` the scene_param of the link the customer came by.
    """

    now: datetime
    account: str = ""
    customer: str = ""
    tags: tuple[str, ...] = ()
    scene: str = ""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An entry whose answer needs a row of ``table``; one of ``keys``, any row without them."""

    faq_id: str
    table: str
    keys: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"faq_id": self.faq_id, "table": self.table, "keys": list(self.keys)}

    @classmethod
    def from_json(cls, record: object) -> WaitingRow | None:
        """Rebuild what ``to_json`` gave; None of anything else."""
        if not isinstance(record, dict):
            return None
        faq_id, table = record.get("faq_id"), record.get("table")
        if not isinstance(faq_id, str) or not isinstance(table, str):
            return None
        return cls(faq_id, table, _texts(record.get("keys")))


@dataclass(frozen=True, slots=True)
class Context:
    """What the bot remembers between two turns of a conversation."""

    #: The customer was asked once to type instead of speaking.
    asked_to_type: bool = False
    #: The kind of a lone attachment that the customer was asked to say more about.
    waiting_about: Literal["image", "file", "video"] | None = None
    #: Ids of the entries that the last menu offered, in its order.
    offered: tuple[str, ...] = ()
    #: The answer that waits until the customer has said which row of a table is meant.
    waiting_row: WaitingRow | None = None
    #: The answer just given with the facts of a row: another row's name asks it again.
    follow_up: WaitingRow | None = None
    #: The row of each table that the customer chose or named, by the table's name.
    rows: Mapping[str, str] = field(default_factory=dict)
    #: The form in progress, as ``FormState.to_json`` gives it; empty without one.
    form: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "asked_to_type": self.asked_to_type,
            "waiting_about": self.waiting_about,
            "offered": list(self.offered),
            "waiting_row": self.waiting_row and self.waiting_row.to_json(),
            "follow_up": self.follow_up and self.follow_up.to_json(),
            "rows": dict(self.rows),
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
            offered=_texts(record.get("offered")),
            waiting_row=WaitingRow.from_json(record.get("waiting_row")),
            follow_up=WaitingRow.from_json(record.get("follow_up")),
            rows=_texts_by_name(record.get("rows")),
            form=form if isinstance(form, dict) else {},
        )


def _texts(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else ()
    return tuple(text for text in listed if isinstance(text, str))


def _texts_by_name(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A turn's decision, the context for the next turn, and the evidence behind it.

    ``trace`` is plain JSON: what was understood, every candidate's scores, the rule that decided.
    ``webhook`` is the call that a filled form asks for.
    """

    decision: Decision
    context: Context
    trace: dict[str, Any] = field(default_factory=dict)
    webhook: WebhookCall | None = None
