"""Who gets in, and what a wrong request is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from chatbot.errors import SettingError
from chatbot.settings import load_settings
from tests.api.caller import LATE, TOKEN, Caller, calling

_PATHS = (("POST", "/answer"), ("GET", "/turns"), ("GET", "/openapi.json"), ("GET", "/nothing"))


async def test_that_without_the_setting_nobody_gets_in(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir, api_token=SecretStr("")) as (
        stage,
        caller,
    ):
        for method, path in _PATHS:
            for token in (None, "", TOKEN):
                answered = await caller.call(method, path, token=token)
                assert answered.error == (401, "no_token")
                assert "CHATBOT_API_TOKEN" in answered.message
        async with stage.session.get(f"{stage.server}/healthz") as answer:
            assert answer.status == 200


async def test_that_only_the_token_opens(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        for method, path in _PATHS:
            for headers in _wrong_headers():
                answered = await caller.call(method, path, token=None, headers=headers)
                assert answered.error == (401, "wrong_token"), headers
                assert answered.headers["WWW-Authenticate"] == "Bearer"
        lower = {"Authorization": f"bearer {TOKEN}"}
        opened = await caller.call("GET", "/openapi.json", token=None, headers=lower)
        assert opened.status == 200
        assert opened.headers["Cache-Control"] == "no-store"


def _wrong_headers() -> list[dict[str, str]]:
    values = ("", TOKEN, "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}")
    return [{}, *({"Authorization": value} for value in values)]


async def test_that_a_wrong_request_is_told_what_is_wrong(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        for body, said in _wrong_bodies():
            answered = await caller.call("POST", "/answer", json=body)
            assert answered.error == (400, "invalid_request"), body
            assert said in answered.message
        for data in (b"", b"{", b"[]", b'"x"', b'{"text": "\\ud800"}', "{'text'}".encode("gbk")):
            answered = await caller.call("POST", "/answer", data=data)
            assert answered.error == (400, "invalid_json"), data
        await _paths_and_queries(caller)


def _wrong_bodies() -> list[tuple[dict[str, Any], str]]:
    return [
        ({}, "缺少“text”"),
        ({"text": 5}, "“text”应为字符串"),
        ({"text": "长" * 10_001}, "“text”最多 10000 个字符"),
        ({"text": "x", "txet": 1}, "不认识“txet”，可以用的是 text、account、conversation"),
        ({"text": "x", "account": ""}, "“account”不能为空"),
        ({"text": "x", "conversation": "k" * 129}, "“conversation”最多 128 个字符"),
        ({"text": "x", "conversation": "a\x00b"}, "“conversation”含有不能用的字符"),
        ({"text": "x", "customer_tags": "a:b"}, "“customer_tags”应为列表"),
        ({"text": "x", "customer_tags": ["a:b", "金卡"]}, "“customer_tags[1]”应写成"),
        ({"text": "x", "at": "明天"}, "“at”应为 2000 到 2100 年间的 ISO 时间"),
        ({"text": "x", "at": "0001-01-01T00:00+14:00"}, "“at”应为"),
        ({"text": "x", "at": 1}, "“at”应为字符串"),
        ({"text": 1, "a": 1}, "；"),
    ]


async def _paths_and_queries(caller: Caller) -> None:
    for query, said in (
        ("", "缺少“customer”"),
        ("?customer=", "“customer”不能为空"),
        ("?customer=a&limit=201", "“limit”最大是 200"),
        ("?customer=a&limit=0", "“limit”最小是 1"),
        ("?customer=a&limit=x", "“limit”应为整数"),
        ("?customer=a&before=99999999999999999999", "“before”"),
        ("?customer=a&page=2", "不认识“page”"),
        ("?customer=a&customer=b", "“customer”只能出现一次"),
    ):
        answered = await caller.call("GET", f"/turns{query}")
        assert answered.error == (400, "invalid_request"), query
        assert said in answered.message, query
    assert (await caller.call("GET", "/answer")).error == (405, "wrong_method")
    assert (await caller.call("HEAD", "/turns?customer=a", token=None)).status == 401
    nowhere = await caller.call("GET", "/nothing")
    assert nowhere.error == (404, "unknown_path")
    assert "/api/v1/nothing" in nowhere.message
    assert (await caller.call("POST", "/answer?x=1", json={"text": LATE})).status == 400


async def test_that_a_body_that_cannot_be_read_is_the_callers_mistake(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        coded = {"Content-Encoding": "gzip"}
        answered = await caller.call("POST", "/answer", data=b"no gzip", headers=coded)
        assert answered.error == (400, "invalid_json")


async def test_that_a_body_beyond_the_limit_is_refused_and_one_below_is_not(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        too_large = b'{"text": "' + b" " * 300_000 + b'"}'
        assert (await caller.call("POST", "/answer", data=too_large)).error == (413, "too_large")
        longest = await caller.answer("😀" * 10_000)
        assert longest.status == 200


def test_that_a_token_no_header_can_carry_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_API_TOKEN", "口令 planted")
    with pytest.raises(SettingError, match="CHATBOT_API_TOKEN") as caught:
        load_settings()
    assert "planted" not in str(caught.value)
