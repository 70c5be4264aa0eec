"""Labels and several questions by way of the API."""

from __future__ import annotations

from pathlib import Path

from chatbot.api.bodies import DecisionBody
from tests.api.caller import calling


async def test_that_a_choice_in_a_conversation_labels_the_question_before(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        await caller.decide("怎么开发票？", conversation="c1")
        await caller.decide("第一个", conversation="c1")
        await caller.decide("怎么开发票？")
        await caller.decide("第一个")
        rows = stage.rows("SELECT turn_id, text, faq_id, source FROM turn_labels")
        assert rows == [
            {"turn_id": None, "text": "怎么开发票？", "faq_id": "invoice", "source": "typed"}
        ]


async def test_that_the_questions_of_a_message_are_listed(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (_, caller):
        body = await caller.decide("可以延迟退房吗？另外早餐几点供应？")
        assert [part["faq_id"] for part in body["parts"]] == ["late", "breakfast"]
        assert body["faq_id"] == "late"
        DecisionBody.model_validate(body)
        assert "parts" not in await caller.decide("早餐几点供应？")
