from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from chatbot.answers.correction import Correction
from chatbot.store.content_problems import clear_problems, read_problems, save_problems
from chatbot.store.database import Database
from chatbot.store.media import MediaFile, read_media, save_media
from chatbot.store.snapshots import (
    Basis,
    Cause,
    Offer,
    Offered,
    Origin,
    candidate_snapshot,
    history,
    live_number,
    live_snapshot,
    offer_snapshot,
    published_snapshot,
    restate_live,
)

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_BASIS = Basis("letters", 0.95, "1.0")
_PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def _offer(words: str) -> Offer:
    return Offer(hashlib.sha256(words.encode()).hexdigest(), words, entries=1, intents=0)


def _give(
    database: Database, words: str, cause: Cause = "publish", *, publish: bool = True,
    source: int | None = None,
) -> Offered:  # fmt: skip
    origin = Origin(cause, "root@host", source)
    return database.run_sync(offer_snapshot, _offer(words), origin, _BASIS, _NOW, publish=publish)


def _live(database: Database) -> str:
    snapshot = database.run_sync(live_snapshot)
    assert snapshot is not None
    return snapshot.content


def test_that_equal_content_is_published_once(database: Database) -> None:
    assert _give(database, "a") == Offered(1, changed=True)
    assert _give(database, "a", "watch") == Offered(1, changed=False)
    assert _live(database) == "a"


def test_that_a_candidate_changes_nothing_until_it_is_published(database: Database) -> None:
    _give(database, "a")
    waiting = _give(database, "b", "start", publish=False)
    assert _give(database, "b", "start", publish=False) == Offered(waiting.number, changed=False)
    assert _live(database) == "a"
    assert _give(database, "b").changed
    assert _live(database) == "b"
    assert database.run_sync(candidate_snapshot) is None


def test_that_a_newer_candidate_replaces_an_older_one(database: Database) -> None:
    _give(database, "a")
    _give(database, "b", "start", publish=False)
    _give(database, "c", "watch", publish=False)
    waiting = database.run_sync(candidate_snapshot)
    assert waiting is not None
    assert waiting.content == "c"


def test_that_files_equal_to_the_live_ones_leave_no_candidate(database: Database) -> None:
    _give(database, "a")
    _give(database, "b", "watch", publish=False)
    _give(database, "a", "watch", publish=False)
    assert database.run_sync(candidate_snapshot) is None


def test_that_a_rollback_is_a_new_snapshot_on_record_and_lets_the_candidate_wait(
    database: Database,
) -> None:
    first, _ = _give(database, "a"), _give(database, "b")
    _give(database, "c", "watch", publish=False)
    again = _give(database, "a", "rollback", source=first.number)
    assert again.number > first.number
    assert _live(database) == "a"
    waiting, newest, *_ = database.run_sync(history, 10)
    assert (waiting.state, waiting.origin.cause) == ("candidate", "watch")
    assert newest.origin == Origin("rollback", "root@host", first.number)


def test_that_the_history_says_where_each_snapshot_comes_from(database: Database) -> None:
    _give(database, "a", "first")
    _give(database, "b", "watch")
    newest, oldest = database.run_sync(history, 10)
    assert (newest.state, oldest.state) == ("live", "earlier")
    assert (newest.origin.cause, oldest.origin.cause) == ("watch", "first")
    assert (newest.entries, newest.basis, newest.published_at) == (1, _BASIS, _NOW)
    assert len(database.run_sync(history, 1)) == 1


def test_that_a_candidate_cannot_be_taken_for_a_published_snapshot(database: Database) -> None:
    _give(database, "a")
    waiting = _give(database, "b", publish=False)
    assert database.run_sync(published_snapshot, waiting.number) is None
    assert database.run_sync(published_snapshot, 99) is None
    earlier = database.run_sync(published_snapshot, 1)
    assert earlier is not None
    assert earlier.content == "a"


def test_that_another_encoder_or_release_gives_the_live_content_a_new_number(
    database: Database,
) -> None:
    _give(database, "a")
    live = database.run_sync(live_snapshot)
    assert live is not None
    same = database.run_sync(restate_live, live, _offer("a"), _BASIS, _NOW)
    assert same == Offered(1, changed=False)
    other = Basis("other", 0.95, "1.0")
    assert database.run_sync(restate_live, live, _offer("a"), other, _NOW).changed
    restated = database.run_sync(live_snapshot)
    assert restated is not None
    assert (restated.number, restated.basis, restated.content) == (2, other, "a")
    # Somebody who still looks at the former one has come too late.
    assert not database.run_sync(restate_live, live, _offer("a"), other, _NOW).changed


