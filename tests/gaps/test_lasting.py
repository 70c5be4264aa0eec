"""What gaps tell stays true when turns are judged, groups put together, and months go by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from structlog.testing import capture_logs

from chatbot.access.viewer import Viewer
from chatbot.console.gaps.reader import Gap, GapReader, Wanted
from chatbot.console.judging import judge_turn
from chatbot.dialogue.service import Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.gaps import GapKeeper
from chatbot.pipeline.insight_counting import Counting
from chatbot.store.database import Database
from chatbot.store.gap_acts import decide_gap, merge_gaps, reopen_gap
from chatbot.store.gaps import askings, gap_groups
from chatbot.store.judgements import Judgement
from tests.clocks import SetClock
from tests.gaps.conftest import kept
from tests.gaps.samples import AZHEN, Talks

_DAY = timedelta(days=1)
POOL, INVOICE = "有游泳池吗", "可以开发票吗"
_END_LOCK = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'chatbot-gaps' AND datname = current_database()"
)
_LIANG = Viewer("liang", "梁主管", "admin")


def _gaps(
    database: Database, mind: Mind, clock: SetClock, state: str, viewer: Viewer = _LIANG
) -> list[Gap]:
    reader = GapReader(lambda: mind.dialogue.snapshot, clock)
    return database.run_sync(reader.gaps, viewer, Wanted(90, state))


def _group(database: Database, title: str) -> int:
    return next(each.id for each in database.run_sync(gap_groups) if each.title == title)


def _texts(database: Database) -> list[tuple[str, str]]:
    rows = database.run_sync(
        lambda it: it.execute(text("SELECT text, kind FROM gap_questions ORDER BY id")).all()
    )
    return [(row.text, row.kind) for row in rows]


def test_that_a_message_judged_as_a_whole_is_asked_as_a_whole(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    both = "房间能加床吗，早餐几点"
    parts = [{"text": "房间能加床吗", "faq_id": None}, {"text": "早餐几点", "faq_id": "breakfast"}]
    talk = talks.begin(_DAY)
    turn = talk.turn(both, "answer", "several", faq_id="breakfast", parts=parts)
    kept(keeper)
    assert _texts(database) == [("房间能加床吗", "unanswered")]
    wrong = Judgement("wrong", None, "", AZHEN, clock.now())
    database.run_sync(judge_turn, turn, talk.number, wrong, clock.now())
    kept(keeper)
    assert _texts(database) == [(both, "disliked")]
    (title,) = {each.title for each in database.run_sync(gap_groups) if each.title}
    assert title == both
    database.run_sync(judge_turn, turn, talk.number, None, clock.now())
    kept(keeper)
    assert _texts(database) == [("房间能加床吗", "unanswered")]


def test_that_what_was_asked_again_long_ago_counts_as_long_as_what_was_saved(
    talks: Talks, keeper: GapKeeper, database: Database, mind: Mind, clock: SetClock
) -> None:
    talks.handed_over(POOL, 3 * _DAY, ["有的，在二楼"])
    kept(keeper)
    at = clock.now() - 2 * _DAY
    group = _group(database, POOL)
    database.run_sync(decide_gap, group, "new_entry", "pool", 4.0, "liang", at, {})
    talks.handed_over(POOL, _DAY)
    talks.begin(_DAY).answered("你们有游泳池吗", "pool")
    kept(keeper)
    clock.at += timedelta(days=300)
    (gap,) = _gaps(database, mind, clock, "closed")
    assert (gap.saved_times, gap.saved_minutes, gap.again) == (1, 4.0, 1)


def test_that_what_closing_saved_stays_when_gaps_are_put_together_or_opened_again(
    talks: Talks, keeper: GapKeeper, database: Database, mind: Mind, clock: SetClock
) -> None:
    talks.handed_over(POOL, 3 * _DAY, ["有的，在二楼"])
    talks.handed_over(INVOICE, 3 * _DAY)
    kept(keeper)
    at = clock.now() - 2 * _DAY
    pool, invoice = _group(database, POOL), _group(database, INVOICE)
    database.run_sync(decide_gap, pool, "new_entry", "pool", 4.0, "liang", at, {})
    for _ in range(2):
        talks.begin(_DAY).answered("你们有游泳池吗", "pool")
    kept(keeper)
    database.run_sync(merge_gaps, pool, invoice, "liang", clock.now())
    kept(keeper)
    (gap,) = _gaps(database, mind, clock, "open")
    assert (gap.saved_times, gap.saved_minutes) == (2, 8.0)
    database.run_sync(decide_gap, invoice, "new_entry", "bill", 1.0, "liang", clock.now(), {})
    (gap,) = _gaps(database, mind, clock, "closed")
    assert gap.saved_minutes == 8.0, "what a later decision costs changes nothing of before"
    database.run_sync(reopen_gap, invoice, "liang", clock.now())
    (gap,) = _gaps(database, mind, clock, "open")
    assert (gap.saved_times, gap.saved_minutes) == (2, 8.0)


def test_that_a_saving_ends_when_its_answer_is_found_wrong_and_not_when_it_is_found_right(
    talks: Talks, keeper: GapKeeper, database: Database, mind: Mind, clock: SetClock
) -> None:
    talks.handed_over(POOL, 3 * _DAY, ["有的，在二楼"])
    kept(keeper)
    group = _group(database, POOL)
    at = clock.now() - 2 * _DAY
    database.run_sync(decide_gap, group, "new_entry", "pool", 4.0, "liang", at, {})
    talk = talks.begin(_DAY)
    turn = talk.answered("你们有游泳池吗", "pool")
    kept(keeper)
    database.run_sync(reopen_gap, group, "liang", clock.now())
    for verdict, saved in (("right", 1), ("wrong", 0)):
        word = Judgement(verdict, None, "", AZHEN, clock.now())  # type: ignore[arg-type]
        database.run_sync(judge_turn, turn, talk.number, word, clock.now())
        kept(keeper)
        assert [each.saved_times for each in _gaps(database, mind, clock, "open")] == [saved]


def test_that_who_is_limited_to_stores_sees_the_customers_that_figures_count(
    talks: Talks, keeper: GapKeeper, database: Database, mind: Mind, clock: SetClock
) -> None:
    talks.handed_over(POOL, _DAY)
    kept(keeper)
    limited = Viewer("wang", "王运营", "operations", ("云栖西湖店",))
    assert _gaps(database, mind, clock, "open", limited) == []
    Counting(database, lambda: mind.dialogue.snapshot, clock).count_all(database)
    assert len(_gaps(database, mind, clock, "open", limited)) == 1


def test_that_one_gap_is_costed_without_reading_the_others(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    for words in (POOL, INVOICE):
        talks.handed_over(words, _DAY)
    kept(keeper)
    group = _group(database, POOL)
    assert set(database.run_sync(askings, clock.now() - 2 * _DAY, None, group)) == {group}


async def test_that_who_loses_the_lock_keeps_no_groups_in_memory(
    talks: Talks, database: Database, mind: Mind, clock: SetClock, vectors_dir: Path
) -> None:
    first, second = (
        GapKeeper(database, lambda: mind, VectorCache(vectors_dir), clock) for _ in "12"
    )
    talks.handed_over(POOL, _DAY)
    assert await first.turn()
    database.run_sync(lambda it: it.execute(text(_END_LOCK)).all())
    talks.handed_over(INVOICE, _DAY / 2)
    assert not await first.turn(), "the lock is lost"
    assert await second.turn()
    await second.release()
    talks.handed_over(INVOICE, _DAY / 4)
    with capture_logs() as logs:
        assert await first.turn()
    assert [each["event"] for each in logs] == ["gaps_read"]
    await first.release()
