"""What a customer says when asked how a person's service was: no question, and no talk of its own.

A tap on a line of the menu counts for as long as the rating is open, whatever was spoken of since;
words and numbers only while that menu, or the one of reasons, is what was said last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatbot.customers.ratings import (
    SCORES,
    RatingAsked,
    RatingGiven,
    is_rating_line,
    read_line,
    reason_line,
)
from chatbot.dialogue.choices import chosen
from chatbot.dialogue.decision import MenuItem, MenuReply, Reply, TextReply
from chatbot.dialogue.outcomes import decided, frame
from chatbot.dialogue.shown import as_tapped, seeing_menu
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.together import fits_one_reply
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors, Understood

#: The name of the rule that decided a message which only rates.
RATING_RULE = "rating"


@dataclass(frozen=True, slots=True)
class HeardRating:
    """A message that rates. ``given`` is None of a tap that means nothing any more.

    ``rest`` is what it says beside that, None if that is all.
    """

    given: RatingGiven | None
    rest: Utterance | None = None


def read_rating(
    snapshot: Snapshot, utterance: Utterance, context: Context, situation: Situation
) -> HeardRating | None:
    """Return what ``utterance`` says of a person's service, None if it is about something else."""
    asked = situation.rating
    menu_id = as_tapped(snapshot, utterance, context).menu_id
    if menu_id is not None and is_rating_line(menu_id):
        given = read_line(menu_id, asked, snapshot.texts.rating_reasons) if asked else None
        return HeardRating(given, _beside_tap(snapshot, utterance))
    if asked is None or menu_id is not None:
        return None
    for number, text in enumerate(utterance.texts):
        given = _typed(snapshot, snapshot.normaliser.key(text), context, asked)
        if given is not None:
            left = (*utterance.texts[:number], *utterance.texts[number + 1 :])
            return HeardRating(given, _else(left, utterance))
    return None


def answer_rating(snapshot: Snapshot, turn: Understood, heard: HeardRating) -> Outcome:
    """Thank the customer; who was not content is asked for a reason. What was open stays open."""
    reply = _reply(snapshot, turn, heard.given)
    context = turn.context
    if isinstance(reply, MenuReply) and not context.form:
        context = context.spoken_of_else()
    decision = replace(
        frame(snapshot, turn.said),
        action="smalltalk",
        reply=(reply,),
        reason=_reason(heard.given),
        language=turn.language,
    )
    outcome = seeing_menu(turn, decided(turn, decision, RATING_RULE, context))
    return replace(outcome, rating=heard.given)


def beside_rating(
    snapshot: Snapshot, step: Outcome | NeedsVectors, given: RatingGiven | None
) -> Outcome | NeedsVectors:
    """Return ``step``, decided of what was said beside a rating, with the rating and thanks."""
    if given is None:
        return step
    if isinstance(step, NeedsVectors):
        return replace(step, rating=given)
    reply = (TextReply(snapshot.texts.rating_thanks), *step.decision.reply)
    if not fits_one_reply(reply):
        return replace(step, rating=given)
    return replace(step, decision=replace(step.decision, reply=reply), rating=given)


def _typed(
    snapshot: Snapshot, key: str, context: Context, asked: RatingAsked
) -> RatingGiven | None:
    """Return what words alone say, as long as a menu of the rating is what was said last."""
    texts, reasons = snapshot.texts, _reasons_shown(context)
    if not key or not (asked.latest or reasons):
        return None
    for score in SCORES:
        if key in map(snapshot.normaliser.key, texts.score_words(score)):
            return RatingGiven(asked.key, score)
    if not reasons:
        place = chosen(key, len(SCORES))
        return None if place is None else RatingGiven(asked.key, SCORES[place])
    captions = {snapshot.normaliser.key(item.text): item.id for item in reasons}
    line = captions.get(key)
    return None if line is None else read_line(line, asked, texts.rating_reasons)


def _reasons_shown(context: Context) -> Sequence[MenuItem]:
    """Return the lines of the menu of reasons, if that is the menu seen last."""
    shown = context.shown
    return shown if shown and all(is_rating_line(item.id) for item in shown) else ()


def _beside_tap(snapshot: Snapshot, utterance: Utterance) -> Utterance | None:
    """Return a burst without the lines that were tapped in it, None if nothing else is said."""
    if len(utterance.texts) <= 1 and not utterance.attachments:
        return None
    texts, key = snapshot.texts, snapshot.normaliser.key
    captions = (*map(texts.score_caption, SCORES), *texts.rating_reasons, texts.rating_none_caption)
    tapped = frozenset(map(key, captions))
    return _else(tuple(text for text in utterance.texts if key(text) not in tapped), utterance)


def _else(texts: tuple[str, ...], utterance: Utterance) -> Utterance | None:
    """Return what is left of a burst, None if nothing is."""
    attachments = utterance.attachments
    return Utterance(texts, attachments) if texts or attachments else None


def _reply(snapshot: Snapshot, turn: Understood, given: RatingGiven | None) -> Reply:
    texts, asked = snapshot.texts, turn.situation.rating
    if given is None:
        return TextReply(texts.rating_late)
    if given.reason:
        return TextReply(texts.rating_noted)
    known = asked is not None and asked.reasoned and asked.score == given.score
    if given.score in {None, "good"} or known or not texts.rating_reasons:
        return TextReply(texts.rating_thanks)
    lines = [MenuItem(reason_line(given.key, each), each) for each in texts.rating_reasons]
    lines.append(MenuItem(reason_line(given.key, ""), texts.rating_none_caption))
    head = texts.rating_poor_head if given.score == "poor" else texts.rating_fair_head
    return MenuReply(head, tuple(lines))


def _reason(given: RatingGiven | None) -> str:
    if given is None:
        return "a line of a rating that is not open"
    if given.score is not None:
        return f"the customer rates a person's service: {given.score}"
    return "the customer says why" if given.reason else "the customer does not say why"
