"""Whether confidences mean what they say: mean confidence beside the share of right ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One message: how sure the bot was, whether it was right, for how many messages it stands."""

    confidence: float
    right: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Messages with a confidence from ``least`` to ``most``; means are weighted."""

    least: float
    most: float
    messages: int
    confidence: float
    right: float

    def to_json(self) -> dict[str, Any]:
        return {
            "from": self.least,
            "to": self.most,
            "messages": self.messages,
            "confidence": round(self.confidence, 4),
            "right": round(self.right, 4),
        }


def reliability(judged: Iterable[Judged]) -> tuple[Bin, ...]:
    """Return ten bins of equal width, without the empty ones (a reliability diagram's points).

    After Niculescu-Mizil and Caruana, "Predicting Good Probabilities with Supervised Learning",
    2005.
    """
    of_bin: dict[int, list[Judged]] = {}
    for each in judged:
        of_bin.setdefault(min(int(each.confidence * _BINS), _BINS - 1), []).append(each)
    return tuple(_bin(number, of_bin[number]) for number in sorted(of_bin))


def _bin(number: int, judged: list[Judged]) -> Bin:
    weight = sum(each.weight for each in judged)
    return Bin(
        least=number / _BINS,
        most=(number + 1) / _BINS,
        messages=len(judged),
        confidence=sum(each.weight * each.confidence for each in judged) / weight,
        right=sum(each.weight for each in judged if each.right) / weight,
    )
