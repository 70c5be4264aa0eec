"""What each turn was decided from, to decide it again; what publishing a snapshot changes."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE turns ADD COLUMN inputs jsonb;  -- NULL: recorded by an earlier release

-- What a snapshot changes for customers, held against the one that was live then.
CREATE TABLE gate_reports (
    number integer PRIMARY KEY REFERENCES snapshots ON DELETE CASCADE,
    report jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    forced_by text NOT NULL DEFAULT ''  -- who made it live though something pinned down breaks
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
