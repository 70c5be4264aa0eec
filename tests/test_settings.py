from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.errors import SettingError
from chatbot.settings import load_settings


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHATBOT_PORT", "eighty"),
        ("CHATBOT_PUBLIC_URL", "kefu.example.com"),
        ("CHATBOT_DATABASE_URL", "mysql://localhost/x"),
        ("CHATBOT_TIMEZONE", "Shanghai"),
        ("CHATBOT_TARGET_PRECISION", "95"),
        ("CHATBOT_ENCODER", ""),
        ("CHATBOT_QUIET_SECONDS", "-1"),
        ("CHATBOT_CUSTOMER_DATA_URL", "orders.example.com"),
        ("CHATBOT_WECOM__TOKEN", "has space"),
        ("CHATBOT_WECOM__ENCODING_AES_KEY", "short"),
        ("CHATBOT_WECOM__AGENT_ID", "abc"),
        ("CHATBOT_WECOM__JSSDK_URL", "wecom-jssdk.js"),
    ],
)
def test_that_a_wrong_value_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=name):
        load_settings()


def test_that_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_PORT", "x")
    monkeypatch.setenv("CHATBOT_LOG_LEVEL", "loud")
    with pytest.raises(SettingError) as caught:
        load_settings()
    assert "CHATBOT_PORT" in str(caught.value)
    assert "CHATBOT_LOG_LEVEL" in str(caught.value)


def test_that_a_wrong_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = "PlantedSecretValue!"
    monkeypatch.setenv("CHATBOT_WECOM__TOKEN", planted)
    monkeypatch.setenv("CHATBOT_WECOM__ENCODING_AES_KEY", planted)
    monkeypatch.setenv("CHATBOT_DATABASE_URL", f"mysql://u:{planted}@h/d")
    with pytest.raises(SettingError) as caught:
        load_settings()
    assert planted not in str(caught.value)
    assert "******" in str(caught.value)


def test_that_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "chatbot.toml").write_text('port = 1234\n[wecom]\ncorp_id = "ww1"\n')
    assert load_settings().port == 1234
    monkeypatch.setenv("CHATBOT_PORT", "4321")
    assert load_settings().port == 4321
    assert load_settings().wecom.corp_id == "ww1"


def test_that_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chatbot.toml").write_text("prot = 1234\n")
    with pytest.raises(SettingError, match="CHATBOT_PROT"):
        load_settings()


def test_that_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "chatbot.toml").write_text("port 1234")
    with pytest.raises(SettingError, match=r"chatbot\.toml"):
        load_settings()


def test_that_lists_may_be_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_SUPERVISORS", "liang, zhao")
    monkeypatch.setenv("CHATBOT_WECOM__KF_ACCOUNTS", "wk1,wk2")
    settings = load_settings()
    assert settings.supervisors == ("liang", "zhao")
    assert settings.wecom.kf_accounts == ("wk1", "wk2")
