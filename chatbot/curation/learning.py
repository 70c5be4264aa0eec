"""What labelled messages teach the bot about its own confidence."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chatbot.answers.calibration import corrected_judge, groups_of
from chatbot.answers.correction import (
    Correction,
    JudgedLabel,
    as_fitted,
    corrected,
    everything,
    messages_a_label,
    share_without_entry,
    threshold_by_test,
    with_share,
)
from chatbot.answers.entries import Entry
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.several import embedded_forms
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.matching.confidence import FITTED_SHARE, Judge, Signals
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText

#: Where bands of confidence begin, beside 0: within one, labels are taken for a sample of messages.
#: They are narrower where thresholds lie: beside one, labels are of very different frequency.
EDGES = (0.1, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
#: Labels at most that are learnt from, the newest ones.
MOST_LABELS = 3000
#: Labels that a threshold for all entries needs: fewer leave it stricter than what is known
#: without them.
_ENOUGH = 200


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message and what it was about.

    ``faq_id`` is None where no entry answers it, or where only ``refused`` is known: the entries
    that do not. ``confidence`` is that of its best entry when it was decided; None: it never was.
    ``times`` is how often it was told. ``sampled``: chance had drawn its message, so that who was
    satisfied is among those who were asked.
    """

    text: str
    faq_id: str | None
    refused: tuple[str, ...] = ()
    confidence: float | None = None
    times: int = 1
    sampled: bool = False

    @property
    def is_refusal(self) -> bool:
        """Return whether only what does not answer it is known."""
        return self.faq_id is None and bool(self.refused)

    @property
    def is_complaint(self) -> bool:
        """Return whether it is known because somebody found fault, and would not be otherwise."""
        return self.is_refusal and not self.sampled


@dataclass(frozen=True, slots=True)
class Band:
    """How many messages were decided with a confidence within a range, and answered at once."""

    messages: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class ReadLabel:
    """A label that can be judged: no rule decides its message before its meaning counts."""

    label: Labelled
    forms: tuple[NormalText, ...]
    barred: frozenset[int]


@dataclass(frozen=True, slots=True)
class SeenLabel:
    """A label with what the ranker says of its message now."""

    label: Labelled
    signals: Signals
    best: Entry

    @property
    def right(self) -> bool:
        """Return whether the entry that leads now is the right one."""
        return self.label.faq_id == self.best.id

    def judged(self, judge: Judge, messages: float = 1.0) -> JudgedLabel:
        """Return the label as ``judge`` sees it; it stands for so many ``messages``."""
        return JudgedLabel(
            logit=judge.right.logit(judge.features(self.signals)),
            confidence=round(judge.judge(self.signals).right, 4),
            entry=self.best.id,
            right=self.right,
            known=self.label.faq_id is not None or self.label.is_refusal,
            messages=messages,
        )


def read_labels(
    dialogue: Dialogue, labels: Iterable[Labelled], situation: Situation
) -> list[ReadLabel]:
    """Return the labels that say something about meaning, the latest of a message each.

    Left out: those of entries that are no more, and messages that a rule decides now, as one that
    is worded like a question.
    """
    snapshot = dialogue.snapshot
    latest: dict[tuple[str, tuple[str, ...]], Labelled] = {}
    for label in labels:
        if label.faq_id is None or label.faq_id in snapshot.by_id:
            key = snapshot.normaliser.key(label.text), label.refused
            former = latest.pop(key, None)
            times = label.times + (former.times if former else 0)
            latest[key] = replace(label, times=times)
    read = []
    for label in list(latest.values())[-MOST_LABELS:]:
        step = dialogue.begin(Utterance((label.text,)), Context(), situation)
        if isinstance(step, NeedsVectors):
            read.append(ReadLabel(label, embedded_forms(step.turn), step.turn.barred))
    return read


def texts_of(read: Iterable[ReadLabel]) -> list[str]:
    """Return what has to be embedded to judge labels, each text once."""
    return list(dict.fromkeys(form.text for each in read for form in each.forms))


def see_labels(
    dialogue: Dialogue, read: Iterable[ReadLabel], vectors: Mapping[str, Vectors]
) -> list[SeenLabel]:
    """Rank the messages of labels; ``vectors`` has a unit row for each of ``texts_of`` them.

    Refusals of other entries than the one that leads now say nothing and are left out.
    """
    ranker, entries = dialogue.snapshot.ranker, dialogue.snapshot.entries
    seen = []
    for each in read:
        rows = np.stack([vectors[form.text] for form in each.forms])
        found = ranker.assess(each.forms, rows, each.barred)
        if found.signals is None or found.best is None:
            continue
        best = entries[found.best]
        if not each.label.is_refusal or best.id in each.label.refused:
            seen.append(SeenLabel(each.label, found.signals, best))
    return seen


def choices_of(seen: Iterable[SeenLabel]) -> list[SeenLabel]:
    """Return the labels that say whether an answer is right, beside those that only complain."""
    return [each for each in seen if not each.label.is_complaint]


