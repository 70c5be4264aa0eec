"""An intent as the keys and values that an admin would write, in their order."""

from __future__ import annotations

from typing import Any

from chatbot.answers.entries import Variant
from chatbot.exchange.records import Record, answer_of
from chatbot.forms.form import HAND_OVER, Action, Flow, HandoffAction, Slot, WebhookAction
from chatbot.knowledge.flow_files import units_said
from chatbot.knowledge.intent_files import INTENT_KEYS
from chatbot.knowledge.tree import Listing, Mapping, Node, Scalar
from chatbot.understanding.intents import Intent, IntentHandoff

#: The keys of an intent besides its name, in the order in which they are written.
INTENT_FIELDS = tuple(key for key in INTENT_KEYS if key != "intent")
_TIMEOUT = WebhookAction("").timeout
_MINUTES = 60


def intent_fields(intent: Intent) -> Record:
    """Return every field as it is written, None where it says nothing."""
    return {
        "title": intent.title if intent.title != intent.name else None,
        "examples": list(intent.examples) or None,
        "keywords": list(intent.keywords) or None,
        "exclude": list(intent.exclude) or None,
        "tags": list(intent.tags) or None,
        "stage": intent.stage or None,
        "reply": answer_of((Variant(intent.reply),)) if intent.reply else None,
        "handoff": _handoff(intent.handoff) if intent.handoff else None,
        "flow": flow_record(intent.flow) if intent.flow else None,
        "drafts": list(intent.drafts) or None,
    }


def flow_record(flow: Flow) -> Record:
    """Return a form as it is written below ``flow``, without what goes without saying."""
    written: Record = {"slots": [_slot(slot, flow.confirm) for slot in flow.slots]}
    if flow.confirm:
        written["confirm"] = flow.confirm
    written["action"] = _action(flow.action)
    if flow.done:
        written["done"] = flow.done
    return written


def value_of(node: Node) -> Any:
    """Return what a file says at a node, as values; a number that is none stays as written."""
    match node:
        case Mapping():
            return {key: value_of(value) for key, _, value in node.pairs}
        case Listing():
            return [value_of(item) for item in node.items]
        case Scalar():
            return _scalar(node)


def _scalar(node: Scalar) -> Any:
    match node.kind:
        case "null":
            return None
        case "boolean":
            return node.value.lower() in {"true", "yes", "on"}
        case "number":
            return _number_written(node.value)
        case _:
            return node.value


def _number_written(written: str) -> Any:
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written  # 9:30 is a number to YAML, and a time to whoever wrote it


def _handoff(handoff: IntentHandoff) -> Record:
    written: Record = {"skill": handoff.skill} if handoff.skill else {}
    if handoff.priority != "normal":
        written["priority"] = handoff.priority
    return written


def _slot(slot: Slot, confirm: str) -> Record:
    written: Record = {"name": slot.name, "type": slot.type, "ask": slot.ask}
    if slot.title:
        written["title"] = slot.title
    if slot.choices:
        named = {choice.name: list(choice.synonyms) for choice in slot.choices}
        written["choices"] = named if any(named.values()) else list(named)
    if slot.optional:
        written["optional"] = True
    if slot.default is not None:
        written["default"] = slot.default
    # A date begins today where nothing else is written.
    for key, limit in (("min", slot.minimum), ("max", slot.maximum)):
        if limit is not None and not (slot.type == "date" and key == "min" and not limit):
            written[key] = _limit(slot, limit)
    if slot.units != units_said(slot.name, slot.ask, confirm) and slot.units:
        written["units"] = list(slot.units)
    return written


def _limit(slot: Slot, limit: float) -> str | float:
    if slot.type == "time":
        hour, minute = divmod(int(limit), _MINUTES)
        return f"{hour:02}:{minute:02}"
    return int(limit) if limit.is_integer() else limit


def _action(action: Action) -> Record:
    if isinstance(action, HandoffAction):
        return {"handoff": action.skill}
    written: Record = {"webhook": action.url}
    if action.timeout != _TIMEOUT:
        written["timeout"] = action.timeout
    if action.on_error != HAND_OVER:
        written["on_error"] = action.on_error
    return written
