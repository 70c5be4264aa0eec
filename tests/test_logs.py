from __future__ import annotations

import logging

import pytest
import structlog

from chatbot.logs import SecretScrubber, configure_logs


def test_that_known_secrets_and_secret_looking_parameters_are_blanked() -> None:
    scrub = SecretScrubber(["Planted-Secret"]).scrub
    assert "Planted-Secret" not in scrub("x Planted-Secret y")
    url = "https://h/cgi-bin/gettoken?corpid=ww1&corpsecret=abc&access_token=def"
    assert scrub(url) == (
        "https://h/cgi-bin/gettoken?corpid=ww1&corpsecret=******&access_token=******"
    )
    assert scrub("postgresql://user:pass@h/d") == "postgresql://user:******@h/d"


@pytest.mark.parametrize("form", ["console", "json"])
def test_that_no_line_of_ours_or_of_a_library_carries_a_secret(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logs("json" if form == "json" else "console", "info", ["Planted-Secret"])
        structlog.get_logger().warning("event", url="?access_token=Planted-Secret")
        try:
            raise ValueError("access_token=Planted-Secret")
        except ValueError:
            structlog.get_logger().exception("failed")
            logging.getLogger("library").exception("got %s", "Planted-Secret")
        shown = capsys.readouterr().err
    finally:
        structlog.configure(**before)
        root.handlers, root.level = handlers, level
    assert "event" in shown
    assert "library" in shown
    assert "Planted" not in shown
