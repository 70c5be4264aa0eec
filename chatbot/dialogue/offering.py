"""Which entries a menu that asks back lists, and how likely a right one is among them."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.answers.ranking import Assessment
from chatbot.dialogue.answering import MOST_ASKED_ABOUT
from chatbot.dialogue.decision import Candidate, Decision
from chatbot.dialogue.snapshot import Snapshot

#: Least probability of a candidate for being asked about.
_ASK_ABOUT = 0.02


def lines_to_offer(snapshot: Snapshot, known: Decision) -> tuple[Candidate, ...]:
    """Return the candidates worth asking about, best first; none if that is for agents alone."""
    likely = [each for each in known.candidates[:MOST_ASKED_ABOUT] if each.confidence >= _ASK_ABOUT]
    auto = [snapshot.entries[snapshot.by_id[each.faq_id]].auto for each in likely]
    if not likely or auto[0] == "agents-only":
        return ()
    shown = zip(likely, auto, strict=True)
    return without_twins(snapshot, [each for each, kind in shown if kind != "agents-only"])


def without_twins(
    snapshot: Snapshot, candidates: Sequence[Candidate], beside: Sequence[str] = ()
) -> tuple[Candidate, ...]:
    """Return ``candidates`` without those whose question is that of one before.

    Nor those whose question is that of an entry of ``beside``.
    """
    seen = {_key(snapshot, faq_id) for faq_id in beside if faq_id in snapshot.by_id}
    left: list[Candidate] = []
    for each in candidates:
        key = _key(snapshot, each.faq_id)
        if key not in seen:
            seen.add(key)
            left.append(each)
    return tuple(left)


def _key(snapshot: Snapshot, faq_id: str) -> str:
    return snapshot.wordings.question_key(snapshot.by_id[faq_id])


def likely_among(assessment: Assessment, offered: Sequence[Candidate]) -> float:
    """Return the probability that a right entry is among ``offered``.

    It is that of the first three candidates without those left out; and as no line is likelier
    than the best, it is no more than that of so many such lines.
    """
    first = assessment.candidates[:MOST_ASKED_ABOUT]
    listed = {each.faq_id for each in offered}
    left_out = sum(share for entry, share in first if entry.id not in listed)
    most = len(offered) * assessment.confidence
    return max(0.0, min(assessment.offerable - left_out, most))