@pytest.mark.parametrize(
    "sql", ["DELETE FROM snapshots", "UPDATE snapshots SET content = 'x' WHERE number = 1"]
)
def test_that_what_was_live_can_be_neither_changed_nor_deleted(
    database: Database, sql: str
) -> None:
    _give(database, "a")
    with pytest.raises(DBAPIError, match="neither changed nor deleted"):
        database.run_sync(lambda connection: connection.execute(text(sql)))
    assert _live(database) == "a"


@pytest.fixture
def listener(database_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    url = make_url(database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("LISTEN chatbot")
        yield connection


def test_that_only_what_goes_live_is_announced(
    database: Database, listener: psycopg.Connection[tuple[object, ...]]
) -> None:
    _give(database, "a")
    _give(database, "b", publish=False)
    heard = [notice.payload for notice in listener.notifies(timeout=0.5)]
    assert heard == ["0:content"]


def test_that_pictures_are_kept_with_the_snapshot_that_needs_them(database: Database) -> None:
    sha256 = hashlib.sha256(_PNG).hexdigest()
    offer = Offer("digest", "content", 1, 0, {sha256: _PNG})
    for _ in range(2):
        database.run_sync(offer_snapshot, offer, Origin("publish"), _BASIS, _NOW, publish=True)
    assert database.run_sync(read_media, sha256) == MediaFile(_PNG, "image/png")
    assert database.run_sync(read_media, "0" * 64) is None
    assert database.run_sync(live_number) == 1


def test_that_a_picture_under_a_wrong_hash_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="is not the hash"):
        database.run_sync(save_media, {"0" * 64: _PNG}, _NOW)


def test_that_problems_keep_the_time_they_began_until_they_are_gone(database: Database) -> None:
    later = _NOW + timedelta(hours=1)
    first: list[dict[str, str | int]] = [{"file": "a.yaml", "line": 1, "key": "", "text": "坏了"}]
    database.run_sync(save_problems, "one:/a", first, _NOW)
    database.run_sync(save_problems, "one:/a", [*first, *first], later)
    refused = database.run_sync(read_problems)
    assert refused is not None
    assert (refused.since, len(refused.problems)) == (_NOW, 2)
    database.run_sync(save_problems, "two:/a", first, later)
    taken_over = database.run_sync(read_problems)
    assert taken_over is not None
    assert (taken_over.watcher, taken_over.since) == ("two:/a", later)
    database.run_sync(clear_problems)
    assert database.run_sync(read_problems) is None


def test_that_the_same_content_is_gone_back_to_if_it_was_decided_another_way(
    database: Database,
) -> None:
    first = _give(database, "a")
    learnt = replace(_BASIS, correction=Correction(offset=-0.2, labels=60, content="a"))
    former = database.run_sync(live_snapshot)
    assert former is not None
    database.run_sync(restate_live, former, _offer("a"), learnt, _NOW)
    back = _give(database, "a", "rollback", source=first.number)
    assert back.changed
    live = database.run_sync(live_snapshot)
    assert live is not None
    assert (live.number, live.basis) == (back.number, _BASIS)
    assert not _give(database, "a", "rollback", source=first.number).changed


def test_that_nothing_waits_that_a_rollback_has_made_live(database: Database) -> None:
    first = _give(database, "a")
    _give(database, "b")
    _give(database, "a", "watch", publish=False)
    assert _give(database, "a", "rollback", source=first.number).changed
    assert _live(database) == "a"
    assert database.run_sync(candidate_snapshot) is None


def test_that_files_prepared_before_a_rollback_do_not_undo_it(database: Database) -> None:
    first, second = _give(database, "one"), _give(database, "two")
    _give(database, "one", "rollback", source=first.number)
    late = database.run_sync(
        offer_snapshot, _offer("three"), Origin("watch"), _BASIS, _NOW, publish=True,
        after=second.number,
    )  # fmt: skip
    assert late.overruled
    assert _live(database) == "one"
    waiting = database.run_sync(candidate_snapshot)
    assert waiting is not None
    assert waiting.content == "three"
