"""The report that is kept in the background, its page, and what was learnt from labels when."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import expect

from chatbot.answers.correction import Correction
from chatbot.calibrating import Calibrating
from chatbot.calibrating_history import steps_of
from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.calibration.pages import CalibrationPages
from chatbot.console.reception import Reception
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.store.calibrations import learnings, newest_calibration
from chatbot.store.database import Database
from chatbot.store.snapshots import (
    Basis,
    Offer,
    Origin,
    live_snapshot,
    offer_snapshot,
    restate_live,
)
from chatbot.store.turn_labels import NewLabel, save_label
from chatbot.wecom.client import WeComClient
from tests.clocks import SetClock
from tests.login.house import House, house
from tests.login.screens import Screens, picture
from tests.pipeline.stage import LIANG

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def _publish(database: Database, mind: Mind) -> None:
    """Publish what the mind knows, as snapshot 1."""
    digest = hashlib.sha256(b"a").hexdigest()
    basis = Basis(mind.encoder.fingerprint, 0.95, "1.0", 0.3)
    origin = Origin("publish", "liang")
    offer = Offer(digest, "{}", 4, 0)
    database.run_sync(offer_snapshot, offer, origin, basis, _NOW, publish=True)


def _learn(database: Database, correction: Correction) -> None:
    live = database.run_sync(live_snapshot)
    assert live is not None
    basis = replace(live.basis, correction=correction)
    offer = Offer(live.digest, live.content, live.entries, live.intents)
    database.run_sync(restate_live, live, offer, basis, _NOW)


def _tell(database: Database, words: str, faq_id: str | None) -> None:
    label = NewLabel(words, faq_id, "click", 1, faq_id, 0.6)
    database.run_sync(save_label, label, None, _NOW)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(_NOW)


@pytest.fixture
def calibrating(database: Database, mind: Mind, vectors_dir: Path, clock: SetClock) -> Calibrating:
    return Calibrating(database, lambda: mind, VectorCache(vectors_dir), clock)


def test_that_what_is_live_is_reported_on_once_and_again_with_new_labels(
    database: Database, mind: Mind, calibrating: Calibrating, clock: SetClock
) -> None:
    assert not calibrating.look(), "nothing is live"
    _publish(database, mind)
    assert calibrating.look()
    found = database.run_sync(newest_calibration)
    assert found is not None
    assert (found.snapshot, found.report["entries"], found.sources) == (1, 4, {})
    assert not calibrating.look()
    _tell(database, "晚一点退房行不行", "late")
    assert not calibrating.look(), "not every label is worth a report"
    clock.at += timedelta(days=1)
    assert calibrating.look()
    found = database.run_sync(newest_calibration)
    assert found is not None
    assert found.sources == {"click": 1}


def test_that_each_learning_is_told_with_what_it_changed(
    database: Database, mind: Mind, calibrating: Calibrating
) -> None:
    _publish(database, mind)
    calibrating.look()
    assert database.run_sync(learnings, 9) == []
    _learn(database, Correction(0.25, 0.1, 1.0, 40, {"*@0.95": 0.8}, newest=40, content="a"))
    _learn(database, Correction(0.25, 0.1, 1.0, 40, {"*@0.95": 0.8}, newest=41, content="a"))
    _learn(database, Correction(0.2, 0.2, 1.0, 60, {}, newest=60, content="a"))
    last, first = steps_of(database.run_sync(learnings, 9))
    assert [first.snapshot, last.snapshot] == [2, 4]
    assert [first.labels, last.labels] == [40, 60]
    assert (first.share.before, first.share.after, last.share.before) == (None, 0.25, 0.25)
    assert first.threshold.before is not None, "of the report on the snapshot before"
    assert first.threshold.after is None
    assert first.sources is None


@pytest.fixture
async def stage(
    database: Database, tmp_path: Path, service: DialogueService
) -> AsyncIterator[House]:
    def pages(tools: Reception, _: WeComClient, _clock: Clock) -> list[web.AbstractRouteDef]:
        words = attrgetter("calibration_words")
        writer = AdminWriter(tools.gate, "calibration", "calibration", words)
        return CalibrationPages(writer, database, lambda: service.dialogue.snapshot).routes()

    async with house(database, tmp_path, more=pages, admins=("Liang",)) as found:
        yield found


async def test_that_the_report_is_a_page(
    screens: Screens, stage: House, mind: Mind, calibrating: Calibrating
) -> None:
    page = await screens.member(LIANG, "/console/calibration")
    await expect(page.get_by_text("还没有算好")).to_be_visible()
    _publish(stage.database, mind)
    for words, faq_id in (("晚一点退房行不行", "late"), ("附近能滑雪吗", None)):
        _tell(stage.database, words, faq_id)
    calibrating.look()
    _learn(stage.database, Correction(0.28, 0.1, 1.0, 2, {}, newest=2, content="a"))
    await page.reload()
    await expect(page.get_by_text("快照 1，")).to_be_visible()
    await expect(page.get_by_role("region", name="承诺")).to_contain_text("95%")
    curve = page.get_by_role("img", name="说有几成把握，实际对了几成")
    await expect(curve).to_be_visible()
    await expect(page.get_by_role("region", name="学过几次")).to_contain_text("2")
    await picture(page, "calibration")
    narrow = await screens.member(
        LIANG, "/console/calibration", await screens.person(width=375, dark=True)
    )
    assert not await narrow.evaluate(_WIDE)
    await picture(narrow, "calibration-narrow")
