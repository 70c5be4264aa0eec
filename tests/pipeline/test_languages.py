"""What customers who write another language read before a person takes over."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chatbot.texts import make_texts
from tests.pipeline.stage import KF, play

TEXTS = make_texts({})
_ENTRIES = """\
- {id: late, question: 可以延迟退房吗？, similar: [能晚点退房吗], answer: 会员可免费延迟至 14:00。}
- {id: breakfast, question: 早餐几点供应？, similar: [早饭时间], answer: 早餐七点到十点。}
"""


def _house(folder: Path, account: str = "") -> tuple[Path, Path]:
    knowledge, intents = folder / "knowledge", folder / "intents"
    knowledge.mkdir()
    intents.mkdir()
    (knowledge / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")
    lines = f'[accounts.yunqi]\nid = "{KF}"\n{account}\n'
    (knowledge / "accounts.toml").write_text(lines, encoding="utf-8")
    return knowledge, intents


@pytest.mark.parametrize(
    ("said", "language", "reason"),
    [
        ("Can I bring my elephant?", "en", "language"),
        ("象を連れて行けますか", "ja", "language"),
        ("Во сколько завтрак?", "other", "language"),
        ("I would like to talk to a human", "en", "wish"),
    ],
)
async def test_that_a_handover_is_told_in_both_languages(
    said: str, language: str, reason: str, database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    knowledge, intents = _house(tmp_path)
    async with play(
        database_url, vectors_dir, knowledge_dir=knowledge, intents_dir=intents
    ) as stage:
        await stage.say(said)
        (told,) = await stage.delivered()
        await stage.in_state(3)
        assert told == f"{TEXTS.handed_over}\n{TEXTS.handed_over_foreign[language]}"
        assert stage.rows("SELECT reason FROM handoffs") == [{"reason": reason}]


async def test_that_off_hours_are_told_in_both_languages(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    opens, closes = (now + timedelta(hours=hours) for hours in (6, 9))
    hours = f"每天 {opens:%H}:00-{closes.hour or 24:02}:00"
    knowledge, intents = _house(tmp_path, f'hours = ["{hours}"]')
    async with play(
        database_url, vectors_dir, knowledge_dir=knowledge, intents_dir=intents
    ) as stage:
        await stage.say("Can I bring my elephant?")
        (told,) = await stage.delivered()
        chinese, english = told.split("\n")
        assert hours in chinese
        assert english == TEXTS.handed_over_closed_foreign["en"]
