"""What a message could be about: by its wording, or as the ranker sees it."""

from __future__ import annotations

from chatbot.answers.ranking import Assessment
from chatbot.answers.wordings import WordingMatch
from chatbot.dialogue.decision import Candidate
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.understood import Understood

#: Candidates that a decision tells at most.
MOST_CANDIDATES = 5


def closest_wording(snapshot: Snapshot, turn: Understood) -> WordingMatch | None:
    """Return the wording that is the message's; what the customer wrote beats what it is made of.

    Nearly the same is rather the question of any row: two rows' names may differ by a letter.
    """
    keys = dict.fromkeys((turn.question.key, turn.asked.key, turn.message.key))
    matches = [snapshot.wordings.match(key, turn.barred) for key in keys]
    exact = (match for match in reversed(matches) if match and match.rule == "exact")
    return next(exact, None) or next(filter(None, matches), None)


def candidates_by_wording(snapshot: Snapshot, match: WordingMatch) -> tuple[Candidate, ...]:
    """Return the entries worded like the message as candidates."""
    entries = (snapshot.entries[number] for number in match.entries[:MOST_CANDIDATES])
    return tuple(Candidate(each.id, each.question, match.confidence) for each in entries)


def candidates_by_meaning(assessment: Assessment) -> tuple[Candidate, ...]:
    """Return the entries that the ranker found as candidates, best first."""
    return tuple(
        Candidate(entry.id, entry.question, confidence)
        for entry, confidence in assessment.candidates
    )
