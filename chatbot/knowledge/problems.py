"""What is wrong with content files, collected so that one reading shows everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatbot.errors import ContentError

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, and what is expected there. ``key`` is empty for a whole file."""

    path: Path
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.line else f"{self.path}: "
        return place + (f"{self.key}: {self.text}" if self.key else self.text)


class ContentErrors(ContentError):
    """Content files with mistakes; ``problems`` has all of them, the text the first twenty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"... and {len(self.problems) - _SHOWN} more problems")
        super().__init__("\n".join(lines))


class Problems:
    """Collects problems while files are read."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: Path, line: int, key: str, text: str) -> None:
        """Note a problem; ``line`` counts from 1, 0 means the file as a whole."""
        self.found.append(Problem(path, line, key, text))

    def raise_any(self) -> None:
        """Raise ContentErrors if there were problems."""
        if self.found:
            raise ContentErrors(self.found)
