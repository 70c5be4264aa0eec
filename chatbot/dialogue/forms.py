"""A form in the conversation: begun by an intent, filled by messages, resumed after an aside.

What a form asks and understands is ``chatbot.forms``; here its steps become decisions.
"""

from __future__ import annotations

from dataclasses import replace

from chatbot.dialogue.decision import (
    Decision,
    GivenTag,
    HandoffRequest,
    MenuItem,
    MenuReply,
    Reply,
    TextReply,
)
from chatbot.dialogue.menus import person_item
from chatbot.dialogue.outcomes import decided, hand_over, told
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Outcome
from chatbot.dialogue.understood import Understood
from chatbot.forms.form import Flow, HandoffAction
from chatbot.forms.showing import form_lines
from chatbot.forms.step import FormLine, FormState, FormStep

_OPTION = "form:"
#: Below this probability a message is rather an answer that the form did not understand.
_A_GUESS = 0.3


def begin_form(
    snapshot: Snapshot, turn: Understood, flow: Flow, said: tuple[Reply, ...], reason: str
) -> Outcome:
    """Begin ``flow``, after ``said``; the message that began it may fill slots already."""
    step = snapshot.forms.advance(flow, None, turn.message, turn.said, turn.today)
    return follow_step(snapshot, turn, flow, step, reason, said)


def asks_for_number(snapshot: Snapshot, turn: Understood) -> bool:
    """Return whether the form in progress has just asked for a number."""
    state = FormState.from_json(turn.context.form) if turn.context.form else None
    intent = snapshot.flows.get(state.flow) if state else None
    if state is None or intent is None or intent.flow is None or not state.asked:
        return False
    slot = intent.flow.slot(state.asked)
    return slot is not None and slot.type == "number"


def next_step(snapshot: Snapshot, turn: Understood) -> tuple[Flow, FormStep] | None:
    """Return the next step of the form in progress; None without one.

    A form whose intent is not there any more is over.
    """
    state = FormState.from_json(turn.context.form) if turn.context.form else None
    intent = snapshot.flows.get(state.flow) if state else None
    if intent is None or intent.flow is None:
        return None
    flow = intent.flow
    return flow, snapshot.forms.advance(flow, state, turn.message, turn.said, turn.today)


def follow_step(
    snapshot: Snapshot,
    turn: Understood,
    flow: Flow,
    step: FormStep,
    reason: str,
    said: tuple[Reply, ...] = (),
) -> Outcome:
    """Turn a step that is the form's own (anything but "not-mine") into an outcome."""
    lines = (*said, *_to_replies(snapshot, step))
    known = replace(told(snapshot, turn), slots=dict(step.slots))
    turn = turn.knowing(form=form_lines(flow, step.slots, turn.today, snapshot.texts))
    if step.kind == "give-up":
        request = HandoffRequest(_skill(flow), "normal", "form")
        why = f"{reason}; the form could not be filled"
        return hand_over(turn, known, "form", why, request=request, reply=lines)
    if step.kind == "done":
        known = _filled_in(snapshot, known, flow)
        if isinstance(flow.action, HandoffAction):
            request = HandoffRequest(flow.action.skill, "normal", "form")
            why = f"{reason}; the form is filled"
            return hand_over(turn, known, "form", why, request=request, reply=lines)
    decision = replace(known, action="flow", reply=lines, reason=f"{reason}; {step.kind}")
    form = step.state.to_json() if step.state else {}
    context = replace(
        turn.context, form=form, waiting_row=None, follow_up=None, offered=(), asked=None,
        last=None, waiting_about=None,
    )  # fmt: skip
    return replace(decided(turn, decision, "form", context), webhook=step.webhook)


def resume(snapshot: Snapshot, turn: Understood, outcome: Outcome) -> Outcome:
    """Bring the customer back to the form that a message of another kind interrupted.

    What nothing else could answer, or only small talk, is the form's own after all: "嗯" answers
    none of its questions.
    """
    if turn.aside is None:
        return outcome
    flow, step = turn.aside
    if step.otherwise and _is_no_answer(outcome.decision):
        return follow_step(snapshot, turn, flow, step.otherwise, f"form {flow.name}")
    if outcome.decision.action in {"handoff", "flow", "clarify"}:
        return outcome
    reply = (*outcome.decision.reply, *_to_replies(snapshot, step))
    decision = replace(outcome.decision, reply=reply, slots=dict(step.slots))
    form = step.state.to_json() if step.state else {}
    return replace(outcome, decision=decision, context=replace(outcome.context, form=form))


def _is_no_answer(decision: Decision) -> bool:
    """Return whether nothing but small talk, a guess or a person was found for the message."""
    if decision.handoff is not None:
        return decision.handoff.reason in {"low-confidence", "language"}
    guessed = decision.action == "clarify" and decision.confidence < _A_GUESS
    return guessed or decision.action == "smalltalk"


def _to_replies(snapshot: Snapshot, step: FormStep) -> tuple[Reply, ...]:
    return tuple(_to_reply(snapshot, line) for line in step.lines)


def _to_reply(snapshot: Snapshot, line: FormLine) -> Reply:
    if not line.options:
        return TextReply(line.text)
    items = [
        MenuItem(f"{_OPTION}{number}", caption) for number, caption in enumerate(line.options, 1)
    ]
    return MenuReply(line.text, (*items, person_item(snapshot)))


def _filled_in(snapshot: Snapshot, known: Decision, flow: Flow) -> Decision:
    """Return ``known`` with the tags of the form's intent: a filled form leaves no doubt."""
    tags = (GivenTag(tag, "flow", flow.name, 1.0) for tag in snapshot.flows[flow.name].tags)
    return replace(known, given=(*known.given, *tags))


def _skill(flow: Flow) -> str | None:
    return flow.action.skill if isinstance(flow.action, HandoffAction) else None
