"""Each wrong setting is exactly one finding that names it."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from chatbot.doctor.report import Status
from chatbot.store.database import Database, sqlalchemy_url
from tests.pipeline.stage import serving
from tests.ports import quiet_port

from .clinic import (
    KF,
    Clinic,
    callback_app,
    clinic,
    notes,
    only_problem,
    problems,
    status,
    summary,
    warnings,
)

_REQUIRED = ("CORP_ID", "AGENT_ID", "SECRET", "TOKEN", "ENCODING_AES_KEY")


@pytest.mark.parametrize("name", _REQUIRED)
async def test_that_a_missing_setting_is_named_with_its_screen(healthy: Clinic, name: str) -> None:
    found = only_problem(await healthy.examine(**{f"WECOM__{name}": None}))
    assert (found.id, found.settings) == ("setting-missing", (f"CHATBOT_WECOM__{name}",))
    assert "管理后台 →" in found.remedy


async def test_that_all_missing_settings_are_named_at_once(healthy: Clinic) -> None:
    report = await healthy.examine(**{f"WECOM__{name}": None for name in _REQUIRED})
    named = [setting for found in problems(report) for setting in found.settings]
    assert named == [f"CHATBOT_WECOM__{name}" for name in _REQUIRED]
    assert status(report, "token") is Status.SKIPPED
    assert status(report, "callback") is Status.SKIPPED


async def test_that_a_script_that_browsers_would_block_is_named(healthy: Clinic) -> None:
    script = "http://127.0.0.1:8090/jssdk.js"
    report = await healthy.examine(WECOM__JSSDK_URL=script)
    assert not problems(report), "pages that come by http may use it"
    public = {"PUBLIC_URL": "https://bot.invalid", "WECOM__JSSDK_URL": script}
    found = [(each.id, each.settings) for each in problems(await healthy.examine(**public))]
    assert ("jssdk-blocked", ("CHATBOT_WECOM__JSSDK_URL",)) in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("TARGET_PRECISION", "1.5"),
        ("POLL_SECONDS", "0"),
        ("KNOWLEDGE_WATCH", "perhaps"),
        ("TIMEZONE", "Asia/Nowhere"),
        ("DATABASE_URL", "mysql://root@localhost/chatbot"),
        ("WECOM__AGENT_ID", "many"),
        ("WECOM__TOKEN", "with-a-dash"),
        ("WECOM__ENCODING_AES_KEY", "tooShort"),
        ("WECOM__JSSDK_URL", "wecom-jssdk.js"),
        ("WECOM__API_BASE_URL", "qyapi.weixin.qq.com"),
    ],
)
async def test_that_a_malformed_value_is_one_finding(
    healthy: Clinic, name: str, value: str
) -> None:
    if name == "PORT":  # then the server is looked for at the default port, where none may be
        healthy.environment["CHATBOT_PUBLIC_URL"] = f"http://127.0.0.1:{healthy.server_port}"
    if name == "WECOM__API_BASE_URL":
        healthy.environment["CHATBOT_WECOM__SECRET"] = ""  # nothing may reach the real platform
    report = await healthy.examine(**{name: value})
    wrong = [found for found in problems(report) if found.id == "setting-wrong"]
    assert [found.settings for found in wrong] == [(f"CHATBOT_{name}",)]
    assert wrong[0].remedy.startswith("应为")
    if name != "WECOM__API_BASE_URL":
        only_problem(report)


@pytest.mark.parametrize(
    ("name", "finding"),
    [("nobody/has-this-model", "encoder-not-found"), ("/nowhere", "encoder-not-found")],
)
async def test_that_a_model_that_is_not_here_is_one_finding(
    healthy: Clinic, name: str, finding: str
) -> None:
    pytest.importorskip("sentence_transformers", reason="the extra is not installed")
    found = only_problem(await healthy.examine(ENCODER=name))
    assert (found.id, found.settings) == (finding, ("CHATBOT_ENCODER",))
    assert name in found.cause


async def test_that_a_folder_without_a_model_is_one_finding(healthy: Clinic) -> None:
    pytest.importorskip("sentence_transformers", reason="the extra is not installed")
    found = only_problem(await healthy.examine(ENCODER=str(healthy.folder / "knowledge")))
    assert (found.id, found.settings) == ("encoder-model-unusable", ("CHATBOT_ENCODER",))


async def test_that_a_missing_extra_is_one_finding(
    healthy: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)  # as if it were not installed
    found = only_problem(await healthy.examine(ENCODER="nobody/has-this-model"))
    assert found.id == "encoder-extra-missing"
    assert "pip install 'chatbot[sentence-transformers]'" in found.remedy


async def test_that_a_short_token_of_the_api_is_a_note(healthy: Clinic) -> None:
    report = await healthy.examine(API_TOKEN="planted-token")
    assert notes(report) == {"api-token-short"}
    assert report.exit_code == 0
    assert notes(await healthy.examine(API_TOKEN="a" * 24)) == set()


async def test_that_a_mistyped_name_in_a_group_is_one_finding(healthy: Clinic) -> None:
    found = only_problem(await healthy.examine(WECOM__KF_ACOUNTS=KF))
    assert (found.id, found.settings) == ("setting-unknown", ("CHATBOT_WECOM__KF_ACOUNTS",))
    assert "CHATBOT_WECOM__KF_ACCOUNTS" in found.remedy


async def test_that_a_mistyped_variable_is_a_warning(healthy: Clinic) -> None:
    report = await healthy.examine(SUPERVISOR="liang")
    assert "variable-unknown" in warnings(report)
    assert report.exit_code == 0


async def test_that_a_broken_file_stops_every_other_check(healthy: Clinic) -> None:
    (healthy.folder / "chatbot.toml").write_text("port = \n", "utf-8")
    report = await healthy.examine()
    assert only_problem(report).id == "settings-unreadable"
    rest = {outcome.status for outcome in report.outcomes[1:]}
    assert rest == {Status.SKIPPED}


async def test_that_a_data_folder_that_is_a_file_is_found(healthy: Clinic) -> None:
    taken = healthy.folder / "taken"
    taken.write_text("")
    report = await healthy.examine(DATA_DIR=str(taken / "data"), DATABASE_URL="")
    found = [each for each in problems(report) if each.settings == ("CHATBOT_DATA_DIR",)]
    assert [each.id for each in found] == ["data-unwritable"]


async def test_that_a_wrong_knowledge_file_is_found(healthy: Clinic) -> None:
    (healthy.folder / "knowledge" / "faq.yaml").write_text("- question: 没有答案\n", "utf-8")
    found = only_problem(await healthy.examine())
    assert found.id == "content-wrong"
    assert "CHATBOT_KNOWLEDGE_DIR" in found.settings
    assert "faq.yaml" in found.cause


async def test_that_a_missing_knowledge_folder_is_found(healthy: Clinic) -> None:
    report = await healthy.examine(KNOWLEDGE_DIR=str(healthy.folder / "nowhere"))
    assert only_problem(report).id == "content-wrong"


async def test_that_a_second_machine_may_do_without_knowledge_files(healthy: Clinic) -> None:
    report = await healthy.examine(
        KNOWLEDGE_DIR=str(healthy.folder / "nowhere"), KNOWLEDGE_WATCH="false"
    )
    assert report.exit_code == 0
    assert "knowledge-elsewhere" in warnings(report)


async def test_that_no_entry_is_a_warning(healthy: Clinic) -> None:
    (healthy.folder / "knowledge" / "faq.yaml").unlink()
    assert "knowledge-empty" in warnings(await healthy.examine())


async def test_that_a_database_nobody_serves_is_found(healthy: Clinic) -> None:
    url = f"postgresql://bot:planted-password@127.0.0.1:{quiet_port()}/chatbot"
    found = only_problem(await healthy.examine(DATABASE_URL=url))
    assert (found.id, found.settings) == ("database-unreachable", ("CHATBOT_DATABASE_URL",))
    assert "planted-password" not in found.cause + found.remedy


async def test_that_a_current_database_is_fine(healthy: Clinic, database_url: str) -> None:
    report = await healthy.examine(DATABASE_URL=database_url)
    assert problems(report) == []
    assert "已是最新" in summary(report, "database")


async def test_that_a_running_embedded_database_is_looked_into(
    healthy: Clinic, cluster_url: str
) -> None:
    socket_dir = Path(str(make_url(cluster_url).query["host"]))
    data_dir = healthy.folder / "data"
    data_dir.mkdir()
    (data_dir / "postgres").symlink_to(socket_dir.parent)
    report = await healthy.examine()
    assert problems(report) == []
    assert "运行中" in summary(report, "database")


async def test_that_a_database_of_a_newer_program_is_found(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    database.run_sync(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num='9999'"))
    )
    found = only_problem(await healthy.examine(DATABASE_URL=database_url))
    assert (found.id, found.settings) == ("schema-newer", ("CHATBOT_DATABASE_URL",))


async def test_that_a_user_who_may_make_no_tables_is_found(
    healthy: Clinic, database_url: str
) -> None:
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM public, pg_database_owner"))
    engine.dispose()
    found = only_problem(await healthy.examine(DATABASE_URL=database_url))
    assert (found.id, found.settings) == ("schema-forbidden", ("CHATBOT_DATABASE_URL",))


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("SECRET", "not-the-secret-of-any-app", "wecom-40001"),
        ("CORP_ID", "ww0000000000000000", "wecom-40013"),
    ],
)
async def test_that_wrong_credentials_are_one_finding(
    healthy: Clinic, name: str, value: str, finding: str
) -> None:
    report = await healthy.examine(**{f"WECOM__{name}": value})
    found = only_problem(report)
    assert (found.id, found.settings) == (finding, (f"CHATBOT_WECOM__{name}",))
    assert status(report, "accounts") is Status.SKIPPED


async def test_that_the_agent_id_of_another_app_is_one_finding(healthy: Clinic) -> None:
    found = only_problem(await healthy.examine(WECOM__AGENT_ID="1000009"))
    assert found.id == "app-mismatch"
    assert "CHATBOT_WECOM__AGENT_ID" in found.settings


async def test_that_the_secret_of_another_app_is_one_finding(healthy: Clinic) -> None:
    other = healthy.config.other_apps[0]
    found = only_problem(await healthy.examine(WECOM__SECRET=other.secret))
    assert found.id == "app-mismatch"
    assert "CHATBOT_WECOM__SECRET" in found.settings


@pytest.mark.parametrize("api", ["gettoken", "getcallbackip"])
async def test_that_an_untrusted_address_is_one_finding(healthy: Clinic, api: str) -> None:
    body = {"api": api, "kind": "errcode", "errcode": 60020, "times": None}
    await healthy.control("faults", body)
    report = await healthy.examine()
    found = only_problem(report)
    assert found.id == "wecom-60020"
    assert "企业可信IP" in found.remedy
    assert "127.0.0.1" in found.remedy
    assert status(report, "app") is Status.SKIPPED


async def test_that_an_unreachable_platform_is_one_finding(healthy: Clinic) -> None:
    report = await healthy.examine(WECOM__API_BASE_URL=f"http://127.0.0.1:{quiet_port()}")
    found = only_problem(report)
    assert (found.id, found.settings) == ("wecom-unreachable", ("CHATBOT_WECOM__API_BASE_URL",))
    assert status(report, "callback") is Status.OK  # the server is another matter


async def test_that_an_address_that_is_not_the_platform_is_one_finding(healthy: Clinic) -> None:
    report = await healthy.examine(WECOM__API_BASE_URL=f"{healthy.platform}/cgi-bin")
    assert only_problem(report).settings == ("CHATBOT_WECOM__API_BASE_URL",)


async def test_that_a_clock_that_goes_wrong_is_one_finding(tmp_path: Path) -> None:
    offset = tmp_path / "clock"
    offset.write_text("-3600")
    async with clinic(tmp_path, clock_file=offset) as found:
        report = await found.examine(TEST_CLOCK=str(offset))
    problem = only_problem(report)
    assert problem.id == "clock-wrong"
    assert re.search(r"慢 3[56]\d\d 秒", problem.cause)
    assert problem.settings == ("CHATBOT_TEST_CLOCK",)


async def test_that_a_token_the_server_does_not_use_is_one_finding(healthy: Clinic) -> None:
    found = only_problem(await healthy.examine(WECOM__TOKEN="AnotherToken2026"))
    assert (found.id, found.settings) == ("callback-signature", ("CHATBOT_WECOM__TOKEN",))


async def test_that_a_key_the_server_does_not_use_is_one_finding(healthy: Clinic) -> None:
    other = healthy.config.app.encoding_aes_key[::-1]
    found = only_problem(await healthy.examine(WECOM__ENCODING_AES_KEY=other))
    assert found.id == "callback-key"
    assert "CHATBOT_WECOM__ENCODING_AES_KEY" in found.settings


@pytest.mark.parametrize(
    ("url", "finding"),
    [
        ("http://127.0.0.1:{free}", "callback-unreachable"),
        ("http://nobody.invalid", "callback-unresolved"),
        ("https://127.0.0.1:{server}", "callback-tls"),
        ("http://127.0.0.1:{server}/bot", "callback-not-found"),
        ("127.0.0.1:{server}", "setting-wrong"),
    ],
)
async def test_that_a_public_address_that_leads_astray_is_one_finding(
    healthy: Clinic, url: str, finding: str
) -> None:
    address = url.format(free=quiet_port(), server=healthy.server_port)
    found = only_problem(await healthy.examine(PUBLIC_URL=address))
    assert (found.id, found.settings) == (finding, ("CHATBOT_PUBLIC_URL",))


async def _examine_behind(clinic_: Clinic, answer: web.StreamResponse | float) -> str:
    """Examine with something else than the server at the public address; return the finding."""

    async def reply(_request: web.Request) -> web.StreamResponse:
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return web.Response()
        return answer

    app = web.Application()
    app.router.add_get("/wecom/callback", reply)
    async with serving(app, quiet_port()) as address:
        return only_problem(await clinic_.examine(PUBLIC_URL=address)).id


async def test_that_a_redirect_is_no_answer(healthy: Clinic) -> None:
    answer = web.Response(status=301, headers={"Location": "https://bot.example.com"})
    assert await _examine_behind(healthy, answer) == "callback-status"


async def test_that_another_programs_answer_is_told(healthy: Clinic) -> None:
    assert await _examine_behind(healthy, web.Response(text="welcome")) == "callback-changed"


async def test_that_a_silent_address_is_told(healthy: Clinic) -> None:
    assert await _examine_behind(healthy, 30.0) == "callback-timeout"


async def test_that_a_late_answer_is_told(tmp_path: Path) -> None:
    async with clinic(tmp_path, server=False) as found:
        app = callback_app(found.config)

        @web.middleware
        async def slowly(request: web.Request, handler: Handler) -> web.StreamResponse:
            await asyncio.sleep(1.1)
            return await handler(request)

        app.middlewares.append(slowly)
        async with serving(app, found.server_port):
            problem = only_problem(await found.examine())
    assert problem.id == "callback-slow"


async def test_that_an_unknown_account_is_one_finding(healthy: Clinic) -> None:
    found = only_problem(await healthy.examine(WECOM__KF_ACCOUNTS=f"{KF},wkNobody"))
    assert (found.id, found.settings) == ("account-unknown", ("CHATBOT_WECOM__KF_ACCOUNTS",))
    assert "wkNobody" in found.cause


async def test_that_an_unknown_supervisor_is_one_finding(healthy: Clinic) -> None:
    found = only_problem(await healthy.examine(SUPERVISORS="liang,nobody"))
    assert (found.id, found.settings) == ("supervisor-unknown", ("CHATBOT_SUPERVISORS",))
    assert "nobody" in found.cause
