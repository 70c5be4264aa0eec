"""Tables of facts, such as one row a store, as the admins wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What people call a row beside its key, separated by ``|``.
ALIASES = "别名"
#: What stands for a row in the address of a link.
CODE = "代码"

_SEPARATOR = re.compile(r"[|｜\n]")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by key, in file order; ``columns`` begins with the key's heading.

    A row has no value where the cell was empty: a missing fact is never a text.
    """

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]

    def value(self, key: str, column: str) -> str | None:
        """Return a cell of the row ``key``, None if it is empty or not there."""
        if column == self.columns[0]:
            return key if key in self.rows else None
        return self.rows.get(key, {}).get(column)

    def aliases(self, key: str) -> tuple[str, ...]:
        """Return the other names of a row."""
        return split_values(self.value(key, ALIASES) or "")

    def to_json(self) -> dict[str, Any]:
        """Return lists only: the order of rows and columns outlives sorted keys."""
        return {
            "name": self.name,
            "columns": list(self.columns),
            "rows": [
                [key, *(cells.get(column, "") for column in self.columns[1:])]
                for key, cells in self.rows.items()
            ],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Table:
        """Rebuild what ``to_json`` gave."""
        columns = tuple(record["columns"])
        rows = {row[0]: _filled(columns[1:], row[1:]) for row in record["rows"]}
        return cls(record["name"], columns, rows)


def split_values(written: str) -> tuple[str, ...]:
    """Return the values of a cell that may hold several, once each."""
    parts = (part.strip() for part in _SEPARATOR.split(written))
    return tuple(dict.fromkeys(filter(None, parts)))


def _filled(columns: tuple[str, ...], cells: list[str]) -> dict[str, str]:
    return {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
