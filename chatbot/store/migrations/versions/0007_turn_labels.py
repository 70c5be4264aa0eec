"""What customers choose and refuse says what their earlier messages were about."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE turn_labels (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    turn_id bigint REFERENCES turns ON DELETE CASCADE,  -- of the choice; NULL: came by the API
    text text NOT NULL,            -- the earlier message, as it was asked
    faq_id text,                   -- what it was about; NULL: a person, or nothing that is known
    source text NOT NULL CHECK (source IN (
        'click', 'typed', 'rephrased', 'dissatisfied', 'wish')),
    snapshot integer NOT NULL,     -- by which the earlier message was decided
    ranked_first text,             -- the entry that led then, and its confidence
    confidence double precision NOT NULL,
    offered jsonb NOT NULL,        -- ids of the entries that were to be chosen from
    refused jsonb NOT NULL,        -- ids of the entries that had been answered in vain
    created_at timestamptz NOT NULL
);
CREATE INDEX turn_labels_turn ON turn_labels (turn_id) WHERE turn_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
