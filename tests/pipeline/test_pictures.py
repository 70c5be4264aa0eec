"""Pictures of answers, with a platform that is slow, silent or forgetful about them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from chatbot.clock import SystemClock
from chatbot.pipeline.fates import judge_failure
from chatbot.pipeline.pictures import Pictures, reference
from chatbot.store.database import Database
from chatbot.store.media import save_media
from chatbot.wecom.codes import Condition
from chatbot.wecom.errors import error_for_code, error_for_condition
from chatbot.wecom.media import MediaApi, UploadedMedia
from tests.pipeline.samples import NOW
from tests.pipeline.stage import AZHEN, LIANG, Json, Stage, eventually, play

_PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 40
_ENTRY = """\
- question: 酒店在哪里？
  similar: [地址发我一下, 怎么过去找你们]
  answer: [{type: image, file: _media/map.png}]
"""
_QUESTION = "酒店在哪里？"
#: The same asked again in the same words would say that the answer was wrong.
_AGAIN = "地址发我一下"
_ONCE_MORE = "怎么过去找你们"


class House:
    """A server whose one answer is a picture."""

    def __init__(self, folder: Path, database_url: str, data_dir: Path) -> None:
        self._folder, self._database_url, self._data_dir = folder, database_url, data_dir
        (folder / "knowledge" / "_media").mkdir(parents=True)
        (folder / "intents").mkdir()
        (folder / "knowledge" / "faq.yaml").write_text(_ENTRY, encoding="utf-8")
        (folder / "knowledge" / "_media" / "map.png").write_bytes(_PICTURE)

    def play(self) -> AbstractAsyncContextManager[Stage]:
        """Run a play whose clock can be moved."""
        return play(
            self._database_url,
            self._data_dir,
            clock_file=self._folder / "clock",
            knowledge_dir=self._folder / "knowledge",
            intents_dir=self._folder / "intents",
        )


@pytest.fixture
def house(tmp_path: Path, database_url: str, vectors_dir: Path) -> House:
    return House(tmp_path, database_url, vectors_dir)


async def _pictures(stage: Stage, kind: str, count: int) -> list[Json]:
    """Wait until ``count`` pictures have arrived."""
    return await eventually(lambda: stage.log(kind), lambda found: len(found) >= count)


async def _parts(stage: Stage) -> list[Json]:
    return stage.rows("SELECT state, attempts FROM outbox WHERE kind = 'kf_message'")


async def _ask_as_member(stage: Stage, question: str, member: str = AZHEN) -> None:
    await stage.control("app_messages", {"userid": member, "content": question})


async def test_that_a_picture_the_platform_forgot_is_uploaded_anew(house: House) -> None:
    async with house.play() as stage:
        await stage.say(_QUESTION)
        (first,) = await _pictures(stage, "delivered", 1)
        await stage.fault("kf/send_msg", "errcode", errcode=40007)
        await stage.say(_AGAIN)
        second = (await _pictures(stage, "delivered", 2))[1]
        assert first["msgtype"] == second["msgtype"] == "image"
        assert first["content"] != second["content"]


async def test_that_a_member_gets_a_picture_that_the_platform_had_forgotten(house: House) -> None:
    async with house.play() as stage:
        await _ask_as_member(stage, _QUESTION)
        (first,) = await _pictures(stage, "app_message", 1)
        await stage.fault("message/send", "errcode", errcode=40007)
        await _ask_as_member(stage, _AGAIN)
        second = (await _pictures(stage, "app_message", 2))[1]
        assert first["content"] != second["content"]
        # Somebody else: the same answer is not said to anybody a third time.
        await _ask_as_member(stage, _ONCE_MORE, LIANG)
        assert (await _pictures(stage, "app_message", 3))[2]["content"] == second["content"]


async def test_that_an_upload_without_an_answer_leaves_no_doubt_about_the_message(
    house: House,
) -> None:
    async with house.play() as stage:
        await stage.fault("media/upload", "drop_after", times=3)
        await stage.say(_QUESTION)
        await eventually(
            lambda: _parts(stage), lambda found: found == [{"state": "pending", "attempts": 1}]
        )
        await stage.fault("media/upload", "errcode", errcode=99999, times=None)
        await stage.settled()
        assert await _parts(stage) == [{"state": "refused", "attempts": 2}]
        assert stage.rows("SELECT kind FROM open_items") == [{"kind": "refused"}]


@pytest.mark.parametrize("api", ["media/upload", "gettoken"])
@pytest.mark.parametrize("uncertain", [True, False])
def test_that_a_failed_preparation_says_nothing_about_the_message(
    api: str, uncertain: bool
) -> None:
    silent = error_for_condition(api, Condition.NO_ANSWER)
    verdict = judge_failure(silent, uncertain=uncertain, attempts=1, now=NOW)
    assert (verdict.fate, verdict.uncertain) == (None, uncertain)
    refused = error_for_code(api, 99999, "errmsg")
    verdict = judge_failure(refused, uncertain=uncertain, attempts=1, now=NOW)
    assert verdict.fate == ("unknown" if uncertain else "refused")


class _SlowUploads:
    """Takes uploads, and answers those of one picture only when told to."""

    def __init__(self, slow: bytes) -> None:
        self._slow = slow
        self.count = 0
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def upload(self, kind: str, filename: str, content: bytes) -> UploadedMedia:
        """Do what the platform does."""
        self.count += 1
        if content == self._slow:
            self.begun.set()
            await self.go_on.wait()
        return UploadedMedia(f"id of {filename}", datetime.now(UTC) + timedelta(days=3))


def _message(picture: bytes) -> Mapping[str, Any]:
    sha256 = hashlib.sha256(picture).hexdigest()
    return {"msgtype": "image", "image": {"media_id": reference(sha256)}}


async def test_that_a_slow_upload_holds_up_no_other_picture(database: Database) -> None:
    slow, other = _PICTURE, _PICTURE + b"1"
    files = {hashlib.sha256(each).hexdigest(): each for each in (slow, other)}
    await database.run(save_media, files, NOW)
    uploads = _SlowUploads(slow)
    pictures = Pictures(database, cast("MediaApi", uploads), SystemClock())
    waiting = [asyncio.create_task(pictures.fill_in(_message(slow))) for _ in range(3)]
    await uploads.begun.wait()
    async with asyncio.timeout(5):
        filled = await pictures.fill_in(_message(other))
    assert filled["image"]["media_id"].startswith("id of")
    uploads.go_on.set()
    assert len({each["image"]["media_id"] for each in await asyncio.gather(*waiting)}) == 1
    assert uploads.count == 2  # one for each picture
