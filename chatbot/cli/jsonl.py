"""Files of questions: one JSON object with a text a line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.errors import UserError


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it is, its text, and all its keys, the text among them."""

    place: str
    text: str
    record: dict[str, Any]


def read_lines(source: Path, option: str) -> list[Line]:
    """Return the lines of the file that ``option`` names; raise UserError that names a bad one.

    Empty lines are passed over.
    """
    try:
        lines = source.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise UserError(f"{option} {source}: {error.strerror}") from None
    return [
        _read_line(f"{source}:{number}", line)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _read_line(place: str, line: bytes) -> Line:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise UserError(f"{place}: the line is not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:  # a number of 4301 digits is no JSONDecodeError
        reason = getattr(error, "msg", "too deep, or too long a number")
        raise UserError(f"{place}: not JSON: {reason}") from None
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise UserError(f'{place}: an object with a text is expected, as {{"text": "几点退房"}}')
    return Line(place, text, record)
