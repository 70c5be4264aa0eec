"""How far the bot of each account may go, on record, and what it would have said."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = """
-- The newest row of an account is in force; without one, what its file says.
CREATE TABLE account_modes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    open_kfid text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('off', 'assist', 'after-hours', 'full')),
    percent smallint NOT NULL CHECK (percent BETWEEN 0 AND 100),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    note text NOT NULL DEFAULT ''
);
CREATE INDEX account_modes_newest ON account_modes (open_kfid, id DESC);

-- 'full': answered. 'assist': only recorded; `drafts` are the messages that would have been sent.
ALTER TABLE turns
    ADD COLUMN mode text NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'assist')),
    ADD COLUMN drafts jsonb NOT NULL DEFAULT '[]';

-- A new fate: 'off', the bot of the account was switched off when the message came.
ALTER TABLE messages DROP CONSTRAINT messages_fate_check;
ALTER TABLE messages ADD CONSTRAINT messages_fate_check CHECK (fate IN (
    'pending', 'turn', 'person', 'off', 'stale', 'recalled', 'recorded'));
"""


def upgrade() -> None:
    op.execute(SCHEMA)
