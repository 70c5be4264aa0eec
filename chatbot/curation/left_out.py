"""Questions of a knowledge base asked as if they were not in it: what would become of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.answers.ranking import offerable
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.steps import Step, step_by_confidence
from chatbot.matching.confidence import Confidence
from chatbot.matching.practice import LeftOut


@dataclass(frozen=True, slots=True)
class Expected:
    """What becomes of messages, as shares of all; ``wrong`` are among the ``direct`` answers.

    ``coverage`` is the share answered directly of those that have an entry. It rests on
    ``questions`` left out of the knowledge base.
    """

    questions: int
    direct: float
    wrong: float
    clarify: float
    handoff: float
    coverage: float

    def to_json(self) -> dict[str, Any]:
        shares = (self.direct, self.wrong, self.clarify, self.handoff, self.coverage)
        names = ("direct", "wrong", "clarify", "handoff", "coverage")
        rounded = {name: round(share, 4) for name, share in zip(names, shares, strict=True)}
        return {"questions": self.questions, **rounded}


@dataclass(frozen=True, slots=True)
class Met:
    """A left-out question as it would be met: the step taken, by the entry that leads."""

    left_out: LeftOut
    confidence: Confidence
    best: int
    step: Step


def label_of(snapshot: Snapshot, left_out: LeftOut) -> int:
    """Return the entry, by number, that a left-out question is of."""
    matcher = snapshot.ranker.matcher
    return matcher.label_of(left_out.number) if matcher else 0


def meet(snapshot: Snapshot, left_out: LeftOut) -> Met:
    """Return what would become of a left-out question, as the first message of somebody."""
    best = left_out.ranking.labels[0].label
    confidence = snapshot.ranker.judge.judge(left_out.signals)
    rounded = Confidence(round(confidence.right, 4), round(confidence.known, 4))
    return Met(left_out, rounded, best, step_about(snapshot, best, rounded))


def step_about(snapshot: Snapshot, best: int, confidence: Confidence) -> Step:
    """Return what the dialogue does about a message, the first of a conversation."""
    auto = snapshot.entries[best].auto
    if auto == "agents-only":
        return "handoff"
    return step_by_confidence(
        confidence.right,
        snapshot.threshold_of(best),
        offerable(confidence),
        asks_first=auto == "ask",
    )


def expected(met: Sequence[Met], weights: Sequence[float]) -> Expected | None:
    """Return what to expect of messages; None without questions of both kinds.

    ``weights`` say for how many of all messages each stands.
    """
    kinds = {each.left_out.known for each in met}
    if kinds != {True, False}:
        return None
    pairs = list(zip(met, weights, strict=True))
    steps: dict[Step, float] = {"answer": 0.0, "clarify": 0.0, "handoff": 0.0}
    for each, weight in pairs:
        steps[each.step] += weight
    direct = [(each, weight) for each, weight in pairs if each.step == "answer"]
    known = [each for each in met if each.left_out.known]
    return Expected(
        questions=len(met),
        direct=steps["answer"],
        wrong=sum(weight * (1.0 - each.confidence.right) for each, weight in direct),
        clarify=steps["clarify"],
        handoff=steps["handoff"],
        coverage=sum(each.step == "answer" for each in known) / len(known),
    )


def wording_of(snapshot: Snapshot, number: int) -> str:
    """Return the wording with this number in the index, as it is written."""
    matcher = snapshot.ranker.matcher
    if matcher is None:
        return ""
    label = matcher.label_of(number)
    return list(snapshot.indexed[label].values())[list(matcher.texts_of(label)).index(number)]
