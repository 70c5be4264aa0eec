"""Workbooks that people fill in: headings with notes, lists to choose from, nothing computed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from types import MappingProxyType

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from chatbot.exchange.mark import META_SHEET, Mark
from chatbot.exchange.table_rows import headings
from chatbot.knowledge.columns import AUTO_WORDS, COLUMNS, SNAPSHOT, escaped, unescaped

SHEET = "知识"
_EXAMPLES = "示例"
_AUTO = "auto"
_LAST_ROW = 1_048_576
_WIDTHS: Mapping[str, int] = MappingProxyType(
    {"id": 16, "question": 32, "similar": 40, "not": 28, "answer": 56, "tags": 16, "link": 28}
)
_WIDTH = 12
_FORMULA = re.compile(r"[=+\-@＝＋－＠]")
_ESCAPE = re.compile("_x(?=[0-9A-Fa-f]{4}_)")
#: What XML cannot hold: Excel writes the code instead.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD_FONT = Font(bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="E8EEF7")
_WRAPPED = Alignment(wrap_text=True, vertical="top")


def workbook_bytes(
    rows: Iterable[Mapping[str, str]],
    mark: Mark | None = None,
    notes: Mapping[str, str] = MappingProxyType({}),
    examples: Sequence[Mapping[str, str]] = (),
) -> bytes:
    """Return a workbook with a row for each of ``rows``, cells by key.

    ``notes`` are shown beside the headings, by key, ``examples`` in a sheet behind. The mark stands
    in a hidden sheet and in the properties of the document.
    """
    book = Workbook(write_only=True)
    _offer_choices(_fill(book, SHEET, rows, notes))
    if examples:
        _fill(book, _EXAMPLES, examples, {})
    if mark is not None:
        write_mark(book, mark)
    return saved(book)


def begin_sheet(
    book: Workbook, names: Sequence[str], widths: Sequence[int], title: str = SHEET
) -> Worksheet:
    """Return a sheet for entries, whose headings stay in sight."""
    sheet: Worksheet = book.create_sheet(title)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}1"
    return sheet


def heading_cell(sheet: Worksheet, name: str, note: str = "") -> Cell:
    """Return the cell of a heading."""
    cell = WriteOnlyCell(sheet, name)
    cell.font = _HEAD_FONT
    cell.fill = _HEAD_FILL
    if note:
        cell.comment = Comment(note, "chatbot", height=120, width=300)
    return cell


def text_cell(sheet: Worksheet, text: str) -> Cell | None:
    """Return a cell that is a text whatever it looks like, None for nothing."""
    if not text:
        return None
    cell = WriteOnlyCell(sheet, stored_text(text))
    cell.data_type = "s"
    cell.alignment = _WRAPPED
    if _FORMULA.match(text):
        # Excel's own sign for a text, which it keeps when somebody edits the cell.
        cell.quotePrefix = True
    return cell


def stored_text(text: str) -> str:
    """Return a text as a cell holds it, so that a reader gives just this text."""
    # An apostrophe that a reader would take away needs one more.
    written = escaped(text) if unescaped(text) != text else text
    return _UNWRITABLE.sub(_code, _ESCAPE.sub("_x005F_x", written))


def _code(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def saved(book: Workbook) -> bytes:
    """Return the file of a workbook."""
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _fill(
    book: Workbook, title: str, rows: Iterable[Mapping[str, str]], notes: Mapping[str, str]
) -> Worksheet:
    widths = [_WIDTHS.get(key, _WIDTH) for key in COLUMNS]
    sheet = begin_sheet(book, headings(), widths, title)
    sheet.append(_headings(sheet, notes))
    for row in rows:
        sheet.append([text_cell(sheet, row.get(key, "")) for key in COLUMNS])
    return sheet


def _headings(sheet: Worksheet, notes: Mapping[str, str]) -> list[Cell]:
    return [heading_cell(sheet, names[0], notes.get(key, "")) for key, names in COLUMNS.items()]


def _offer_choices(sheet: Worksheet) -> None:
    """Let people choose what may stand in 自动回答."""
    letter = get_column_letter(list(COLUMNS).index(_AUTO) + 1)
    choice = DataValidation(
        type="list",
        formula1=f'"{",".join(AUTO_WORDS)}"',
        allow_blank=True,
        showErrorMessage=True,
        errorTitle="自动回答",
        error=f"请选 {'、'.join(AUTO_WORDS)}，或留空（留空就是“是”）",
    )
    choice.add(f"{letter}2:{letter}{_LAST_ROW}")
    sheet.data_validations.append(choice)


def write_mark(book: Workbook, mark: Mark) -> None:
    """Write the mark into a hidden sheet and into the properties of the document."""
    meta: Worksheet = book.create_sheet(META_SHEET)
    meta.sheet_state = "hidden"
    meta.append([SNAPSHOT, str(mark)])
    properties = book.custom_doc_props  # type: ignore[attr-defined]  # the stubs lack it
    properties.append(StringProperty(name=SNAPSHOT, value=str(mark)))
