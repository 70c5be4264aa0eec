"""What customers choose becomes a label in the transaction of their turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.pipeline.stage import Stage, play

_KNOWLEDGE = """\
- {id: cancel, question: 怎么取消订单？, similar: [订单能取消吗], answer: 小程序取消。, auto: ask}
- {id: late, question: 可以延迟退房吗？, answer: 可以。, similar: [能晚点退房吗]}
- {id: invoice, question: 怎么开发票？, answer: 前台开。, similar: [能开发票吗]}
"""
_LABELS = "SELECT l.text, l.faq_id, l.source, l.refused, l.ranked_first, t.text AS told FROM"
_LABELS += " turn_labels l JOIN turns t ON t.id = l.turn_id ORDER BY l.id"


def _folders(folder: Path) -> dict[str, Any]:
    knowledge, intents = folder / "knowledge", folder / "intents"
    knowledge.mkdir()
    intents.mkdir()
    (knowledge / "faq.yaml").write_text(_KNOWLEDGE, encoding="utf-8")
    return {"knowledge_dir": knowledge, "intents_dir": intents}


def _labels(stage: Stage) -> list[tuple[object, ...]]:
    return [
        (row["text"], row["faq_id"], row["source"], row["refused"], row["told"])
        for row in stage.rows(_LABELS)
    ]


async def test_that_a_click_labels_the_question_before(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, **_folders(tmp_path)) as stage:
        await stage.say("订单能取消吗")
        await stage.delivered()
        await stage.say("怎么取消订单？", menu_id="faq:cancel")
        assert (await stage.delivered(count=2))[1] == "小程序取消。"
        await stage.settled()
        assert _labels(stage) == [("订单能取消吗", "cancel", "click", [], "怎么取消订单？")]
        (row,) = stage.rows("SELECT snapshot, ranked_first, offered FROM turn_labels")
        assert row == {"snapshot": 1, "ranked_first": "cancel", "offered": ["cancel"]}


async def test_that_a_typed_number_and_a_person_are_labels_too(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, **_folders(tmp_path)) as stage:
        await stage.say("订单能取消吗")
        await stage.delivered()
        await stage.say("1")
        await stage.delivered(count=2)
        await stage.say("能晚点退房吗")
        await stage.delivered(count=3)
        await stage.say("能晚点退房吗")
        await stage.in_state(3)
        await stage.settled()
        assert _labels(stage) == [
            ("订单能取消吗", "cancel", "typed", [], "1"),
            ("能晚点退房吗", None, "dissatisfied", ["late"], "能晚点退房吗"),
        ]
        (handoff,) = stage.rows("SELECT reason FROM handoffs")
        assert handoff == {"reason": "dissatisfied"}
        (card,) = await stage.cards()
        assert "客户对回答不满意" in str(card)


async def test_that_two_questions_in_a_burst_are_answered_in_one_turn(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, quiet_seconds=0.6, **_folders(tmp_path)) as stage:
        await stage.say("能晚点退房吗")
        await stage.say("能开发票吗")
        assert await stage.delivered(count=2) == ["可以。", "前台开。"]
        await stage.settled()
        (turn,) = stage.rows("SELECT decision FROM turns")
        parts = [(part["text"], part["faq_id"]) for part in turn["decision"]["parts"]]
        assert parts == [("能晚点退房吗", "late"), ("能开发票吗", "invoice")]
