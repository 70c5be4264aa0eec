"""Tables as files for spreadsheet programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from aiohttp import web

from chatbot.console.harmless import harmless

#: A cell that begins so is computed, or sent somewhere, when the file is opened; the wide signs
#: are read like the others by programs set to Chinese or Japanese (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def csv_answer(
    name: str, header: Sequence[str], rows: Iterable[Sequence[str | int]]
) -> web.Response:
    """Return a CSV file called ``name`` to be kept; with a mark so that Excel reads UTF-8."""
    return web.Response(
        body=b"\xef\xbb\xbf" + csv_text(header, rows).encode("utf-8", "replace"),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Return a table as CSV (RFC 4180) in which no text is a formula or a line of its own."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell_text(each) if isinstance(each, str) else each for each in row])
    return written.getvalue()


def cell_text(text: str) -> str:
    """Return customers' or members' words as one harmless line that nothing is computed from."""
    line = " ".join(harmless(text).split())
    return f"'{line}" if line.startswith(_FORMULA) else line
