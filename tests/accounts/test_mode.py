"""How far a bot may go with a customer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.accounts.mode import Mode, ModeSetting, Standing, customer_share

CUSTOMERS = [f"wm{number}" for number in range(2000)]


@pytest.mark.parametrize(
    ("mode", "staffed", "standing"),
    [
        ("off", True, "nothing"),
        ("off", False, "nothing"),
        ("assist", True, "record"),
        ("assist", False, "record"),
        ("after-hours", True, "record"),
        ("after-hours", False, "answer"),
        ("full", True, "answer"),
        ("full", False, "answer"),
    ],
)
def test_that_a_mode_means_the_same_for_everybody_at_100_percent(
    mode: Mode, staffed: bool, standing: Standing
) -> None:
    assert ModeSetting(mode).standing("wk1", "wm1", staffed=staffed) == standing


def _answered(percent: int) -> set[str]:
    setting = ModeSetting("full", percent)
    return {each for each in CUSTOMERS if setting.standing("wk1", each, staffed=False) == "answer"}


def test_that_a_percentage_is_about_that_share_of_the_customers() -> None:
    assert _answered(0) == set()
    assert _answered(100) == set(CUSTOMERS)
    assert 0.25 < len(_answered(30)) / len(CUSTOMERS) < 0.35


@given(lower=st.integers(0, 100), higher=st.integers(0, 100))
def test_that_a_raised_percentage_keeps_everybody_who_was_in_it(lower: int, higher: int) -> None:
    assert _answered(min(lower, higher)) <= _answered(max(lower, higher))


def test_that_customers_beyond_the_percentage_get_drafts_for_people() -> None:
    setting = ModeSetting("full", 30)
    standings = {setting.standing("wk1", each, staffed=True) for each in CUSTOMERS}
    assert standings == {"answer", "record"}


def test_that_a_place_depends_on_the_account_and_never_changes() -> None:
    assert [customer_share("wk1", each) for each in CUSTOMERS[:5]] == [43, 62, 18, 49, 66]
    assert [customer_share("wk1", c) for c in CUSTOMERS] != [
        customer_share("wk2", c) for c in CUSTOMERS
    ]
