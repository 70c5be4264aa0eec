"""Nothing wrong, and what is not checked."""

from __future__ import annotations

from pathlib import Path

from chatbot.doctor.examination import CHECKS
from chatbot.doctor.report import Status

from .clinic import Clinic, clinic, notes, problems, status, summary, warnings

_ROOT = Path(__file__).parents[2]


async def test_that_right_settings_have_no_problem(healthy: Clinic) -> None:
    report = await healthy.examine()
    assert problems(report) == []
    assert report.exit_code == 0
    assert warnings(report) == {"public-address-private"}
    assert [outcome.id for outcome in report.outcomes] == list(CHECKS)
    skipped = [outcome.id for outcome in report.outcomes if outcome.status is Status.SKIPPED]
    assert skipped == [
        "publishing",
        "roster",
        "roster_match",
        "cases",
        "owners",
        "tag_writes",
    ]  # the embedded database does not run
    assert notes(report) == set()


async def test_that_with_a_database_nothing_is_left_out(healthy: Clinic, database_url: str) -> None:
    report = await healthy.examine(DATABASE_URL=database_url)
    assert {outcome.status for outcome in report.outcomes} == {Status.OK, Status.WARNING}
    assert warnings(report) == {"public-address-private"}


async def test_that_the_sample_brand_is_healthy(healthy: Clinic, database_url: str) -> None:
    report = await healthy.examine(
        DATABASE_URL=database_url,
        KNOWLEDGE_DIR=str(_ROOT / "knowledge"),
        INTENTS_DIR=str(_ROOT / "intents"),
    )
    assert problems(report) == []
    assert warnings(report) == {"public-address-private"}
    # Its entries are owned by departments, and whoever tries it out sees what is said of that.
    assert notes(report) == {"owner-stranger"}


async def test_that_an_examination_changes_nothing(healthy: Clinic) -> None:
    before = sorted(healthy.folder.rglob("*"))
    await healthy.examine()
    assert sorted(healthy.folder.rglob("*")) == before


async def test_that_entries_are_counted(healthy: Clinic) -> None:
    assert summary(await healthy.examine(), "content").startswith("2 条知识")


async def test_that_the_servers_own_address_is_told(healthy: Clinic) -> None:
    assert "127.0.0.1" in summary(await healthy.examine(), "address").partition("IP")[2]


async def test_that_no_supervisor_is_a_warning(healthy: Clinic) -> None:
    report = await healthy.examine(SUPERVISORS=None)
    assert "supervisors-none" in warnings(report)
    assert report.exit_code == 0


async def test_that_the_callback_waits_for_a_server(tmp_path: Path) -> None:
    async with clinic(tmp_path, server=False) as found:
        report = await found.examine()
    assert status(report, "callback") is Status.SKIPPED
    assert f"127.0.0.1:{found.server_port}" in summary(report, "callback")
    assert warnings(report) == {"public-address-private"}
    assert report.exit_code == 0


async def test_that_settings_may_come_from_the_file(healthy: Clinic) -> None:
    (healthy.folder / "chatbot.toml").write_text('supervisors = ["azhen"]\n', "utf-8")
    report = await healthy.examine(SUPERVISORS=None)
    assert report.exit_code == 0
    assert summary(report, "supervisors") == "azhen"
