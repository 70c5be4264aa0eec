"""One turn: rules first, in a fixed order, and what they leave open by meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from chatbot.answers.ranking import Assessment
from chatbot.dialogue.answering import ask_back, give_answer
from chatbot.dialogue.attachments import words_of
from chatbot.dialogue.beside import replied_in_front, with_reply_in_front, with_row_in_front
from chatbot.dialogue.clauses import (
    texts_of_clauses,
    vectors_of_clauses,
    with_clauses,
    with_smalltalk_beside,
)
from chatbot.dialogue.decision import Decision
from chatbot.dialogue.denied import denies
from chatbot.dialogue.dissatisfied import not_said_again, with_refusal_taken
from chatbot.dialogue.follow_ups import (
    answer_follow_up,
    as_follow_up,
    follow_up,
    leads,
    with_follow_up,
)
from chatbot.dialogue.forms import follow_step, next_step, resume
from chatbot.dialogue.intents import follow_intent, is_shown_enough
from chatbot.dialogue.labels import labelled
from chatbot.dialogue.offering import likely_among, lines_to_offer
from chatbot.dialogue.outcomes import hand_over, told
from chatbot.dialogue.picks import names_row_at_least
from chatbot.dialogue.ranked import candidates_by_meaning
from chatbot.dialogue.rating import answer_rating, beside_rating, read_rating
from chatbot.dialogue.rephrased import asks_the_same, choose_rephrased
from chatbot.dialogue.rules import ALWAYS, BEFORE_INTENTS, RULES, Rule
from chatbot.dialogue.several import answer_parts, as_embedded, embedded_forms, take_apart
from chatbot.dialogue.shown import as_tapped, seeing_menu
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.steps import Step, step_by_confidence
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import (
    NeedsVectors,
    Understood,
    intents_trace,
    understand,
)
from chatbot.matching.encoder import Vectors
from chatbot.understanding.intent_examples import LookedAt
from chatbot.understanding.intents import FoundIntent
from chatbot.understanding.normalise import NormalText

#: From this probability on a message that names a row is about something else than the question
#: which row is meant.
_ELSEWHERE = 0.5
#: Least probability of an intent found by meaning for doing what it says; a tag needs less.
_ACT_FROM = 0.7
_NO_ROWS: Vectors = np.zeros((0, 0), dtype=np.float32)


class Dialogue:
    """Decides turns by one snapshot. Immutable; many threads may share it.

    A turn is ``begin`` and, as long as ``NeedsVectors`` is returned, ``finish`` with the vectors of
    its texts. Both compute only: no I/O, no clock, no randomness.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def begin(
        self, utterance: Utterance, context: Context, situation: Situation
    ) -> Outcome | NeedsVectors:
        """Decide by rules, or say which texts have to be embedded."""
        snapshot = self.snapshot
        heard = read_rating(snapshot, utterance, context, situation)
        if heard is None:
            return self._begin(utterance, context, situation)
        if heard.rest is None:
            turn = understand(snapshot, utterance, context, situation)
            return answer_rating(snapshot, turn, heard)
        step = self._begin(heard.rest, context, situation)
        return beside_rating(snapshot, step, heard.given)

    def _begin(
        self, utterance: Utterance, context: Context, situation: Situation
    ) -> Outcome | NeedsVectors:
        snapshot = self.snapshot
        tapped = as_tapped(snapshot, utterance, context)
        turn = understand(snapshot, tapped, context, situation)
        if tapped is not utterance:
            turn = replace(turn, typed=words_of(utterance))
        outcome = _first(ALWAYS, snapshot, turn)
        if outcome is not None:
            return seeing_menu(turn, outcome)
        form = next_step(snapshot, turn)
        if form is not None:
            flow, step = form
            if step.kind != "not-mine":
                step_taken = follow_step(snapshot, turn, flow, step, f"form {flow.name}")
                return seeing_menu(turn, step_taken)
            turn = replace(turn, aside=form)
        turn = with_row_in_front(snapshot, with_refusal_taken(snapshot, turn))
        turn = with_reply_in_front(snapshot, turn)
        outcome = _first(BEFORE_INTENTS, snapshot, turn)
        if outcome is None and turn.acting is not None:
            turn = with_clauses(snapshot, turn)
            if turn.clauses:
                return NeedsVectors(_texts(snapshot, turn), turn)
        outcome = outcome or _first(RULES, snapshot, turn)
        if outcome is not None:
            return _ended(snapshot, turn, outcome)
        if not (snapshot.ranker.needs_vectors or snapshot.examples.needs_vectors):
            return NeedsVectors((), turn)
        turn = with_clauses(snapshot, with_follow_up(snapshot, take_apart(snapshot, turn)))
        return NeedsVectors(_texts(snapshot, turn), turn)

    def finish(self, pending: NeedsVectors, vectors: Vectors) -> Outcome | NeedsVectors:
        """Decide what was left open; ``vectors`` has one unit row a pending text.

        Few messages of several clauses are after several things: the clauses are embedded only if
        the whole hints at that.
        """
        return beside_rating(self.snapshot, self._finish(pending, vectors), pending.rating)

    def _finish(self, pending: NeedsVectors, vectors: Vectors) -> Outcome | NeedsVectors:
        by_text = {**pending.known, **dict(zip(pending.texts, vectors, strict=True))}
        examples, looked = self.snapshot.examples, self._look(pending.turn, by_text)
        left = tuple(text for text in texts_of_clauses(pending.turn) if text not in by_text)
        if left and examples.hints_at_several(looked, pending.turn.found):
            return NeedsVectors(left, pending.turn, by_text)
        begun = replace(pending.turn, clauses=()) if left else pending.turn
        turn = self._with_examples(begun, looked, by_text)
        hit = begun.acting
        if hit is not None:  # its other clauses only add tags to what the rule says
            outcome = follow_intent(self.snapshot, turn, hit)
        else:
            outcome = self._by_meaning(turn, by_text)
        return _ended(self.snapshot, turn, outcome)

    def _by_meaning(self, turn: Understood, vectors: Mapping[str, Vectors]) -> Outcome:
        snapshot = self.snapshot
        assessment = self._assess(turn, vectors)
        turn = turn.knowing(**assessment.trace)
        known = replace(
            told(snapshot, turn),
            confidence=assessment.confidence,
            candidates=candidates_by_meaning(assessment),
        )
        together = answer_parts(snapshot, turn, known, vectors)
        sure = max(assessment.confidence, together.decision.confidence if together else 0.0)
        hit = _acting(turn, sure)
        if hit is not None:
            outcome = follow_intent(snapshot, turn, hit)
            seen = replace(
                outcome.decision, confidence=known.confidence, candidates=known.candidates
            )
            return replace(outcome, decision=seen)
        if together is not None:
            return together
        return self._decide_by_confidence(turn, known, assessment, vectors)

    def _assess(self, turn: Understood, vectors: Mapping[str, Vectors]) -> Assessment:
        forms = embedded_forms(turn)
        rows = np.stack([vectors[form.text] for form in forms]) if vectors else _NO_ROWS
        return self.snapshot.ranker.assess(forms, rows, turn.barred)

    def _look(self, turn: Understood, vectors: Mapping[str, Vectors]) -> list[LookedAt]:
        """Return the texts that may tell an intent, as examples see them."""
        examples = self.snapshot.examples
        if not examples.needs_vectors:
            return []
        shown = _told_by(self.snapshot, turn)
        return examples.look(shown, [vectors[form.text] for form in shown])

    def _with_examples(
        self, turn: Understood, looked: Sequence[LookedAt], vectors: Mapping[str, Vectors]
    ) -> Understood:
        """Return ``turn`` with the intents that its meaning shows."""
        if not self.snapshot.examples.needs_vectors:
            return turn
        spoken = vectors_of_clauses(turn, vectors)
        found = self.snapshot.examples.find(looked, turn.found, turn.clauses, spoken)
        found = with_smalltalk_beside(self.snapshot, turn.said, found)
        if found == turn.found:
            return turn
        return replace(turn, found=found).knowing(intents=intents_trace(found))

    def _decide_by_confidence(
        self,
        turn: Understood,
        known: Decision,
        assessment: Assessment,
        vectors: Mapping[str, Vectors],
    ) -> Outcome:
        snapshot, confidence = self.snapshot, assessment.confidence
        outcome = names_row_at_least(snapshot, turn) if confidence < _ELSEWHERE else None
        if outcome is not None:
            return outcome
        if assessment.best is None:
            return hand_over(turn, known, "low-confidence", "no entry to answer with")
        entry = snapshot.entries[assessment.best]
        threshold = snapshot.threshold_of(assessment.best)
        known = replace(known, threshold=threshold)
        asks_first = entry.auto == "ask" and entry.id not in turn.context.offered
        likely = likely_among(assessment, lines_to_offer(snapshot, known))
        step = step_by_confidence(confidence, threshold, likely, asks_first=asks_first)
        if denies(snapshot, turn, entry):
            turn, step = turn.knowing(denied=entry.id), "clarify" if step == "answer" else step
        if step == "answer":
            reason = f"confidence {confidence} >= threshold {threshold}"
            return give_answer(snapshot, turn, known, assessment.best, reason, "confidence")
        return self._decide_unsure(turn, known, assessment, vectors, step, asks_first=asks_first)

    def _decide_unsure(
        self,
        turn: Understood,
        known: Decision,
        assessment: Assessment,
        vectors: Mapping[str, Vectors],
        step: Step,
        *,
        asks_first: bool,
    ) -> Outcome:
        """Answer what goes on from the menu or answer before; else ask back or hand over."""
        snapshot, denied = self.snapshot, "denied" in turn.trace
        further = follow_up(snapshot, turn, vectors)
        outcome = choose_rephrased(snapshot, turn, known, assessment)
        outcome = outcome or answer_follow_up(snapshot, turn, known, further)
        if outcome is not None and not denied:
            return outcome
        reason = _why_unsure(known, denied=denied)
        goes_on = further is not None and leads(snapshot, turn, assessment, further)
        if further is not None and goes_on:
            known, assessment, step = as_follow_up(snapshot, known, further), further, "clarify"
            reason = f"confidence {further.confidence} < threshold {known.threshold}"
            reason = f"after the last answer, {reason}"
        offered = lines_to_offer(snapshot, known)
        asked_once = asks_the_same(turn, offered) and not asks_first
        says_what = goes_on or asks_first or snapshot.parts.says_something(turn.asked)
        if step == "clarify" and offered and says_what and not asked_once:
            likely = likely_among(assessment, offered)
            reason = f"{reason}, but one of the offered is right with {likely:.4f}"
            return ask_back(snapshot, turn, known, offered, reason)
        return hand_over(turn, known, "low-confidence", reason)


