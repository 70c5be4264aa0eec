"""``chatbot agents`` against a real database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from chatbot.cli.agents import agents
from chatbot.store.database import Database

_FILE = """\
[agents.azhen]
name = "阿珍"
skills = ["售后"]
hours = ["每天 00:00-24:00"]
capacity = 8

[agents.xiaozhou]
name = "小周"
"""

Run = Callable[..., Result]


@pytest.fixture
def chatbot_agents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, database: Database
) -> Run:
    del database  # opened for the tests' own questions
    (tmp_path / "knowledge").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "agents.toml").write_text(_FILE, encoding="utf-8")
    return lambda *arguments: CliRunner().invoke(agents, list(arguments))


def test_that_an_empty_roster_says_what_holds_and_how_to_write_one(chatbot_agents: Run) -> None:
    result = chatbot_agents("list")
    assert result.exit_code == 0, result.output
    assert "打开的对话少的先接" in result.output
    assert "chatbot agents import" in result.output


def test_that_a_trial_changes_nothing(chatbot_agents: Run) -> None:
    result = chatbot_agents("import", "agents.toml", "--trial")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "新增  azhen 阿珍",
        "新增  xiaozhou 小周",
        "试读：新增 2，改动 0，删除 0，不变 0。什么也没有改。",
    ]
    assert "名册是空的" in chatbot_agents("list").output


def test_that_changes_are_told_and_the_unmentioned_are_kept(
    chatbot_agents: Run, tmp_path: Path
) -> None:
    chatbot_agents("import", "agents.toml")
    changed = '[agents.azhen]\nname = "阿珍"\nskills = ["售后", "预订"]\n[agents.liang]\n'
    (tmp_path / "agents.toml").write_text(changed, encoding="utf-8")
    told = chatbot_agents("import", "agents.toml").output.splitlines()
    assert told == [
        "新增  liang",
        "改动  azhen 阿珍：技能、时间、人数",
        "保留  xiaozhou 小周（文件里没有写到；要删除加 --replace）",
        "名册：新增 1，改动 1，删除 0，不变 0。新的转接照它分配。",
    ]
    told = chatbot_agents("import", "agents.toml", "--replace").output.splitlines()
    assert told == [
        "删除  xiaozhou 小周",
        "名册：新增 0，改动 0，删除 1，不变 2。新的转接照它分配。",
    ]


def test_that_an_export_imports_as_the_same(chatbot_agents: Run, tmp_path: Path) -> None:
    chatbot_agents("import", "agents.toml")
    assert chatbot_agents("export", "out.toml").output == "out.toml：2 人。\n"
    assert (tmp_path / "out.toml").read_text("utf-8") == chatbot_agents("export").output
    told = chatbot_agents("import", "out.toml", "--replace").output
    assert told == "名册：新增 0，改动 0，删除 0，不变 2。新的转接照它分配。\n"


def test_that_rules_of_the_desk_are_told_and_kept(chatbot_agents: Run, tmp_path: Path) -> None:
    (tmp_path / "agents.toml").write_text(
        '[desk]\nend_minutes = 20\nduty_phone = "0571-1"\n', encoding="utf-8"
    )
    assert chatbot_agents("import", "agents.toml").output.splitlines()[:2] == [
        "规则  end_minutes：30 → 20",
        "规则  duty_phone：（空） → 0571-1",
    ]
    (tmp_path / "agents.toml").write_text("[agents.azhen]\n", encoding="utf-8")
    assert "规则" not in chatbot_agents("import", "agents.toml").output
    assert "end_minutes = 20" in chatbot_agents("export").output


def test_that_the_list_shows_who_works_and_how_much_they_have(
    chatbot_agents: Run, database: Database
) -> None:
    chatbot_agents("import", "agents.toml")
    database.run_sync(
        lambda connection: connection.execute(
            text(
                "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at,"
                " service_state, servicer_userid, session_started_at)"
                " VALUES ('p', 'wk', 'wm', now(), 3, 'azhen', now())"
            )
        )
    )
    lines = chatbot_agents("list").output.splitlines()
    (azhen,) = (line for line in lines if "azhen" in line)
    assert "阿珍" in azhen
    assert "在班" in azhen
    assert "1/8" in azhen
    assert "售后" in azhen


def test_that_a_wrong_file_changes_nothing(chatbot_agents: Run, tmp_path: Path) -> None:
    chatbot_agents("import", "agents.toml")
    wrong = '[agents.azhen]\ncapacity = "八"\n[agents.liang]\nhours = ["九点"]\n'
    (tmp_path / "agents.toml").write_text(wrong, encoding="utf-8")
    result = chatbot_agents("import", "agents.toml", "--replace")
    assert result.exit_code == 1
    assert "agents.toml 第 2 行 agents.azhen.capacity" in result.output
    assert "共 2 个问题，名册没有改。" in result.output
    assert "xiaozhou" in chatbot_agents("export").output


def test_that_an_import_is_on_record_and_a_trial_is_not(
    chatbot_agents: Run, database: Database
) -> None:
    chatbot_agents("import", "agents.toml", "--trial")
    chatbot_agents("import", "agents.toml")
    chatbot_agents("import", "agents.toml")  # changes nothing
    query = text("SELECT action, detail FROM audit_log")
    rows = database.run_sync(lambda connection: connection.execute(query).all())
    assert [tuple(row) for row in rows] == [("roster_import", {"new": ["azhen", "xiaozhou"]})]
