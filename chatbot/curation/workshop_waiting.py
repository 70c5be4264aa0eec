"""Messages that wait for a similar question: decided by meaning, and not surely."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from chatbot.curation.workshop_asked import Asked, Heard
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.confidence import Signals
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText

#: A direct answer this sure needs no similar question.
SURE = 0.95
#: Confidences have four digits: what is surer than this counts as not quite sure.
_SUREST = 0.9999


@dataclass(frozen=True, slots=True)
class Settled:
    """What admins have said: texts they accepted, for whichever entry, and (entry, text) not."""

    accepted: Collection[str] = ()
    rejected: Collection[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message without personal data, ready to be compared, and how it is decided now.

    ``number`` is the entry that it may belong to: the one it is labelled as, or else the likeliest
    that nobody has refused; ``first`` is the first by rank. ``confidence`` is the probability of
    ``number``, ``rival`` the likeliest other entry with its probability, ``known`` the probability
    that any entry is right, all three given that those refused are not. ``signals`` are what the
    first one's probability rests on. ``is_part``: it is one question of a message that asks
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
class _Chances:
    """The entries that may be right, likeliest first, and the probability that any entry is."""

    of: dict[int, float]
    known: float


def waiting_for(snapshot: Snapshot, asked: Asked, rejected: Collection[str] = ()) -> Waiting | None:
    """Return a question as it waits for an entry, None if it does not.

    It does not if it is answered surely, or if each entry that it may belong to was refused: by a
    customer or, those in ``rejected``, by an admin.
    """
    refused = {snapshot.by_id.get(faq_id) for faq_id in (*asked.heard.refused, *rejected)}
    label = snapshot.by_id.get(asked.heard.label or "")
    is_labelled = label is not None and label not in refused
    chances = _chances(snapshot, asked, refused)
    number = label if is_labelled else next(iter(chances.of), None)
    if number is None or _is_sure(snapshot, asked, number):
        return None
    others = {other: chance for other, chance in chances.of.items() if other != number}
    return Waiting(
        heard=asked.heard,
        personal=asked.personal,
        form=asked.form,
        vector=asked.vector,
        number=number,
        first=asked.best,
        confidence=chances.of.get(number, 0.0),
        known=chances.known,
        rival=max(others.items(), key=lambda pair: pair[1], default=None),
        signals=asked.signals,
        is_part=asked.is_part,
        is_labelled=is_labelled,
    )


def _is_sure(snapshot: Snapshot, asked: Asked, number: int) -> bool:
    """Return whether a question is answered by the entry ``number``, and surely."""
    sure = max(SURE, snapshot.threshold_of(number))
    return number == asked.best and asked.assessment.confidence >= sure


def _chances(snapshot: Snapshot, asked: Asked, refused: Collection[int | None]) -> _Chances:
    """Return how likely each entry is, given that those ``refused`` are not right (Bayes' rule)."""
    shares = {snapshot.by_id[entry.id]: share for entry, share in asked.assessment.candidates}
    gone = min(_SUREST, sum(share for number, share in shares.items() if number in refused))
    left = 1.0 - gone
    return _Chances(
        {number: share / left for number, share in shares.items() if number not in refused},
        max(0.0, asked.assessment.known - gone) / left,
    )
