"""Filled forms in the outbox: called under the conversation's lease, ended exactly once.

A webhook is a part like a message: marked before the call, settled with its answer in the
transaction that also stores what the customer is told. A crash in between repeats the call with
the same key, so that the other system can tell the repeat.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chatbot.dialogue.decision import HandoffRequest, TextReply
from chatbot.forms.form import HAND_OVER, WebhookCall
from chatbot.forms.showing import filled_in, names_in
from chatbot.pipeline import sending, steps
from chatbot.pipeline.planning import Plan, to_messages
from chatbot.pipeline.sending import MESSAGE_BUDGET, Next
from chatbot.pipeline.webhook_client import WebhookAnswer, WebhookClient
from chatbot.store import conversations as store
from chatbot.store import outbox
from chatbot.store.conversations import Claim, Conversation
from chatbot.store.outbox import Part, PartFate

#: Tries of one call, those that a crash cut off included.
TRIES = 3
_PAUSE = timedelta(seconds=1)
#: A field of an answer goes into a sentence: it is short and has no line breaks.
_LONGEST_FIELD = 200
_RESULT = "result."

Json = dict[str, Any]


async def call_webhook(
    client: WebhookClient, conversation: Conversation, part: Part
) -> WebhookAnswer:
    """Send the form of ``part``; the part's message id is the key that stays over retries."""
    call = WebhookCall.from_json(part.payload)
    form = {
        "flow": call.flow,
        "slots": dict(call.slots),
        "customer": conversation.external_userid,
        "account": conversation.open_kfid,
        "conversation": conversation.public_id,
    }
    return await client.call(call.action, part.msgid, form)


def settle_webhook(
    connection: Connection,
    claim: Claim,
    part: Part,
    answer: WebhookAnswer,
    rest: Sequence[Part],
    handed_over: Json,
    now: datetime,
    freshness: timedelta,
) -> Next:
    """Give the call its fate, or its next try, and insert what follows from it."""
    if part.turn_id is None:
        raise ValueError(f"part {part.id} is a webhook without a turn")
    conversation = store.hold_claim(connection, claim)
    if answer.kind == "again" and part.attempts < TRIES:
        due_at = now + _PAUSE * part.attempts
        outbox.retry_part(
            connection, part.id, due_at, uncertain=part.uncertain or answer.uncertain,
            error_code=None, error_text=answer.problem,
        )  # fmt: skip
        return Next(wait_until=due_at)
    call = WebhookCall.from_json(part.payload)
    said = done_text(call, answer.result) if answer.kind == "done" else None
    fate = _fate(part, answer)
    problem = answer.problem if answer.kind != "done" or said else "the answer lacks a field"
    outbox.settle_part(
        connection, part.id, fate, now, error_text=problem or None, result=_kept(answer.result)
    )
    # Made for the session in which the form was filled: in a later one it is not sent.
    then = replace(conversation, session_version=part.session_version)
    plan = _what_follows(call, said, handed_over, MESSAGE_BUDGET - conversation.sent_since_customer)
    new = steps.insert_parts(connection, then, part.turn_id, plan, now + freshness, now)
    following = sending.begin_next(connection, claim, [*rest, *new], now)
    return replace(following, settled=((part.kind, fate), *following.settled))


def _fate(part: Part, answer: WebhookAnswer) -> PartFate:
    if answer.kind == "done":
        return "delivered"
    return "unknown" if answer.uncertain or part.uncertain else "refused"


def _kept(result: Mapping[str, Any]) -> Json | None:
    """Return what is kept of an answer for people to look up."""
    return dict(result) if result else None


def _what_follows(call: WebhookCall, said: str | None, handed_over: Json, budget: int) -> Plan:
    """Plan the good news; else what the form's ``on_error`` wants."""
    if said is None and call.action.on_error != HAND_OVER:
        said = call.action.on_error
    told = (handed_over,) if budget > 0 else ()
    if said is None:
        return Plan(told, HandoffRequest(None, "normal", "webhook"))
    messages = to_messages([TextReply(said)], budget)
    if len(messages) <= max(0, budget):
        return Plan(messages)
    return Plan(told, HandoffRequest(None, "normal", "budget"))


def done_text(call: WebhookCall, result: Mapping[str, Any]) -> str | None:
    """Return the flow's ``done`` with slots and fields of ``result``; None if a field is missing.

    ``{result.order.number}`` is ``number`` within ``order``. A field must be a number or a short
    text of one line.
    """
    words = dict(call.words)
    for name in names_in(call.done):
        if name.startswith(_RESULT):
            value = _field(result, name.removeprefix(_RESULT).split("."))
            if value is None:
                return None
            words[name] = value
    return filled_in(call.done, words)


def _field(result: Any, path: Sequence[str]) -> str | None:
    for key in path:
        result = result.get(key) if isinstance(result, dict) else None
    if isinstance(result, bool) or not isinstance(result, (str, int, float)):
        return None
    written = result if isinstance(result, str) else json.dumps(result)
    if not written.strip() or len(written) > _LONGEST_FIELD or re.search(r"[\r\n\0]", written):
        return None
    return written
