"""What is judged of refusals, and a whole play: a message that ends as a tag in WeCom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.pipeline.tag_fates import TagFate, judge_tag_failure
from chatbot.wecom.codes import Condition
from chatbot.wecom.errors import RateLimited, error_for_code, error_for_condition
from tests.pipeline.stage import AZHEN, LIN, eventually, play

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_API = "externalcontact/mark_tag"


@pytest.mark.parametrize(
    ("code", "fate", "seconds"),
    [
        (84061, "gone", None),
        (40096, "gone", None),
        (40068, "deleted", None),
        (301002, "refused", None),
        (81011, "refused", None),
        (40126, "refused", None),
        (40072, "refused", None),
        (60020, "closed", 60),
        (48002, "closed", 60),
        (84074, "next", 600),
        (-1, "later", 1),
    ],
)
def test_that_every_code_has_its_fate(code: int, fate: TagFate, seconds: int | None) -> None:
    verdict = judge_tag_failure(error_for_code(_API, code, ""), 0, NOW)
    assert verdict.fate == fate
    assert verdict.retry_at == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_that_pauses_double_up_to_ten_minutes() -> None:
    error = error_for_condition(_API, Condition.UNREACHABLE)
    pauses = [judge_tag_failure(error, tried, NOW).retry_at for tried in (0, 1, 3, 30)]
    assert pauses == [NOW + timedelta(seconds=each) for each in (1, 2, 8, 600)]
    assert judge_tag_failure(TimeoutError(), 1, NOW).retry_at == NOW + timedelta(seconds=2)


def test_that_too_many_calls_wait_as_long_as_the_platform_says() -> None:
    until = NOW + timedelta(minutes=5)
    assert judge_tag_failure(RateLimited(_API, 45033, until=until), 3, NOW).fate == "later"
    verdict = judge_tag_failure(RateLimited(_API, 45009, until=until), 3, NOW)
    assert (verdict.fate, verdict.retry_at) == ("closed", until)


async def test_that_a_complaint_becomes_a_tag_with_its_evidence(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.control("customers", {"external_userid": LIN, "add_contact": {"userid": AZHEN}})
        await stage.say("我要投诉，你们的服务太差了")
        await stage.delivered()

        async def written() -> list[str]:
            rows = stage.rows("SELECT name FROM tag_writes WHERE state = 'written'")
            return [row["name"] for row in rows]

        names = await eventually(written, bool)
        (line,) = stage.rows(
            "SELECT e.*, t.text FROM tag_evidence e JOIN turns t ON t.id = e.turn_id"
            " WHERE e.name = :name",
            name=names[0],
        )
        (message,) = stage.rows("SELECT id FROM messages WHERE msgtype = 'text'")
    assert (line["change"], line["source"]) == ("given", "intent")
    assert line["messages"] == [message["id"]]
    assert "投诉" in line["text"]
    assert 0 < line["score"] <= 1
