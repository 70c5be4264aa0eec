"""Reads request parameters and refuses wrong ones with the platform's codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.simulator.errors import PlatformError

Json = dict[str, Any]

INVALID = 40058
EMPTY = 40063
TOO_LONG = 45002


def text(
    source: Mapping[str, Any],
    name: str,
    *,
    required: bool = True,
    max_bytes: int | None = None,
    max_chars: int | None = None,
    too_long: int = INVALID,
    empty: int = EMPTY,
) -> str:
    """Return a string parameter ("" if optional and absent); limits in UTF-8 bytes or characters.

    Raises ``empty`` if required and missing, 40058 for another type, ``too_long`` beyond a limit.
    """
    value = source.get(name)
    if value is None or value == "":
        if required:
            raise PlatformError(empty, f"{name} is required")
        return ""
    if not isinstance(value, str):
        raise PlatformError(INVALID, f"{name} must be a string")
    if max_bytes is not None and len(value.encode()) > max_bytes:
        raise PlatformError(too_long, f"{name} is over {max_bytes} bytes")
    if max_chars is not None and len(value) > max_chars:
        raise PlatformError(too_long, f"{name} is over {max_chars} characters")
    return value


def integer(
    source: Mapping[str, Any],
    name: str,
    *,
    default: int | None = None,
    low: int | None = None,
    high: int | None = None,
) -> int:
    """Return an integer parameter; raise 40063 or 40058."""
    value = source.get(name, default)
    if value is None:
        raise PlatformError(EMPTY, f"{name} is required")
    if isinstance(value, bool) or not isinstance(value, int):
        raise PlatformError(INVALID, f"{name} must be an integer")
    if (low is not None and value < low) or (high is not None and value > high):
        raise PlatformError(INVALID, f"{name} is out of range")
    return value


def mapping(source: Mapping[str, Any], name: str, *, required: bool = True) -> Json:
    """Return an object parameter ({} if optional and absent); raise 40063 or 40058."""
    value = source.get(name)
    if value is None:
        if required:
            raise PlatformError(EMPTY, f"{name} is required")
        return {}
    if not isinstance(value, dict):
        raise PlatformError(INVALID, f"{name} must be an object")
    return value


def items(
    source: Mapping[str, Any],
    name: str,
    *,
    low: int = 0,
    high: int,
    too_many: int = INVALID,
) -> list[Json]:
    """Return a list of objects; raise 40063 below ``low``, ``too_many`` above ``high``."""
    values = _list(source, name, low=low, high=high, too_many=too_many)
    if not all(isinstance(value, dict) for value in values):
        raise PlatformError(INVALID, f"{name} must hold objects")
    return values


def strings(
    source: Mapping[str, Any], name: str, *, low: int = 0, high: int, wrong: int = INVALID
) -> list[str]:
    """Return a list of strings; raise 40063 below ``low``, ``wrong`` otherwise."""
    values = _list(source, name, low=low, high=high, too_many=wrong)
    if not all(isinstance(value, str) for value in values):
        raise PlatformError(wrong, f"{name} must hold strings")
    return values


def _list(source: Mapping[str, Any], name: str, *, low: int, high: int, too_many: int) -> list[Any]:
    values = source.get(name) or []
    if not isinstance(values, list):
        raise PlatformError(INVALID, f"{name} must be a list")
    if len(values) < low:
        raise PlatformError(EMPTY, f"{name} needs at least {low}")
    if len(values) > high:
        raise PlatformError(too_many, f"{name} may hold at most {high}")
    return values
