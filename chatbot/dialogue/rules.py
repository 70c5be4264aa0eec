"""The rules that decide a turn without the encoder, in the order they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chatbot.dialogue.answering import ask_back, give_answer
from chatbot.dialogue.attachments import has_voice, seen_in
from chatbot.dialogue.decision import TextReply
from chatbot.dialogue.dissatisfied import refuses_the_answer, refuses_the_menu
from chatbot.dialogue.forms import asks_for_number
from chatbot.dialogue.intents import follow_intent, is_urgent
from chatbot.dialogue.labels import with_choice, with_refusal
from chatbot.dialogue.menus import service_menu
from chatbot.dialogue.outcomes import decided, hand_over, offer_person, told
from chatbot.dialogue.picks import (
    answers_which_row,
    picked_by_words,
    picked_entry,
    picked_from_before,
    picked_person,
)
from chatbot.dialogue.ranked import candidates_by_wording, closest_wording
from chatbot.dialogue.rows import turns_page
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import (
    HUMAN_MENU_ID,
    Context,
    LabelSource,
    Outcome,
)
from chatbot.dialogue.understood import Understood
from chatbot.dialogue.wording import fill_text
from chatbot.texts import in_language
from chatbot.understanding.emoji import remove_emoji
from chatbot.understanding.language import is_foreign

Rule = Callable[[Snapshot, Understood], Outcome | None]


def tapped_person(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the customer tapped 转人工 in a menu."""
    if turn.utterance.menu_id != HUMAN_MENU_ID:
        return None
    reason = "the customer tapped the line for a person"
    return _called_person(turn, hand_over(turn, told(snapshot, turn), "wish", reason))


def wishes_person(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the customer asks for a person in words."""
    phrase = next(filter(None, map(snapshot.wishes.find, turn.forms)), None)
    if phrase is None:
        return None
    shown = turn.knowing(phrase=phrase)
    reason = "the customer asks for a person"
    return _called_person(turn, hand_over(shown, told(snapshot, turn), "wish", reason))


def _called_person(turn: Understood, outcome: Outcome) -> Outcome:
    """Return ``outcome`` with what the wish for a person says about the menu or answer before."""
    if turn.context.offered:
        source: LabelSource = "click" if turn.utterance.menu_id is not None else "typed"
        return with_choice(turn, outcome, None, source)
    if len(turn.context.shown) == 1:  # offered for the question beside those answered
        return outcome
    return with_refusal(turn, outcome, "wish")


def wants_menu(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Show the account's service menu, at any time; what was open stays open.

    But a number picks from this menu from now on, and 0 answers a form that asks for a number.
    """
    if not snapshot.menu_wish.is_menu(turn.message):
        return None
    if turn.message.key.isdecimal() and asks_for_number(snapshot, turn):
        return None
    return _show_menu(snapshot, turn, "the customer asks for the menu")


def _show_menu(snapshot: Snapshot, turn: Understood, reason: str) -> Outcome:
    menu = service_menu(snapshot, turn.account, turn.silent)
    menu = replace(menu, head=fill_text(snapshot, turn, menu.head))
    decision = replace(told(snapshot, turn), reply=(menu,), reason=reason)
    return decided(turn, decision, "menu", turn.context.spoken_of_else())


def is_emergency(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Follow an urgent intent before anything else that is open."""
    urgent = next((hit for hit in turn.found if is_urgent(hit)), None)
    return None if urgent is None else follow_intent(snapshot, turn, urgent)


def turns_old_page(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Show the service menu when 更多 was tapped in a menu that nobody waits for any more."""
    if not turns_page(turn):
        return None
    return _show_menu(snapshot, turn, "the next page of a menu that is out of date")


def asks_about_something_shown(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over a question about a picture, video or file: only a person can look at it."""
    about = seen_in(turn.utterance) or turn.context.waiting_about
    if about is None or not turn.asks or turn.utterance.menu_id is not None:
        return None
    return hand_over(turn, told(snapshot, turn), about, f"a question about a {about}")


def speaks(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Ask once to type instead of speaking, then hand over."""
    if turn.asks or not has_voice(turn.utterance):
        return None
    if turn.context.asked_to_type:
        reason = "a voice message after being asked to type"
        return hand_over(turn, told(snapshot, turn), "voice", reason)
    context = replace(turn.context, asked_to_type=True)
    return offer_person(snapshot, turn, snapshot.texts.ask_to_type, "voice", context)


def shows_something(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Ask once what a lone picture, video or file is about, then hand over."""
    seen = seen_in(turn.utterance)
    if turn.asks or seen is None:
        return None
    if turn.context.waiting_about is not None:
        return hand_over(turn, told(snapshot, turn), seen, f"a second {seen} without a question")
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
        return _chat(snapshot, turn, texts.empty, "empty", turn.context)
    if remove_emoji(turn.said) != turn.said:
        return _chat(snapshot, turn, texts.emoji_only, "emoji", turn.context)
    return _chat(snapshot, turn, texts.marks_only, "marks", turn.context)


def has_intent(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Follow the strongest intent that says what to do; the others only leave their tags."""
    return None if turn.acting is None else follow_intent(snapshot, turn, turn.acting)


def worded_alike(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer a message that words an entry's question the same, or nearly so."""
    match = closest_wording(snapshot, turn)
    if match is None:
        return None
    threshold = snapshot.threshold_of(match.entries[0])
    if match.confidence < threshold:
        return None
    first = snapshot.entries[match.entries[0]]
    known = replace(
        told(snapshot, turn),
        confidence=match.confidence,
        candidates=candidates_by_wording(snapshot, match),
        threshold=threshold,
    )
    reason = f"{match.rule} wording of a question ({round(match.ratio, 4)})"
    if first.auto == "ask" and first.id not in turn.context.offered:
        return ask_back(
            snapshot, turn, known, known.candidates[:1], f"{reason}; the entry asks back"
        )
    return give_answer(snapshot, turn, known, match.entries[0], reason, match.rule)


def is_smalltalk(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer hello, thanks, praise and the like; what was open stays open."""
    if turn.smalltalk is None:
        return None
    text: str = getattr(snapshot.texts, turn.smalltalk)
    return _chat(snapshot, turn, text, turn.smalltalk, turn.context)


def _chat(snapshot: Snapshot, turn: Understood, text: str, rule: str, context: Context) -> Outcome:
    """Answer small talk, with a line in the customer's language if that is another."""
    said = fill_text(snapshot, turn, text)
    if is_foreign(turn.language):
        said = f"{said}\n{in_language(snapshot.texts.smalltalk_foreign, turn.language)}"
    decision = replace(
        told(snapshot, turn),
        action="smalltalk",
        reply=(TextReply(said),),
        reason=f"small talk: {rule}",
    )
    return decided(turn, decision, rule, context)


#: Asked first, whatever is open; the first outcome counts.
ALWAYS: tuple[Rule, ...] = (tapped_person, wishes_person, wants_menu, is_emergency)

#: Asked after a form in progress, in this order; the first outcome counts.
BEFORE_INTENTS: tuple[Rule, ...] = (
    asks_about_something_shown,
    speaks,
    shows_something,
    cannot_be_read,
    says_nothing,
    picked_entry,
    picked_person,
    picked_from_before,
    refuses_the_menu,
    answers_which_row,
    turns_old_page,
)

#: Asked after these.
RULES: tuple[Rule, ...] = (
    has_intent,
    refuses_the_answer,
    worded_alike,
    picked_by_words,
    is_smalltalk,
)
