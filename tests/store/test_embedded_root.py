"""What the embedded PostgreSQL does, and never does, when root starts it.

These tests apply where root runs them, as continuous integration does.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.store.embedded_stage import (
    IS_ROOT,
    NORMAL_USER,
    SYSTEM_USER,
    Stage,
    ask,
    copy_wheel,
    prepared_machine,
    read_rows,
    set_stage,
    write_row,
)

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="says what happens to root")


@pytest.fixture(scope="module")
def wheel() -> Iterator[Path]:
    with prepared_machine() as wheel:
        yield wheel


@pytest.fixture
def stage(wheel: Path) -> Iterator[Stage]:
    with set_stage("root", wheel) as stage:
        yield stage


def test_that_root_creates_a_user_without_home_or_login(stage: Stage) -> None:
    assert stage.owner().url
    account = pwd.getpwnam(SYSTEM_USER)
    assert account.pw_shell.endswith(("nologin", "false"))
    assert not Path(account.pw_dir).exists()


def test_that_root_changes_the_mode_of_no_folder_that_is_not_its_own(stage: Stage) -> None:
    closed_data, closed_code = stage.folder / "home", stage.folder / "code"
    closed_code.mkdir(mode=0o700)
    (closed_data / "me" / "data").mkdir(parents=True)
    closed_data.chmod(0o700)
    (closed_data / "me").chmod(0o750)
    stage.wheel = copy_wheel(closed_code / "wheel")
    before = modes(stage.folder)
    owner = stage.owner(closed_data / "me" / "data")
    write_row(owner.url, 1)
    assert stage.attach(closed_data / "me" / "data") == owner.url
    owner.stop()
    assert before.items() <= modes(stage.folder).items()
    assert read_rows(stage.owner(closed_data / "me" / "data").url) == [1]


def modes(top: Path) -> dict[Path, tuple[int, int, int]]:
    """Return mode and owner of a folder, of all in it that is not ours, and of all above it."""
    ours = top / "system"
    inside = [path for path in top.rglob("*") if not path.is_relative_to(ours)]
    found = {path: path.lstat() for path in [top, *top.parents, *inside] if path.suffix != ".log"}
    return {path: (stat.st_mode, stat.st_uid, stat.st_gid) for path, stat in found.items()}


def test_that_roots_database_moves_with_the_folder_but_is_not_copied_with_it(
    stage: Stage,
) -> None:
    owner = stage.owner()
    write_row(owner.url, 1)
    owner.stop()
    moved, copy = stage.folder / "moved", stage.folder / "copy"
    stage.data_dir.rename(moved)
    owner = stage.owner(moved)
    assert read_rows(owner.url) == [1]
    owner.stop()
    shutil.copytree(moved, copy)
    error = stage.owner(copy).error
    assert f"{copy} is a copy of {moved}" in error


def test_that_a_new_data_folder_of_the_same_name_begins_empty(stage: Stage) -> None:
    owner = stage.owner()
    write_row(owner.url, 1)
    owner.stop()
    shutil.rmtree(stage.data_dir)
    assert ask(stage.owner().url, "SELECT to_regclass('kept')") is None


def test_that_a_lost_database_is_never_replaced_in_silence(stage: Stage) -> None:
    owner = stage.owner()
    assert owner.url
    owner.stop()
    shutil.rmtree(stage.system_dir)
    assert "is gone: restore" in stage.owner().error


def test_that_root_may_use_but_not_start_a_normal_users_database(wheel: Path) -> None:
    with set_stage("normal user", wheel) as stage:
        owner = stage.owner()
        assert owner.url == stage.attach(user="root")
        assert ask(owner.url, "SELECT 1") == 1
        owner.stop()
        assert f"belongs to {NORMAL_USER}" in stage.owner(user="root").error


def test_that_a_normal_user_is_told_that_the_database_is_roots(stage: Stage) -> None:
    assert stage.owner().url
    assert "belongs to root" in stage.owner(user=NORMAL_USER).error
    assert "cannot use" in stage.owner(action="attach", user=NORMAL_USER).error


def test_that_another_user_of_the_machine_gets_no_connection(stage: Stage) -> None:
    url = stage.owner().url
    socket_dir = Path(url.partition("host=")[2].partition("&")[0])
    assert socket_dir.stat().st_mode & 0o777 == 0o700
    socket_dir.chmod(0o777)
    (socket_dir / ".s.PGSQL.5432").chmod(0o777)
    os.seteuid(pwd.getpwnam(NORMAL_USER).pw_uid)
    try:
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            psycopg.connect(url)
    finally:
        os.seteuid(0)
