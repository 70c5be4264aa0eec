"""What can go wrong with the embedded PostgreSQL, and the way out that is always open."""

from chatbot.errors import UserError

#: The end of every message about a machine on which the embedded server cannot run.
OWN_SERVER = "set CHATBOT_DATABASE_URL to a PostgreSQL of your own (postgresql://user@host/name)"


class EmbeddedDatabaseError(UserError):
    """The embedded PostgreSQL cannot be used; the text says why and what to do."""
