"""What goes into a turn and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chatbot.dialogue.decision import Decision, IntentMatch
from chatbot.understanding.normalise import NormalText

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
class Context:
    """What the bot remembers between two turns of a conversation."""

    #: The customer was asked once to type instead of speaking.
    asked_to_type: bool = False
    #: The kind of a lone attachment that the customer was asked to say more about.
    waiting_about: Literal["image", "file", "video"] | None = None

    def to_json(self) -> dict[str, Any]:
        return {"asked_to_type": self.asked_to_type, "waiting_about": self.waiting_about}

    @classmethod
    def from_json(cls, record: Mapping[str, Any] | None) -> Context:
        """Rebuild a context; unknown keys and values, as of another release, are left out."""
        if not record:
            return cls()
        about = record.get("waiting_about")
        return cls(
            asked_to_type=record.get("asked_to_type") is True,
            waiting_about=about if about in {"image", "file", "video"} else None,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A turn's decision, the context for the next turn, and the evidence behind it.

    ``trace`` is plain JSON: what was understood, every candidate's scores, the rule that decided.
    """

    decision: Decision
    context: Context
    trace: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NeedsVectors:
    """The turn cannot be decided by rules: embed ``texts`` and call ``Dialogue.finish``.

    Everything but ``texts`` is the dialogue's own note to itself.
    """

    texts: tuple[str, ...]
    said: str
    question: NormalText
    context: Context
    barred: frozenset[int]
    intents: tuple[IntentMatch, ...]
    tags: tuple[str, ...]
    trace: dict[str, Any]
