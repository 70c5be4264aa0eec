"""The figures of samples in words and as a picture: the same on each page that tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatbot.console.sample.figures import WeekFigure
from chatbot.curation.sample.estimate import Estimate
from chatbot.insight.interval_chart import Measured, draw_intervals


def interval(found: Estimate, words: Mapping[str, str]) -> str:
    """Return an estimate with its interval."""
    if found.share is None:
        return words["nothing_judged"]
    return words["estimate"].format(
        share=f"{found.share:.1%}", least=f"{found.least:.0%}", most=f"{found.most:.0%}"
    )


def chart(weeks: Sequence[WeekFigure], words: Mapping[str, str]) -> str:
    """Return the weeks that were judged as a picture, "" of none."""
    found = [
        Measured(each.period.tick, told, each.estimate.share, each.estimate.least,
                 each.estimate.most, each.target)
        for each in weeks
        if each.estimate.share is not None and each.estimate.is_judged
        for told in [f"{each.period.label}：{interval(each.estimate, words)}"]
    ]  # fmt: skip
    return draw_intervals(words["chart_title"], words["chart_target"], found) if found else ""
