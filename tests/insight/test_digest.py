"""The digest: it fits into a message, says what the page says, and is told once to each."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from chatbot.access.roles import Appointed, Grant
from chatbot.accounts.desk_rules import DeskRules
from chatbot.clock import SystemClock
from chatbot.console.insight.digests import Digests, DigestTools
from chatbot.dialogue.snapshot import Snapshot
from chatbot.insight.digest import MOST_BYTES, Block, fit
from chatbot.pipeline.insight_counting import Counting
from chatbot.store.database import Database
from chatbot.store.grants import KnownMember, know_member, save_grant
from chatbot.store.insight import note_counted
from chatbot.store.watch import save_desk_rules
from tests.console.stage import make_snapshot
from tests.insight.month import STORES, Month
from tests.insight.recount import recount

#: Monday, nine in Shanghai.
MONDAY = datetime(2026, 10, 26, 1, tzinfo=UTC)
_LINES = st.lists(st.text(max_size=80), max_size=12)


@given(st.text(max_size=100), st.lists(_LINES, max_size=6), st.text(max_size=60))
def test_that_a_digest_fits_into_a_message_in_whole_lines(
    title: str, blocks: list[list[str]], url: str
) -> None:
    told = fit(title, [Block("头", lines) for lines in blocks], url)
    assert len(told.encode("utf-8", "surrogatepass")) <= MOST_BYTES
    kept = [line for lines in blocks for line in lines if line]
    for line in told.replace(title, "", 1).split("\n"):
        whole = {part for each in (*kept, url) for part in each.split("\n")}
        assert line in {"", "头"} | whole


@pytest.fixture(scope="session")
def snapshot(vectors_dir: Path) -> Snapshot:
    return make_snapshot(vectors_dir)


@pytest.fixture
def digests(database: Database, snapshot: Snapshot) -> Digests:
    appointed = Appointed.by(["Boss"], ["liang"])
    return Digests(
        DigestTools(database, lambda: snapshot, SystemClock(), appointed, "https://desk.example")
    )


def _people(connection: Connection) -> None:
    save_grant(connection, Grant("operations", userid="yun"), MONDAY, "test")
    save_grant(connection, Grant("supervisor", (STORES[0],), userid="xihu"), MONDAY, "test")
    save_grant(connection, Grant("supervisor", department=7), MONDAY, "test")
    save_grant(connection, Grant("agent", userid="azhen"), MONDAY, "test")
    for userid, department in (("seven", 7), ("eight", 8)):
        member = KnownMember(userid, userid, (department,), servicer=False)
        know_member(connection, member, MONDAY)


def _fill(database: Database, snapshot: Snapshot, at: datetime = MONDAY) -> None:
    def write(connection: Connection) -> None:
        Month(connection, random.Random(2)).begin(40)
        _people(connection)

    database.run_sync(write)
    Counting(database, lambda: snapshot, SystemClock()).count_all(database)
    database.run_sync(note_counted, at)


def _told(database: Database) -> dict[tuple[str, str], str]:
    """Return what is said to whom of which span."""
    sql = text(
        "SELECT split_part(key, ':', 2), userid, message->'text'->>'content' FROM staff_messages"
        " WHERE kind = 'digest' ORDER BY id"
    )
    rows = database.run_sync(lambda connection: connection.execute(sql).all())
    return {(span, userid): content for span, userid, content in rows}


def test_that_each_is_told_once_of_the_day_and_on_mondays_of_the_week(
    database: Database, snapshot: Snapshot, digests: Digests
) -> None:
    _fill(database, snapshot)
    assert not database.run_sync(digests.tell, MONDAY - timedelta(seconds=1))
    with ThreadPoolExecutor(3) as pool:
        counts = list(pool.map(lambda _: database.run_sync(digests.tell, MONDAY), range(3)))
    everybody = {"boss", "liang", "yun", "xihu", "seven"}
    assert sorted(counts) == [0, 0, 2 * len(everybody)]
    told = _told(database)
    assert set(told) == {(span, who) for span in ("day", "week") for who in everybody}
    assert not database.run_sync(digests.tell, MONDAY + timedelta(hours=1))
    assert all(len(each.encode()) <= MOST_BYTES for each in told.values())
    # Who looks after agents reads of them first, who looks after answers of questions.
    supervisor, operations = told["week", "liang"], told["week", "yun"]
    assert supervisor.index("同事（") < supervisor.index("问得最多")
    assert "同事（" not in operations or operations.index("问得最多") < operations.index("同事（")
    database.run_sync(note_counted, MONDAY + timedelta(days=1))
    assert database.run_sync(digests.tell, MONDAY + timedelta(days=1))
    assert {span for span, _ in _told(database)} == {"day", "week"}
    assert len(_told(database)) == 2 * len(everybody)


def test_that_its_figures_are_those_of_raw_turns_within_stores(
    database: Database, snapshot: Snapshot, digests: Digests
) -> None:
    _fill(database, snapshot)
    database.run_sync(digests.tell, MONDAY)
    counts, _ = database.run_sync(recount)
    told = _told(database)
    for who, stores in (("boss", None), ("xihu", {STORES[0]})):
        solved = requests = 0
        for (rows, _, _, day, figure, _), n in counts.items():
            place = dict(rows).get("门店")
            seen = stores is None or place is None or place in stores
            week = date(2026, 10, 19) <= day < date(2026, 10, 26)
            requests += n * (seen and week and figure == "requests")
            solved += n * (seen and week and figure == "solved")
        assert f"机器人解决 {solved / requests:.1%}（{solved}/{requests}）" in told["week", who]
    assert f"只算 {STORES[0]}" in told["week", "xihu"]
    assert "span=week&day=2026-10-19" in told["week", "boss"]


def test_that_nobody_is_told_of_nothing_nor_before_it_is_counted(
    database: Database, snapshot: Snapshot, digests: Digests
) -> None:
    _fill(database, snapshot, MONDAY - timedelta(minutes=1))
    assert not database.run_sync(digests.tell, MONDAY)
    later = MONDAY + timedelta(days=60)
    database.run_sync(note_counted, later)
    assert not database.run_sync(digests.tell, later)
    assert _told(database) == {}


def test_that_the_hour_is_a_rule_of_the_desk(
    database: Database, snapshot: Snapshot, digests: Digests
) -> None:
    _fill(database, snapshot)
    database.run_sync(save_desk_rules, DeskRules(digest_hour=24), MONDAY, "test")
    assert not database.run_sync(digests.tell, MONDAY)
    database.run_sync(save_desk_rules, DeskRules(digest_hour=8), MONDAY, "test")
    assert database.run_sync(digests.tell, MONDAY)
