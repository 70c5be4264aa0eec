"""What people do at the desk: they hold the bot back, write through its channel, and go home."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE conversations
    -- Somebody has the reply box open: the bot says nothing by itself until then.
    ADD COLUMN paused_by text,
    ADD COLUMN paused_until timestamptz;
-- The member who wrote the message, or wants the session moved; null: the bot by itself.
ALTER TABLE outbox ADD COLUMN by_userid text;
-- Who has handed over and gone, whatever their hours and their client say, until they are back.
CREATE TABLE agent_absences (
    userid text PRIMARY KEY CHECK (userid = lower(userid)),
    since timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
