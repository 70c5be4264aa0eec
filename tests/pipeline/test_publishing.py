"""Several machines, one database: who offers files, who embeds, and what everybody serves."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from chatbot.access.viewer import Viewer
from chatbot.answers.correction import Correction
from chatbot.cli.publishing import Desk, Prepared
from chatbot.clock import SystemClock
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.content import Content, load_content
from chatbot.publishing_desk import PublishingDesk
from chatbot.readiness import wait_until_built
from chatbot.store.builds import building
from chatbot.store.content_problems import read_problems
from chatbot.store.database import Database
from chatbot.store.gate_reports import read_gate_report
from chatbot.store.media import MediaFile, read_media
from chatbot.store.snapshots import (
    Offer,
    Origin,
    candidate_snapshot,
    drop_candidate,
    history,
    live_number,
    live_snapshot,
    offer_snapshot,
    published_snapshot,
    restate_live,
    waiting_number,
)
from tests.pipeline.machines import Machine, all_at, machine
from tests.pipeline.stage import eventually

_POOL = """\
- question: 恒温泳池几点开放呀？
  answer: 早上七点。
"""


async def _content(database: Database) -> str:
    snapshot = await database.run(live_snapshot)
    return snapshot.content if snapshot else ""


async def test_that_what_one_machine_embedded_no_other_embeds_again(
    database: Database, tmp_path: Path
) -> None:
    async with machine(database, tmp_path / "one", publish="auto") as one:
        assert "早餐几点供应?" in one.encoder.asked
        async with machine(database, tmp_path / "two", publish="auto") as two:
            assert two.encoder.asked == []
            one.encoder.asked.clear()
            one.save("可以。")
            await all_at(2, one, two)
            assert one.encoder.asked == ["可以借婴儿床吗?"], "a new entry embeds one entry"
            one.save("可以，免费。")
            await all_at(3, one, two)
            assert one.encoder.asked == ["可以借婴儿床吗?"], "an answer embeds nothing"
            assert two.encoder.asked == []


async def test_that_machines_that_start_together_publish_once(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with (
        asyncio.timeout(60),
        machine(database, tmp_path / "one", data_dir=vectors_dir) as one,
        machine(database, tmp_path / "two", data_dir=vectors_dir) as two,
    ):
        await all_at(1, one, two)
        assert len(await database.run(history, 10)) == 1


async def test_that_one_machine_watches_and_another_takes_over_with_a_candidate(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        async with machine(database, tmp_path / "two", data_dir=vectors_dir, publish="auto") as two:
            pass  # it has made its folder
        async with machine(database, tmp_path / "two", data_dir=vectors_dir, publish="auto") as two:
            two.save("第二台的说法。")
            one.save("第一台的说法。")
            await all_at(2, one, two)
            assert "第一台的说法" in await _content(database)
            assert await database.run(candidate_snapshot) is None
    async with machine(database, tmp_path / "two", data_dir=vectors_dir, publish="auto") as two:

        async def waiting() -> str:
            snapshot = await database.run(candidate_snapshot)
            return snapshot.content if snapshot else ""

        await eventually(waiting, lambda content: "第二台的说法" in content)
        assert two.number == 2
        two.save("第二台后来改的。")
        await eventually(lambda: _content(database), lambda found: "后来改的" in found)


async def test_that_a_watcher_that_goes_is_replaced_while_the_other_runs(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        second = machine(database, tmp_path / "two", data_dir=vectors_dir, publish="auto")
        two = await second.__aenter__()
        one.save("第一台的说法。")
        await all_at(2, one, two)
    try:

        async def takes_part() -> bool:
            two.save(f"第二台的说法 {asyncio.get_running_loop().time()}。")
            await asyncio.sleep(0.3)
            return "第二台的说法" in await _content(database)

        await eventually(takes_part, bool)
    finally:
        await second.__aexit__(None, None, None)


async def test_that_a_rollback_during_a_publish_stands_and_the_files_wait(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        first = await database.run(live_snapshot)
        assert first is not None
        one.save("可以，请告诉前台。")
        await all_at(2, one)

        def roll_back() -> None:
            offer = Offer(first.digest, first.content, first.entries, first.intents)
            origin, now = Origin("rollback", "a person", first.number), datetime.now(UTC)
            database.run_sync(offer_snapshot, offer, origin, first.basis, now, publish=True)

        one.encoder.meanwhile = roll_back
        (one.folder / "pool.yaml").write_text(_POOL, "utf-8")

        async def waiting() -> str:
            snapshot = await database.run(candidate_snapshot)
            return snapshot.content if snapshot else ""

        await eventually(waiting, lambda content: "恒温泳池" in content)
        await all_at(3, one)
        assert await _content(database) == first.content


async def test_that_a_saved_file_that_breaks_a_pinned_question_waits_for_a_person(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        (one.folder / "_tests.yaml").write_text("- {text: 早餐几点供应, faq_id: food}\n", "utf-8")

        async def waiting() -> int | None:
            candidate = await database.run(candidate_snapshot)
            return None if candidate is None else candidate.number

        number = await eventually(waiting, lambda found: found is not None)
        assert number is not None
        report = await database.run(read_gate_report, number)
        assert report is not None
        assert [each["holds"] for each in report.report["pinned"]] == [False]
        assert one.number == 1
        (one.folder / "breakfast.yaml").write_text(
            "- {id: food, question: 早餐几点供应？, answer: 六点半到十点。}\n", "utf-8"
        )
        await all_at(number + 1, one)
        assert await waiting() is None


async def _saved(database: Database, one: Machine, other: Machine) -> int:
    """Save a file on one machine; return the snapshot that both decide by then."""
    one.save("可以。")
    number = await eventually(partial(database.run, live_number), lambda found: found != 1)
    assert number is not None
    await all_at(number, one, other)
    return number


async def test_that_large_content_waits_only_while_it_is_judged(
    database: Database, tmp_path: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.readiness.MANY_WORDINGS", 0)
    async with (
        machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one,
        machine(database, tmp_path / "two", data_dir=vectors_dir, knowledge_watch=False) as two,
    ):
        number = await _saved(database, one, two)
        assert await database.run(candidate_snapshot) is None
        assert await database.run(read_gate_report, number) is not None
        # What may not go live goes on waiting, with what was found.
        (one.folder / "_tests.yaml").write_text("- {text: 早餐几点供应？, faq_id: cot}\n", "utf-8")

        async def told() -> dict[str, Any]:
            candidate = await database.run(candidate_snapshot)
            if candidate is None:
                return {}
            found = await database.run(read_gate_report, candidate.number)
            return {} if found is None else found.report

        report = await eventually(told, bool)
        assert [each["holds"] for each in report["pinned"]] == [False]
        assert (one.number, two.number, await database.run(live_number)) == (number, number, number)


async def test_that_large_content_goes_back_when_every_process_has_built_it(
    database: Database, tmp_path: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.readiness.MANY_WORDINGS", 0)
    async with (
        machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one,
        machine(database, tmp_path / "two", data_dir=vectors_dir, knowledge_watch=False) as two,
    ):
        number = await _saved(database, one, two)
        ready, begun = asyncio.Event(), asyncio.Event()
        prepare = two.follower.publisher.prepare

        async def slowly(*args: Any) -> Dialogue:
            begun.set()
            await ready.wait()
            return await prepare(*args)

        monkeypatch.setattr(two.follower.publisher, "prepare", slowly)
        desk = PublishingDesk(database, one.follower.publisher, SystemClock())
        going_back = asyncio.create_task(desk.roll_back(1, Viewer("liang", "梁主管", "admin")))
        async with asyncio.timeout(20):
            await begun.wait()
        await asyncio.sleep(1.0)
        assert await database.run(live_number) == number, "the other process is not ready"
        ready.set()
        offered = await going_back
        await all_at(offered.number, one, two)


async def test_that_a_snapshot_is_gone_back_to_as_it_was_decided_by_then(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    """Whatever labels have said since: that is learnt anew, from what is live."""
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        first = await database.run(live_snapshot)
        assert first is not None
        learnt = Correction(share=0.4, offset=-0.2, labels=60, content=first.digest)
        then = replace(first.basis, correction=learnt)
        offer = Offer(first.digest, first.content, first.entries, first.intents)
        now = datetime.now(UTC)
        restated = await database.run(restate_live, first, offer, then, now)
        await all_at(restated.number, one)
        one.save("可以。")
        await all_at(restated.number + 1, one)
        desk = PublishingDesk(database, one.follower.publisher, SystemClock())
        offered = await desk.roll_back(restated.number, Viewer("liang", "梁主管", "admin"))
        await all_at(offered.number, one)
        live = await database.run(live_snapshot)
        assert live is not None
        assert (live.digest, live.basis) == (first.digest, then)


async def test_that_the_command_publishes_and_goes_back_when_the_servers_are_ready(
    database: Database, tmp_path: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.readiness.MANY_WORDINGS", 0)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pool.yaml").write_text(_POOL, "utf-8")
    home = tmp_path / "one"
    async with machine(database, home, data_dir=vectors_dir, knowledge_watch=False) as one:
        desk = Desk(database, SystemClock(), one.follower.publisher.bench)
        made = await asyncio.to_thread(desk.prepare, load_content(elsewhere, None))
        published = await asyncio.to_thread(desk.publish, made, {})
        await all_at(published.number, one)
        assert published.number > 2, "it waited as a candidate while the server built it"
        first = await database.run(published_snapshot, 1)
        assert first is not None
        prepare, prepared = Desk.prepare, []

        def counted(self: Desk, content: Content) -> Prepared:
            prepared.append(content)
            return prepare(self, content)

        monkeypatch.setattr(Desk, "prepare", counted)
        offered = await asyncio.to_thread(desk.roll_back, first)
        assert (offered.changed, prepared) == (True, []), "the server has built it"
        await all_at(offered.number, one)


async def test_that_nobody_waits_for_a_candidate_that_another_has_replaced(
    database: Database, tmp_path: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.readiness.MANY_WORDINGS", 0)
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="review") as one:
        one.save("可以。")
        wait = partial(database.run, waiting_number)
        number = await eventually(wait, lambda found: found is not None)
        candidate = await database.run(candidate_snapshot)
        assert number is not None
        assert candidate is not None
        one.save("可以，免费。")
        await eventually(wait, lambda found: found != number)
        content = Content.from_json(candidate.content)
        clock = SystemClock()

        async def built() -> int:
            return (await database.run(building, number, "nothing", clock.now())).behind

        await eventually(built, lambda found: found == 1)
        async with asyncio.timeout(10):
            assert not await wait_until_built(database, clock, content, number)


async def test_that_a_process_that_is_gone_is_not_waited_for(
    database: Database, tmp_path: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.readiness.MANY_WORDINGS", 0)
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        async with machine(database, tmp_path / "two", data_dir=vectors_dir) as two:

            async def noted() -> int:
                found = await database.run(building, 1, "nothing", datetime.now(UTC))
                return found.behind

            await eventually(noted, lambda found: found == 2)
            assert two.number == 1
        await eventually(noted, lambda found: found == 1)
        one.save("可以。")

        async def number() -> int:
            return one.number

        await eventually(number, lambda found: found > 1)


async def test_that_large_content_that_is_let_go_while_it_is_judged_does_not_go_live(
    database: Database, tmp_path: Path, vectors_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.readiness.MANY_WORDINGS", 0)

    def let_go() -> None:
        number = database.run_sync(waiting_number)
        assert number is not None
        assert database.run_sync(drop_candidate, number)

    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        one.encoder.meanwhile = let_go
        with capture_logs() as logs:
            words = "- {question: 夜里两点能换枕头吗？, answer: 可以。}\n"
            (one.folder / "pillow.yaml").write_text(words, "utf-8")

            async def events() -> list[str]:
                return [line["event"] for line in logs]

            await eventually(events, lambda found: "content_let_go" in found)
        assert await database.run(live_number) == 1
        assert await database.run(candidate_snapshot) is None


async def test_that_what_a_candidate_would_change_is_said_by_one_process_and_kept(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with (
        machine(database, tmp_path / "one", data_dir=vectors_dir, publish="review") as one,
        machine(database, tmp_path / "two", data_dir=vectors_dir, publish="review"),
    ):
        one.save("可以。")

        async def examined() -> dict[str, Any] | None:
            candidate = await database.run(candidate_snapshot)
            if candidate is None:
                return None
            found = await database.run(read_gate_report, candidate.number)
            return None if found is None else found.report

        report = await eventually(examined, lambda found: found is not None)
        assert report is not None
        assert report["live"] == 1
        assert [each["text"] for each in report["changes"]] == ["可以借婴儿床吗？"]
        assert [each["kind"] for each in report["content"]["entries"]] == ["added"]


async def test_that_wrong_files_are_told_once_kept_visible_and_cleared_when_good_again(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        wrong = one.folder / "wrong.yaml"

        async def problems() -> int:
            refused = await database.run(read_problems)
            return len(refused.problems) if refused else 0

        with capture_logs() as logs:
            for _ in range(2):
                wrong.write_text("- question: 坏了\n", "utf-8")
                await eventually(problems, lambda found: found == 1)
                await asyncio.sleep(1.2)  # the same mistake is looked at again
        assert [line["event"] for line in logs].count("content_refused") == 1
        assert one.gauge("chatbot_content_problems") == 1
        refused = await database.run(read_problems)
        assert refused is not None
        assert {"file": str(wrong), "line": 1, "key": "answer"}.items() <= refused.problems[
            0
        ].items()
        assert one.number == 1
        wrong.unlink()
        await eventually(problems, lambda found: found == 0)
        assert one.gauge("chatbot_content_problems") == 0
        assert one.gauge("chatbot_content_snapshot") == 1


async def test_that_a_restart_with_another_target_makes_a_new_number(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir):
        pass
    async with machine(
        database, tmp_path / "one", data_dir=vectors_dir, target_precision=0.9
    ) as one:
        assert one.number == 2
    async with machine(
        database, tmp_path / "one", data_dir=vectors_dir, target_precision=0.9
    ) as one:
        assert one.number == 2
    newest, oldest = await database.run(history, 10)
    assert (newest.origin.cause, newest.origin.source) == ("basis", 1)
    assert newest.digest == oldest.digest
    assert (newest.basis.target_precision, oldest.basis.target_precision) == (0.9, 0.95)


async def test_that_a_watcher_goes_on_after_the_database_lost_its_connection(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    query = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'chatbot-watch' AND datname = current_database()"
    )
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        await database.run(lambda connection: connection.execute(text(query)).all())
        one.save("断线时改的。")
        await all_at(2, one)
        assert await database.run(live_number) == 2


@pytest.mark.parametrize("name", ["cot.yaml", "later/cot.yaml"])
async def test_that_a_folder_that_comes_later_is_seen(
    database: Database, tmp_path: Path, vectors_dir: Path, name: str
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        one.save("可以。", name)
        await all_at(2, one)
        texts = tmp_path / "one" / "intents"
        texts.mkdir()
        (texts / "_texts.yaml").write_text("greeting: 您好，我是店小二。\n", "utf-8")
        await all_at(3, one)
        assert one.service.dialogue.snapshot.texts.greeting == "您好，我是店小二。"


async def test_that_a_changed_cell_of_a_table_goes_live(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        table = one.folder / "tables" / "价目.csv"
        table.parent.mkdir()
        for number, price in ((2, "20 元"), (3, "25 元")):
            table.write_text(f"项目,价格\n洗衣,{price}\n", "utf-8")
            await all_at(number, one)
            assert price in await _content(database)


async def test_that_pictures_are_where_every_machine_can_send_them_from(
    database: Database, tmp_path: Path, vectors_dir: Path
) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    async with machine(database, tmp_path / "one", data_dir=vectors_dir, publish="auto") as one:
        (one.folder / "_media").mkdir()
        (one.folder / "_media" / "map.png").write_bytes(picture)
        words = "- question: 酒店在哪里？\n  answer: [{type: image, file: _media/map.png}]\n"
        (one.folder / "map.yaml").write_text(words, "utf-8")
        await all_at(2, one)
    media = await database.run(read_media, hashlib.sha256(picture).hexdigest())
    assert media == MediaFile(picture, "image/png")
