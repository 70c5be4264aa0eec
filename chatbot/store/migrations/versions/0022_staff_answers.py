"""What members of staff answered where the bot had only drafted, held against its drafts."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

SCHEMA = """
-- 'nothing': what they wrote answers no question. `measure` names the way it was compared by.
CREATE TABLE staff_answers (
    turn_id bigint PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    first_message_id bigint NOT NULL,
    last_message_id bigint NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('same', 'different', 'nothing')),
    reason text NOT NULL,
    similarity real NOT NULL,
    measure text NOT NULL,
    compared_at timestamptz NOT NULL
);
CREATE INDEX turns_recorded ON turns (created_at) WHERE mode = 'assist';
"""


def upgrade() -> None:
    op.execute(SCHEMA)
