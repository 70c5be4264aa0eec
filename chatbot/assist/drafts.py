"""Up to three replies an agent may send at once, from the knowledge base alone. Pure.

No language model writes them: each is what the bot would have said, or an entry's answer as it
reads for this customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatbot.assist.wording import reader, word_entry, words_to_copy
from chatbot.dialogue.decision import Decision, TextReply
from chatbot.dialogue.ranked import candidates_by_meaning
from chatbot.dialogue.rows import rows_in
from chatbot.dialogue.service import Mind
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Situation
from chatbot.dialogue.understood import Understood
from chatbot.pipeline.planning import to_messages
from chatbot.store.turns import Turn

MOST_DRAFTS = 3
#: An entry that is right less often is not worth an agent's look.
LEAST_CONFIDENCE = 0.15
#: The bot's own replies of these kinds say something; the others ask, or leave it to a person.
_SAYING = frozenset({"answer", "reply", "smalltalk"})
_MOST_MESSAGES = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply ready to be sent; ``messages`` and ``text`` as of `chatbot.assist.wording.Wording`.

    ``id`` and ``title`` are the entry's and its question, empty where the bot's own words are of
    no entry. ``confidence`` is the probability that the entry is right, 0 where there is none.
    ``by`` is "bot" for what the bot said or would have said.
    """

    id: str
    title: str
    confidence: float
    text: str
    messages: tuple[Mapping[str, Any], ...]
    by: Literal["bot", "entry"]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "confidence": round(self.confidence, 4),
            "text": self.text,
            "messages": list(self.messages),
            "by": self.by,
        }


def drafts_of_turns(
    snapshot: Snapshot,
    turns: Sequence[Turn],
    context: Context,
    situation: Situation,
    unsent: Sequence[Mapping[str, Any]] = (),
) -> tuple[Draft, ...]:
    """Return the drafts for the last of ``turns`` (oldest first), without any model.

    What a turn of mode "assist" would have said comes first, or the bodies ``unsent`` that the bot
    had ready for the last turn when somebody took the session over; then what the intents found are
    answered with by agents (``drafts`` in their files), then the candidates, surest first.
    A turn that tells nothing, such as the wish for a person, leaves it to the one before it in the
    same session; what that one has answered already is no draft. Left out is all that would not be
    said here and now: out of date, of other accounts, for agents to read, without a fact it needs,
    without an answer in the customer's language.
    """
    for turn in _latest_first(turns):
        is_last = turn is turns[-1]
        bodies = turn.drafts or (unsent if is_last else ())
        to = reader(snapshot, turn.text, context, situation)
        drafts = _told(_drafts_of(snapshot, turn, to, bodies, is_last=is_last))
        if drafts:
            return drafts
    return ()


def question_of(turns: Sequence[Turn]) -> str:
    """Return what the customer asked last in this session, before calling for a person."""
    texts = (turn.text for turn in _latest_first(turns) if not _is_wish(turn.decision))
    return next(filter(None, texts), "")


def drafts_of_decision(
    snapshot: Snapshot, decision: Decision, context: Context, situation: Situation
) -> tuple[Draft, ...]:
    """Return the drafts that a decision, made just now and not recorded, gives."""
    to = reader(snapshot, decision.text, context, situation)
    return _told(_drafts_of_decision(snapshot, decision, to))


def drafts_by_meaning(
    mind: Mind,
    said: str,
    context: Context,
    situation: Situation,
    barred: Collection[str] = (),
) -> tuple[Draft, ...]:
    """Return the drafts that the meaning of ``said`` alone leads to, whatever a rule makes of it.

    ``barred`` are ids of entries that have been answered already. Uses the encoder.
    """
    snapshot = mind.dialogue.snapshot
    to = reader(snapshot, said, context, situation)
    if not snapshot.ranker.needs_vectors or to.asked.is_empty:
        return ()
    numbers = frozenset(snapshot.by_id[each] for each in barred if each in snapshot.by_id)
    vectors = mind.encoder.encode([form.text for form in to.forms])
    assessment = snapshot.ranker.assess(to.forms, vectors, to.barred | numbers)
    found = ((each.faq_id, each.confidence) for each in candidates_by_meaning(assessment))
    return _told(_of_entries(snapshot, to, found))


def _latest_first(turns: Sequence[Turn]) -> Iterator[Turn]:
    """Yield the turns of the last session, the last one first."""
    for turn in reversed(turns):
        if turn.session_version == turns[-1].session_version:
            yield turn


