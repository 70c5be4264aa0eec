"""What is set wrong in the admin console, and what the platform then says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chatbot.doctor.callback_check import check_public_address
from chatbot.doctor.platform_checks import judge_app
from chatbot.doctor.report import Report, Status
from chatbot.doctor.staff_checks import judge_servicers
from chatbot.settings import load_settings
from chatbot.simulator.config import load_config
from chatbot.wecom.app import AgentInfo
from chatbot.wecom.kf import KfAccount, Servicer, ServicerDepartment, ServicerStatus

from .clinic import KF, Clinic, clinic, only_problem, problems, status, warnings

_ACCOUNT = KfAccount(KF, "云栖酒店", "", managed=True)


async def _examine(folder: Path, changes: Mapping[str, Any], **variables: str) -> Report:
    async with clinic(folder, changes=changes) as found:
        return await found.examine(**variables)


def _members(**changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the demo's members with changes by userid."""
    return [
        {**member.model_dump(), **changes.get(member.userid, {})}
        for member in load_config().members
    ]


def _account(**changes: Any) -> dict[str, Any]:
    return {**load_config().accounts[0].model_dump(), **changes}


async def test_that_no_account_is_one_finding(tmp_path: Path) -> None:
    report = await _examine(tmp_path, {"accounts": []})
    found = only_problem(report)
    assert found.id == "accounts-none"
    assert "可调用接口的应用" in found.remedy
    assert status(report, "servicers") is Status.SKIPPED


async def test_that_accounts_without_api_are_named_one_by_one(tmp_path: Path) -> None:
    shop = {"open_kfid": "wkShop", "name": "商城", "managed": False}
    found = only_problem(await _examine(tmp_path, {"accounts": [_account(), shop]}))
    assert found.id == "account-unmanaged"
    assert "商城" in found.subject
    assert "通过API管理微信客服账号" in found.remedy


async def test_that_an_account_nobody_wants_may_be_without_api(tmp_path: Path) -> None:
    shop = {"open_kfid": "wkShop", "name": "商城", "managed": False}
    changes = {"accounts": [_account(), shop]}
    report = await _examine(tmp_path, changes, WECOM__KF_ACCOUNTS=KF)
    assert problems(report) == []


async def test_that_an_account_without_staff_is_one_finding(tmp_path: Path) -> None:
    found = only_problem(await _examine(tmp_path, {"accounts": [_account(servicers=[])]}))
    assert (found.id, found.subject) == ("servicers-none", "客服账号“云栖酒店”")


async def test_that_nobody_receiving_is_a_warning(healthy: Clinic) -> None:
    for userid in ("azhen", "xiaozhou"):
        body = {"userid": userid, "action": "receive", "open_kfid": KF, "on": False}
        await healthy.control("staff", body)
    report = await healthy.examine()
    assert "servicers-away" in warnings(report)
    assert report.exit_code == 0


async def test_that_a_servicer_the_app_does_not_see_is_one_finding(tmp_path: Path) -> None:
    changes = {"members": _members(azhen={"visible": False})}
    found = only_problem(await _examine(tmp_path, changes))
    assert (found.id, found.subject) == ("servicer-out-of-range", "接待人员 azhen")


async def test_that_a_supervisor_the_app_does_not_see_is_one_finding(tmp_path: Path) -> None:
    changes = {"members": _members(liang={"visible": False})}
    found = only_problem(await _examine(tmp_path, changes))
    assert (found.id, found.settings) == ("supervisor-out-of-range", ("CHATBOT_SUPERVISORS",))
    assert "可见范围" in found.remedy


async def test_that_a_supervisor_who_left_is_one_finding(tmp_path: Path) -> None:
    changes = {"members": _members(liang={"status": 2})}
    assert only_problem(await _examine(tmp_path, changes)).id == "supervisor-inactive"


async def test_that_who_serves_and_supervises_is_found_once(tmp_path: Path) -> None:
    changes = {"members": _members(azhen={"visible": False})}
    found = only_problem(await _examine(tmp_path, changes, SUPERVISORS="azhen"))
    assert found.id == "supervisor-out-of-range"


async def test_that_an_empty_range_is_one_finding(tmp_path: Path) -> None:
    hidden = {"visible": False}
    changes = {"members": _members(azhen=hidden, xiaozhou=hidden, liang=hidden)}
    report = await _examine(tmp_path, changes)
    assert only_problem(report).id == "range-empty"
    assert status(report, "supervisors") is Status.SKIPPED


async def test_that_a_right_that_is_missing_is_one_finding(healthy: Clinic) -> None:
    body = {"api": "kf/account/list", "kind": "errcode", "errcode": 48002, "times": None}
    await healthy.control("faults", body)
    report = await healthy.examine()
    found = only_problem(report)
    assert found.id == "wecom-48002"
    assert "可调用接口的应用" in found.remedy
    assert status(report, "supervisors") is Status.OK  # one failing does not stop the rest


def test_that_departments_alone_are_a_warning() -> None:
    found = judge_servicers(_ACCOUNT, [ServicerDepartment(7)])
    assert found
    assert found.id == "servicers-departments"


def test_that_a_department_may_hold_somebody_who_receives() -> None:
    stopped = Servicer("azhen", ServicerStatus.STOPPED)
    assert judge_servicers(_ACCOUNT, [stopped, ServicerDepartment(7)]) is None


def test_that_an_app_that_is_switched_off_is_found() -> None:
    info = AgentInfo("客服助手", enabled=False, userids=(), party_ids=(1,), tag_ids=())
    assert [found.id for found in judge_app(info).findings] == ["app-disabled"]


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("", True),
        ("http://localhost:8080", True),
        ("http://0.0.0.0:8080", True),
        ("https://192.168.1.7", True),
        ("http://[::1]:8080", True),
        ("https://bot.example.com", False),
        ("https://8.8.8.8/bot", False),
    ],
)
def test_that_an_address_without_a_way_in_is_a_warning(address: str, inside: bool) -> None:
    found = check_public_address(load_settings(public_url=address)).findings
    assert [each.id for each in found] == ["public-address-private"] * inside
