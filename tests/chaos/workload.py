"""What customers say in a storm: many at once, everything foretold by a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import yaml

KNOWLEDGE = Path(__file__).parent / "knowledge"
LONG_ENTRY = "manual"  # its answer takes several messages

_WISHES = ("转人工", "我要找真人客服", "请帮我转接人工服务", "叫个真人来")
_ODD = (
    "我的无人机在西湖上空失联了",
    "火星上的土壤能种土豆吗",
    "想给我的猫报一个潜水考证班",
    "你觉得昨晚那场球谁踢得最好",
)
_SMALLTALK = ("你好", "谢谢", "好的")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing a customer does: say ``words``, or open the chat where they are None."""

    customer: str
    words: str | None


@dataclass(frozen=True, slots=True)
class Size:
    """How big a storm is."""

    newcomers: int = 9  # customers who appear with every wave
    lines: int = 3  # what each of them says
    returning: int = 6  # earlier customers who say one more thing


class Crowd:
    """Customers in waves; the same seed makes the same crowd."""

    def __init__(self, seed: int, size: Size) -> None:
        self._random = random.Random(seed)
        self._size = size
        self._known, self._long = _wordings()
        self._customers: list[str] = []

    @property
    def customers(self) -> list[str]:
        """Return who has appeared so far."""
        return list(self._customers)

    def wave(self) -> list[Line]:
        """Return what happens next, in the order in which it happens."""
        older = self._random.sample(
            self._customers, min(self._size.returning, len(self._customers))
        )
        first = len(self._customers)
        fresh = [f"wmStorm{number:04d}" for number in range(first, first + self._size.newcomers)]
        self._customers += fresh
        scripts = [self._script(customer, number) for number, customer in enumerate(fresh)]
        scripts += [[Line(customer, self._words())] for customer in older]
        return self._shuffled(scripts)

    def _script(self, customer: str, number: int) -> list[Line]:
        """Every third newcomer enters first, asks for a long answer, or wants a person."""
        lines = [Line(customer, self._words()) for _ in range(self._size.lines)]
        if number % 3 == 0:
            lines.insert(0, Line(customer, None))
        if number % 3 == 1:
            lines[0] = Line(customer, self._random.choice(self._long))
        if number % 3 == 2:
            lines[-2] = Line(customer, self._random.choice(_WISHES))
        return lines

    def _words(self) -> str:
        chance = self._random.random()
        if chance < 0.08:
            return self._random.choice(_ODD)
        if chance < 0.16:
            return self._random.choice(_SMALLTALK)
        if chance < 0.28:
            return self._random.choice(self._long)
        return self._random.choice(self._known)

    def _shuffled(self, scripts: list[list[Line]]) -> list[Line]:
        """Mix the scripts; each keeps its own order."""
        turns = [index for index, script in enumerate(scripts) for _ in script]
        self._random.shuffle(turns)
        rest = [iter(script) for script in scripts]
        return [next(rest[index]) for index in turns]


def _wordings() -> tuple[list[str], list[str]]:
    """Return the wordings of short answers and those of the long one."""
    known: list[str] = []
    long: list[str] = []
    for path in sorted(KNOWLEDGE.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["entries"]:
            wordings = [entry["question"], *entry["similar"]]
            (long if entry["id"] == LONG_ENTRY else known).extend(wordings)
    return known, long
