"""Which charts the page has."""

from __future__ import annotations

from chatbot.console.insight.reader import Insight
from chatbot.console.insight.wording import InsightWords
from chatbot.curation.reliability import Bin
from chatbot.insight.cells import BINS, SCALE
from chatbot.insight.charts import Bar, bars
from chatbot.insight.reliability_picture import CurveWords, Series, draw_reliability
from chatbot.insight.sums import Sum

OUTCOMES = ("solved", "handed_over", "unsolved")


def outcomes(insight: Insight, words: InsightWords) -> str:
    """Return how sessions came out, period by period."""
    found = [
        Bar(period.tick, period.label, [each.get(outcome, 0) for outcome in OUTCOMES])
        for period, each in insight.trend
    ]
    return bars(words.words["table_trend"], [words.title(each) for each in OUTCOMES], found)


def waits(insight: Insight, words: InsightWords) -> str:
    """Return the mean wait in minutes by hour, "" where nobody waited."""
    totals: dict[int, Sum] = {}
    for (figure, key), each in insight.now.items():
        if figure == "waiting":
            hour = int(key[:2])
            totals[hour] = totals.get(hour, Sum()).plus(each)
    if not totals:
        return ""
    found = []
    for hour in range(24):
        total = totals.get(hour, Sum())
        minutes = total.amount / total.n / 60 if total.n else 0.0
        found.append(Bar(f"{hour}", f"{hour:02d}:00", [round(minutes, 1)]))
    return bars(words.words["chart_hours"], [words.words["mean_minutes"]], found)


def curve(insight: Insight, words: InsightWords, threshold: float) -> str:
    """Return what was promised against what was found, "" where nothing was looked at."""
    bins = []
    for step in range(BINS):
        told = insight.now.get(("promised", str(step)), Sum())
        right = insight.now.get(("kept", str(step)), Sum())
        if told.n:
            mean = told.amount / told.n / SCALE
            bins.append(Bin(step / BINS, (step + 1) / BINS, told.n, mean, right.n / told.n))
    if not bins:
        return ""
    named = {name: words.words[f"curve_{name}"] for name in CurveWords.__dataclass_fields__}
    series = [Series(words.words["curve_series"], bins)]
    return draw_reliability(series, threshold, CurveWords(**named), alone=False)
