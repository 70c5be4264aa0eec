"""Questions that files bring: beside what customers ask, and beside what people do meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from chatbot.bringing import Bringer
from chatbot.curation.mining.rows import Said
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.mining import Miner
from chatbot.pipeline.gaps import GapKeeper
from chatbot.store.database import Database
from chatbot.store.gap_acts import merge_gaps
from chatbot.store.gap_brought import Brought
from chatbot.store.gaps import gap_groups, questions_of
from tests.clocks import SetClock
from tests.gaps.conftest import kept
from tests.gaps.samples import Talks
from tests.login.house import House
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG

_DAY = timedelta(days=1)
POOL, INVOICE = "有游泳池吗", "可以开发票吗"


@pytest.fixture
def bringer(database: Database, mind: Mind, vectors_dir: Path, clock: SetClock) -> Bringer:
    return Bringer(database, mind, VectorCache(vectors_dir), clock, applies=True)


def _question(mind: Mind, clock: SetClock, text: str, reply: str = "有的，在二楼。") -> Brought:
    form = mind.dialogue.snapshot.normaliser.normalise(text)
    return Brought(
        "mined", "旧对话.csv", f"mark {text}", text, form.text, form.key,
        clock.at - 400 * _DAY, 2.0, reply,
    )  # fmt: skip


def _texts(database: Database) -> list[set[str]]:
    groups = [each.id for each in database.run_sync(gap_groups)]
    found = [
        {each.text for each in database.run_sync(questions_of, one, None, 9)} for one in groups
    ]
    return [texts for texts in found if texts]


def test_that_files_and_customers_share_groups_whoever_comes_first(
    database: Database, mind: Mind, clock: SetClock, talks: Talks, keeper: GapKeeper,
    bringer: Bringer,
) -> None:  # fmt: skip
    talks.handed_over(POOL, _DAY)
    kept(keeper)
    bringer.bring([_question(mind, clock, "酒店有没有游泳池")])
    assert _texts(database) == [{POOL, "酒店有没有游泳池"}]
    bringer.bring([_question(mind, clock, INVOICE)])
    talks.handed_over("能不能开发票", _DAY)
    kept(keeper)
    assert {INVOICE, "能不能开发票"} in _texts(database)


def test_that_what_people_do_meanwhile_holds(
    database: Database, mind: Mind, clock: SetClock, bringer: Bringer
) -> None:
    first, second = bringer.bring([_question(mind, clock, each) for each in (POOL, INVOICE)])
    assert database.run_sync(merge_gaps, second, first, "liang", clock.at)
    assert bringer.bring([_question(mind, clock, "能不能开发票")]) == [first]


def test_that_whoever_is_interrupted_goes_on_where_they_stopped(
    database: Database, service: DialogueService, clock: SetClock, bringer: Bringer
) -> None:
    def talks() -> Iterator[list[Said]]:
        for number in range(250):
            at = clock.at + timedelta(minutes=number)
            asked = Said(str(number), at, "customer", f"{number} 号游泳池要预约吗")
            yield [
                asked,
                Said(str(number), at + timedelta(minutes=1), "person", "要的，提前一天。"),
            ]

    def miner() -> Miner:
        return Miner(database, service, bringer, clock, ())

    began = miner()
    next(began.mine("a.csv", talks()))  # and no further
    again = miner()
    assert list(again.mine("a.csv", talks())) == [200, 250]
    assert again.counts.known == began.counts.brought > 0
    assert again.counts.known + again.counts.brought == sum(
        len(database.run_sync(questions_of, each.id, None, 999))
        for each in database.run_sync(gap_groups)
    )


def test_that_a_talk_is_known_again_whatever_members_are_called_by_now(
    database: Database, service: DialogueService, clock: SetClock, bringer: Bringer
) -> None:
    first = clock.at
    talk = [
        Said("1", first, "customer", "丽丽说酒店有没有游泳池"),
        Said("1", first + timedelta(minutes=1), "person", "有的，在二楼。"),
    ]
    began = Miner(database, service, bringer, clock, ())
    list(began.mine("a.csv", [talk]))
    brought = began.counts.brought
    assert brought > 0
    again = Miner(database, service, bringer, clock, ("丽丽",))
    list(again.mine("a.csv", [talk]))
    assert (again.counts.brought, again.counts.known) == (0, brought)


async def test_that_the_page_shows_where_a_question_came_from(
    stage: House, screens: Screens, mind: Mind, vectors_dir: Path
) -> None:
    clock = SetClock(stage.clock.now())
    bringer = Bringer(stage.database, mind, VectorCache(vectors_dir), clock, applies=True)
    await asyncio.to_thread(bringer.bring, [_question(mind, clock, POOL)])
    await asyncio.to_thread(bringer.work_out, lambda _done: None)
    page = await screens.member(LIANG, "/console/gaps?days=7")
    item = page.locator("ol.gaps > li")
    await expect(item).to_contain_text("聊天记录 1")
    await expect(item).to_contain_text("2 分钟")
    await page.get_by_role("link", name=POOL, exact=True).click()
    await expect(page.get_by_text("来自 旧对话.csv").first).to_be_visible()
    await expect(page.locator("a[href^='/console/open/']")).to_have_count(0)
    await picture(page, "gap-mined")