def _why_unsure(known: Decision, *, denied: bool) -> str:
    """Return why the best entry is not answered by itself."""
    if denied:
        return f"confidence {known.confidence}, but the message denies it"
    if known.confidence >= known.threshold:
        return f"confidence {known.confidence}, and {known.candidates[0].faq_id} asks back first"
    return f"confidence {known.confidence} < threshold {known.threshold}"


def _first(rules: Iterable[Rule], snapshot: Snapshot, turn: Understood) -> Outcome | None:
    outcomes = (rule(snapshot, turn) for rule in rules)
    return next((outcome for outcome in outcomes if outcome is not None), None)


def _ended(snapshot: Snapshot, turn: Understood, outcome: Outcome) -> Outcome:
    """Return ``outcome`` with all that belongs to the turn beside what was decided."""
    outcome = not_said_again(snapshot, turn, labelled(turn, outcome))
    outcome = replied_in_front(snapshot, turn, outcome)
    return seeing_menu(turn, resume(snapshot, turn, outcome))


def _told_by(snapshot: Snapshot, turn: Understood) -> list[NormalText]:
    """Return the texts that may tell an intent by their meaning, the question first.

    They are the message's parts beside it, and all of it where such small talk was taken off as
    some intent's examples have.
    """
    texts = [embedded_forms(each)[0] for each in (turn, *(part for _, part in turn.parts))]
    heeded = snapshot.intents.heeded_smalltalk if snapshot.examples.needs_vectors else ()
    if heeded and not snapshot.smalltalk.beside(turn.message).isdisjoint(heeded):
        texts.append(as_embedded(turn.message))
    return texts


def _texts(snapshot: Snapshot, turn: Understood) -> tuple[str, ...]:
    """Return all that has to be embedded for a turn, each text once, its own forms first."""
    parts = (part for _, part in (*turn.parts, *turn.sentences))
    asked = [*embedded_forms(turn), *(form for part in parts for form in embedded_forms(part))]
    asked += _told_by(snapshot, turn)
    if turn.follow_up is not None:
        asked.append(turn.follow_up)
    return tuple(dict.fromkeys(form.text for form in asked))


def _acting(turn: Understood, confidence: float) -> FoundIntent | None:
    """Return the intent found by meaning to follow, if the best entry is thrice as doubtful."""
    least = max(1.0 - (1.0 - confidence) / 3.0, _ACT_FROM)
    hit = turn.acting
    if hit is None or hit.confidence < least or not is_shown_enough(turn, hit):
        return None
    return hit
