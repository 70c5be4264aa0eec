"""A process that starts or attaches to a cluster, for tests that kill it or run it as others.

``python embedded_owner.py USER start|attach DATA_DIR OPTIONS`` answers with one JSON object a
line; OPTIONS are those of `EmbeddedCluster` as JSON. After a start it holds the cluster until a
line, or the end, comes on its standard input; an interrupt makes it ask the database once more
before it stops.

It becomes USER only when all is imported: where the tests are root, the interpreter itself often
lies in a folder that is closed to everybody else.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from pathlib import Path

import psycopg
import structlog

from chatbot.store.embedded import ClusterHandle, EmbeddedCluster, EmbeddedDatabaseError


def main(user: str, action: str, data_dir: str, options: str) -> None:
    """Do one action and say what came of it."""
    become(user)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    given = json.loads(options)
    system_dir = Path(given.pop("system_dir"))
    cluster = EmbeddedCluster(Path(data_dir), system_dir=system_dir, **given)
    try:
        if action == "attach":
            say(url=cluster.attach())
        else:
            hold(cluster.start())
    except EmbeddedDatabaseError as error:
        say(error=str(error))


def become(user: str) -> None:
    """Turn from root into another user, for good."""
    entry = pwd.getpwnam(user)
    if entry.pw_uid != os.geteuid():
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)


def hold(handle: ClusterHandle) -> None:
    """Keep the cluster until told otherwise."""
    with handle:
        try:
            say(url=handle.url, is_owner=handle.is_owner)
            sys.stdin.readline()
        except KeyboardInterrupt:
            with psycopg.connect(handle.url) as connection:
                row = connection.execute("SELECT 1").fetchone()
            say(after_interrupt=row[0] if row else None)
    say(stopped=True)


def say(**values: object) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
