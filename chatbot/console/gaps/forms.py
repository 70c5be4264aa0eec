"""What stands in the forms of a gap's page, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.console.admin_pages import Posted
from chatbot.console.gaps.reader import Wording
from chatbot.curation.personal import blanks_in

#: So many questions are suggested as wordings: more teach little, and somebody reads them all.
_SUGGESTED = 8
_LONGEST_WORDING = 60
_PICKED = "key:"


@dataclass(frozen=True, slots=True)
class Answered:
    """The entry that was to close a gap; its question is empty until it is live."""

    faq_id: str
    question: str


def suggested_texts(wordings: Sequence[Wording]) -> list[str]:
    """Return the questions that may become wordings as they are, the most frequent first."""
    fit = (
        each.text.replace("\n", "，")
        for each in wordings
        if len(each.text) <= _LONGEST_WORDING and not blanks_in(each.text)
    )
    return list(dict.fromkeys(fit))[:_SUGGESTED]


def lines_in(written: str) -> list[str]:
    """Return the lines of a field that say something."""
    return [line.strip() for line in written.splitlines() if line.strip()]


def number_in(written: str) -> int | None:
    """Return the number of a gap as it is chosen or typed; None of anything else."""
    digits = written.strip().removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def picked_keys(data: Posted) -> list[str]:
    """Return the letters of the questions that were ticked."""
    return [name.removeprefix(_PICKED) for name in data.fields if name.startswith(_PICKED)]
