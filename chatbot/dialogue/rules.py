"""The rules that decide a turn without the encoder, in the order they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chatbot.answers.wordings import WordingMatch
from chatbot.dialogue.answering import ask_back, give_answer
from chatbot.dialogue.attachments import has_voice, seen_in
from chatbot.dialogue.choices import chosen
from chatbot.dialogue.decision import Candidate, Decision, TextReply
from chatbot.dialogue.forms import asks_for_number
from chatbot.dialogue.intents import follow_intent, is_urgent
from chatbot.dialogue.menus import service_menu, tapped_entry
from chatbot.dialogue.outcomes import decided, hand_over, offer_person, told
from chatbot.dialogue.rows import ask_which_row, row_told, turns_page
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import HUMAN_MENU_ID, Context, Outcome, WaitingRow
from chatbot.dialogue.understood import Understood
from chatbot.dialogue.wording import fill_text
from chatbot.understanding.emoji import remove_emoji

Rule = Callable[[Snapshot, Understood], Outcome | None]

_CANDIDATES = 5
#: Share of right answers among questions that the customer picked from a menu.
_PICKED_CONFIDENCE = 0.99


def tapped_person(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the customer tapped 转人工 in a menu."""
    if turn.utterance.menu_id != HUMAN_MENU_ID:
        return None
    return hand_over(
        turn, told(snapshot, turn), "wish", "the customer tapped the line for a person"
    )


def wishes_person(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Hand over when the customer asks for a person in words."""
    phrase = next(filter(None, map(snapshot.wishes.find, turn.forms)), None)
    if phrase is None:
        return None
    shown = turn.knowing(phrase=phrase)
    return hand_over(shown, told(snapshot, turn), "wish", "the customer asks for a person")


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
    return decided(turn, decision, "menu", replace(turn.context, offered=()))


def is_emergency(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Follow an urgent intent before anything else that is open."""
    urgent = next((hit for hit in turn.found if is_urgent(hit)), None)
    return None if urgent is None else follow_intent(snapshot, turn, urgent)


def picked_entry(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer the question whose line was tapped, or that was picked from the last menu."""
    faq_id = tapped_entry(turn.utterance.menu_id) or _offered(snapshot, turn)
    number = snapshot.by_id.get(faq_id or "")
    if number is None or number in turn.barred:
        return None
    return _answer_picked(snapshot, turn, number, "the customer picked the question from a menu")


def _offered(snapshot: Snapshot, turn: Understood) -> str | None:
    """Return the entry that was picked from the last menu by its number or by its very words."""
    offered = turn.context.offered
    number = chosen(turn.message.key, len(offered))
    if number is not None:
        return offered[number]
    entries = (snapshot.entries[snapshot.by_id[each]] for each in offered if each in snapshot.by_id)
    keys = {snapshot.normaliser.key(entry.question): entry.id for entry in entries}
    return keys.get(turn.message.key)


def answers_which_row(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Go on with the answer that waits to know which row is meant, or say it of another row.

    A message that asks something of its own does not choose, though it names a row.
    """
    return _with_row(snapshot, turn, turn.context.waiting_row or turn.context.follow_up)


def names_row_at_least(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Take for a choice what names a row, and nothing else is known to answer."""
    return _with_row(snapshot, turn, turn.context.waiting_row, strictly=False)


def turns_old_page(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Show the service menu when 更多 was tapped in a menu that nobody waits for any more."""
    if not turns_page(turn):
        return None
    return _show_menu(snapshot, turn, "the next page of a menu that is out of date")


def _with_row(
    snapshot: Snapshot, turn: Understood, waiting: WaitingRow | None, *, strictly: bool = True
) -> Outcome | None:
    number = snapshot.by_id.get(waiting.faq_id) if waiting else None
    if waiting is None or number is None or number in turn.barred:
        return None
    told_rows = row_told(snapshot, turn, waiting, strictly=strictly)
    if told_rows is None:
        return None
    if len(told_rows.keys) == 1:
        turn = turn.remembering(waiting.table, told_rows.keys[0])
        return _answer_picked(snapshot, turn, number, "the customer said which row is meant")
    known = _picked(snapshot, turn, number)
    waiting = replace(waiting, keys=told_rows.keys)
    return ask_which_row(snapshot, turn, known, waiting, told_rows.offset)


def _answer_picked(snapshot: Snapshot, turn: Understood, number: int, reason: str) -> Outcome:
    known = _picked(snapshot, turn, number)
    return give_answer(snapshot, turn, known, number, reason, "picked")


def _picked(snapshot: Snapshot, turn: Understood, number: int) -> Decision:
    entry = snapshot.entries[number]
    return replace(
        told(snapshot, turn),
        confidence=_PICKED_CONFIDENCE,
        candidates=(Candidate(entry.id, entry.question, _PICKED_CONFIDENCE),),
    )


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
    hit = next((hit for hit in turn.found if hit.intent.acts), None)
    return None if hit is None else follow_intent(snapshot, turn, hit)


def worded_alike(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer a message that words an entry's question the same, or nearly so."""
    match = _closest_wording(snapshot, turn)
    if match is None or match.confidence < snapshot.threshold_of(match.entries[0]):
        return None
    entries = [snapshot.entries[number] for number in match.entries[:_CANDIDATES]]
    candidates = tuple(Candidate(e.id, e.question, match.confidence) for e in entries)
    known = replace(told(snapshot, turn), confidence=match.confidence, candidates=candidates)
    reason = f"{match.rule} wording of a question ({round(match.ratio, 4)})"
    if entries[0].auto == "ask" and entries[0].id not in turn.context.offered:
        return ask_back(snapshot, turn, known, candidates[:1], f"{reason}; the entry asks back")
    return give_answer(snapshot, turn, known, match.entries[0], reason, match.rule)


def _closest_wording(snapshot: Snapshot, turn: Understood) -> WordingMatch | None:
    """Return the wording that is the message's; what the customer wrote beats what it is made of.

    Nearly the same is rather the question of any row: two rows' names may differ by a letter.
    """
    keys = dict.fromkeys((turn.question.key, turn.asked.key, turn.message.key))
    matches = [snapshot.wordings.match(key, turn.barred) for key in keys]
    exact = (match for match in reversed(matches) if match and match.rule == "exact")
    return next(exact, None) or next(filter(None, matches), None)


def is_smalltalk(snapshot: Snapshot, turn: Understood) -> Outcome | None:
    """Answer hello, thanks and all right; the latter two close what was open."""
    if turn.smalltalk is None:
        return None
    text: str = getattr(snapshot.texts, turn.smalltalk)
    closed = Context(rows=turn.context.rows)
    context = turn.context if turn.smalltalk == "greeting" else closed
    return _chat(snapshot, turn, text, turn.smalltalk, context)


def _chat(snapshot: Snapshot, turn: Understood, text: str, rule: str, context: Context) -> Outcome:
    """Answer small talk."""
    decision = replace(
        told(snapshot, turn),
        action="smalltalk",
        reply=(TextReply(fill_text(snapshot, turn, text)),),
        reason=f"small talk: {rule}",
    )
    return decided(turn, decision, rule, context)


#: Asked first, whatever is open; the first outcome counts.
ALWAYS: tuple[Rule, ...] = (tapped_person, wishes_person, wants_menu, is_emergency)

#: Asked after a form in progress, in this order; the first outcome counts.
RULES: tuple[Rule, ...] = (
    asks_about_something_shown,
    speaks,
    shows_something,
    cannot_be_read,
    says_nothing,
    picked_entry,
    answers_which_row,
    turns_old_page,
    has_intent,
    worded_alike,
    is_smalltalk,
)
