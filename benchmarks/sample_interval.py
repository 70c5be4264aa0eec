"""How often the interval of the weekly sample holds the truth, by simulation.

Brands are wrong so often in each band of confidence; each week's answers are drawn anew, and the
drawn ones are judged as they are.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from datetime import date, timedelta

from benchmarks.scores import print_row
from chatbot.curation.sample.drawing import Answer, draw
from chatbot.curation.sample.estimate import Estimate, Judged, estimate

_BRANDS = ((0.05, 0.05, 0.05), (0.3, 0.08, 0.02), (0.5, 0.1, 0.0), (0.15, 0.15, 0.1))
_CONFIDENCES, _OFTEN = (0.7, 0.9, 0.97), (1, 2, 7)
_FIRST = date(2026, 1, 5)


def main() -> None:
    """Print a row for each size of a week."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    for count in (60, 400):
        shares, widths = [], 0.0
        for wrong in _BRANDS:
            chance = random.Random(count)
            found = [_week(chance, wrong, count, number) for number in range(draws)]
            shares.append(sum(held for held, _ in found) / draws)
            widths += sum(each.most - each.least for _, each in found) / draws
        values = {f"brand {at}": each for at, each in enumerate(shares, 1)}
        print_row(f"{count} answers", {**values, "width": widths / len(_BRANDS)})


def _week(
    chance: random.Random, wrong: tuple[float, ...], count: int, number: int
) -> tuple[bool, Estimate]:
    """Draw from a week, and return whether the interval of what is found has the truth."""
    answers, right = [], {}
    for turn in range(count):
        band = chance.choices([0, 1, 2], _OFTEN)[0]
        answers.append(Answer(turn, f"faq-{int(chance.expovariate(0.2))}", _CONFIDENCES[band]))
        right[turn] = chance.random() >= wrong[band]
    sample = draw(_FIRST + timedelta(weeks=number), answers)
    drawn = Counter(stratum for _, stratum in sample.drawn)
    good = Counter(stratum for turn, stratum in sample.drawn if right[turn])
    found = estimate([
        Judged(size, drawn[at], good[at], drawn[at] - good[at])
        for at, (_, size) in enumerate(sample.strata)
    ])  # fmt: skip
    return found.least <= sum(right.values()) / count <= found.most, found


if __name__ == "__main__":
    main()
