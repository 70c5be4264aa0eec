"""Accounts as one value."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from chatbot.accounts.account import Account, Accounts
from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import OpeningHours
from chatbot.accounts.mode import ModeSetting

ZONE = ZoneInfo("Asia/Shanghai")
ACCOUNTS = Accounts(
    default=Account(assistant="店小二", variables={"语气": "亲"}, menu=("几点可以入住？",)),
    accounts=(
        Account(
            key="qijian",
            open_kfid="wk1",
            name="旗舰店",
            categories=("预订",),
            hours=OpeningHours.parse(["工作日 09:00-18:00"]),
            agents=("azhen",),
            mode=ModeSetting("assist", 20),
        ),
    ),
    calendar=Calendar(frozenset({date(2027, 1, 1)})),
)


def test_that_an_account_without_a_section_has_the_defaults_and_its_own_id() -> None:
    account = ACCOUNTS.of("wk-other")
    assert (account.open_kfid, account.key, account.assistant) == ("wk-other", "", "店小二")
    assert ACCOUNTS.of("wk1").name == "旗舰店"


def test_that_an_account_is_found_by_its_short_name() -> None:
    found = ACCOUNTS.named("qijian")
    assert found is not None
    assert found.open_kfid == "wk1"
    assert ACCOUNTS.named("") is None
    assert list(ACCOUNTS.keys()) == ["qijian"]


def test_that_stored_accounts_are_rebuilt_whole() -> None:
    record = json.loads(json.dumps(ACCOUNTS.to_json()))
    assert Accounts.from_json(record) == ACCOUNTS
    assert Accounts.from_json(Accounts().to_json()) == Accounts()


def test_that_hours_are_kept_in_the_brands_time_zone() -> None:
    monday_nine = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert ACCOUNTS.is_open("wk1", monday_nine, ZONE)
    assert not ACCOUNTS.is_open("wk1", monday_nine.replace(hour=0), ZONE)
    assert ACCOUNTS.is_open("wk-other", monday_nine.replace(hour=0), ZONE)


def test_that_the_next_opening_knows_the_brands_holidays() -> None:
    new_years_eve = datetime(2026, 12, 31, 12, 0, tzinfo=UTC)
    opening = ACCOUNTS.next_opening("wk1", new_years_eve, ZONE)
    assert opening == datetime(2027, 1, 4, 9, 0, tzinfo=ZONE)
