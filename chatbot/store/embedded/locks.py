"""Locks on files that outlive neither their process nor its children.

The kernel frees a lock when the last process that holds the file open is gone, however it died;
no process id is written, so none can be stale.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from chatbot.store.embedded.errors import EmbeddedDatabaseError

if sys.platform != "win32":
    import fcntl


class FileLock:
    """An exclusive lock on a file; a child that inherits ``descriptor`` holds it as well."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> FileLock | None:
        """Return the lock, or None while somebody else holds it.

        Raises:
            EmbeddedDatabaseError: the file cannot be opened, or its disk knows no locks.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedDatabaseError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            raise EmbeddedDatabaseError(
                f"{path} cannot be locked ({error.strerror}): keep the data folder on a local disk"
            ) from error
        return cls(descriptor)

    @classmethod
    def wait_for_folder(cls, path: Path) -> FileLock:
        """Return a lock on a folder; wait while another process is in its short section."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return cls(descriptor)

    def release(self) -> None:
        """Let go of the lock here; a child that inherited it keeps holding it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
