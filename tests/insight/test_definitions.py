"""Periods, figures and charts by themselves."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from chatbot.console.insight.wording import InsightWords
from chatbot.insight.cells import WAIT_STEPS
from chatbot.insight.charts import Bar, bars
from chatbot.insight.definitions import DEFINITIONS, TABLE_FIGURES, median_step, step_bounds
from chatbot.insight.periods import SPANS, Span, period_of
from chatbot.insight.questions import asked, rising
from chatbot.insight.sums import Cell, Sum, changes
from chatbot.texts import make_texts

_DAYS = st.dates(date(2021, 1, 1), date(2050, 1, 1))
_SUMS = st.dictionaries(
    st.builds(Cell, st.just(date(2026, 1, 1)), st.sampled_from("ab"), st.just("x"), st.text()),
    st.builds(Sum, st.integers(1, 9), st.integers(0, 99)),
    max_size=6,
)


@given(_DAYS, st.sampled_from(SPANS))
def test_that_periods_follow_each_other_without_a_gap(day: date, span: Span) -> None:
    period = period_of(span, day)
    assert period.start <= day < period.end
    assert period.before.after == period
    assert period.before.end == period.start
    trend = period.trend
    assert trend[-1] == period
    assert all(one.end == other.start for one, other in pairwise(trend))
    assert period_of(span, period.start) == period_of(span, period.last_day) == period


@given(_SUMS, _SUMS)
def test_that_changes_lead_from_what_was_added_to_what_is(
    before: dict[Cell, Sum], after: dict[Cell, Sum]
) -> None:
    held = Counter({cell: each.n for cell, each in before.items()})
    for cell, step in changes(before, after).items():
        held[cell] += step.n
    assert +held == Counter({cell: each.n for cell, each in after.items()})
    assert not changes(after, after)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=30))
def test_that_the_middle_wait_lies_in_the_step_that_is_told(waits: list[int]) -> None:
    sums: dict[tuple[str, str], Sum] = {}
    for seconds in waits:
        step = sum(seconds >= each for each in WAIT_STEPS)
        key = "waiting", f"09/{step:02d}/azhen"
        sums[key] = sums.get(key, Sum()).plus(Sum(1, seconds))
    middle = sorted(waits)[(len(waits) - 1) // 2]
    found = median_step(sums)
    assert found is not None
    least, most = step_bounds(found)
    assert least <= middle
    assert most is None or middle < most
    assert median_step(sums, "nobody") is None


def test_that_chance_does_not_rise() -> None:
    now = {("asked", "chance"): Sum(12), ("asked", "new"): Sum(5), ("asked", "few"): Sum(4)}
    before = {("asked", "chance"): Sum(9), ("asked", "old"): Sum(50)}
    assert [each.key for each in rising(asked("asked", now, before))] == ["new"]
    assert rising(asked("asked", now, {})) == []


def test_that_every_figure_has_its_words() -> None:
    words = InsightWords(make_texts({})).words
    for name in (*(each.name for each in DEFINITIONS), *TABLE_FIGURES):
        assert words[f"means_{name}"]
    for each in DEFINITIONS:
        assert words[f"figure_{each.name}"]


def test_that_every_caption_is_shown_somewhere() -> None:
    folder = Path(__file__).parents[2] / "chatbot" / "console"
    files = [*(folder / "insight").glob("*.py"), *(folder / "templates/insight").glob("*.html")]
    used = "\n".join(path.read_text(encoding="utf-8") for path in files)
    made = ("figure_", "means_", "head_", "table_", "why_", "unit_", "curve_", "span_", "digest_")
    for key in make_texts({}).insight_words:
        assert key.startswith(made) or re.search(rf"\bw\.{key}\b|\"{key}\"", used), key


@given(st.lists(st.lists(st.integers(0, 10**7), min_size=2, max_size=2), max_size=31), st.text())
def test_that_a_chart_says_in_words_what_it_shows(rows: list[list[int]], name: str) -> None:
    name = "".join(each for each in name if each.isprintable())
    shown = [Bar(str(n), f"{name}{n}", row) for n, row in enumerate(rows)]
    root = ElementTree.fromstring(bars("结果", ["<好>", "坏"], shown))
    assert root.findtext("title") == "结果"
    told = root.findtext("desc") or ""
    assert all(f"{bar.name}：<好> {bar.parts[0]:g}，坏 {bar.parts[1]:g}" in told for bar in shown)
    for part in root.iter("rect"):
        assert float(part.attrib["y"]) >= 0
        assert float(part.attrib["height"]) >= 0


def test_that_a_day_is_as_long_as_it_is() -> None:
    assert period_of("month", date(2024, 2, 10)).end - timedelta(days=1) == date(2024, 2, 29)
    assert period_of("week", date(2026, 11, 23)).start == date(2026, 11, 23)
