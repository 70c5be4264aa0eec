"""One turn: rules first, in a fixed order, and what they leave open by meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chatbot.answers.ranking import Assessment
from chatbot.dialogue.answering import ask_back, give_answer
from chatbot.dialogue.decision import Candidate, Decision
from chatbot.dialogue.forms import follow_step, next_step, resume
from chatbot.dialogue.intents import follow_intent
from chatbot.dialogue.outcomes import hand_over, told
from chatbot.dialogue.rules import ALWAYS, RULES, Rule, names_row_at_least
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import (
    LONGEST_MATCHED,
    NeedsVectors,
    Understood,
    intents_trace,
    understand,
)
from chatbot.matching.encoder import Vectors
from chatbot.understanding.intents import FoundIntent
from chatbot.understanding.normalise import NormalText

#: Least probability of the best candidate for asking back. Measured on real messages of one brand
#: (ten similar questions an entry): 95 % of those with an entry were answered or offered theirs; of
#: those without one 6 % of the far and 68 % of the near ones saw a menu first. With 0.3 it is 88 %,
#: 0 % and 37 %.
ASK_FROM = 0.1
#: Least share of the best one's probability for being asked about beside it.
_ASK_ALSO = 0.15
_ASKED_ABOUT = 3
#: From this probability on a message that names a row is about something else than the question
#: which row is meant.
_ELSEWHERE = 0.3
#: Least probability of an intent found by meaning for doing what it says; a tag needs less.
_ACT_FROM = 0.7


class Dialogue:
    """Decides turns by one snapshot. Immutable; many threads may share it.

    A turn is ``begin`` and, if that returns ``NeedsVectors``, ``finish`` with the vectors of its
    texts. Both compute only: no I/O, no clock, no randomness.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def begin(
        self, utterance: Utterance, context: Context, situation: Situation
    ) -> Outcome | NeedsVectors:
        """Decide by rules, or say which texts have to be embedded."""
        snapshot = self.snapshot
        turn = understand(snapshot, utterance, context, situation)
        outcome = _first(ALWAYS, snapshot, turn)
        if outcome is not None:
            return outcome
        form = next_step(snapshot, turn)
        if form is not None:
            flow, step = form
            if step.kind != "not-mine":
                return follow_step(snapshot, turn, flow, step, f"form {flow.name}")
            turn = replace(turn, aside=form)
        outcome = _first(RULES, snapshot, turn)
        if outcome is not None:
            return resume(snapshot, turn, outcome)
        if not (snapshot.ranker.needs_vectors or snapshot.examples.needs_vectors):
            return NeedsVectors((), turn)
        return NeedsVectors(tuple(form.text for form in _matched(turn)), turn)

    def finish(self, pending: NeedsVectors, vectors: Vectors) -> Outcome:
        """Decide what ``begin`` left open; ``vectors`` has one unit row a pending text."""
        turn = self._with_examples(pending.turn, vectors)
        return resume(self.snapshot, turn, self._by_meaning(turn, vectors))

    def _by_meaning(self, turn: Understood, vectors: Vectors) -> Outcome:
        snapshot = self.snapshot
        assessment = snapshot.ranker.assess(_matched(turn), vectors, turn.barred)
        turn = turn.knowing(**assessment.trace)
        known = replace(
            told(snapshot, turn),
            confidence=assessment.confidence,
            candidates=_candidates(assessment),
        )
        hit = _acting(turn, assessment.confidence)
        if hit is not None:
            outcome = follow_intent(snapshot, turn, hit)
            seen = replace(
                outcome.decision, confidence=known.confidence, candidates=known.candidates
            )
            return replace(outcome, decision=seen)
        return self._decide_by_confidence(turn, known, assessment)

    def _with_examples(self, turn: Understood, vectors: Vectors) -> Understood:
        """Return ``turn`` with the intents that its meaning shows."""
        if not self.snapshot.examples.needs_vectors:
            return turn
        found = self.snapshot.examples.find(_matched(turn)[0], vectors[0], turn.found)
        return replace(turn, found=found).knowing(intents=intents_trace(found))

    def _decide_by_confidence(
        self, turn: Understood, known: Decision, assessment: Assessment
    ) -> Outcome:
        snapshot = self.snapshot
        confidence = assessment.confidence
        outcome = names_row_at_least(snapshot, turn) if confidence < _ELSEWHERE else None
        if outcome is not None:
            return outcome
        if assessment.best is None:
            return hand_over(turn, known, "low-confidence", "no entry to answer with")
        entry = snapshot.entries[assessment.best]
        threshold = snapshot.threshold_of(assessment.best)
        known = replace(known, threshold=threshold)
        asks_first = entry.auto == "ask" and entry.id not in turn.context.offered
        if confidence >= threshold and not asks_first:
            reason = f"confidence {confidence} >= threshold {threshold}"
            return give_answer(snapshot, turn, known, assessment.best, reason, "confidence")
        reason = f"confidence {confidence} < threshold {threshold}"
        if confidence >= threshold:
            reason = f"confidence {confidence}, and {entry.id} asks back first"
        offered = _offered(known, snapshot)
        asked_once = bool(turn.context.offered) and confidence < threshold
        if confidence >= ASK_FROM and offered and not asked_once:
            return ask_back(snapshot, turn, known, offered, f"{reason}, but likely enough to ask")
        return hand_over(turn, known, "low-confidence", reason)


def _first(rules: Iterable[Rule], snapshot: Snapshot, turn: Understood) -> Outcome | None:
    outcomes = (rule(snapshot, turn) for rule in rules)
    return next((outcome for outcome in outcomes if outcome is not None), None)


def _matched(turn: Understood) -> tuple[NormalText, ...]:
    """Return the forms of the question as far as they are embedded, the one asked first."""
    return tuple(
        NormalText(form.text[:LONGEST_MATCHED], form.key[:LONGEST_MATCHED]) for form in turn.forms
    )


def _candidates(assessment: Assessment) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(entry.id, entry.question, confidence)
        for entry, confidence in assessment.candidates
    )


def _offered(known: Decision, snapshot: Snapshot) -> tuple[Candidate, ...]:
    """Return the candidates worth asking about, best first."""
    likely = (
        candidate
        for candidate in known.candidates
        if candidate.confidence >= _ASK_ALSO * known.confidence
        and snapshot.entries[snapshot.by_id[candidate.faq_id]].auto != "agents-only"
    )
    offered = tuple(likely)[:_ASKED_ABOUT]
    return offered if offered and offered[0].confidence >= ASK_FROM else ()


def _acting(turn: Understood, confidence: float) -> FoundIntent | None:
    """Return the intent found by meaning to follow, if it is surer than the best entry."""
    least = max(confidence, _ACT_FROM)
    sure = (hit for hit in turn.found if hit.intent.acts and hit.confidence >= least)
    return next(sure, None)
