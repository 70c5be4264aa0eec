"""Sessions with a person, or in the pool, are watched: nobody is left waiting unseen."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE conversations
    ADD COLUMN owned_at timestamptz,      -- since when the session is with whom it is with
    ADD COLUMN watch_at timestamptz,      -- when to look after a session that is not the bot's
    -- Who had it, and whether supervisors were told, since somebody last answered the customer.
    ADD COLUMN offered_to text[] NOT NULL DEFAULT '{}',
    ADD COLUMN alarmed_at timestamptz;
CREATE INDEX conversations_watched ON conversations (watch_at) WHERE watch_at IS NOT NULL;
UPDATE conversations SET owned_at = now(), watch_at = now() WHERE service_state IN (2, 3);

-- How long customers wait at most, and who is called then; one row, none: the defaults.
CREATE TABLE desk_rules (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    rules jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
