"""What customers asked: messages without personal data, by their questions, and how they rank."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chatbot.answers.ranking import Assessment
from chatbot.curation.personal import masked
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.several import embedded_forms
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors, Understood
from chatbot.matching.confidence import Signals
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText

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
class _Question:
    """A question that no rule decides, with the message it is, or is part of."""

    heard: Heard
    personal: tuple[str, ...]
    turn: Understood
    is_part: bool

    @property
    def forms(self) -> tuple[NormalText, ...]:
        return embedded_forms(self.turn)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question decided by meaning: the form that leads surest, and where it leads.

    ``best`` is the number of the entry that it ranks first, ``signals`` what the probability of
    that rests on. ``personal`` are the kinds of data masked in the message. ``is_part``: it is one
    question of a message that asks several.
    """

    heard: Heard
    personal: tuple[str, ...]
    form: NormalText
    vector: Vectors
    assessment: Assessment
    best: int
    signals: Signals
    is_part: bool


def asked_questions(
    dialogue: Dialogue, heard: Iterable[Heard], embed: Embed, at: datetime
) -> list[Asked]:
    """Return what ``dialogue`` decides by meaning as of ``at``, equal messages as one."""
    questions = [
        question
        for each, personal in _grouped(dialogue, heard)
        for question in _questions(dialogue, each, personal, Situation(at))
    ]
    texts = list(dict.fromkeys(form.text for each in questions for form in each.forms))
    vectors = dict(zip(texts, embed(texts), strict=True)) if texts else {}
    judged = (_judged(dialogue, each, vectors) for each in questions)
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
) -> Iterator[_Question]:
    """Yield what a message asks, if it takes more than rules to tell."""
    step = dialogue.begin(Utterance((heard.text,)), Context(), situation)
    if not isinstance(step, NeedsVectors):
        return
    parts = step.turn.parts
    for text, turn in parts or ((heard.text, step.turn),):
        # What a choice told of the message, it did not tell of each of its questions.
        one = replace(heard, text=text, label=None) if parts else heard
        yield _Question(one, personal, turn, is_part=bool(parts))


def _judged(
    dialogue: Dialogue, question: _Question, vectors: Mapping[str, Vectors]
) -> Asked | None:
    """Return a question with what it ranks, None if that is nothing."""
    form, assessment = _surest(dialogue, question, vectors)
    if assessment is None or assessment.best is None or assessment.signals is None:
        return None
    return Asked(
        heard=question.heard,
        personal=question.personal,
        form=form,
        vector=vectors[form.text],
        assessment=assessment,
        best=assessment.best,
        signals=assessment.signals,
        is_part=question.is_part,
    )


def _surest(
    dialogue: Dialogue, question: _Question, vectors: Mapping[str, Vectors]
) -> tuple[NormalText, Assessment | None]:
    """Return the form of a question that leads surest, and where; of equal ones the first."""
    best: tuple[NormalText, Assessment | None] = question.forms[0], None
    for form in question.forms:
        row = vectors[form.text][None, :]
        assessment = dialogue.snapshot.ranker.assess((form,), row, question.turn.barred)
        if best[1] is None or assessment.confidence > best[1].confidence:
            best = form, assessment
    return best
