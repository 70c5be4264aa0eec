"""The server's configuration, written anew at every start.

Small-machine defaults: a service desk writes short transactions and reads few rows, beside an
encoder that wants the memory and the cores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from chatbot.store.embedded.home import Home

#: Who owns the application's database, and the server's administrator.
ROLE = "chatbot"
ADMIN = "postgres"
DATABASE = "chatbot"
PORT = 5432

_SETTINGS: Mapping[str, str] = {
    # No TCP at all. The socket lies in a private folder, and the kernel tells who connects.
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "cluster_name": "chatbot",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # Not in /dev/shm: a container has 64 MB of it, and systemd empties it when a user logs out.
    "dynamic_shared_memory_type": "mmap",
    # Short queries gain nothing from parallel plans, and the encoder wants the other core.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    # One file a weekday, each emptied before its day comes again: a week, and no more.
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "server-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Details quote whole rows, and what customers write has no business in a log file.
    "log_error_verbosity": "terse",
}

_HBA = "local all all peer map=chatbot\n"


def write_config(
    home: Home, socket_dir: Path, os_users: Sequence[str], overrides: Mapping[str, str]
) -> list[str]:
    """Write the three configuration files and return the server's arguments that name them.

    ``os_users`` are the users of this machine who may connect.
    """
    home.conf.mkdir(exist_ok=True)
    home.conf.chmod(0o755)  # nothing secret in it, and the server may be another user's
    settings = {**_SETTINGS, "unix_socket_directories": str(socket_dir), **overrides}
    files = {
        "config_file": ("postgresql.conf", _conf(settings)),
        "hba_file": ("pg_hba.conf", _HBA),
        "ident_file": ("pg_ident.conf", _ident(os_users)),
    }
    arguments = []
    for setting, (name, text) in files.items():
        path = home.conf / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        arguments += ["-c", f"{setting}={path}"]
    return arguments


def _conf(settings: Mapping[str, str]) -> str:
    lines = [f"{name} = {_quote(value)}" for name, value in settings.items()]
    return "\n".join(["# Written at every start: what is changed here is lost.", *lines, ""])


def _quote(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _ident(os_users: Sequence[str]) -> str:
    return "".join(
        f'chatbot "{user}" {role}\n' for user in dict.fromkeys(os_users) for role in (ROLE, ADMIN)
    )
