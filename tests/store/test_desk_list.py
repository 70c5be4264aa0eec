"""The list of conversations: what each row says, and that many rows stay cheap."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from chatbot.store.cases import StoredCase, insert_case, save_case
from chatbot.store.database import Database
from chatbot.store.desk_list import (
    _ENDED,
    _WITH_BOT,
    _WITH_PEOPLE,
    _WRITTEN,
    DeskRow,
    LeftMessage,
    desk_rows,
    ended_ids,
    found_ids,
    open_ids,
)
from chatbot.store.handoffs import add_open_item, insert_handoff
from chatbot.store.outbox import NewPart, insert_part, new_msgid, settle_part
from tests.store.desk_samples import (
    NOW,
    SINCE,
    add_conversation,
    add_message,
    add_turn,
    fill,
)


def row_of(connection: Connection, conversation: int) -> DeskRow:
    (row,) = desk_rows(connection, [conversation], NOW)
    return row


def test_that_waiting_begins_with_the_message_that_was_handed_over(database: Database) -> None:
    def play(connection: Connection) -> DeskRow:
        lin = add_conversation(connection, "小林", 3, servicer="azhen")
        answered = add_turn(connection, lin, "几点退房", NOW - timedelta(minutes=50))
        add_message(
            connection, lin, "几点退房", NOW - timedelta(minutes=50), fate="turn", turn=answered
        )
        asked = add_turn(connection, lin, "我要投诉", NOW - timedelta(minutes=40), action="handoff")
        insert_handoff(
            connection, lin, asked, reason="intent", skill="售后", priority="high",
            now=NOW - timedelta(minutes=40),
        )  # fmt: skip
        add_message(
            connection, lin, "我要投诉", NOW - timedelta(minutes=40), fate="turn", turn=asked
        )
        add_message(connection, lin, "有人吗", NOW - timedelta(minutes=30))
        return row_of(connection, lin)

    row = database.run_sync(play)
    assert [words for _, words in row.unanswered] == ["我要投诉", "有人吗"]
    assert row.unanswered[0][0] == NOW - timedelta(minutes=40)
    assert row.handoff is not None
    assert (row.handoff.reason, row.handoff.skill, row.handoff.priority) == (
        "intent", "售后", "high",
    )  # fmt: skip
    assert row.heard is not None
    assert row.heard.content == {"content": "有人吗"}


def test_that_what_a_person_answered_no_longer_waits(database: Database) -> None:
    def play(connection: Connection) -> tuple[DeskRow, DeskRow]:
        lin = add_conversation(connection, "小林", 3, servicer="azhen")
        add_message(connection, lin, "我要投诉", NOW - timedelta(minutes=40))
        add_message(connection, lin, "您好", NOW - timedelta(minutes=35), servicer="azhen")
        answered = row_of(connection, lin)
        add_message(connection, lin, "还有一件事", NOW - timedelta(minutes=5))
        return answered, row_of(connection, lin)

    answered, again = database.run_sync(play)
    assert answered.unanswered == ()
    assert answered.heard is not None
    assert answered.heard.author == "azhen"
    assert again.unanswered == ((NOW - timedelta(minutes=5), "还有一件事"),)
    assert answered.stamp != again.stamp


def test_that_a_question_the_bot_only_drafted_for_waits(database: Database) -> None:
    def play(connection: Connection) -> DeskRow:
        lin = add_conversation(connection, "小林", 3, servicer="azhen")
        at = NOW - timedelta(minutes=3)
        drafted = add_turn(connection, lin, "几点退房", at, mode="assist")
        add_message(connection, lin, "几点退房", at, fate="turn", turn=drafted)
        return row_of(connection, lin)

    assert [words for _, words in database.run_sync(play).unanswered] == ["几点退房"]


def test_that_a_row_follows_what_is_sent_and_by_whom(database: Database) -> None:
    def play(connection: Connection) -> list[DeskRow]:
        lin = add_conversation(connection, "小林", 1)
        rows = [row_of(connection, lin)]
        message = {"msgtype": "text", "text": {"content": "两点前"}}
        part = insert_part(
            connection,
            NewPart(
                "conversation", "kf_message", lin, 3, new_msgid(), message, NOW, by_userid="azhen"
            ),
            NOW,
        )
        rows.append(row_of(connection, lin))
        settle_part(connection, part.id, "delivered", NOW)
        rows.append(row_of(connection, lin))
        return rows

    before, pending, delivered = database.run_sync(play)
    assert before.sent_last is None
    assert pending.sent_last is not None
    assert (pending.sent_last.author, pending.sent_last.content["text"]) == (
        "azhen", {"content": "两点前"},
    )  # fmt: skip
    assert len({before.stamp, pending.stamp, delivered.stamp}) == 3


def test_that_open_are_those_with_people_those_that_wait_and_the_newest_of_the_bot(
    database: Database,
) -> None:
    def play(connection: Connection) -> tuple[set[str], int]:
        fill(connection, 1, 400, state=1)  # number 288 began 48 hours ago
        pool = add_conversation(connection, "排队", 2)
        ended = add_conversation(connection, "漏答", 4)
        add_conversation(connection, "结束", 4)
        add_open_item(connection, ended, "unanswered", NOW, NOW)
        found = open_ids(connection, SINCE, 100)
        rows = desk_rows(connection, found.ids, NOW)
        assert {pool, ended} < {row.id for row in rows}
        return {row.nickname or "" for row in rows}, found.more

    names, more = database.run_sync(play)
    assert names == {f"客户{n}" for n in range(1, 101)} | {"排队", "漏答"}
    assert more == 187


def test_that_ended_ones_are_read_page_by_page_without_gap_or_repeat(database: Database) -> None:
    def play(connection: Connection) -> list[int]:
        fill(connection, 1, 25, state=4)
        fill(connection, 300, 320, state=1)  # over, as WeCom ends them without telling
        found: list[int] = []
        before = None
        while page := ended_ids(connection, SINCE, before, 10):
            found += [each for each, _ in page]
            before = page[-1][1], page[-1][0]
        return found

    found = database.run_sync(play)
    assert len(found) == len(set(found)) == 46


def test_that_a_left_message_is_listed_until_it_is_done(database: Database) -> None:
    def play(connection: Connection) -> tuple[list[int], DeskRow, list[int]]:
        lin = add_conversation(connection, "小林", 4, at=NOW - timedelta(hours=60))
        case = insert_case(
            connection,
            StoredCase("wm-小林", lin, "message", "明天联系我", None, NOW, "system",
                       phone="13800138000", wanted="明天上午"),
            NOW - timedelta(hours=60),
        )  # fmt: skip
        listed, row = open_ids(connection, SINCE, 9).ids, row_of(connection, lin)
        save_case(connection, replace(case, state="done", closed_at=NOW, owner="azhen"))
        return listed, row, open_ids(connection, SINCE, 9).ids

    listed, row, after = database.run_sync(play)
    assert listed == [row.id]
    assert row.message == LeftMessage(
        NOW - timedelta(hours=60), "13800138000", "明天上午", owner=None
    )
    assert after == []


def test_that_names_and_texts_are_found_as_they_are_written(database: Database) -> None:
    def play(connection: Connection) -> None:
        lin = add_conversation(connection, "小林_100%", 4)
        wang = add_conversation(connection, "王姐", 4)
        add_message(connection, lin, "我的 iPhone 充电器落在房间了", NOW)
        add_message(connection, wang, "充电的地方在哪，有电器吗", NOW)
        add_message(connection, wang, "好的，我去看看", NOW, servicer="azhen")
        for query, expected in {
            "小林": [lin], "wm-王姐": [wang], "_100%": [lin], "充电器": [lin], "IPHONE": [lin],
            "充电": [wang, lin], "我去看看": [wang], "没有的话": [], "器": [], "%": [lin], "\\": [],
        }.items():  # fmt: skip
            assert found_ids(connection, query, 10) == expected, query

    database.run_sync(play)


@pytest.mark.timeout(240)
def test_that_every_query_of_the_list_has_its_index_among_50000_conversations(
    database: Database,
) -> None:
    def play(connection: Connection) -> None:
        fill(connection, 1, 50_000, state=4, messages=2)
        fill(connection, 50_001, 50_250, state=3)
        fill(connection, 50_251, 50_400, state=2)
        connection.execute(text("ANALYZE"))
        page = {"since": SINCE, "before_at": None, "before_id": 0, "limit": 50}
        search = {"text": "房间4711的空", "pattern": "%房间4711的空%", "limit": 50}
        for query, values in (
            (_WITH_PEOPLE, {}),
            (_WITH_BOT, {"since": SINCE, "limit": 100}),
            (_ENDED, page),
            (_ENDED, {**page, "before_at": NOW - timedelta(days=90), "before_id": 7}),
            (_WRITTEN, search),
        ):
            plan = "\n".join(connection.scalars(text(f"EXPLAIN {query.text}"), values))
            assert not re.search(r"Seq Scan on (conversations|messages|outbox|turns)\b", plan), plan
        found = open_ids(connection, SINCE, 100)
        assert len(desk_rows(connection, found.ids, NOW)) == 400
        assert len(found_ids(connection, "房间4711的空", 50)) == 1

    database.run_sync(play)
