"""What customers say of a person's service, and the menu lines by which they say it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

Score = Literal["good", "fair", "poor"]
SCORES: tuple[Score, ...] = get_args(Score)
#: For so long after it was asked a rating is taken, and changed; nobody is asked again before.
#: A span rather than a day of the calendar: who was asked late in the evening is not asked again
#: after midnight, and no time zone decides it.
RATING_LIFE = timedelta(hours=24)

_PREFIX = "rate:"
_REASON = "why-"
_NO_REASON = "none"


@dataclass(frozen=True, slots=True)
class RatingAsked:
    """A rating that was asked and may still be given, or changed.

    ``key`` is in the ids of the menu's lines. ``score`` is what was said so far, ``reasoned``
    whether a reason was given or refused. ``latest``: nobody has said anything since, so that a
    word or a number alone is the answer.
    """

    key: str
    score: Score | None = None
    reasoned: bool = False
    latest: bool = False


@dataclass(frozen=True, slots=True)
class RatingGiven:
    """What a message says of the rating ``key``: a score, or a reason for the one given before.

    An empty ``reason`` says that there will be none.
    """

    key: str
    score: Score | None = None
    reason: str | None = None


def score_line(key: str, score: Score) -> str:
    """Return the id of the menu line that gives ``score``."""
    return f"{_PREFIX}{key}:{score}"


def reason_line(key: str, caption: str) -> str:
    """Return the id of the menu line that gives a reason, or none if ``caption`` is empty.

    It is the same as long as the caption is: a line of a list that was worded anew since means
    nothing any more, rather than something else.
    """
    digest = hashlib.blake2s(caption.encode(), digest_size=5).hexdigest()
    return f"{_PREFIX}{key}:{_REASON}{digest if caption else _NO_REASON}"


def is_rating_line(menu_id: object) -> bool:
    """Return whether a tapped line belongs to a rating, be it of ours or made up."""
    return isinstance(menu_id, str) and menu_id.startswith(_PREFIX)


def read_line(menu_id: str, asked: RatingAsked, reasons: Sequence[str]) -> RatingGiven | None:
    """Return what a tap says of the rating ``asked``, None if it is about nothing that is known.

    A reason is one only for who was not content.
    """
    lines = {score_line(asked.key, score): RatingGiven(asked.key, score) for score in SCORES}
    if asked.score in {"fair", "poor"}:
        lines |= {
            reason_line(asked.key, each): RatingGiven(asked.key, reason=each)
            for each in (*reasons, "")
        }
    return lines.get(menu_id)
