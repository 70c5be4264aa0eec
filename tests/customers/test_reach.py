"""How customers can be reached beside the session: numbers wherever they left them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from chatbot.customers.reach import LeftPhone, Ways, ways_to
from chatbot.store.cases import StoredCase, insert_case
from chatbot.store.database import Database
from tests.store.desk_samples import NOW, add_conversation, add_turn

_HOUR = timedelta(hours=1)


def _case(connection: Connection, phone: str, hours: int, kind: Any = "message") -> None:
    case = StoredCase("wm-小林", None, kind, "晚上没人", None, NOW, "system", phone=phone)
    if kind != "message":
        case = StoredCase("wm-小林", None, kind, "回电", "azhen", NOW, "azhen", phone=phone)
    insert_case(connection, case, NOW - hours * _HOUR)


def _form(connection: Connection, conversation: int, form: Any, hours: int) -> None:
    turn = add_turn(connection, conversation, "订房", NOW - hours * _HOUR, action="flow")
    connection.execute(
        text("UPDATE turns SET trace = jsonb_build_object('form', CAST(:form AS jsonb))"
             " WHERE id = :id"),
        {"id": turn, "form": json.dumps(form)},
    )  # fmt: skip


def test_that_numbers_are_found_wherever_they_were_left(database: Database) -> None:
    def play(connection: Connection) -> Ways:
        lin = add_conversation(connection, "小林", 4)
        wang = add_conversation(connection, "王姐", 4)
        _case(connection, "13800138000", 9)
        _case(connection, "010-\u202e62345678\n", 2, "call")
        _form(connection, lin, [["电话", "138 0013 8000"], ["间数", "2"]], 1)
        _form(connection, lin, [["备注", "没有电话，13 号到"]], 1)
        _form(connection, lin, [], 1)
        _form(connection, wang, [["电话", "13900139000"]], 1)
        return ways_to(connection, "wm-小林")

    assert database.run_sync(play) == Ways(
        (),
        (
            # Of a number that was told twice, the newest telling.
            LeftPhone("13800138000", "form", NOW - _HOUR),
            LeftPhone("010-62345678", "case", NOW - 2 * _HOUR),
        ),
    )


def test_that_only_the_newest_three_are_told(database: Database) -> None:
    def play(connection: Connection) -> Ways:
        lin = add_conversation(connection, "小林", 4)
        for number in range(6):
            _form(connection, lin, [["电话", f"1390013900{number}"]], 10 - number)
        return ways_to(connection, "wm-小林")

    found = database.run_sync(play).phones
    assert [each.number for each in found] == ["13900139005", "13900139004", "13900139003"]


def test_that_who_left_nothing_cannot_be_reached(database: Database) -> None:
    assert database.run_sync(ways_to, "wm-nobody") == Ways((), ())
