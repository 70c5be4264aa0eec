from __future__ import annotations

import pytest

from tests.curation.linting.bench import Files, where


@pytest.mark.parametrize(
    ("written", "kind", "severity", "key"),
    [
        ("valid: {until: 2026-11-22}", "expired", "warning", "valid.until"),
        ("valid: {until: 2026-11-23}", "expires-soon", "note", "valid.until"),
        ("valid: {until: 2026-12-23}", "expires-soon", "note", "valid.until"),
        ("review: 2026-11-23", "review-due", "warning", "review"),
        ("review: 2026-12-23", "review-soon", "note", "review"),
    ],
)
def test_that_days_past_and_days_soon_are_found(
    files: Files, written: str, kind: str, severity: str, key: str
) -> None:
    files.write(
        "knowledge/a.yaml",
        f"- id: a\n  question: 有活动吗\n  answer: 有。\n  owner: 小林\n  {written}\n",
    )
    (found,) = files.found(kind)
    assert (found.severity, where(found)) == (severity, ("a.yaml", 5, key))


def test_that_a_csv_file_calls_the_day_by_its_heading(files: Files) -> None:
    files.write("knowledge/a.csv", "编号,问题,答案,失效时间\na,有活动吗,有。,2026/1/5\n")
    (found,) = files.found("expired")
    assert where(found) == ("a.csv", 2, "失效时间")


@pytest.mark.parametrize(
    "written", ["valid: {until: 2026-12-24}", "valid: {from: 2027-01-01}", "review: 2026-12-24"]
)
def test_that_days_far_off_are_none(files: Files, written: str) -> None:
    files.write("knowledge/a.yaml", f"- {{id: a, question: 有活动吗, answer: 有。, {written}}}\n")
    kinds = {each.kind for each in files.lint().found}
    assert not kinds & {"expired", "expires-soon", "review-due", "review-soon"}
