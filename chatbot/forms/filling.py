"""Which slot each value of a message belongs to, and whether the slot takes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chatbot.forms.form import Flow, Slot, SlotType, Value
from chatbot.forms.numerals import FoundNumber
from chatbot.forms.reading import Reading
from chatbot.forms.times import FoundTime, clock

#: Measure words that count the same thing.
_SAME_UNIT = ("晚夜宿天", "人位名口", "间套", "件份个只", "张桌")
_KNOWN_UNITS = "".join(_SAME_UNIT) + "岁元块米斤点号日月年周分次"
_NEGATED = re.compile(r"(?:不是|不要|不对|别)$")
#: After a bare number nothing follows that would count something else.
_END_OF_NUMBER = re.compile(r"个?(?:[\W_]|[吧啊呀的了就行呢哈哦]|左右|可以|$)")


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a slot does not take a value; ``limit`` is what it would take at most or at least."""

    slot: Slot
    kind: str  # of the text ``form_<kind>``
    limit: str


@dataclass(frozen=True, slots=True)
class Filling:
    """New values by slot, and the first value that was refused."""

    values: Mapping[str, Value]
    objection: Objection | None = None


def fill(
    flow: Flow,
    known: Mapping[str, Value],
    reading: Reading,
    today: date,
    *,
    first: Sequence[Slot] = (),
    may_replace: bool = False,
) -> Filling:
    """Give the values of ``reading`` to slots.

    ``first`` are slots that were asked for or named, in order of preference; they also take a
    bare number, and a new value. Other slots that are filled change only if ``may_replace``.
    """
    given: dict[str, Value] = dict(reading.choices)
    for kind, values in _by_order(reading).items():
        given.update(_in_order(flow, kind, values, known, first))
    given.update(_numbers(flow, reading, first, may_replace=may_replace))
    named = {slot.name for slot in first}
    taken: dict[str, Value] = {}
    objection: Objection | None = None
    for slot in flow.slots:
        if slot.name not in given or (
            slot.name in known and slot.name not in named and not may_replace
        ):
            continue
        value = _as_meant(given[slot.name], slot)
        refused = _objection(slot, value, today)
        if refused is None:
            taken[slot.name] = value
        objection = objection or refused
    return Filling(taken, objection)


def _by_order(reading: Reading) -> Mapping[SlotType, Sequence[Value]]:
    return {
        "date": [day.isoformat() for day in reading.dates],
        "time": [_either(found) for found in reading.times],
        "phone": reading.phones,
    }


def _either(found: FoundTime) -> str:
    """Return the time, with its other reading behind a bar until the slot decides."""
    return clock(found.minutes) + ("" if found.other is None else f"|{clock(found.other)}")


def _in_order(
    flow: Flow,
    kind: SlotType,
    values: Sequence[Value],
    known: Mapping[str, Value],
    first: Sequence[Slot],
) -> Mapping[str, Value]:
    slots = [slot for slot in flow.slots if slot.type == kind]
    wanted = [slot for slot in first if slot.type == kind]
    open_slots = [slot for slot in slots if slot.name not in known and slot not in wanted]
    order = [*wanted, *open_slots]
    if not order and (len(slots) == 1 or len(slots) == len(values)):
        order = slots
    if len(order) == 1:
        values = values[-1:] if kind != "date" or not wanted else values[:1]
    return {slot.name: value for slot, value in zip(order, values, strict=False)}


def _numbers(
    flow: Flow, reading: Reading, first: Sequence[Slot], *, may_replace: bool
) -> Mapping[str, Value]:
    slots = [slot for slot in flow.slots if slot.type == "number"]
    given: dict[str, Value] = {}
    exact: set[str] = set()
    bare: list[FoundNumber] = []
    for found in reading.numbers:
        if _NEGATED.search(reading.rest[: found.start]):
            continue
        slot, is_exact = _counted(slots, found)
        if slot is None:
            bare.append(found)
        elif is_exact or slot.name not in exact:
            given[slot.name] = found.value
            exact |= {slot.name} if is_exact else set()
    wanted = [slot for slot in first if slot.type == "number"]
    if not wanted and may_replace and len(slots) == 1:
        wanted = slots
    rest = [slot for slot in wanted if slot.name not in given]
    values = [found.value for found in bare if not rest or _is_bare(found, rest[0])]
    return {**dict(zip((slot.name for slot in rest), values[-1:], strict=False)), **given}


def _counted(slots: Sequence[Slot], found: FoundNumber) -> tuple[Slot | None, bool]:
    """Return the slot that is counted in the number's unit, and whether in that very one."""
    unit = found.unit.lstrip().removeprefix("个")
    for slot in slots:
        if any(found.unit.lstrip().startswith(word) or unit.startswith(word)
               for word in slot.units):  # fmt: skip
            return slot, True
    for slot in slots:
        same = {other for word in slot.units for group in _SAME_UNIT if word in group
                for other in group}  # fmt: skip
        if unit[:1] in same:
            return slot, False
    return None, False


def _is_bare(found: FoundNumber, slot: Slot) -> bool:
    if _END_OF_NUMBER.match(found.unit):
        return True
    return not slot.units and found.unit.lstrip()[:1] not in _KNOWN_UNITS


def _as_meant(value: Value, slot: Slot) -> Value:
    """Choose the reading of a time that is within the slot's limits."""
    if slot.type != "time":
        return value
    readings = str(value).split("|")
    fitting = (each for each in readings if _limit_broken(slot, minutes_of(each)) is None)
    return next(fitting, readings[0])


def minutes_of(written: str) -> int:
    """Return the minutes of the day of ``HH:MM``."""
    hour, minute = written.split(":")
    return int(hour) * 60 + int(minute)


def _limit_broken(slot: Slot, number: float) -> float | None:
    if slot.minimum is not None and number < slot.minimum:
        return slot.minimum
    if slot.maximum is not None and number > slot.maximum:
        return slot.maximum
    return None


def _objection(slot: Slot, value: Value, today: date) -> Objection | None:
    if slot.type == "number" and not isinstance(value, str):
        return _of_limit(slot, value, ("too_small", "too_large"), lambda limit: f"{limit:g}")
    if slot.type == "time":
        return _of_limit(slot, minutes_of(str(value)), ("too_early", "too_late"), clock)
    if slot.type == "date":
        days = (date.fromisoformat(str(value)) - today).days
        return _of_limit(
            slot, days, ("too_early", "too_late"),
            lambda limit: (today + timedelta(limit)).isoformat(),
        )  # fmt: skip
    return None


def _of_limit(
    slot: Slot, number: float, kinds: tuple[str, str], shown: Callable[[float], str]
) -> Objection | None:
    limit = _limit_broken(slot, number)
    if limit is None:
        return None
    return Objection(slot, kinds[0] if number < limit else kinds[1], shown(limit))
