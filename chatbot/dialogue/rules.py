"""The rules that decide a turn without the encoder, in the order they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chatbot.dialogue.attachments import has_voice, seen_in
from chatbot.dialogue.decision import Candidate, HandoffRequest, TextReply
from chatbot.dialogue.outcomes import answered, chat, decided, hand_over, offer_person, told
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import HUMAN_MENU_ID, Context, Outcome
from chatbot.dialogue.understood import Understood, unique
from chatbot.understanding.emoji import remove_emoji

Rule = Callable[[Snapshot, Understood], Outcome | None]

_CANDIDATES = 5


def tapped_person(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the customer tapped 转人工 in a menu."""
    if turn.utterance.menu_id != HUMAN_MENU_ID:
        return None
    return hand_over(snapshot, turn, "wish", "the customer tapped the line for a person")


def wishes_person(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the customer asks for a person in words."""
    phrase = snapshot.wishes.find(turn.question)
    if phrase is None:
        return None
    shown = replace(turn, trace={**turn.trace, "phrase": phrase})
    return hand_over(snapshot, shown, "wish", "the customer asks for a person")


def asks_about_something_shown(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over a question about a picture, video or file: only a person can look at it."""
    about = seen_in(turn.utterance) or turn.context.waiting_about
    if about is None or not turn.asks:
        return None
    return hand_over(snapshot, turn, about, f"a question about a {about}")


def speaks(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Ask once to type instead of speaking, then hand over."""
    if turn.asks or not has_voice(turn.utterance):
        return None
    if turn.context.asked_to_type:
        return hand_over(snapshot, turn, "voice", "a voice message after being asked to type")
    context = replace(turn.context, asked_to_type=True)
    return offer_person(snapshot, turn, snapshot.texts.ask_to_type, "voice", context)


def shows_something(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Ask once what a lone picture, video or file is about, then hand over."""
    seen = seen_in(turn.utterance)
    if turn.asks or seen is None:
        return None
    if turn.context.waiting_about is not None:
        return hand_over(snapshot, turn, seen, f"a second {seen} without a question")
    context = replace(turn.context, waiting_about=seen)
    return offer_person(snapshot, turn, snapshot.texts.ask_about_attachment, seen, context)


def cannot_be_read(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Say politely that a kind of message cannot be read."""
    if not turn.utterance.attachments or not turn.message.is_empty:
        return None
    text = snapshot.texts.unsupported_message
    return offer_person(snapshot, turn, text, "unsupported", turn.context)


def says_nothing(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer emoji, marks and empty messages in a friendly line."""
    texts = snapshot.texts
    if not turn.message.is_empty:
        return None
    if not turn.said:
        return chat(snapshot, turn, texts.empty, "empty", turn.context)
    if remove_emoji(turn.said) != turn.said:
        return chat(snapshot, turn, texts.emoji_only, "emoji", turn.context)
    return chat(snapshot, turn, texts.marks_only, "marks", turn.context)


def has_intent(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Follow the strongest intent that says what to do; the others only leave their tags."""
    hit = next((hit for hit in turn.found if hit.intent.handoff or hit.intent.reply), None)
    if hit is None:
        return None
    reply = tuple(map(TextReply, hit.intent.reply))
    reason = f"intent {hit.intent.name} by {hit.evidence}: {hit.detail}"
    wanted = hit.intent.handoff
    if wanted is None:
        decision = replace(told(snapshot, turn), reply=reply, reason=reason)
        return decided(turn, decision, "intent", turn.context)
    request = HandoffRequest(wanted.skill, wanted.priority, "intent")
    return hand_over(snapshot, turn, "intent", reason, request=request, reply=reply)


def worded_alike(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer a message that words an entry's question the same, or nearly so."""
    keys = unique((turn.question.key, turn.message.key))
    matches = (snapshot.wordings.match(key, turn.barred) for key in keys)
    match = next(filter(None, matches), None)
    if match is None or match.confidence < snapshot.threshold:
        return None
    entries = [snapshot.entries[number] for number in match.entries[:_CANDIDATES]]
    known = replace(
        told(snapshot, turn),
        confidence=match.confidence,
        candidates=tuple(Candidate(e.id, e.question, match.confidence) for e in entries),
    )
    reason = f"{match.rule} wording of a question ({round(match.ratio, 4)})"
    decision = answered(snapshot, known, match.entries[0], reason)
    return decided(turn, decision, match.rule, turn.context)


def is_smalltalk(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer hello, thanks and all right; the latter two close what was open."""
    if turn.smalltalk is None:
        return None
    text: str = getattr(snapshot.texts, turn.smalltalk)
    context = turn.context if turn.smalltalk == "greeting" else Context()
    return chat(snapshot, turn, text, turn.smalltalk, context)


#: Asked in this order; the first outcome counts.
RULES: tuple[Rule, ...] = (
    tapped_person,
    wishes_person,
    asks_about_something_shown,
    speaks,
    shows_something,
    cannot_be_read,
    says_nothing,
    has_intent,
    worded_alike,
    is_smalltalk,
)
