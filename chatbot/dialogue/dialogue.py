"""One turn: rules first, in a fixed order, and what they leave open by meaning."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chatbot.answers.ranking import Assessment
from chatbot.dialogue.decision import Candidate, HandoffRequest
from chatbot.dialogue.outcomes import answered, frame
from chatbot.dialogue.rules import RULES
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, NeedsVectors, Outcome, Utterance
from chatbot.dialogue.understood import LONGEST_MATCHED, understand
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText


class Dialogue:
    """Decides turns by one snapshot. Immutable; many threads may share it.

    A turn is ``begin`` and, if that returns ``NeedsVectors``, ``finish`` with the vectors of its
    texts. Both compute only: no I/O, no clock, no randomness.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def begin(
        self, utterance: Utterance, context: Context, now: datetime
    ) -> Outcome | NeedsVectors:
        """Decide by rules, or say which texts have to be embedded.

        ``now`` is any aware instant; entries are valid by the day it is in the brand's time zone.
        """
        turn = understand(self.snapshot, utterance, context, now)
        for rule in RULES:
            outcome = rule(self.snapshot, turn)
            if outcome is not None:
                return outcome
        question = NormalText(
            turn.question.text[:LONGEST_MATCHED], turn.question.key[:LONGEST_MATCHED]
        )
        return NeedsVectors(
            texts=(question.text,) if self.snapshot.ranker.needs_vectors else (),
            said=turn.said,
            question=question,
            context=context,
            barred=turn.barred,
            intents=turn.intents,
            tags=turn.tags,
            trace=turn.trace,
        )

    def finish(self, pending: NeedsVectors, vectors: Vectors) -> Outcome:
        """Decide what ``begin`` left open; ``vectors`` has one unit row a pending text."""
        snapshot = self.snapshot
        assessment = snapshot.ranker.assess(pending.question, vectors, pending.barred)
        known = replace(
            frame(snapshot, pending.said),
            intents=pending.intents,
            tags=pending.tags,
            confidence=assessment.confidence,
            candidates=_candidates(assessment),
        )
        trace = {**pending.trace, **assessment.trace}
        if assessment.best is None:
            reason = "no entry to answer with"
        elif assessment.confidence >= known.threshold:
            reason = f"confidence {assessment.confidence} >= threshold {known.threshold}"
            decision = answered(snapshot, known, assessment.best, reason)
            return Outcome(decision, pending.context, {**trace, "rule": "confidence"})
        else:
            reason = f"confidence {assessment.confidence} < threshold {known.threshold}"
        request = HandoffRequest(None, "normal", "low-confidence")
        decision = replace(known, action="handoff", reason=reason, handoff=request)
        return Outcome(decision, Context(), {**trace, "rule": "low-confidence"})


def _candidates(assessment: Assessment) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(entry.id, entry.question, confidence)
        for entry, confidence in assessment.candidates
    )
