"""What labelled turns teach goes live as a snapshot, and every process decides by it alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from chatbot.answers.correction import everything
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.learning import WORTH_LEARNING
from chatbot.store.database import Database
from chatbot.store.snapshots import (
    Basis,
    Offer,
    history,
    live_basis,
    live_snapshot,
    restate_live,
)
from chatbot.store.turn_labels import NewLabel, save_label
from tests.pipeline.machines import Machine, all_at, machine
from tests.pipeline.stage import Json

_HERE = Situation(datetime(2026, 3, 2, 10, tzinfo=UTC))
_ASKED = "早上几点开始有东西吃"


async def _decision(one: Machine) -> Json:
    outcome = await one.service.decide(Utterance((_ASKED,)), Context(), _HERE)
    return outcome.decision.to_json()


async def _label(database: Database, count: int, faq_id: str | None, start: int = 0) -> None:
    """Tell what so many messages, each in other words, were about."""
    for number in range(start, start + count):
        text = f"我住{number + 100}房，想问一下早上那一顿几点有"
        label = NewLabel(text, faq_id, "click", 1, "breakfast", 0.4)
        await database.run(save_label, label, None, datetime.now(UTC))


async def _basis(database: Database) -> Basis:
    basis = await database.run(live_basis)
    assert basis is not None
    return basis


@asynccontextmanager
async def _learning(one: Machine) -> AsyncIterator[None]:
    """Let the machine look once, as a server does when it begins."""
    task = asyncio.create_task(one.follower.learn())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "one" / "knowledge"
    folder.mkdir(parents=True)
    (folder / "breakfast.yaml").write_text(
        "- {id: breakfast, question: 早餐几点供应？, answer: 六点半。, similar: [早饭时间]}\n"
        "- {id: parking, question: 可以停车吗？, answer: 可以。, similar: [有停车场吗]}\n",
        "utf-8",
    )
    return tmp_path / "one"


def _settings(vectors_dir: Path, folder: Path, **changes: Any) -> dict[str, Any]:
    return {"data_dir": vectors_dir, "knowledge_dir": folder, **changes}


async def test_that_all_machines_decide_by_what_one_has_learnt(
    database: Database, home: Path, tmp_path: Path, vectors_dir: Path
) -> None:
    same = _settings(vectors_dir, home / "knowledge")
    async with (
        machine(database, home, **same) as one,
        machine(database, tmp_path / "two", knowledge_watch=False, **same) as two,
    ):
        before = await _decision(one)
        await _label(database, WORTH_LEARNING - 1, "breakfast")
        async with _learning(one):
            await asyncio.sleep(1.5)
            assert (one.number, two.number) == (1, 1), "too few labels are not worth a snapshot"
        await _label(database, 5, "breakfast", start=50)
        async with _learning(one), _learning(two):
            await all_at(2, one, two)
            await asyncio.sleep(1.5)
        assert (one.number, two.number) == (2, 2), "what is known is not learnt again"
        first, second = await _decision(one), await _decision(two)
        assert first == second
        assert first["confidence"] > before["confidence"]
        assert (await _basis(database)).correction is not None
    async with machine(database, home, **same) as again:
        assert again.number == 2
        assert await _decision(again) == first
    newest, *_ = await database.run(history, 1)
    assert (newest.origin.cause, newest.origin.source) == ("basis", 1)


async def test_that_what_is_published_carries_it_on_and_learns_from_labels_since(
    database: Database, home: Path, vectors_dir: Path
) -> None:
    same = _settings(vectors_dir, home / "knowledge", publish="auto")
    await _label(database, 3, "breakfast")
    async with machine(database, home, **same) as one:
        learnt = (await _basis(database)).correction
        assert learnt is not None
        assert learnt.labels == 3
        one.save("可以，随时找前台拿。")
        await all_at(2, one)
        other = (await _basis(database)).correction
        assert other is not None
        assert other.content != learnt.content, "it is learnt anew for other content"
        assert (other.share, other.labels, other.newest) == (learnt.share, 3, learnt.newest)
        await _label(database, 2, None, start=10)
        one.save("可以，找前台拿。")
        await all_at(3, one)
        renewed = (await _basis(database)).correction
        assert renewed is not None
        assert (renewed.labels, renewed.newest) == (5, learnt.newest + 2)
        assert renewed.share > learnt.share


async def test_that_another_share_makes_a_new_number_and_is_learnt_for(
    database: Database, home: Path, vectors_dir: Path
) -> None:
    same = _settings(vectors_dir, home / "knowledge")
    await _label(database, 4, "breakfast")
    async with machine(database, home, **same) as one:
        before, usual = await _decision(one), await _basis(database)
    async with machine(database, home, **same, out_of_scope_share=0.6) as one:
        assert one.number == 2
        after, many = await _decision(one), await _basis(database)
    assert (usual.out_of_scope_share, many.out_of_scope_share) == (0.3, 0.6)
    assert usual.correction is not None
    assert many.correction is not None
    assert many.correction.share > usual.correction.share
    assert after["confidence"] < before["confidence"]


async def test_that_a_machine_with_other_settings_decides_by_those_of_the_snapshot(
    database: Database, home: Path, tmp_path: Path, vectors_dir: Path
) -> None:
    same = _settings(vectors_dir, home / "knowledge")
    async with machine(database, home, **same) as one:
        other = {**same, "target_precision": 0.8, "out_of_scope_share": 0.5}
        async with machine(database, tmp_path / "two", **other, knowledge_watch=False) as two:
            await all_at(2, one, two)
            assert await _decision(one) == await _decision(two)


async def test_that_nothing_waits_long_to_go_live_for_what_may_be_learnt_later(
    database: Database, home: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.learning.AT_ONCE", 10)
    same = _settings(vectors_dir, home / "knowledge")
    await _label(database, WORTH_LEARNING, "breakfast", start=500)
    async with machine(database, home, **same) as one:
        assert (await _basis(database)).correction is None
        async with _learning(one):
            await all_at(2, one)
    learnt = (await _basis(database)).correction
    assert learnt is not None
    assert learnt.labels == WORTH_LEARNING


async def test_that_the_same_content_is_not_learnt_for_again(
    database: Database, home: Path, vectors_dir: Path
) -> None:
    same = _settings(vectors_dir, home / "knowledge", publish="auto")
    await _label(database, 3, "breakfast")
    async with machine(database, home, **same):
        learnt = (await _basis(database)).correction
    breakfast = home / "knowledge" / "breakfast.yaml"
    with capture_logs() as logs:
        async with machine(database, home, **same) as one:
            breakfast.write_text(breakfast.read_text("utf-8") + "# 审过\n", "utf-8")
            async with _learning(one):
                await asyncio.sleep(2)
    assert one.number == 1
    assert [line for line in logs if line["event"] == "confidence_learnt"] == []
    assert (await _basis(database)).correction == learnt


async def test_that_no_threshold_is_carried_to_content_it_was_not_tested_on(
    database: Database, home: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.learning.AT_ONCE", 10)
    same = _settings(vectors_dir, home / "knowledge", publish="auto")
    await _label(database, 3, "breakfast")
    async with machine(database, home, **same) as one:
        live = await database.run(live_snapshot)
        assert live is not None
        assert live.basis.correction is not None
        tested = replace(live.basis.correction, thresholds={everything(0.95): 0.6})
        offer = Offer(live.digest, live.content, live.entries, live.intents)
        basis = replace(live.basis, correction=tested)
        await database.run(restate_live, live, offer, basis, datetime.now(UTC))
        await all_at(2, one)
        assert one.service.dialogue.snapshot.threshold == 0.6
        await _label(database, WORTH_LEARNING - 1, "breakfast", start=900)  # never embedded
        one.save("可以，随时找前台拿。")
        await all_at(3, one)
        assert (await _basis(database)).correction == replace(tested, thresholds={})
        async with _learning(one):
            await all_at(4, one)
    learnt, now = (await _basis(database)).correction, await database.run(live_snapshot)
    assert learnt is not None
    assert now is not None
    assert learnt.labels == WORTH_LEARNING + 2, "it does not wait for a label more"
    assert learnt.content == now.digest != live.digest
