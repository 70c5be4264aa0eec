"""What customers say of a person's service when its session has ended."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE ratings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,             -- in the ids of the menu's lines
    conversation_id bigint NOT NULL REFERENCES conversations,
    external_userid text NOT NULL,        -- who is asked once a day, on whatever account
    session_version integer NOT NULL,     -- as it was while the person served
    session_started_at timestamptz NOT NULL,  -- the session's turns lie between this and asked_at
    userid text NOT NULL,                 -- who served: wrote last
    handoff_id bigint REFERENCES handoffs,    -- NULL: staff had begun by themselves
    outbox_id bigint REFERENCES outbox,   -- the menu
    asked_at timestamptz NOT NULL,
    score text CHECK (score IN ('good', 'fair', 'poor')),  -- NULL: not rated
    rated_at timestamptz,
    turn_id bigint REFERENCES turns ON DELETE SET NULL,  -- that told the score
    reason text,                          -- empty: the customer would not say
    reason_at timestamptz,
    CHECK ((score IS NULL) = (rated_at IS NULL)),
    CHECK ((reason IS NULL) = (reason_at IS NULL)),
    CHECK (reason IS NULL OR score <> 'good')
);
CREATE INDEX ratings_customer ON ratings (external_userid, asked_at);
CREATE INDEX ratings_conversation ON ratings (conversation_id, asked_at);
CREATE INDEX ratings_asked ON ratings (asked_at);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
