"""What admins have said of messages that were suggested as similar questions."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE workshop_verdicts (
    faq_id text NOT NULL,
    text_hash bytea NOT NULL,          -- SHA-256 of the text: an index entry has a limit
    text text NOT NULL,                -- without personal data
    verdict text NOT NULL CHECK (verdict IN ('accept', 'reject')),
    actor text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (faq_id, text_hash)
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
