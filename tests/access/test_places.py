"""Where requests come from, and where people may be led."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from chatbot.access.devices import device_of, is_in_client
from chatbot.access.places import HOME, caller_address, is_foreign, own_path, path_of_page

_BASE = "https://kefu.example.com"


@pytest.mark.parametrize(
    "path",
    ["/console/", "/console/roles", "/console/c/12?tab=all&x=%2F", "/sidebar/", "/turns/abc"],
)
def test_that_pages_of_our_own_are_led_back_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "console", "https://evil.example/console/", "//evil.example/console",
        "/\\evil.example", "/console/\\evil", "/\tconsole", "/console/\r\nSet-Cookie: a=b",
        "/consoles", "/metrics", "/api/v1/answer", "javascript:alert(1)",
        "/console/login", "/console/login?next=/console/login", "/console/logout",
        "/console/link/abc", "/console/" + "x" * 3000,
    ],
)  # fmt: skip
def test_that_nothing_else_is(path: str) -> None:
    assert own_path(path) == HOME


@given(st.text(st.sampled_from("/\\.:@?#%consleb \t\n0"), max_size=30))
def test_that_no_text_leads_to_another_host(wanted: str) -> None:
    assert URL(_BASE).join(URL(own_path(wanted))).host == "kefu.example.com"


def test_that_a_lost_form_leads_back_to_its_page_if_that_is_ours() -> None:
    assert path_of_page(f"{_BASE}/console/roles?a=b", _BASE) == "/console/roles?a=b"
    assert path_of_page("https://evil.example/console/roles", _BASE) == HOME
    assert path_of_page("http://[", _BASE) == HOME
    assert path_of_page("", _BASE) == HOME


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": _BASE}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": _BASE}, False),
        ({"Origin": "https://kefu.example.com:8443"}, True),
        ({"Origin": "http://kefu.example.com"}, True),
        ({"Origin": "https://kefu.example.com.evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://["}, True),
        ({}, True),
    ],
)
def test_that_what_changes_something_must_come_from_our_pages(
    headers: dict[str, str], foreign: bool
) -> None:
    assert is_foreign("POST", headers, _BASE) is foreign
    assert is_foreign("DELETE", headers, _BASE) is foreign
    assert is_foreign("GET", headers, _BASE) is False


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.114.9", "", "203.0.114.9"),
        ("203.0.114.9", "8.8.8.8", "203.0.114.9"),
        ("127.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("10.0.0.2", "1.1.1.1, 8.8.8.8", "8.8.8.8"),
        ("10.0.0.2", "8.8.8.8, 10.0.0.9", "8.8.8.8"),
        ("10.0.0.2", "192.168.1.7", "192.168.1.7"),
        ("127.0.0.1", "<script>", "127.0.0.1"),
        ("::1", "2400:3200::1", "2400:3200::1"),
        (None, "8.8.8.8", ""),
    ],
)
def test_that_only_proxies_of_ours_are_believed(
    remote: str | None, forwarded: str, address: str
) -> None:
    assert caller_address(remote, forwarded) == address


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/116 Safari/537 wxwork/4.1", ("wecom", "Windows")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) wxwork/4.1 MicroMessenger/7",
            ("wecom", "iPhone"),
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120 MicroMessenger/8", ("wechat", "Android")),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36 Edg/120", ("Edge", "Linux")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Version/17 Safari/605", ("Safari", "macOS")),
        ("curl/8", ("", "")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_that_devices_are_recognised(agent: str, device: tuple[str, str]) -> None:
    assert device_of(agent) == device
    assert is_in_client(agent) is (device[0] == "wecom")
