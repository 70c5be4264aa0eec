"""May the server read and write what it needs to?

Root may do everything, so an examination as root stands in for the user who owns the data
folder: that is whom the server runs as.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chatbot.doctor.local_checks import DATA_DIR, INTENTS_DIR, KNOWLEDGE_DIR
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.settings import Settings

_READ, _WRITE, _PASS = os.R_OK, os.W_OK, os.X_OK
#: The copy of the vectors that commands write too, perhaps as another user.
_VECTORS = "vectors.sqlite3"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may own files; ``is_me``: the operating system can be asked itself."""

    uid: int
    groups: frozenset[int]
    is_me: bool

    @property
    def name(self) -> str:
        """Return the user's name, or the number of one without."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def may(self, path: Path, rights: int) -> bool:
        """Return whether all ``rights`` (of ``os.R_OK`` and the like) on ``path`` are there.

        For somebody else they are read off the mode bits, of the folders above as well.
        """
        if self.is_me:
            return os.access(path, rights)
        above = path.absolute().parents
        return self._has(path, rights) and all(self._has(folder, _PASS) for folder in above)

    def _has(self, path: Path, rights: int) -> bool:
        try:
            status = path.stat()
        except OSError:
            return False
        others = 3 if status.st_gid in self.groups else 0
        shift = 6 if status.st_uid == self.uid else others
        return status.st_mode >> shift & rights == rights


def server_user(data_dir: Path) -> User:
    """Return whom the server runs as: whoever asks, or for root the owner of the data folder."""
    if os.geteuid() == 0 and data_dir.is_dir():
        owner = data_dir.stat()
        if owner.st_uid != 0:
            return User(owner.st_uid, _groups(owner.st_uid, owner.st_gid), is_me=False)
    return User(os.geteuid(), frozenset(), is_me=True)


def _groups(uid: int, gid: int) -> frozenset[int]:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a user number without a name, as in some containers
        return frozenset({gid})
    return frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))


def check_files(settings: Settings) -> Verdict[User]:
    """Look at the rights on all files the server reads, and on what it writes.

    The fact is whom the server runs as; None if this process cannot read the content itself.
    """
    user = server_user(settings.data_dir)
    folders = {KNOWLEDGE_DIR: settings.knowledge_dir, INTENTS_DIR: settings.intents_dir}
    findings = [*_unreadable(user, folders), *_unwritable(user, settings.data_dir / _VECTORS)]
    blind = any(found.id == "files-unreadable" for found in findings) and user.is_me
    summary = say("files", user=user.name)
    return Verdict(tuple(findings), summary, None if blind else user)


def _unreadable(user: User, folders: dict[str, Path]) -> Iterator[Finding]:
    for setting, folder in folders.items():
        closed = [str(path) for path in _content_of(folder) if not _may_read(user, path)]
        if closed:
            paths = listed(closed, _SHOWN)
            yield finding("files_unreadable", setting, user=user.name, paths=paths)


def _may_read(user: User, path: Path) -> bool:
    return user.may(path, _READ | _PASS if path.is_dir() else _READ)


def _content_of(folder: Path) -> Iterator[Path]:
    """Yield the folder and all files and folders below that are not hidden."""
    if not folder.exists():
        return  # the check of the content says so
    yield folder
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        visible = (name for name in sorted(files) if not name.startswith((".", "~")))
        yield from (Path(parent, name) for name in (*folders, *visible))


def _unwritable(user: User, path: Path) -> Iterator[Finding]:
    if path.exists() and not user.may(path, _READ | _WRITE):
        yield finding("file_unwritable", DATA_DIR, user=user.name, path=path)
