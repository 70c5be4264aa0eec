"""Reads the platform's JSON without trusting it: a missing or odd field gets its default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_YEAR_3000 = 32_503_680_000


def text(row: Mapping[str, Any], name: str) -> str:
    """Return a string field, or nothing."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def whole(row: Mapping[str, Any], name: str, default: int = 0) -> int:
    """Return an integer field; digits in a string count too."""
    value = row.get(name)
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return default


def instant(row: Mapping[str, Any], name: str) -> datetime | None:
    """Return a field of Unix seconds as an aware instant; None if missing or impossible."""
    seconds = whole(row, name)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _YEAR_3000 else None


def texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of strings."""
    value = row.get(name)
    if not isinstance(value, list):
        return ()
    return tuple(entry for entry in value if isinstance(entry, str))


def dicts(row: Mapping[str, Any], name: str) -> tuple[dict[str, Any], ...]:
    """Return a list of objects; an entry that is none is kept as ``{"raw": entry}``."""
    value = row.get(name)
    if not isinstance(value, list):
        return ()
    return tuple(entry if isinstance(entry, dict) else {"raw": entry} for entry in value)


def joined(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the parts of a ``|``-joined string."""
    return tuple(part for part in text(row, name).split("|") if part)
