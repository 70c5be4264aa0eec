"""What the bot's confidence is worth here: the promise, what to expect, and what would help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.answers.calibration import Ground, weights_of
from chatbot.answers.correction import (
    Correction,
    JudgedLabel,
    counted_alike,
    least_precision,
)
from chatbot.answers.entries import Entry
from chatbot.curation.cautions import Caution, cautions
from chatbot.curation.growth import Growth, Need, Practice, known_answered, needs
from chatbot.curation.learning import Band, SeenLabel, choices_of, sample_of
from chatbot.curation.left_out import (
    Expected,
    Met,
    expected,
    label_of,
    meet,
    step_about,
    wording_of,
)
from chatbot.curation.reliability import Bin, Judged, reliability
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.confidence import Confidence
from chatbot.matching.practice import LeftOut
from chatbot.matching.vector_cache import Progress


@dataclass(frozen=True, slots=True)
class Promise:
    """A target, and from which confidence on answers are given to keep it, for so many entries."""

    target: float
    threshold: float
    ground: Ground
    entries: int

    def to_json(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "threshold": self.threshold,
            "ground": self.ground,
            "entries": self.entries,
        }


@dataclass(frozen=True, slots=True)
class Bound:
    """What labels prove: of so many, those answered directly, the right ones among these.

    ``answered`` and ``right`` are counted as if every label stood for as many messages. The share
    of right answers is not below ``precision`` at the usual doubt.
    """

    labels: int
    answered: int
    right: int

    @property
    def precision(self) -> float:
        """Return the lower bound of the share of right answers; 0 without answers."""
        return least_precision(self.right, self.answered)

    def to_json(self) -> dict[str, Any]:
        return {
            "labels": self.labels,
            "answered": self.answered,
            "right": self.right,
            "least_precision": round(self.precision, 4),
        }


@dataclass(frozen=True, slots=True)
class Confusion:
    """Wordings of one entry that lead to another when they are left out.

    ``answered``: how many of them would have been answered, wrongly.
    """

    entry: Entry
    taken_for: Entry
    questions: int
    answered: int
    example: str

    def to_json(self) -> dict[str, Any]:
        return {
            "faq_id": self.entry.id,
            "taken_for": self.taken_for.id,
            "questions": self.questions,
            "answered": self.answered,
            "example": self.example,
        }


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """All that ``chatbot knowledge calibrate`` tells."""

    entries: int
    wordings: int
    stated_share: float
    correction: Correction | None
    promises: tuple[Promise, ...]
    expected: Expected | None
    bound: Bound | None
    left_out: tuple[Bin, ...]
    labelled: tuple[Bin, ...]
    confusions: tuple[Confusion, ...]
    growth: Growth
    needs: tuple[Need, ...]
    cautions: tuple[Caution, ...]

    @property
    def gain(self) -> float:
        """Return how many more of all messages would be answered directly with ten similar ones.

        As if every entry were asked for equally often.
        """
        share = self.correction.share if self.correction else self.stated_share
        return (1.0 - share) * sum(need.gain for need in self.needs) / max(1, self.entries)

    def to_json(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "wordings": self.wordings,
            "stated_share": self.stated_share,
            "correction": self.correction and self.correction.to_json(),
            "promises": [promise.to_json() for promise in self.promises],
            "expected": self.expected and self.expected.to_json(),
            "bound": self.bound and self.bound.to_json(),
            "reliability": {
                "left_out": [each.to_json() for each in self.left_out],
                "labels": [each.to_json() for each in self.labelled],
            },
            "confusions": [each.to_json() for each in self.confusions],
            "curve": [point.to_json() for point in self.growth.curve],
            "gain": round(self.gain, 4),
            "needs": [need.to_json() for need in self.needs],
            "warnings": [
                {"kind": each.kind, "faq_ids": list(each.entries), "wording": each.wording,
                 "count": each.count}
                for each in self.cautions
            ],
        }  # fmt: skip


def report_on(
    dialogue: Dialogue,
    left_out: Sequence[LeftOut],
    *,
    stated_share: float,
    correction: Correction | None = None,
    seen: Sequence[SeenLabel] = (),
    bands: Sequence[Band] = (),
    full: bool = False,
    advance: Progress | None = None,
) -> CalibrationReport:
    """Report on ``dialogue``, which decides by ``correction``, and the labels that were ``seen``.

    ``left_out`` are its questions as messages, some or all (``full``) of them. ``bands`` count the
    messages that labels are of; without, labels are taken for a sample of all messages.
    """
    snapshot = dialogue.snapshot
    judge, matcher = snapshot.ranker.judge, snapshot.ranker.matcher
    met = [meet(snapshot, each) for each in left_out]
    weights = weights_of(left_out, judge.share)
    growth = Growth(())
    wordings: dict[int, int] = {}
    if matcher is not None:
        practice = Practice(snapshot.entries, matcher, judge, snapshot.thresholds)
        growth = practice.growth(full=full, advance=advance)
        wordings = {label: len(matcher.texts_of(label)) for label in sorted(matcher.labels)}
    own = [label_of(snapshot, each) for each in left_out]
    answered = known_answered(left_out, own, [each.step == "answer" for each in met])
    canonical = snapshot.words.normaliser(snapshot.normaliser)
    return CalibrationReport(
        entries=len(snapshot.entries),
        wordings=len(matcher) if matcher else 0,
        stated_share=stated_share,
        correction=correction,
        promises=_promises(snapshot),
        expected=expected(met, weights),
        bound=_bound(snapshot, seen, bands),
        left_out=reliability(
            Judged(each.confidence.right, each.left_out.right, weight)
            for each, weight in zip(met, weights, strict=True)
        ) if any(each.known for each in left_out) else (),
        labelled=reliability(
            Judged(judge.judge(each.signals).right, each.right) for each in choices_of(seen)
        ),
        confusions=_confusions(snapshot, met),
        growth=growth,
        needs=tuple(needs(snapshot.entries, growth, answered, wordings)),
        cautions=tuple(cautions(snapshot.entries, canonical)),
    )  # fmt: skip


def _promises(snapshot: Snapshot) -> tuple[Promise, ...]:
    """Return the targets that entries have, the one of the setting first."""
    thresholds = snapshot.thresholds
    usual = (thresholds.target, thresholds.usual, thresholds.ground)
    found = Counter(
        (entry.target or thresholds.target, thresholds.of(number), thresholds.ground_of(number))
        for number, entry in enumerate(snapshot.entries)
    )
    others = sorted(key for key in found if key != usual)
    return tuple(Promise(*key, found[key]) for key in (usual, *others))


def _bound(snapshot: Snapshot, seen: Sequence[SeenLabel], bands: Sequence[Band]) -> Bound | None:
    """Return what labels prove about the messages that they stand for."""
    choices = choices_of(seen)
    if not choices:
        return None
    sample = sample_of(choices, bands, snapshot.ranker.judge)
    answered, wrong = counted_alike([label for label in sample if _answers(snapshot, label)])
    return Bound(len(sample), answered, max(0, answered - wrong))


def _answers(snapshot: Snapshot, label: JudgedLabel) -> bool:
    # What may be offered beside the best entry makes no difference to answering.
    confidence = Confidence(label.confidence, label.confidence)
    return step_about(snapshot, snapshot.by_id[label.entry], confidence) == "answer"


def _confusions(snapshot: Snapshot, met: Sequence[Met]) -> tuple[Confusion, ...]:
    pairs: dict[tuple[int, int], list[Met]] = {}
    for each in met:
        if each.left_out.known and not each.left_out.right:
            pairs.setdefault((label_of(snapshot, each.left_out), each.best), []).append(each)
    found = [
        Confusion(
            entry=snapshot.entries[own],
            taken_for=snapshot.entries[other],
            questions=len(confused),
            answered=sum(each.step == "answer" for each in confused),
            example=wording_of(snapshot, max(confused, key=_sureness).left_out.number),
        )
        for (own, other), confused in pairs.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.answered, -each.questions, each.entry.id)))


def _sureness(met: Met) -> float:
    return met.confidence.right
