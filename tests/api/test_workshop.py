"""The workshop by way of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from chatbot.api.workshop_bodies import (
    EntrySuggestionsBody,
    VerdictBody,
    WorkshopBody,
)
from tests.api.caller import Caller, calling
from tests.pipeline.stage import Stage, eventually

WAITS = "七点之前能吃上早餐不"


@asynccontextmanager
async def _asked(
    database_url: str, folder: Path, vectors_dir: Path, *words: str
) -> AsyncIterator[tuple[Stage, Caller]]:
    """Run a server that customers have asked ``words``."""
    async with calling(database_url, folder, vectors_dir) as (stage, caller):
        for each in words:
            await stage.say(each)
        await eventually(lambda: _count(stage), lambda found: found == len(words))
        yield stage, caller


async def _count(stage: Stage) -> int:
    return len(stage.rows("SELECT id FROM turns"))


async def _entry_of(caller: Caller) -> str:
    """Return the entry that waits for the message."""
    answered = await caller.call("GET", "/workshop")
    assert answered.status == 200, answered.body
    WorkshopBody.model_validate(answered.body)
    [entry] = answered.body["entries"]
    return str(entry["faq_id"])


async def test_that_waiting_messages_are_suggested_and_rejected_ones_do_not_come_again(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with _asked(database_url, tmp_path, vectors_dir, WAITS) as (stage, caller):
        faq_id = await _entry_of(caller)
        found = await caller.call("GET", f"/workshop/{faq_id}")
        EntrySuggestionsBody.model_validate(found.body)
        assert [each["text"] for each in found.body["suggestions"]] == [WAITS]
        said = {"text": f" {WAITS} ", "verdict": "reject"}
        answered = await caller.call("POST", f"/workshop/{faq_id}", json=said)
        VerdictBody.model_validate(answered.body)
        assert answered.body["file"] is None
        found = await caller.call("GET", f"/workshop/{faq_id}")
        assert found.body["suggestions"] == []
        assert (await caller.call("GET", "/workshop")).body == {"entries": []}
        rows = stage.rows("SELECT faq_id, text, verdict, actor FROM workshop_verdicts")
        assert rows == [{"faq_id": faq_id, "text": WAITS, "verdict": "reject", "actor": "api"}]


async def test_that_an_accepted_text_is_written_into_the_file_of_this_machine(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        said = {"text": WAITS, "verdict": "accept"}
        answered = await caller.call("POST", "/workshop/breakfast", json=said)
        assert answered.status == 200, answered.body
        VerdictBody.model_validate(answered.body)
        file = tmp_path / "knowledge" / "faq.yaml"
        assert (answered.body["file"], answered.body["problems"]) == (str(file), [])
        line = file.read_text("utf-8").split("\n")[answered.body["line"] - 1]
        assert f"similar: [早饭时间, {WAITS}]" in line


@pytest.mark.parametrize(
    ("path", "body", "error", "message"),
    [
        ("/nope", {"text": "甲", "verdict": "reject"}, (404, "unknown_entry"), "没有条目“nope”"),
        ("/nope", {"text": "甲", "verdict": "accept"}, (409, "refused"), "没有条目“nope”"),
        ("/late", {"text": "早饭时间", "verdict": "accept"}, (409, "refused"), "条目“breakfast”"),
        ("/late", {"text": "13812345678", "verdict": "accept"}, (409, "refused"), "手机号"),
        ("/late", {"text": "甲", "verdict": "maybe"}, (400, "invalid_request"), "“verdict”应为"),
        ("/late", {"text": "", "verdict": "reject"}, (400, "invalid_request"), "“text”不能为空"),
        ("/late", {"text": " ", "verdict": "reject"}, (409, "refused"), "要写出推荐过的那句话"),
        ("/late", {"verdict": "reject"}, (400, "invalid_request"), "缺少“text”"),
    ],
)
async def test_that_what_cannot_be_done_is_one_sentence(
    path: str,
    body: dict[str, str],
    error: tuple[int, str],
    message: str,
    database_url: str,
    tmp_path: Path,
    vectors_dir: Path,
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        answered = await caller.call("POST", f"/workshop{path}", json=body)
        assert answered.error == error
        assert message in answered.message
        assert stage.rows("SELECT * FROM workshop_verdicts") == []


async def test_that_an_unknown_entry_and_a_wrong_limit_are_refused(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        unknown = await caller.call("GET", f"/workshop/{quote('没有/的')}")
        assert unknown.error[0] == 404
        assert (await caller.call("GET", "/workshop/nope")).error == (404, "unknown_entry")
        assert (await caller.call("GET", "/workshop?limit=0")).error == (400, "invalid_request")
        assert (await caller.call("GET", "/workshop", token=None)).error == (401, "wrong_token")
        empty = await caller.call("GET", "/workshop/late")
        assert (empty.status, empty.body["suggestions"], empty.body["gain"]) == (200, [], 0.0)
