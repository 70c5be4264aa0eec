"""All values that a message holds, of whatever type its form needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from chatbot.forms.choices import ChoiceWords
from chatbot.forms.dates import FoundDate, find_dates
from chatbot.forms.form import Flow, Slot
from chatbot.forms.numerals import SMALL, FoundNumber, find_numbers
from chatbot.forms.phones import find_phones
from chatbot.forms.times import FoundTime, find_times
from chatbot.understanding.normalise import Normaliser

_BARE_DAY = re.compile(rf"\W*{SMALL}(?:[\W吧的啊呀]|可以)*")


@dataclass(frozen=True, slots=True)
class Reading:
    """The values in order. ``rest`` is the text with spaces in their place."""

    text: str
    dates: tuple[date, ...]
    times: tuple[FoundTime, ...]
    numbers: tuple[FoundNumber, ...]
    phones: tuple[str, ...]
    choices: Mapping[str, str]
    rest: str


def read_values(
    flow: Flow, asked: Slot | None, text: str, today: date, normaliser: Normaliser
) -> Reading:
    """Read the values of a normalised ``text`` that ``flow`` has slots for.

    What was read as one value is no part of another: the 2 of 2号 is no number of nights.
    """
    types = {slot.type for slot in flow.slots}
    choices, spans = _read_choices(flow, asked, text, normaliser)
    rest = _blank(text, spans)
    phones = list(find_phones(rest)) if "phone" in types else []
    rest = _blank(rest, ((each.start, each.end) for each in phones))
    dates = _read_dates(flow, asked, rest, today) if "date" in types else []
    rest = _blank(rest, ((each.start, each.end) for each in dates))
    times = list(find_times(rest)) if "time" in types else []
    rest = _blank(rest, ((each.start, each.end) for each in times))
    numbers = list(find_numbers(rest)) if "number" in types else []
    return Reading(
        text=text,
        dates=tuple(each.day for each in dates),
        times=tuple(times),
        numbers=tuple(numbers),
        phones=tuple(each.number for each in phones),
        choices=choices,
        rest=rest,
    )


def _read_choices(
    flow: Flow, asked: Slot | None, text: str, normaliser: Normaliser
) -> tuple[Mapping[str, str], list[tuple[int, int]]]:
    choices: dict[str, str] = {}
    spans: list[tuple[int, int]] = []
    for slot in flow.slots:
        if slot.type != "choice":
            continue
        found = ChoiceWords(slot, normaliser).find(text, asked=slot == asked)
        if len({each.name for each in found}) == 1:
            choices[slot.name] = found[0].name
        spans += [(each.start, each.end) for each in found]
    return choices, spans


def _read_dates(flow: Flow, asked: Slot | None, text: str, today: date) -> list[FoundDate]:
    past = _looks_back(flow, asked)
    found = find_dates(text, today, past=past)
    if not found and asked and asked.type == "date" and _BARE_DAY.fullmatch(text):
        # Asked for the day, people also write 12 or 12吧.
        found = [
            replace(each, end=len(text)) for each in find_dates(_as_day(text), today, past=past)
        ]
    return found


def _as_day(text: str) -> str:
    return re.sub(rf"({SMALL})", r"\1号", text, count=1)


def _looks_back(flow: Flow, asked: Slot | None) -> bool:
    """Return whether the dates in question lie behind us: none later than today is allowed."""
    slots = [asked] if asked and asked.type == "date" else flow.slots
    limits = [slot.maximum for slot in slots if slot.type == "date"]
    return bool(limits) and limits[0] is not None and limits[0] <= 0


def _blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
