"""What the examination says about years whose holidays nobody announced yet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chatbot.doctor.account_checks import check_account_file
from chatbot.doctor.report import Finding
from chatbot.knowledge.content import load_content

_WORKDAYS = "[default]\nhours = ['工作日 09:00-18:00']\n"


def _findings(folder: Path, accounts: str, today: date) -> tuple[Finding, ...]:
    (folder / "accounts.toml").write_text(accounts, encoding="utf-8")
    return check_account_file(load_content(folder, None), folder, today).findings


@pytest.mark.parametrize(
    ("hours", "ids"), [("工作日 09:00-18:00", ["calendar-unknown"]), ("每天 09:00-18:00", [])]
)
def test_that_an_unknown_year_is_a_warning_where_hours_depend_on_it(
    tmp_path: Path, hours: str, ids: list[str]
) -> None:
    findings = _findings(tmp_path, f"[default]\nhours = ['{hours}']\n", date(2041, 6, 1))
    assert [finding.id for finding in findings] == ids
    assert all("2041" in finding.cause for finding in findings)


@pytest.mark.parametrize(("today", "told"), [(date(2026, 10, 2), 0), (date(2026, 10, 3), 1)])
def test_that_the_coming_ninety_days_count(tmp_path: Path, today: date, told: int) -> None:
    text = f"{_WORKDAYS}[calendar]\nholidays = ['2026-10-01']\n"
    findings = _findings(tmp_path, text, today)
    assert [("2027" in each.cause, each.place and each.place.line) for each in findings] == [
        (True, 3)
    ] * told


def test_that_days_written_by_the_brand_make_a_year_known(tmp_path: Path) -> None:
    text = f"{_WORKDAYS}[calendar]\nholidays = ['2041-10-01']\n"
    assert _findings(tmp_path, text, date(2041, 6, 1)) == ()
