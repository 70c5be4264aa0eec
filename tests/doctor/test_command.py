"""The command as people and scripts use it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from chatbot.doctor.raw_settings import read_raw_settings
from chatbot.doctor.rendering import print_report, to_json
from chatbot.doctor.report import Report
from chatbot.doctor.words import words
from chatbot.settings import load_settings

from .clinic import Clinic

_SOURCES = Path(__file__).parents[2] / "chatbot" / "doctor"


async def _run(found: Clinic, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    variables = {**found.healthy(), **{f"CHATBOT_{name}": v for name, v in changes.items()}}
    command = [sys.executable, "-m", "chatbot", "doctor", *arguments]
    environment = {**os.environ, **variables, "OMP_NUM_THREADS": "1"}
    return await asyncio.to_thread(
        subprocess.run, command, cwd=found.folder, env=environment, capture_output=True,
        encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip


def _shown(report: Report, *, terminal: bool) -> str:
    out = StringIO()
    console = Console(
        file=out, force_terminal=terminal, width=80, color_system="standard" if terminal else None
    )
    print_report(report, console)
    return out.getvalue()


async def test_that_all_right_is_exit_code_0(healthy: Clinic) -> None:
    done = await _run(healthy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[正常] 企业凭证" in done.stdout
    assert "0 个问题，1 个提醒，0 条说明，6 项未检查" in done.stdout
    assert done.stderr == ""


async def test_that_a_problem_is_exit_code_1_and_one_block(healthy: Clinic) -> None:
    done = await _run(healthy, WECOM__SECRET="planted-secret-of-nobody")
    assert done.returncode == 1
    block = done.stdout.partition("[问题] 企业凭证\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in block] == ["设置", "对象", "原因", "处理"]
    assert "CHATBOT_WECOM__SECRET" in block[0]


async def test_that_scripts_get_json(healthy: Clinic) -> None:
    done = await _run(healthy, "--json", SUPERVISORS="nobody")
    body = json.loads(done.stdout)
    assert done.returncode == 1
    assert body["ok"] is False
    found = [finding for check in body["checks"] for finding in check["findings"]]
    named = [each["id"] for each in found if each["severity"] == "problem"]
    assert named == ["supervisor-unknown"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"WECOM__SECRET": "planted-secret-of-nobody"},
        {"WECOM__TOKEN": "plantedToken"},
        {"WECOM__TOKEN": "planted token that is malformed"},
        {"WECOM__ENCODING_AES_KEY": "plantedKeyTooShort"},
        {"WECOM__AGENT_ID": "planted-secret-in-the-wrong-place"},
        {"API_TOKEN": "planted-token", "WEBHOOK_SECRET": "planted-too"},
        {"API_TOKEN": "planted token with spaces"},
        {"DATABASE_URL": "postgresql://bot:planted-password@127.0.0.1:1/chatbot"},
        {"DATABASE_URL": "mysql://bot:planted-password@127.0.0.1:1/chatbot"},
        {"DATABASE_URL": "postgresql://bot:planted-pass/word@[127.0.0.1:x/chatbot"},
    ],
)
async def test_that_no_secret_is_shown(healthy: Clinic, changes: dict[str, str]) -> None:
    report = await healthy.examine(**changes)
    app = healthy.config.app
    for text in (to_json(report), _shown(report, terminal=True), _shown(report, terminal=False)):
        assert "planted" not in text
        for secret in (app.secret, app.token, app.encoding_aes_key):
            assert secret not in text


async def test_that_no_secret_is_logged(healthy: Clinic) -> None:
    done = await _run(healthy, WECOM__SECRET="planted-secret-of-nobody")
    assert "planted" not in done.stdout + done.stderr


async def test_that_a_terminal_gets_colours_and_symbols(healthy: Clinic) -> None:
    shown = _shown(await healthy.examine(SUPERVISORS="nobody"), terminal=True)
    assert "\x1b[32m✔" in shown
    assert "\x1b[33m!" in shown
    assert "\x1b[31m✘" in shown


async def test_that_plain_lines_have_no_escapes(healthy: Clinic) -> None:
    shown = _shown(await healthy.examine(SUPERVISORS="nobody"), terminal=False)
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())


async def test_that_the_doctor_reads_what_the_server_reads(
    healthy: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(healthy.folder)
    (healthy.folder / "chatbot.toml").write_text(
        'host = "10.0.0.1"\nquiet_seconds = 2\n[wecom]\ntoken = "fromTheFile"\n', "utf-8"
    )
    for name, value in healthy.healthy().items():
        monkeypatch.setenv(name, value)
    raw = read_raw_settings().settings
    assert raw is not None
    assert raw.model_dump() == load_settings().model_dump()


def test_that_every_finding_has_words_and_every_word_a_use() -> None:
    source = "\n".join(path.read_text("utf-8") for path in _SOURCES.glob("*.py"))
    for table in ("findings", "says", "checks"):
        unused = [key for key in words()[table] if f'"{key}"' not in source]
        assert unused == []
    known = words()["findings"].keys()
    used = set(re.findall(r'finding\(\s*"([a-z_]+)"', source))
    assert used <= known
