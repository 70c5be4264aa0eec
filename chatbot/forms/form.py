"""What admins write under ``flow``: the slots to fill, and what is done when they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

SlotType = Literal["date", "time", "number", "phone", "choice", "text"]

#: A date is its ISO form, a time ``HH:MM``, a choice its name, a phone its digits.
Value = str | int | float

#: The value of ``on_error`` that hands over instead of saying something.
HAND_OVER = "handoff"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose, and how else customers call it."""

    name: str
    synonyms: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Return every way to name it."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing to be told.

    ``minimum`` and ``maximum`` limit a number's value, a text's length in characters, a time in
    minutes of the day, and a date in days from today. A slot with a ``default`` is not asked
    for. ``units`` are measure words by which a number is recognised without being asked for.
    """

    name: str
    type: SlotType
    ask: str
    title: str = ""
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    default: Value | None = None
    minimum: float | None = None
    maximum: float | None = None
    units: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "ask": self.ask,
            "title": self.title,
            "choices": [[choice.name, list(choice.synonyms)] for choice in self.choices],
            "optional": self.optional,
            "default": self.default,
            "min": self.minimum,
            "max": self.maximum,
            "units": list(self.units),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Slot:
        """Rebuild what ``to_json`` gave."""
        return cls(
            name=record["name"],
            type=record["type"],
            ask=record["ask"],
            title=record["title"],
            choices=tuple(Choice(name, tuple(words)) for name, words in record["choices"]),
            optional=record["optional"],
            default=record["default"],
            minimum=record["min"],
            maximum=record["max"],
            units=tuple(record["units"]),
        )


@dataclass(frozen=True, slots=True)
class HandoffAction:
    """A person with this skill does the rest."""

    skill: str

    def to_json(self) -> dict[str, Any]:
        return {"handoff": self.skill}


@dataclass(frozen=True, slots=True)
class WebhookAction:
    """Another system does the rest. ``timeout`` is in seconds, for each try.

    ``on_error`` is ``handoff`` or what the customer is told.
    """

    url: str
    timeout: float = 3.0
    on_error: str = HAND_OVER

    def to_json(self) -> dict[str, Any]:
        return {"webhook": self.url, "timeout": self.timeout, "on_error": self.on_error}


Action = HandoffAction | WebhookAction


@dataclass(frozen=True, slots=True)
class Flow:
    """A form; ``name`` is its intent's.

    ``confirm`` has slots in braces, and empty means that nothing is asked back. ``done`` is said
    afterwards, empty for nothing; ``{result.…}`` in it are fields of the webhook's answer.
    """

    name: str
    slots: tuple[Slot, ...]
    action: Action
    confirm: str = ""
    done: str = ""

    def slot(self, name: str) -> Slot | None:
        """Return the slot called ``name``."""
        return next((slot for slot in self.slots if slot.name == name), None)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "slots": [slot.to_json() for slot in self.slots],
            "action": self.action.to_json(),
            "confirm": self.confirm,
            "done": self.done,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Flow:
        """Rebuild what ``to_json`` gave."""
        return cls(
            name=record["name"],
            slots=tuple(map(Slot.from_json, record["slots"])),
            action=_action(record["action"]),
            confirm=record["confirm"],
            done=record["done"],
        )


def _action(record: Mapping[str, Any]) -> Action:
    if "handoff" in record:
        return HandoffAction(record["handoff"])
    return WebhookAction(record["webhook"], record["timeout"], record["on_error"])


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """A filled form on its way to another system, with all that is needed to end it.

    It is complete by itself: what the customer confirmed does not change with the files.
    ``words`` are the values as customers read them.
    """

    flow: str
    action: WebhookAction
    done: str
    slots: Mapping[str, Value]
    words: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "flow": self.flow,
            "action": self.action.to_json(),
            "done": self.done,
            "slots": dict(self.slots),
            "words": dict(self.words),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> WebhookCall:
        """Rebuild what ``to_json`` gave."""
        action = _action(record["action"])
        if not isinstance(action, WebhookAction):
            raise ValueError("this form is not for a webhook")
        return cls(record["flow"], action, record["done"], record["slots"], record["words"])
