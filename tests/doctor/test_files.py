"""Files that the server's user may not read or write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatbot.doctor.file_checks import User, server_user
from chatbot.doctor.report import Status

from .clinic import Clinic, found, only_problem, problems, status

_SOMEBODY = 54321
_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


@pytest.fixture
def owned(healthy: Clinic) -> Clinic:
    """An installation whose data folder belongs to the user that the server runs as."""
    data = healthy.folder / "data"
    data.mkdir()
    os.chown(data, _SOMEBODY, _SOMEBODY)
    for folder in (healthy.folder, *healthy.folder.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)  # pytest's own folders are closed to others
    return healthy


@_as_root
async def test_that_root_looks_with_the_eyes_of_the_servers_user(owned: Clinic) -> None:
    assert problems(await owned.examine()) == []
    file = owned.write("knowledge/closed.yaml", "- {question: 有泳池吗？, answer: 有。}\n")
    file.chmod(0o600)
    problem = only_problem(await owned.examine())
    assert (problem.id, problem.settings) == ("files-unreadable", ("CHATBOT_KNOWLEDGE_DIR",))
    assert str(file) in problem.cause
    assert str(_SOMEBODY) in problem.cause


@_as_root
async def test_that_a_closed_folder_of_intents_is_found(owned: Clinic) -> None:
    folder = owned.write("intents/_texts.yaml", "thanks: 好说。\n").parent
    folder.chmod(0o700)
    assert only_problem(await owned.examine()).settings == ("CHATBOT_INTENTS_DIR",)


@_as_root
async def test_that_vectors_another_user_left_are_found(owned: Clinic) -> None:
    vectors = owned.write("data/vectors.sqlite3", "")
    problem = found(await owned.examine(), "file-unwritable")
    assert str(vectors) in problem.cause
    os.chown(vectors, _SOMEBODY, _SOMEBODY)
    assert problems(await owned.examine()) == []


if os.geteuid() != 0:  # root may read everything; the tests above are for root

    async def test_that_an_unreadable_file_is_one_finding(healthy: Clinic) -> None:
        (healthy.folder / "knowledge" / "faq.yaml").chmod(0o000)
        report = await healthy.examine()
        assert only_problem(report).id == "files-unreadable"
        assert status(report, "content") is Status.SKIPPED


def test_that_rights_are_read_off_owner_group_and_others(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    owner, group = file.stat().st_uid, file.stat().st_gid
    file.chmod(0o640)
    users = (
        User(owner, frozenset(), is_me=False),
        User(owner + 1, frozenset({group}), is_me=False),
        User(owner + 1, frozenset(), is_me=False),
    )
    rights = [[user._has(file, right) for right in (os.R_OK, os.W_OK)] for user in users]
    assert rights == [[True, True], [True, False], [False, False]]


def test_that_without_a_data_folder_it_is_the_one_who_asks(tmp_path: Path) -> None:
    assert server_user(tmp_path / "data").uid == os.geteuid()
