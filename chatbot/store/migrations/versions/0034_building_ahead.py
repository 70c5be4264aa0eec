"""Content that is about to go live is built by every process first."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

SCHEMA = """
-- What a process could decide by at once, beside what is live: the digest of the content that it
-- built last. NULL until it decides at all.
ALTER TABLE processes ADD COLUMN built text;

-- Snapshots of before that somebody is about to go back to. A candidate needs no row.
CREATE TABLE wanted_builds (
    number integer PRIMARY KEY,    -- as in snapshots
    wanted_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
