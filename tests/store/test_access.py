"""Sessions, links, logins under way, attempts, grants and the record in the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from chatbot.access.roles import Grant, Standing
from chatbot.accounts.agent import Agent
from chatbot.store import login, login_starts
from chatbot.store.agents import save_agents
from chatbot.store.audit import audit, audit_page
from chatbot.store.database import Database
from chatbot.store.grants import (
    KnownMember,
    count_admins,
    grants_of,
    know_member,
    list_grants,
    remove_grant,
    save_grant,
)

_NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NEW = login.NewSession(b"token", "azhen", "阿珍", "Chrome", "8.8.8.8")


def _begin(database: Database, new: login.NewSession = _NEW, now: datetime = _NOW) -> int:
    return database.run_sync(login.begin_session, new, now)


def _open(database: Database, now: datetime, token: bytes = b"token") -> login.LoginSession | None:
    return database.run_sync(login.open_session, token, "1.1.1.1", now)


def test_that_use_is_noted_once_a_minute_and_makes_the_session_longer(database: Database) -> None:
    _begin(database)
    soon = _open(database, _NOW + timedelta(seconds=59))
    assert soon is not None
    assert (soon.last_seen_at, soon.address) == (_NOW, "8.8.8.8")
    later = _open(database, _NOW + 11 * _HOUR)
    assert later is not None
    assert (later.last_seen_at, later.address) == (_NOW + 11 * _HOUR, "1.1.1.1")
    assert _open(database, _NOW + 22 * _HOUR) is not None
    assert _open(database, _NOW + 35 * _HOUR) is None


def test_that_no_session_lasts_longer_than_a_week(database: Database) -> None:
    _begin(database)
    for hours in range(0, 7 * 24, 6):
        assert _open(database, _NOW + hours * _HOUR) is not None
    assert _open(database, _NOW + 7 * _DAY) is None


def test_that_a_session_by_link_is_not_made_longer(database: Database) -> None:
    _begin(database, login.NewSession(b"link", "link:1", "链接", "", "", "admin"))
    assert _open(database, _NOW + 11 * _HOUR, b"link") is not None
    assert _open(database, _NOW + 12 * _HOUR, b"link") is None


def test_that_an_ended_session_stays_ended(database: Database) -> None:
    number = _begin(database)
    assert database.run_sync(login.end_session, number, "liang", "ended", _NOW)
    assert not database.run_sync(login.end_session, number, "liang", "ended", _NOW)
    assert _open(database, _NOW) is None
    assert database.run_sync(login.list_sessions, _NOW) == []


def test_that_all_but_one_of_a_member_end(database: Database) -> None:
    mine = _begin(database)
    _begin(database, login.NewSession(b"other", "azhen", "阿珍", "", ""))
    _begin(database, login.NewSession(b"liang", "liang", "梁主管", "", ""))
    end = login.end_sessions_of
    assert database.run_sync(end, "azhen", "azhen", "ended", _NOW, but=mine) == 1
    left = database.run_sync(login.list_sessions, _NOW)
    assert {session.member.userid for session in left} == {"azhen", "liang"}


def test_that_a_session_knows_what_is_known_of_its_member(database: Database) -> None:
    _begin(database)
    found = _open(database, _NOW)
    assert found is not None
    assert found.member == Standing("azhen", "阿珍", (), serves=False)
    member = KnownMember("azhen", "珍珍", (2, 5), servicer=True)
    database.run_sync(know_member, member, _NOW)
    found = _open(database, _NOW)
    assert found is not None
    assert found.member == Standing("azhen", "珍珍", (2, 5), serves=True)


def test_that_who_is_in_the_roster_serves(database: Database) -> None:
    _begin(database)
    database.run_sync(save_agents, [Agent("azhen")], _NOW, "test")
    found = _open(database, _NOW)
    assert found is not None
    assert found.member.serves


def test_that_members_with_a_session_are_checked_by_one_process(database: Database) -> None:
    for userid in ("azhen", "liang"):
        member = KnownMember(userid, "", (), servicer=False)
        database.run_sync(know_member, member, _NOW + _HOUR)
    _begin(database)
    check = login.members_to_check
    assert database.run_sync(check, _NOW, _NOW + _HOUR, 9) == []
    later, again = _NOW + _HOUR, _NOW + 2 * _HOUR
    assert database.run_sync(check, later, again, 9) == ["azhen"]
    assert database.run_sync(check, later, again, 9) == []
    database.run_sync(login.check_soon, "azhen", later)
    assert database.run_sync(check, later, again, 9) == ["azhen"]


def test_that_of_many_who_use_a_link_at_once_one_gets_it(database: Database) -> None:
    database.run_sync(login_starts.make_link, b"link", "admin", "root@host", _NOW)
    assert database.run_sync(login_starts.is_usable_link, b"link", _NOW)

    def use(_: int) -> login_starts.LoginLink | None:
        return database.run_sync(login_starts.use_link, b"link", _NOW)

    with ThreadPoolExecutor(8) as pool:
        used = [link for link in pool.map(use, range(8)) if link]
    assert [(link.role, link.created_by) for link in used] == [("admin", "root@host")]
    assert not database.run_sync(login_starts.is_usable_link, b"link", _NOW)


def test_that_a_link_is_too_old_after_ten_minutes(database: Database) -> None:
    database.run_sync(login_starts.make_link, b"link", "admin", "x", _NOW)
    late = _NOW + timedelta(minutes=10)
    assert database.run_sync(login_starts.use_link, b"link", late) is None


def test_that_a_login_belongs_to_its_browser_and_ends_once(database: Database) -> None:
    begin, take = login_starts.begin_login, login_starts.take_login
    database.run_sync(begin, b"state", b"browser", "/console/", _NOW)
    assert database.run_sync(take, b"state", b"another", _NOW) is None
    assert database.run_sync(take, b"state", b"browser", _NOW) == "/console/"
    assert database.run_sync(take, b"state", b"browser", _NOW) is None
    database.run_sync(begin, b"late", b"browser", "/console/", _NOW)
    assert database.run_sync(take, b"late", b"browser", _NOW + timedelta(minutes=10)) is None


def test_that_attempts_are_counted_by_address_and_altogether_over_processes(
    database: Database, database_url: str
) -> None:
    limit = login_starts.LIMITS["link"]
    elsewhere = Database(database_url, threads=1)
    count = login_starts.count_attempt
    try:
        for number in range(limit.address):
            side = database if number % 2 else elsewhere
            assert side.run_sync(count, "link", "8.8.8.8", _NOW) is None
        wait = elsewhere.run_sync(count, "link", "8.8.8.8", _NOW)
        assert wait is not None
        assert timedelta() < wait <= timedelta(minutes=10)
        assert database.run_sync(count, "link", "1.1.1.1", _NOW) is None
        assert database.run_sync(count, "start", "8.8.8.8", _NOW) is None
        assert database.run_sync(count, "link", "8.8.8.8", _NOW + wait) is None
    finally:
        elsewhere.dispose()


def test_that_many_addresses_together_are_too_many(database: Database) -> None:
    limit = login_starts.LIMITS["link"]

    def knock(connection: Connection) -> list[timedelta | None]:
        count = login_starts.count_attempt
        return [
            count(connection, "link", f"8.8.{number}.8", _NOW)
            for number in range(limit.everybody + 1)
        ]

    *before, last = database.run_sync(knock)
    assert set(before) == {None}
    assert last is not None


def test_that_what_is_over_is_forgotten_in_time(database: Database) -> None:
    _begin(database)
    database.run_sync(login_starts.make_link, b"link", "admin", "x", _NOW)
    database.run_sync(login_starts.begin_login, b"s", b"b", "/console/", _NOW)
    database.run_sync(login_starts.count_attempt, "start", "", _NOW)
    database.run_sync(login_starts.forget_starts, _NOW + _HOUR)
    database.run_sync(login.forget_sessions, _NOW + 89 * _DAY)
    tables = ("login_links", "login_states", "login_attempts", "login_sessions")

    def left(connection: Connection) -> list[int]:
        counts = [f"(SELECT count(*) FROM {table})" for table in tables]
        return list(connection.exec_driver_sql(f"SELECT {', '.join(counts)}").one())

    assert database.run_sync(left) == [0, 0, 0, 1]
    database.run_sync(login.forget_sessions, _NOW + 91 * _DAY)
    assert database.run_sync(left) == [0, 0, 0, 0]


def test_that_a_grant_takes_the_place_of_the_former(database: Database) -> None:
    save = save_grant
    database.run_sync(save, Grant("admin", userid="azhen"), _NOW, "root@host")
    assert database.run_sync(count_admins) == 1
    database.run_sync(save, Grant("agent", ("西湖店",), userid="azhen"), _NOW, "liang")
    database.run_sync(save, Grant("supervisor", department=7), _NOW, "liang")
    assert database.run_sync(count_admins) == 0
    found = database.run_sync(grants_of, "azhen", [2])
    assert found == [Grant("agent", ("西湖店",), userid="azhen")]
    assert database.run_sync(grants_of, "liang", [7]) == [Grant("supervisor", department=7)]
    listed = database.run_sync(list_grants)
    assert [(each.grant.role, each.granted_by) for each in listed] == [
        ("supervisor", "liang"),
        ("agent", "liang"),
    ]
    assert database.run_sync(remove_grant, Grant("agent", userid="azhen"))
    assert not database.run_sync(remove_grant, Grant("agent", userid="azhen"))
    assert len(database.run_sync(list_grants)) == 1


def test_that_the_database_itself_keeps_admins_unlimited(database: Database) -> None:
    with pytest.raises(IntegrityError):
        database.run_sync(save_grant, Grant("admin", ("西湖店",), userid="a"), _NOW, "x")


def test_that_the_record_is_read_page_by_page_and_by_person(database: Database) -> None:
    def act(connection: Connection) -> None:
        for number in range(5):
            who = Standing("azhen", "阿珍") if number % 2 else "root@host"
            audit(connection, who, "role_grant", f"#{number}", {"stores": ["\x00西湖店"]}, _NOW)

    database.run_sync(act)
    first = database.run_sync(audit_page, 2)
    assert [row.target for row in first] == ["#4", "#3"]
    assert (first[0].who, first[0].name, first[0].detail) == (
        "root@host",
        "",
        {"stores": ["西湖店"]},
    )
    second = database.run_sync(audit_page, 9, first[-1].id)
    assert [row.target for row in second] == ["#2", "#1", "#0"]
    assert [row.target for row in database.run_sync(audit_page, 9, None, "azhen")] == ["#3", "#1"]
