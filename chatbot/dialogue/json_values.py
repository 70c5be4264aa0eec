"""Values of a context's JSON, which may be of another release: what does not fit is left out."""

from __future__ import annotations

from datetime import datetime

from chatbot.dialogue.decision import MenuItem
from chatbot.understanding.language import LANGUAGES


def language_in(value: object) -> str:
    """Return the code of a language that is told apart, else an empty text."""
    return value if isinstance(value, str) and value in LANGUAGES else ""


def texts_in(value: object) -> tuple[str, ...]:
    """Return the texts of a list."""
    listed = value if isinstance(value, list) else ()
    return tuple(text for text in listed if isinstance(text, str))


def pairs_in(value: object) -> tuple[tuple[str, float], ...]:
    """Return the pairs of a name and a number of a list."""
    listed = value if isinstance(value, list) else ()
    pairs = (pair for pair in listed if isinstance(pair, list) and len(pair) == 2)
    return tuple(
        (name, float(share))
        for name, share in pairs
        if isinstance(name, str) and isinstance(share, int | float)
    )


def lines_in(value: object) -> tuple[MenuItem, ...]:
    """Return the lines of a menu, each a list of its id and its caption."""
    listed = value if isinstance(value, list) else ()
    pairs = (texts_in(pair) for pair in listed)
    return tuple(MenuItem(*pair) for pair in pairs if len(pair) == 2)


def instant_in(value: object) -> datetime | None:
    """Return an aware instant in ISO form."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def texts_by_name_in(value: object) -> dict[str, str]:
    """Return the texts of an object."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}
