"""Who acts at the shell, for the record."""

from __future__ import annotations

import getpass
import os
import socket


def actor() -> str:
    """Return ``user@host``; the user's number where it has no name, as in containers."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
