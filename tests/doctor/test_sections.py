"""``accounts.toml`` against the accounts and servicers of WeCom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatbot.doctor.report import Report
from chatbot.simulator.config import load_config

from .clinic import KF, Clinic, clinic, found, notes, only_problem, problems

_SECTION = f'[accounts.qijian]\nid = "{KF}"\nname = "云栖酒店"\n'
_SHOP = {"open_kfid": "wkShop", "name": "商城", "servicers": ["azhen"]}


async def _with_shop(folder: Path, accounts: str, **variables: Any) -> Report:
    """Examine an enterprise that has a second account."""
    ours = load_config().accounts[0].model_dump()
    async with clinic(folder, changes={"accounts": [ours, _SHOP]}) as two:
        two.write("knowledge/accounts.toml", accounts)
        return await two.examine(**variables)


async def test_that_a_section_like_in_wecom_is_fine(healthy: Clinic) -> None:
    healthy.write("knowledge/accounts.toml", f'{_SECTION}agents = ["azhen"]\n')
    report = await healthy.examine()
    assert problems(report) == []
    assert notes(report) == set()


async def test_that_a_section_for_nobody_is_one_finding(healthy: Clinic) -> None:
    healthy.write("knowledge/accounts.toml", f'{_SECTION}[accounts.old]\nid = "wkOld"\n')
    problem = only_problem(await healthy.examine())
    assert (problem.id, problem.place and problem.place.line) == ("section-unknown", 5)
    assert "wkOld" in problem.cause
    assert KF in problem.cause


async def test_that_another_name_is_a_note(healthy: Clinic) -> None:
    healthy.write("knowledge/accounts.toml", _SECTION.replace("云栖酒店", "旗舰店"))
    report = await healthy.examine()
    assert "云栖酒店" in found(report, "section-renamed").cause
    assert report.exit_code == 0


async def test_that_an_account_without_a_section_is_a_note(tmp_path: Path) -> None:
    assert notes(await _with_shop(tmp_path, _SECTION)) == {"section-missing"}


async def test_that_a_section_of_an_account_that_is_not_served_is_a_note(tmp_path: Path) -> None:
    accounts = f'{_SECTION}[accounts.shop]\nid = "wkShop"\n'
    report = await _with_shop(tmp_path, accounts, WECOM__KF_ACCOUNTS=KF)
    assert notes(report) == {"section-unserved"}


async def test_that_an_agent_who_does_not_serve_the_account_is_one_finding(
    tmp_path: Path,
) -> None:
    accounts = f'{_SECTION}[accounts.shop]\nid = "wkShop"\nagents = ["azhen", "xiaozhou"]\n'
    problem = only_problem(await _with_shop(tmp_path, accounts))
    assert problem.id == "agents-unknown"
    assert "xiaozhou" in problem.cause
    assert "azhen" not in problem.cause
    assert problem.place
    assert (problem.place.line, problem.place.key) == (6, "accounts.shop.agents")
