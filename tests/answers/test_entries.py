from __future__ import annotations

from datetime import date

import pytest

from chatbot.answers.entries import Entry, Validity

_DAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("valid", "covers"),
    [
        (Validity(), True),
        (Validity(start=_DAY), True),
        (Validity(end=_DAY), True),
        (Validity(_DAY, _DAY), True),
        (Validity(start=date(2026, 5, 2)), False),
        (Validity(end=date(2026, 4, 30)), False),
    ],
)
def test_that_both_ends_are_inclusive(valid: Validity, covers: bool) -> None:
    assert valid.covers(_DAY) is covers


def test_that_an_entry_survives_storage() -> None:
    entry = Entry(
        id="a",
        question="几点退房？",
        answer=("12:00。", "可以延迟。"),
        similar=("退房时间",),
        excluded=("提前退房",),
        category="入住/退房",
        tags=("意向:续住",),
        valid=Validity(_DAY, None),
    )
    assert Entry.from_json(entry.to_json()) == entry
