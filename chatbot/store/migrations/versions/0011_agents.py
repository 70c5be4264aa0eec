"""The roster: who serves customers, what they know, where they work, and when."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE agents (
    userid text PRIMARY KEY CHECK (userid = lower(userid)),
    name text NOT NULL,
    skills text[] NOT NULL,
    stores text[] NOT NULL,
    hours text[] NOT NULL,      -- as people write them; none: always
    shifts jsonb NOT NULL,      -- day -> hours as people write them; none: a day off
    capacity integer CHECK (capacity > 0),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
CREATE INDEX messages_of_staff ON messages (conversation_id, id DESC)
    WHERE servicer_userid IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
