"""Ratings: asked once a day, given and changed, counted by day, agent and account."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Connection, text

from chatbot.customers.ratings import RATING_LIFE, RatingAsked, RatingGiven
from chatbot.store.database import Database
from chatbot.store.ratings import (
    Chosen,
    RatingCount,
    ask_rating,
    last_complaints,
    open_ratings,
    rating_counts,
    ratings_of,
    save_rating,
)

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # half past eleven in the evening in Shanghai
LATER = NOW + timedelta(hours=1)
ZONE = "Asia/Shanghai"
_CONVERSATION = text(
    "INSERT INTO conversations (public_id, open_kfid, external_userid, nickname, created_at,"
    " service_state, session_started_at) VALUES (:public, :kf, :customer, :customer, :at, 4, :at)"
    " RETURNING id"
)
_WRITES = text(
    "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
    " servicer_userid, sent_at, received_at, fate) SELECT open_kfid, gen_random_uuid(), id,"
    " :origin, 'text', '{}', :userid, :at, :at, 'recorded' FROM conversations WHERE id = :id"
)


def _conversation(connection: Connection, customer: str, open_kfid: str = "wk") -> int:
    account = "INSERT INTO kf_accounts (open_kfid, name) VALUES (:kf, :kf) ON CONFLICT DO NOTHING"
    connection.execute(text(account), {"kf": open_kfid})
    values = {
        "public": f"{customer}{open_kfid}", "kf": open_kfid, "customer": customer,
        "at": NOW - timedelta(hours=1),
    }  # fmt: skip
    return int(connection.execute(_CONVERSATION, values).scalar_one())


def _writes(
    connection: Connection, conversation_id: int, userid: str | None, at: datetime = NOW
) -> None:
    origin = 5 if userid else 3
    values = {"id": conversation_id, "origin": origin, "userid": userid, "at": at}
    connection.execute(_WRITES, values)


def _served(
    connection: Connection, customer: str, userid: str = "azhen", open_kfid: str = "wk"
) -> int:
    number = _conversation(connection, customer, open_kfid)
    _writes(connection, number, userid)
    return number


def _ask(connection: Connection, number: int, customer: str, now: datetime = NOW) -> str:
    key = ask_rating(connection, number, customer, 3, now)
    assert key is not None
    return key


def test_that_only_who_was_written_to_in_this_session_is_asked(database: Database) -> None:
    def play(connection: Connection) -> None:
        number = _conversation(connection, "wm1")
        _writes(connection, number, None)
        _writes(connection, number, "azhen", NOW - timedelta(hours=2))  # in the session before
        assert ask_rating(connection, number, "wm1", 3, NOW) is None
        _writes(connection, number, "azhen")
        _writes(connection, number, "liang")
        _ask(connection, number, "wm1")
        row = connection.execute(text("SELECT userid, session_version FROM ratings")).one()
        assert tuple(row) == ("liang", 3)

    database.run_sync(play)


def test_that_a_customer_is_asked_once_in_24_hours_on_whatever_account(database: Database) -> None:
    def play(connection: Connection) -> None:
        one = _served(connection, "wm1")
        other = _served(connection, "wm1", open_kfid="wk2")
        _ask(connection, one, "wm1")
        assert ask_rating(connection, other, "wm1", 3, NOW + RATING_LIFE / 2) is None
        _ask(connection, _served(connection, "wm2"), "wm2")
        _ask(connection, other, "wm1", NOW + RATING_LIFE)

    database.run_sync(play)


def test_that_of_two_sessions_that_end_at_once_one_asks(database: Database) -> None:
    pairs: list[tuple[int, str]] = []
    for number in range(20):
        customer = f"wm{number}"
        for open_kfid in ("wk", "wk2"):
            made = database.run_sync(_served, customer, "azhen", open_kfid)
            pairs.append((made, customer))
    together = Barrier(2)

    def end(connection: Connection, number: int, customer: str) -> bool:
        together.wait()
        return ask_rating(connection, number, customer, 3, NOW) is not None

    with ThreadPoolExecutor(2) as pool:
        for one, other in zip(pairs[::2], pairs[1::2], strict=True):
            asked = list(pool.map(lambda each: database.run_sync(end, *each), (one, other)))
            assert sorted(asked) == [False, True]


def test_that_what_is_said_is_kept_and_changed_while_it_is_open(database: Database) -> None:
    def play(connection: Connection) -> None:
        number = _served(connection, "wm1")
        key = _ask(connection, number, "wm1")
        assert open_ratings(connection, [number], LATER) == {
            number: RatingAsked(key, None, reasoned=False, latest=True)
        }
        assert save_rating(connection, number, RatingGiven(key, reason="慢"), None, LATER) is None
        poor = save_rating(connection, number, RatingGiven(key, "poor"), None, LATER)
        assert poor is not None
        assert (poor.rating.score, poor.former) == ("poor", None)
        assert save_rating(connection, number, RatingGiven(key, "poor"), None, LATER) is None
        why = save_rating(connection, number, RatingGiven(key, reason="\0慢"), None, LATER)
        assert why is not None
        assert (why.rating.reason, why.former) == ("慢", "poor")
        _writes(connection, number, None, LATER)
        assert open_ratings(connection, [number], LATER) == {
            number: RatingAsked(key, "poor", reasoned=True, latest=False)
        }
        good = save_rating(connection, number, RatingGiven(key, "good"), None, LATER)
        assert good is not None
        assert (good.rating.reason, good.former) == (None, "poor")
        assert [each.score for each in ratings_of(connection, number, 9)] == ["good"]

    database.run_sync(play)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda key, number: (number, RatingGiven(f"{key}0", "poor"), LATER),
        lambda key, number: (number + 1, RatingGiven(key, "poor"), LATER),
        lambda key, number: (number, RatingGiven(key, "poor"), NOW + RATING_LIFE),
    ],
    ids=["another key", "another conversation", "too late"],
)
def test_that_nothing_wrong_is_kept(
    wrong: Callable[[str, int], tuple[int, RatingGiven, datetime]], database: Database
) -> None:
    def play(connection: Connection) -> None:
        number = _served(connection, "wm1")
        _served(connection, "wm2")
        key = _ask(connection, number, "wm1")
        conversation, given, at = wrong(key, number)
        assert save_rating(connection, conversation, given, None, at) is None
        assert ratings_of(connection, number, 9) == []
        assert open_ratings(connection, [number], NOW + RATING_LIFE) == {}

    database.run_sync(play)


def test_that_ratings_are_counted_by_day_agent_and_account(database: Database) -> None:
    def play(connection: Connection) -> None:
        def rated(customer: str, userid: str, score: str | None, at: datetime) -> None:
            number = _served(connection, customer, userid)
            key = _ask(connection, number, customer, at)
            if score == "poor":
                save_rating(connection, number, RatingGiven(key, "poor"), None, at)
                save_rating(connection, number, RatingGiven(key, reason="慢"), None, at)
            elif score == "good":
                save_rating(connection, number, RatingGiven(key, "good"), None, at)

        rated("wm1", "azhen", "good", NOW)
        rated("wm2", "azhen", None, NOW)
        rated("wm3", "azhen", "poor", LATER)
        rated("wm4", "liang", "poor", LATER)
        before, after = date(2026, 11, 24), date(2026, 11, 25)
        assert rating_counts(connection, Chosen(NOW), ZONE) == [
            RatingCount(before, "azhen", "wk", 2, 1, 0, 0),
            RatingCount(after, "azhen", "wk", 1, 0, 0, 1),
            RatingCount(after, "liang", "wk", 1, 0, 0, 1),
        ]
        assert len(rating_counts(connection, Chosen(LATER, "liang"), ZONE)) == 1
        newest = last_complaints(connection, Chosen(NOW, "azhen"), 1)
        assert [(each.customer, each.reason) for each in newest] == [("wm3", "慢")]
        assert len(last_complaints(connection, Chosen(NOW), 9)) == 2

    database.run_sync(play)
