"""The draft of an answer: what people replied, the one that says what most of them said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chatbot.curation.personal import blanked
from chatbot.matching.encoder import Vectors

#: The newest so many replies are compared: what was true a year ago may not be any more.
MOST_REPLIES = 30
_LONGEST = 1000
#: Of two that say the same, the longer says more; beyond this, length is no merit.
_LONG_ENOUGH = 60
_WEIGHT_OF_LENGTH = 0.05


@dataclass(frozen=True, slots=True)
class Replied:
    """What a person wrote after a question, without personal data; ``talk``: in which talk.

    ``is_written``: it stands in a document of the brand's.
    """

    text: str
    talk: int
    is_written: bool = False


def reply_of(written: Sequence[str], names: Sequence[str]) -> str:
    """Return messages as one reply that has nothing of a person in it."""
    text = "\n".join(each.strip() for each in written if each.strip())
    return blanked(text[:_LONGEST], names)[0].strip()


def best_reply(replies: Sequence[Replied], rows: Vectors) -> int | None:
    """Return which reply the draft is made from: the one that other talks agree with most.

    ``rows`` has the centred vector of each. What a person wrote in the same talk agrees with
    nothing: it is no second opinion. Equal ones go to the first, which is the newest. What the
    brand itself has written down goes before what anybody replied.
    """
    if not replies:
        return None
    written = next((at for at, each in enumerate(replies) if each.is_written), None)
    if written is not None:
        return written
    talks = np.array([each.talk for each in replies])
    others = talks[:, None] != talks[None, :]
    agreement = np.where(others, rows @ rows.T, 0.0).sum(axis=1) / np.maximum(others.sum(axis=1), 1)
    lengths = np.array([min(len(each.text), _LONG_ENOUGH) / _LONG_ENOUGH for each in replies])
    return int(np.argmax(np.round(agreement + _WEIGHT_OF_LENGTH * lengths, 6)))
