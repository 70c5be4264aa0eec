"""Several questions in one message, answered together when the bot is sure of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chatbot.dialogue.answering import MOST_ASKED_ABOUT, ask_back, give_answer
from chatbot.dialogue.decision import (
    Candidate,
    Decision,
    MenuReply,
    Part,
    Reply,
    TextReply,
)
from chatbot.dialogue.denied import denies
from chatbot.dialogue.menus import person_item
from chatbot.dialogue.outcomes import decided, told
from chatbot.dialogue.ranked import (
    MOST_CANDIDATES,
    candidates_by_meaning,
    candidates_by_wording,
    closest_wording,
)
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.together import fits_one_reply, put_together
from chatbot.dialogue.turn import Outcome, Question
from chatbot.dialogue.understood import LONGEST_MATCHED, Understood, asking
from chatbot.dialogue.wording import fill_text
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.parts import Piece

#: Least probability of the best candidate for asking back about one of several questions.
_LIKELY = 0.3
#: The same where the whole message is surely about what the other question asks: then the rest of
#: it may as well be its circumstances.
_LIKELY_BESIDE = 0.5
#: Least share of the best one's probability for being asked about beside it.
_LIKELY_ALSO = 0.15


@dataclass(frozen=True, slots=True)
class AskedPart:
    """One of the questions, with what it could be about, best first."""

    text: str
    turn: Understood
    candidates: tuple[Candidate, ...]
    number: int | None
    threshold: float
    sure: bool

    @property
    def confidence(self) -> float:
        """Return the probability that the best candidate is right."""
        return self.candidates[0].confidence if self.candidates else 0.0


def take_apart(snapshot: Snapshot, turn: Understood) -> Understood:
    """Return ``turn`` with the questions of a message that asks several."""
    if turn.refused or turn.utterance.menu_id is not None:
        return turn
    said = turn.said if turn.in_front is None else turn.message.text
    pieces = snapshot.parts.split(said)
    sentences = snapshot.parts.split(said, statements=True)
    if not pieces and not sentences:
        return turn
    return replace(
        turn,
        parts=_each_asked(snapshot, turn, pieces),
        sentences=_each_asked(snapshot, turn, sentences if sentences != pieces else ()),
    )


def _each_asked(
    snapshot: Snapshot, turn: Understood, pieces: Sequence[Piece]
) -> tuple[tuple[str, Understood], ...]:
    return tuple((piece.text, asking(snapshot, turn, piece.normal)) for piece in pieces)


def answer_parts(
    snapshot: Snapshot, turn: Understood, known: Decision, vectors: Mapping[str, Vectors]
) -> Outcome | None:
    """Answer a message's questions together; None if it is rather to be taken as a whole.

    At least one must be sure, and at most one not: that one is asked back about where it is likely
    about something else, and else a person is offered for it. ``vectors`` has a unit row a text of
    their forms.
    """
    sentences = [_assess(snapshot, text, part, vectors) for text, part in turn.sentences]
    if sentences and all(part.sure for part in sentences):
        return _answer_all(snapshot, turn, known, sentences)
    return _answer_all(
        snapshot, turn, known, [_assess(snapshot, text, part, vectors) for text, part in turn.parts]
    )


def _answer_all(
    snapshot: Snapshot, turn: Understood, known: Decision, parts: Sequence[AskedPart]
) -> Outcome | None:
    sure = [part for part in parts if part.sure]
    open_parts = [part for part in parts if not part.sure]
    numbers = {part.number for part in sure}
    if not sure or len(open_parts) > 1:
        return None
    left = open_parts[0] if open_parts else None
    whole = snapshot.by_id.get(known.candidates[0].faq_id) if known.candidates else None
    is_one = whole in numbers and known.confidence >= sure[0].threshold
    least = _LIKELY_BESIDE if is_one else _LIKELY
    likely = _likely(snapshot, left, numbers, least) if left else ()
    if len(numbers) < 2 and is_one and not likely and not (left and _is_else(left, numbers)):
        return None
    if len(numbers) < 2 and left is None:
        return None
    outcome = _answer_sure(snapshot, turn, known, sure, parts)
    if outcome is not None and left is not None:
        outcome = _ask_about(snapshot, turn, outcome, left, likely)
    return outcome if outcome is not None and fits_one_reply(outcome.decision.reply) else None


def _assess(
    snapshot: Snapshot, text: str, turn: Understood, vectors: Mapping[str, Vectors]
) -> AskedPart:
    match = closest_wording(snapshot, turn)
    if match is not None:
        candidates, number = candidates_by_wording(snapshot, match), match.entries[0]
    else:
        forms = embedded_forms(turn)
        rows = np.stack([vectors[form.text] for form in forms])
        assessment = snapshot.ranker.assess(forms, rows, turn.barred)
        if assessment.best is None:
            return AskedPart(text, turn, (), None, 1.0, sure=False)
        candidates, number = candidates_by_meaning(assessment), assessment.best
    threshold = snapshot.threshold_of(number)
    entry = snapshot.entries[number]
    sure = candidates[0].confidence >= threshold and entry.auto != "ask"
    sure = sure and not (match is None and denies(snapshot, turn, entry))
    return AskedPart(text, turn, candidates, number, threshold, sure)


def embedded_forms(turn: Understood) -> tuple[NormalText, ...]:
    """Return the forms of a question as far as they are embedded, the one asked first."""
    return tuple(map(as_embedded, turn.forms))


def as_embedded(form: NormalText) -> NormalText:
    """Return a form as far as it is embedded."""
    return NormalText(form.text[:LONGEST_MATCHED], form.key[:LONGEST_MATCHED])


def _likely(
    snapshot: Snapshot, part: AskedPart, answered: set[int | None], least: float
) -> tuple[Candidate, ...]:
    """Return what a question may be about beside what is answered anyway, best first."""
    if part.number in answered or part.confidence < least:
        return ()
    likely = (
        each
        for each in part.candidates
        if each.confidence >= _LIKELY_ALSO * part.confidence
        and snapshot.by_id[each.faq_id] not in answered
        and snapshot.entries[snapshot.by_id[each.faq_id]].auto != "agents-only"
    )
    return tuple(likely)[:MOST_ASKED_ABOUT]


def _is_else(part: AskedPart, answered: set[int | None]) -> bool:
    """Return whether a question is about something else than ``answered``, whatever it is."""
    return part.number not in answered or part.confidence < _LIKELY


def _answer_sure(
    snapshot: Snapshot,
    turn: Understood,
    known: Decision,
    sure: Sequence[AskedPart],
    parts: Sequence[AskedPart],
) -> Outcome | None:
    """Return the answers to ``sure``, as one outcome; of an entry asked for twice only one."""
    once = {part.number: part for part in reversed(sure)}
    first_of_each = [part for part in sure if once[part.number] is part]
    least = min(sure, key=lambda part: part.confidence)
    known = replace(
        known,
        confidence=least.confidence,
        threshold=least.threshold,
        candidates=_merged([part.candidates for part in first_of_each]),
    )
    outcomes: list[Outcome] = []
    rows = turn.context.rows
    for part in first_of_each:
        rows = {**rows, **_named(turn, part)}
        own = replace(part.turn, context=replace(part.turn.context, rows=rows))
        outcome = give_answer(snapshot, own, known, part.number or 0, _reason(parts), "several")
        rows = outcome.context.rows
        outcomes.append(outcome)
    together = put_together(turn, known, outcomes)
    if together is None:
        return None
    pairs = zip(first_of_each, outcomes, strict=True)
    helped = {part.number for part, outcome in pairs if outcome.decision.handoff is None}
    asked = tuple(_recorded(part, helped) for part in parts)
    return replace(together, decision=replace(together.decision, parts=asked))


def _named(turn: Understood, part: AskedPart) -> Mapping[str, str]:
    """Return the rows that a question names itself, beside those of the conversation."""
    rows = turn.context.rows
    return {name: key for name, key in part.turn.context.rows.items() if rows.get(name) != key}


def _recorded(part: AskedPart, helped: Collection[int | None]) -> Part:
    known = part.sure and part.number in helped
    return Part(part.text, part.candidates[0].faq_id if known else None, part.confidence)


def _reason(parts: Sequence[AskedPart]) -> str:
    sure = sum(part.sure for part in parts)
    return f"{sure} of {len(parts)} questions in one message are sure"


def _merged(lists: Sequence[tuple[Candidate, ...]]) -> tuple[Candidate, ...]:
    """Return the best of each question in their order, then what else is likely."""
    best = [candidates[0] for candidates in lists]
    others = sorted(
        (each for candidates in lists for each in candidates[1:]),
        key=lambda each: -each.confidence,
    )
    by_id = {each.faq_id: each for each in reversed([*best, *others])}
    merged = [by_id[faq_id] for faq_id in dict.fromkeys(e.faq_id for e in [*best, *others])]
    return tuple(merged[:MOST_CANDIDATES])


def _ask_about(
    snapshot: Snapshot,
    turn: Understood,
    outcome: Outcome,
    part: AskedPart,
    likely: tuple[Candidate, ...],
) -> Outcome | None:
    """Add to the answers what the one question left may mean, or the offer of a person.

    None where the answers ask for something themselves, or a person is called anyway.
    """
    if outcome.decision.handoff is None and not likely:
        return _offer_person_for(snapshot, turn, outcome, part)
    if outcome.decision.action != "answer" or outcome.context.waiting_row is not None:
        return None
    head = _about(snapshot, turn, snapshot.texts.clarify_part_head, part)
    known = replace(told(snapshot, part.turn), candidates=part.candidates)
    asked = Question(
        part.text[:LONGEST_MATCHED],
        known.snapshot,
        tuple((each.faq_id, round(each.confidence, 4)) for each in part.candidates),
    )
    clarified = ask_back(snapshot, part.turn, known, likely, "", head=head, asked=asked)
    if clarified.decision.action != "clarify":
        return None
    decision = replace(outcome.decision, reply=(*outcome.decision.reply, *clarified.decision.reply))
    context = replace(outcome.context, offered=clarified.context.offered, asked=asked)
    return decided(turn, decision, "several", context)


def _offer_person_for(
    snapshot: Snapshot, turn: Understood, outcome: Outcome, part: AskedPart
) -> Outcome:
    """Add to the answers that the question left is not known, and a person for it.

    A menu that asks for something stays the last, and has the person in it anyway.
    """
    head, reply = _about(snapshot, turn, snapshot.texts.unsure_part, part), outcome.decision.reply
    if outcome.context.waiting_row is not None:
        added: tuple[Reply, ...] = (*reply[:-1], TextReply(head), reply[-1])
    else:
        added = (*reply, MenuReply(head, (person_item(snapshot),)))
    return replace(outcome, decision=replace(outcome.decision, reply=added))


def _about(snapshot: Snapshot, turn: Understood, text: str, part: AskedPart) -> str:
    return fill_text(snapshot, turn, text).replace("{part}", part.text.rstrip("?？"))
