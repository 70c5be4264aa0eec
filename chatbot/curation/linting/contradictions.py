"""Answers to much the same question that name other times, dates, prices or amounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType

from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Material, called, text_for_all
from chatbot.evaluation.particulars import Amount, amounts, price_denied
from chatbot.forms.dates import find_dates
from chatbot.forms.times import clock
from chatbot.understanding.normalise import Normaliser

_DATE = "date"
#: A day with a number: weekdays and festivals are said of many things in one answer.
_NUMBERED = re.compile(r"[0-9].*[0-9]|月")
#: What the figures of an answer are of, with how one is said; what is none of these counts too many
#: things to compare.
_SAID: Mapping[str, str] = MappingProxyType(
    {
        "time": "时间",
        _DATE: "日期",
        "money": "{:g} 元",
        "percent": "{:g}%",
        "discount": "{:g} 折",
        "duration": "{:g} 小时",
        "nights": "{:g} 晚",
        "floor": "{:g} 楼",
        "instalments": "{:g} 期",
        "age": "{:g} 岁",
        "weight": "{:g} 公斤",
        "degrees": "{:g} 度",
        "distance": "{:g} 米",
    }
)
_VARIABLE = re.compile(r"\{[^{}]*\}")
#: From so many hours on a time is said in days.
_IN_DAYS = 48


def lint_contradictions(material: Material, pairs: Iterable[tuple[int, int]]) -> Iterator[Finding]:
    """Yield a finding for each of ``pairs`` of entries whose answers cannot both be right."""
    figures = _Figures(material)
    for one, other in sorted(pairs):
        first, second = material.entries[one], material.entries[other]
        if first.answer == second.answer:
            continue
        told = figures.differ(one, other)
        if not told:
            continue
        place = material.places.of_entry(second.id, "answer")
        elsewhere = material.places.of_entry(first.id, "answer")
        yield Finding(
            "contradiction",
            "warning",
            f"{called(first)}和{called(second)}问的差不多，答案却不一样：{told}。",
            "两处改成一致；问的真是两件事，就各自在 not 里写上对方的问法。",
            entries=(first.id, second.id),
            place=place,
            others=(elsewhere,) if elsewhere else (),
        )


class _Figures:
    """What the answers of entries name, each read once."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._read: dict[int, tuple[str, dict[str, list[Amount]]]] = {}

    def differ(self, one: int, other: int) -> str:
        """Return which figures of two answers cannot both be right, in words; none: empty."""
        (mine, first), (theirs, second) = self._of(one), self._of(other)
        for kind in filter(second.__contains__, first):
            some, others = first[kind], second[kind]
            if not any(each.agrees(with_) for each in some for with_ in others):
                return f"前者是 {_listed(some)}，后者是 {_listed(others)}"
        if price_denied(mine, theirs):
            return "一个说免费，一个说收费"
        return ""

    def _of(self, number: int) -> tuple[str, dict[str, list[Amount]]]:
        if number not in self._read:
            text = text_for_all(self._material.entries[number])
            said = _plain(text, self._material.reader.normaliser)
            self._read[number] = (said, _by_kind(said, self._material.today))
        return self._read[number]


def _plain(text: str, normaliser: Normaliser) -> str:
    """Return an answer's text as figures are looked for; what a table says is not known here."""
    return normaliser.normalise(_VARIABLE.sub(" ", text)).text


def _by_kind(text: str, today: date) -> dict[str, list[Amount]]:
    found: dict[str, list[Amount]] = {}
    days = [
        each for each in find_dates(text, today) if _NUMBERED.search(text, each.start, each.end)
    ]
    rest = text
    for day in days:
        found.setdefault(_DATE, []).append(Amount(_DATE, float(day.day.toordinal())))
        rest = rest[: day.start] + " " * (day.end - day.start) + rest[day.end :]
    for amount in amounts(rest):
        if amount.kind in _SAID:
            found.setdefault(amount.kind, []).append(amount)
    return found


def _listed(some: Iterable[Amount]) -> str:
    return "、".join(dict.fromkeys(map(_shown, some)))


def _shown(amount: Amount) -> str:
    if amount.kind == "time":
        return clock(amount.value)
    if amount.kind == _DATE:
        return date.fromordinal(int(amount.value)).isoformat()
    if amount.kind == "duration" and amount.value >= _IN_DAYS:
        return f"{amount.value / 24:g} 天"
    return _SAID[amount.kind].format(amount.value)
