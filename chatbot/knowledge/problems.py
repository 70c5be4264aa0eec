"""What is wrong with content files, collected so that one reading shows everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatbot.errors import ContentError

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what is found and what is expected, in the admins' language.

    ``line`` 0 means the file as a whole, an empty ``key`` the whole line.
    """

    path: Path
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        place = str(self.path)
        if self.line:
            place += f" 第 {self.line} 行"
        if self.key:
            place += f" {self.key}"
        return f"{place}：{self.text}"

    def to_json(self) -> dict[str, str | int]:
        """Return the parts by name."""
        return {"file": str(self.path), "line": self.line, "key": self.key, "text": self.text}


class ContentErrors(ContentError):
    """Content files with mistakes; ``problems`` has all of them, the text the first twenty."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"……还有 {len(self.problems) - _SHOWN} 个问题")
        super().__init__("\n".join(lines))


class Problems:
    """Collects mistakes, and warnings that hinder nothing, while files are read."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.warnings: list[Problem] = []

    def add(self, path: Path, line: int, key: str, text: str) -> None:
        """Note a problem; ``line`` counts from 1, 0 means the file as a whole."""
        self.found.append(Problem(path, line, key, text))

    def warn(self, path: Path, line: int, key: str, text: str) -> None:
        """Note what a person should look at although the files are right as they are."""
        self.warnings.append(Problem(path, line, key, text))

    def raise_any(self) -> None:
        """Raise ContentErrors if there were problems."""
        if self.found:
            raise ContentErrors(self.found)
