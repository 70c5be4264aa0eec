"""A server that dies under a running process is started again."""

from __future__ import annotations

import psutil
import psycopg

from chatbot.store.embedded import ClusterHandle, throwaway_cluster


def _postmaster(cluster: ClusterHandle) -> psutil.Process:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        parent = psutil.Process(row[0]).parent()  # while the backend is still there to be asked
    assert parent is not None
    return parent


def _write(cluster: ClusterHandle) -> None:
    with psycopg.connect(cluster.url) as connection:
        connection.execute("SET synchronous_commit = on")  # throwaway clusters do not wait
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")


def _read(cluster: ClusterHandle) -> object:
    with psycopg.connect(cluster.url) as connection:
        return connection.execute("SELECT n FROM kept").fetchone()


def test_that_a_killed_server_comes_back_at_the_same_address_with_its_data() -> None:
    with throwaway_cluster() as cluster:
        _write(cluster)
        assert not cluster.ensure_running(), "it runs"
        postmaster = _postmaster(cluster)
        postmaster.kill()
        postmaster.wait(10)
        assert cluster.ensure_running()
        assert _read(cluster) == (1,)
