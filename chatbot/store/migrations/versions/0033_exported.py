"""Candidates that were exported: what a file was made from is known when it comes back."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

SCHEMA = """
-- A candidate goes with the next edit; the files that were exported from it have its number.
CREATE TABLE exported_candidates (
    number integer PRIMARY KEY,    -- as in snapshots, where numbers are never used twice
    content text NOT NULL,
    at timestamptz NOT NULL        -- when it was exported last
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
