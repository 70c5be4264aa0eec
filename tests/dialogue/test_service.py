from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from chatbot.answers.entries import plain_answer
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Utterance
from chatbot.knowledge.content import Content
from tests.dialogue.stage import ENTRIES, HERE, Stage


async def test_that_turns_are_decided_side_by_side_as_alone(stage: Stage) -> None:
    service = stage.service()
    try:
        said = ["能不能晚些退房", "早饭什么时候", "谢谢", "火星上有水吗"] * 5
        decided = await asyncio.gather(
            *(service.decide(Utterance((text,)), Context(), HERE) for text in said)
        )
        alone = [service.decide_sync(Utterance((text,)), Context(), HERE) for text in said]
        assert [each.decision for each in decided] == [each.decision for each in alone]
        batch = list(service.decide_each((Utterance((text,)) for text in said), HERE))
        assert [each.decision for each in batch] == [each.decision for each in alone]
    finally:
        service.close()


async def test_that_the_loop_goes_on_while_a_turn_is_decided(stage: Stage) -> None:
    service = stage.service()
    try:
        deciding = asyncio.ensure_future(
            service.decide(Utterance(("酒店" * 200,)), Context(), HERE)
        )
        beats = 0
        while not deciding.done():
            beats += 1
            await asyncio.sleep(0.001)
        assert beats > 3
    finally:
        service.close()


async def test_that_a_swap_counts_from_the_next_turn(stage: Stage) -> None:
    service = stage.service()
    try:
        changed = (replace(ENTRIES[0], answer=plain_answer("新的答案")), *ENTRIES[1:])
        before = await service.decide(Utterance(("能晚点退房吗",)), Context(), HERE)
        changed_dialogue = stage.dialogue(Content(changed, (), {"greeting": "新年好"}), number=8)
        service.swap(Mind(changed_dialogue, stage.encoder))
        after = await service.decide(Utterance(("能晚点退房吗",)), Context(), HERE)
        assert (before.decision.snapshot, after.decision.snapshot) == (7, 8)
        assert after.decision.reply[0].to_json()["text"] == "新的答案"
        assert service.texts.greeting == "新年好"
    finally:
        service.close()


async def test_that_a_closed_service_takes_no_turn(stage: Stage) -> None:
    service = stage.service()
    service.close()
    with pytest.raises(RuntimeError):
        await service.decide(Utterance(("早餐",)), Context(), HERE)
