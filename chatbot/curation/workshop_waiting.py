"""Messages that wait for a similar question: decided by meaning, and not surely."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chatbot.answers.ranking import Assessment
from chatbot.curation.workshop_personal import masked
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.several import embedded_forms
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors, Understood
from chatbot.matching.confidence import Signals
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText

#: A direct answer this sure needs no similar question.
SURE = 0.95

_LINE_END = re.compile(r"\s*[\r\n]\s*")

#: Turns texts into unit vectors, a row each, with the encoder that the dialogue was built with.
Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of customers: how often and when last it was written.

    ``label`` is the entry that it was about, if a customer's choice has told; ``refused`` are
    entries that it was not about.
    """

    text: str
    times: int = 1
    last: datetime | None = None
    label: str | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message without personal data, ready to be compared, and how it is decided now.

    ``number`` is the entry that it may belong to: the one it is labelled as, or else the one that
    is ``first`` by rank. ``confidence`` is that entry's, ``rival`` the likeliest other entry with
    its probability, ``known`` the probability that any entry is right, and ``signals`` are what
    the first one's probability rests on. ``is_part``: it is one question of a message that asks
    several. ``is_labelled``: a customer's choice told the entry.
    """

    heard: Heard
    personal: tuple[str, ...]
    form: NormalText
    vector: Vectors
    number: int
    first: int
    confidence: float
    known: float
    rival: tuple[int, float] | None
    signals: Signals
    is_part: bool
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that no rule decides, with the message it is, or is part of."""

    heard: Heard
    personal: tuple[str, ...]
    turn: Understood
    is_part: bool

    @property
    def forms(self) -> tuple[NormalText, ...]:
        return embedded_forms(self.turn)


def waiting_messages(
    dialogue: Dialogue, heard: Iterable[Heard], embed: Embed, at: datetime
) -> list[Waiting]:
    """Return the messages that still wait, judged by ``dialogue`` as of ``at``, equal ones as one.

    Those that a rule decides, the same wording among them, and those that are answered surely wait
    no more.
    """
    asked = [
        question
        for each, personal in _grouped(dialogue, heard)
        for question in _questions(dialogue, each, personal, Situation(at))
    ]
    texts = list(dict.fromkeys(form.text for each in asked for form in each.forms))
    vectors = dict(zip(texts, embed(texts), strict=True)) if texts else {}
    judged = (_judged(dialogue, each, vectors) for each in asked)
    return [each for each in judged if each is not None]


def _grouped(dialogue: Dialogue, heard: Iterable[Heard]) -> Iterator[tuple[Heard, tuple[str, ...]]]:
    """Yield the messages without personal data, those of equal letters as one."""
    groups: dict[str, tuple[Heard, tuple[str, ...]]] = {}
    for each in heard:
        text, personal = masked(each.text)
        key = dialogue.snapshot.normaliser.key(text)
        if key:
            one = replace(each, text=_LINE_END.sub("，", text.strip()))
            groups[key] = (_joined(groups[key][0], one) if key in groups else one, personal)
    yield from groups.values()


def _joined(one: Heard, other: Heard) -> Heard:
    """Return two messages of equal letters as one; what was told later counts."""
    return Heard(
        text=one.text,
        times=one.times + other.times,
        last=max((each.last for each in (one, other) if each.last is not None), default=None),
        label=other.label or one.label,
        refused=tuple(dict.fromkeys((*one.refused, *other.refused))),
    )


def _questions(
    dialogue: Dialogue, heard: Heard, personal: tuple[str, ...], situation: Situation
) -> Iterator[_Asked]:
    """Yield what a message asks, if it takes more than rules to tell."""
    step = dialogue.begin(Utterance((heard.text,)), Context(), situation)
    if not isinstance(step, NeedsVectors):
        return
    parts = step.turn.parts
    for text, turn in parts or ((heard.text, step.turn),):
        # What a choice told of the message, it did not tell of each of its questions.
        one = replace(heard, text=text, label=None) if parts else heard
        yield _Asked(one, personal, turn, is_part=bool(parts))


def _judged(dialogue: Dialogue, asked: _Asked, vectors: Mapping[str, Vectors]) -> Waiting | None:
    """Return a question as it waits, None if it does not."""
    snapshot = dialogue.snapshot
    form, assessment = _surest(dialogue, asked, vectors)
    if assessment is None or assessment.best is None or assessment.signals is None:
        return None
    shares = {snapshot.by_id[entry.id]: share for entry, share in assessment.candidates}
    number = snapshot.by_id.get(asked.heard.label or "", assessment.best)
    own = shares.pop(number, 0.0)
    is_sure = number == assessment.best and own >= max(SURE, snapshot.threshold_of(number))
    if is_sure or snapshot.entries[number].id in asked.heard.refused:
        return None
    return Waiting(
        heard=asked.heard,
        personal=asked.personal,
        form=form,
        vector=vectors[form.text],
        number=number,
        first=assessment.best,
        confidence=own,
        known=assessment.known,
        rival=max(shares.items(), key=lambda pair: pair[1], default=None),
        signals=assessment.signals,
        is_part=asked.is_part,
        is_labelled=asked.heard.label in snapshot.by_id,
    )


def _surest(
    dialogue: Dialogue, asked: _Asked, vectors: Mapping[str, Vectors]
) -> tuple[NormalText, Assessment | None]:
    """Return the form of a question that leads surest, and where; of equal ones the first."""
    best: tuple[NormalText, Assessment | None] = asked.forms[0], None
    for form in asked.forms:
        row = vectors[form.text][None, :]
        assessment = dialogue.snapshot.ranker.assess((form,), row, asked.turn.barred)
        if best[1] is None or assessment.confidence > best[1].confidence:
            best = form, assessment
    return best
