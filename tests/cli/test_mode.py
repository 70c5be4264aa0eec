"""``chatbot mode`` against a real database."""

from __future__ import annotations

import getpass
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatbot.accounts.mode import ModeSetting
from chatbot.cli.mode import mode
from chatbot.errors import UserError
from chatbot.store.accounts import save_accounts
from chatbot.store.audit import audit_page
from chatbot.store.database import Database
from chatbot.store.modes import mode_history, switched_modes

_ACCOUNTS = """\
[accounts.qijian]
id = "wk1"
name = "旗舰店"
mode = "assist"

[accounts.lobby]
id = "wk2"
"""

Run = Callable[..., Result]


@pytest.fixture
def chatbot_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, database: Database
) -> Run:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "accounts.toml").write_text(_ACCOUNTS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    database.run_sync(save_accounts, {"wk2": "大堂", "wk3": "大堂"})
    return lambda *arguments: CliRunner().invoke(mode, list(arguments))


def test_that_all_accounts_are_listed_with_what_is_in_force(chatbot_mode: Run) -> None:
    result = chatbot_mode()
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("qijian  旗舰店  wk1  assist")
    assert lines[1].startswith("lobby  大堂  wk2  full")
    assert lines[2].startswith("大堂  wk3  full")
    assert lines[-1] == "共 3 个客服账号。"


@pytest.mark.parametrize("name", ["qijian", "旗舰店", "wk1"])
def test_that_a_switch_is_on_record_with_who_and_when(
    chatbot_mode: Run, database: Database, name: str
) -> None:
    result = chatbot_mode(name, "full", "--percent", "20", "--note", "试运行")
    assert result.exit_code == 0, result.output
    assert "assist → full（20% 的客户）" in result.output
    (change,) = database.run_sync(mode_history, "wk1", 5)
    assert change.setting == ModeSetting("full", 20)
    assert re.fullmatch(rf"{re.escape(getpass.getuser())}@.+", change.changed_by)
    shown = chatbot_mode(name).output
    assert "试运行" in shown
    assert change.changed_by in shown


def test_that_a_switch_without_a_percentage_keeps_the_one_there_is(
    chatbot_mode: Run, database: Database
) -> None:
    chatbot_mode("lobby", "assist", "--percent", "20")
    result = chatbot_mode("lobby", "full")
    assert "full（20% 的客户）" in result.output
    assert database.run_sync(switched_modes, ["wk1", "wk2"]) == {"wk2": ModeSetting("full", 20)}


def test_that_a_percentage_that_waits_is_said_to_wait(chatbot_mode: Run) -> None:
    assert "才起作用" in chatbot_mode("lobby", "assist", "--percent", "20").output


def test_that_an_unknown_account_is_answered_with_the_known_ones(chatbot_mode: Run) -> None:
    result = chatbot_mode("nobody", "off")
    assert isinstance(result.exception, UserError)
    assert "qijian、lobby、大堂" in str(result.exception)


def test_that_a_name_of_two_accounts_has_to_be_made_clear(chatbot_mode: Run) -> None:
    error = chatbot_mode("大堂").exception
    assert isinstance(error, UserError)
    assert "wk2、wk3" in str(error)


def test_that_a_percentage_needs_a_mode(chatbot_mode: Run) -> None:
    assert isinstance(chatbot_mode("lobby", "--percent", "20").exception, UserError)


def test_that_wrong_use_is_one_line_and_exit_code_2(chatbot_mode: Run) -> None:
    for arguments in (["nobody"], ["lobby", "loud"], ["lobby", "full", "--percent", "101"]):
        done = subprocess.run(
            [sys.executable, "-m", "chatbot", "mode", *arguments],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
    assert chatbot_mode().exit_code == 0


def test_that_a_switch_is_in_the_record_of_who_did_what(
    chatbot_mode: Run, database: Database
) -> None:
    chatbot_mode("qijian", "full", "--percent", "20")
    (row,) = database.run_sync(audit_page, 10)
    assert (row.action, row.target) == ("mode_switch", "wk1")
    assert row.detail == {"before": "assist", "after": "full（20% 的客户）"}
