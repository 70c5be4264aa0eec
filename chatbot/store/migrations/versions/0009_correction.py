"""What labels have corrected is kept with each snapshot, beside the share it is meant for."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE snapshots
    -- CHATBOT_OUT_OF_SCOPE_SHARE; what earlier releases supposed
    ADD COLUMN out_of_scope_share double precision NOT NULL DEFAULT 0.3,
    ADD COLUMN correction jsonb;  -- NULL: no label said anything

-- Confidences of turns by time, for the share of messages that have no entry.
CREATE INDEX turns_created ON turns (created_at);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