def learn(
    dialogue: Dialogue, seen: Sequence[SeenLabel], bands: Sequence[Band], stated: float
) -> Correction | None:
    """Return what labels say, for the messages that ``bands`` (of ``EDGES``) count; None: nothing.

    ``stated`` is the share of messages without an entry as it is set. Without counts, labels are
    taken for a sample of all messages.
    """
    if not seen:
        return None
    snapshot = dialogue.snapshot
    judge = replace(snapshot.ranker.judge, share=FITTED_SHARE, offset=0.0, slope=1.0)
    choices = choices_of(seen)
    complaints = [each for each in seen if each.label.is_complaint]
    # What only does not answer a sampled message leaves open whether something else would.
    told = [each for each in choices if not each.label.is_refusal]
    share = share_without_entry(stated, _counts(told, bands))
    evidence = as_fitted([each.judged(judge) for each in choices], share)
    evidence += _complaints(complaints, bands, judge)
    offset, slope = corrected(evidence)
    correction = Correction(share, offset, slope, len(seen), content=snapshot.digest)
    sample = sample_of(choices, bands, corrected_judge(judge, correction))
    tested = _tested(snapshot.entries, snapshot.thresholds.target, sample)
    return replace(correction, thresholds=tested)


def sample_of(
    choices: Sequence[SeenLabel], bands: Sequence[Band], judge: Judge
) -> list[JudgedLabel]:
    """Return labels as ``judge`` sees them, as a sample of the messages that ``bands`` count.

    Choices are made where the bot asks back: so each stands for as many messages as there are to a
    label of its band, and those without an entry for the share that ``judge`` expects at least.
    """
    counts = _counts(choices, bands)
    messages = messages_a_label([(total, labels) for total, labels, _ in counts])
    labels = [
        each.judged(judge, messages[_band_of(each.label) if len(counts) > 1 else 0])
        for each in choices
    ]
    return with_share(labels, judge.share)


def _band_of(label: Labelled) -> int:
    return bisect_right(EDGES, label.confidence or 0.0)


def _counts(choices: Sequence[SeenLabel], bands: Sequence[Band]) -> list[tuple[int, int, int]]:
    """Return (messages, labels, labels without an entry) for each band.

    Labels that were told elsewhere than in the messages counted are messages as well.
    """
    without = [each.label.faq_id is None for each in choices]
    if not any(band.messages for band in bands):
        return [(len(choices), len(choices), sum(without))]
    labels, none = [0] * len(bands), [0] * len(bands)
    for each, is_without in zip(choices, without, strict=True):
        labels[_band_of(each.label)] += 1
        none[_band_of(each.label)] += is_without
    return [
        (max(band.messages, count), count, empty)
        for band, count, empty in zip(bands, labels, none, strict=True)
    ]


def _complaints(
    complaints: Sequence[SeenLabel], bands: Sequence[Band], judge: Judge
) -> list[JudgedLabel]:
    """Return complaints as evidence, each beside the answers like it that nobody complained about.

    Who is satisfied says nothing, so complaints alone would make every answer look wrong. They
    count only as far as there are more of them than wrong answers were to be expected: beside a
    complaint stand answers taken for right, as many as there are to each, or as its confidence
    expects if that is less. Without any that are counted it says nothing.
    """
    of_band: dict[int, int] = defaultdict(int)
    for each in complaints:
        of_band[_band_of(each.label)] += each.label.times
    evidence = []
    for each in complaints:
        number, times = _band_of(each.label), each.label.times
        answered = bands[number].answered if number < len(bands) else 0
        if not answered:
            continue
        wrong = replace(each.judged(judge), weight=float(times))
        expected = wrong.confidence / max(1.0 - wrong.confidence, 1e-4)
        silent = max(0.0, answered / of_band[number] - 1.0)
        evidence += [wrong, replace(wrong, right=True, weight=times * min(expected, silent))]
    return evidence


def _tested(
    entries: Sequence[Entry], usual: float, sample: Sequence[JudgedLabel]
) -> dict[str, float]:
    """Return the thresholds that hold by test, for all entries and for those with a target.

    Each is tested on labels of the entries that it governs: what is never answered directly has no
    part in it.
    """
    by_entry: dict[str, list[JudgedLabel]] = defaultdict(list)
    for label in sample:
        by_entry[label.entry].append(label)
    of_group: dict[str, list[JudgedLabel]] = defaultdict(list)
    targets = {everything(usual): usual}
    for entry in entries:
        if entry.auto == "yes":
            for group in groups_of(entry) or (everything(usual),):
                targets[group] = entry.target or usual
                of_group[group] += by_entry[entry.id]
    if len(of_group[everything(usual)]) < _ENOUGH:
        del of_group[everything(usual)]
    found = ((group, threshold_by_test(mine, targets[group])) for group, mine in of_group.items())
    return {group: threshold for group, threshold in found if threshold is not None}