def _drafts_of(
    snapshot: Snapshot,
    turn: Turn,
    to: Understood,
    bodies: Sequence[Mapping[str, Any]],
    *,
    is_last: bool,
) -> Iterator[Draft]:
    faq_id, decision = str(turn.decision.get("faq_id") or ""), turn.decision
    if bodies and decision.get("action") in _SAYING and _is_in_force(snapshot, to, faq_id):
        yield _of_bot(snapshot, faq_id, float(decision.get("confidence", 0.0)), bodies)
    said = set() if is_last or turn.mode == "assist" else answered(turn)
    found = (pair for pair in _candidates(snapshot, decision) if pair[0] not in said)
    yield from _of_entries(snapshot, to, found)


def answered(turn: Turn) -> set[str]:
    """Return the ids of the entries whose answers a turn gave."""
    if turn.action != "answer":
        return set()
    parts = turn.decision.get("parts") or ()
    return {str(each["faq_id"]) for each in (turn.decision, *parts) if each.get("faq_id")}


def _candidates(snapshot: Snapshot, decision: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield (entry, confidence) that a recorded decision tells.

    What it answers comes first, then what the admins chose for the intents it found, each as sure
    as the intent, then the other candidates.
    """
    whole = decision.get("faq_id"), decision.get("confidence")
    parts = ((part["faq_id"], part["confidence"]) for part in decision.get("parts") or ())
    told = ((each["faq_id"], each["confidence"]) for each in decision.get("candidates") or ())
    chosen = (
        (faq_id, intent["confidence"])
        for intent in decision.get("intents") or ()
        for faq_id in snapshot.intents.drafts_of(str(intent["name"]))
    )
    for faq_id, confidence in (*parts, whole, *chosen, *told):
        if faq_id:
            yield str(faq_id), float(confidence or 0.0)


def _drafts_of_decision(snapshot: Snapshot, decision: Decision, to: Understood) -> Iterator[Draft]:
    if decision.action in _SAYING and decision.reply:
        bodies = to_messages(decision.reply, _MOST_MESSAGES)
        yield _of_bot(snapshot, decision.faq_id or "", decision.confidence, bodies)
    yield from _of_entries(snapshot, to, _candidates(snapshot, decision.to_json()))
    yield from _asking_back(snapshot, decision)


def _asking_back(snapshot: Snapshot, decision: Decision) -> Iterator[Draft]:
    """Yield the question which row (which store, …) is meant, where the answer depends on that."""
    rows = [line.text for line in rows_in(decision.menu)] if decision.menu else []
    if rows:
        words = "\n".join([snapshot.texts.assist_words["which"], *(f"· {row}" for row in rows)])
        faq_id = decision.candidates[0].faq_id if decision.candidates else ""
        bodies = to_messages((TextReply(words),), _MOST_MESSAGES)
        yield _of_bot(snapshot, faq_id, decision.confidence, bodies)


def _of_bot(
    snapshot: Snapshot, faq_id: str, confidence: float, bodies: Sequence[Mapping[str, Any]]
) -> Draft:
    number = snapshot.by_id.get(faq_id)
    title = snapshot.entries[number].question if number is not None else ""
    text = words_to_copy(bodies, snapshot.texts)
    return Draft(faq_id, title, confidence, text, tuple(bodies), "bot")


def _of_entries(
    snapshot: Snapshot, to: Understood, found: Iterable[tuple[str, float]]
) -> Iterator[Draft]:
    for faq_id, confidence in found:
        number = snapshot.by_id.get(faq_id)
        if number is None or confidence < LEAST_CONFIDENCE:
            continue
        wording = word_entry(snapshot, to, number, in_kind=True)
        if wording.may_be_sent:
            question = snapshot.entries[number].question
            yield Draft(faq_id, question, confidence, wording.text, wording.messages, "entry")


def _is_in_force(snapshot: Snapshot, to: Understood, faq_id: str) -> bool:
    """Return whether an entry still answers here and now; words of no entry always do."""
    if not faq_id:
        return True
    number = snapshot.by_id.get(faq_id)
    return number is not None and number not in to.silent


def _told(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """Return the first few drafts that say different things, and anything at all."""
    by_text: dict[str, Draft] = {}
    for draft in drafts:
        key = "".join(draft.text.split())
        if key:
            by_text.setdefault(key, draft)
        if len(by_text) == MOST_DRAFTS:
            break
    return tuple(by_text.values())


def _is_wish(decision: Mapping[str, Any]) -> bool:
    handoff = decision.get("handoff") or {}
    return handoff.get("reason") in {"wish", "dissatisfied"}
