"""What a form remembers between two messages, and what it does after one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chatbot.forms.form import Value, WebhookCall

#: ``ask``, ``confirm``: the form goes on. ``done``: do the flow's action. ``cancelled``: the
#: customer gave up. ``not-mine``: the message is none of the form's. ``give-up``: hand over.
StepKind = Literal["ask", "confirm", "done", "cancelled", "not-mine", "give-up"]


@dataclass(frozen=True, slots=True)
class FormState:
    """A form in progress. ``flow`` is the name of its intent.

    ``asked`` is the slot that was asked for last, ``misses`` how many answers in a row were of
    no use, ``confirming`` that all is filled and the customer was asked whether it is right.
    """

    flow: str
    values: Mapping[str, Value] = field(default_factory=dict)
    asked: str | None = None
    skipped: tuple[str, ...] = ()
    confirming: bool = False
    misses: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "flow": self.flow,
            "values": dict(self.values),
            "asked": self.asked,
            "skipped": list(self.skipped),
            "confirming": self.confirming,
            "misses": self.misses,
        }

    @classmethod
    def from_json(cls, record: Any) -> FormState | None:
        """Rebuild a state; None for what is no state, as of another release."""
        try:
            return cls(
                flow=str(record["flow"]),
                values=_values(record["values"]),
                asked=record["asked"] if isinstance(record["asked"], str) else None,
                skipped=tuple(map(str, record["skipped"])),
                confirming=record["confirming"] is True,
                misses=int(record["misses"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def _values(record: Mapping[str, Any]) -> dict[str, Value]:
    kinds = (str, int, float)
    return {name: value for name, value in record.items() if isinstance(value, kinds)}


@dataclass(frozen=True, slots=True)
class FormLine:
    """One message; with ``options`` it is a menu of captions, and a tap says the caption."""

    text: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormStep:
    """What comes next.

    ``state`` is remembered for the next message, None when the form is over. ``slots`` are the
    values so far, defaults included. ``webhook`` is set for ``done`` with such an action.

    For ``not-mine``, ``lines`` bring the customer back to the form after the message was answered
    by something else. If nothing else answers it, ``otherwise`` is the step to take instead.
    """

    kind: StepKind
    state: FormState | None
    slots: Mapping[str, Value]
    lines: tuple[FormLine, ...] = ()
    webhook: WebhookCall | None = None
    otherwise: FormStep | None = None
