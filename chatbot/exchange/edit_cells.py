"""Which cells of a table change when an entry does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from chatbot.exchange.edits import Edit, Left, NotEditableError
from chatbot.exchange.table_rows import UnfitError, rows_of
from chatbot.knowledge.columns import COLUMNS


@dataclass(frozen=True, slots=True)
class CellEdit:
    """A text for the cell in a line (from 1) and a column (from 0); empty for nothing."""

    id: str
    line: int
    column: int
    text: str


def cell_edits(
    edits: Sequence[Edit],
    columns: Mapping[str, int],
    separators: Mapping[int, str],
    left: Left,
    special: Mapping[tuple[int, int], str] = MappingProxyType({}),
) -> Iterator[CellEdit]:
    """Yield the cells that change; ``columns`` are the numbers of columns by key.

    ``separators`` say what is between several values, by line; a line break where none is said.
    ``special`` are cells that no machine should change, and why. ``left`` takes the edits that
    cannot be made.
    """
    for edit in edits:
        try:
            cells = list(_entry(edit, columns, separators))
            for cell in cells:
                if (cell.line, cell.column) in special:
                    raise NotEditableError(special[cell.line, cell.column])
        except NotEditableError as reason:
            left[edit.id] = str(reason)
        else:
            yield from cells


def _entry(
    edit: Edit, columns: Mapping[str, int], separators: Mapping[int, str]
) -> Iterator[CellEdit]:
    separator = separators.get(edit.lines[0], "\n")
    try:
        former = rows_of(edit.before, separator)
        rows = rows_of(edit.after, separator) if edit.after else [{} for _ in former]
    except UnfitError as reason:
        raise NotEditableError(f"表格写不下 {reason.key}：{reason.why}") from None
    if not len(former) == len(rows) == len(edit.lines):
        raise NotEditableError("行数不同：不同条件的答案请自己加行、删行")
    for line, old, new in zip(edit.lines, former, rows, strict=True):
        yield from _row(edit, line, old, new, columns)


def _row(
    edit: Edit, line: int, old: Mapping[str, str], new: Mapping[str, str],
    columns: Mapping[str, int],
) -> Iterator[CellEdit]:  # fmt: skip
    for key in COLUMNS:
        text = new.get(key, "")
        # An entry that goes leaves nothing; an id that was made from the question is written.
        is_id = key == "id" and edit.keeps_id
        if text == old.get(key, "") and edit.after is not None and not is_id:
            continue
        if key in columns:
            yield CellEdit(edit.id, line, columns[key], text)
        elif edit.after is not None:
            raise NotEditableError(f"表格没有“{COLUMNS[key][0]}”这一列，请先加上这一列")
