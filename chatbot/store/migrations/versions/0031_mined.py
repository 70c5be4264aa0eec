"""Questions of gaps that came from files, and files that are imported on a page."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE gap_questions
    ALTER COLUMN turn_id DROP NOT NULL,
    ALTER COLUMN conversation_id DROP NOT NULL,
    ADD COLUMN source text,       -- the file that it came from; NULL: a turn of ours
    ADD COLUMN source_mark text UNIQUE,  -- what tells the same question when it comes again
    DROP CONSTRAINT gap_questions_kind_check,
    ADD CONSTRAINT gap_questions_kind_check CHECK (kind IN (
        'unanswered', 'handed_over', 'unchosen', 'disliked', 'mined', 'document')),
    ADD CONSTRAINT gap_questions_origin_check CHECK (
        (turn_id IS NULL) = (source IS NOT NULL) AND (turn_id IS NULL) = (source_mark IS NOT NULL)
        AND (turn_id IS NULL) = (conversation_id IS NULL));

-- Files that somebody has put on the page for importing, tried against the content of that moment.
CREATE TABLE imports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    data bytea NOT NULL,
    extra_as_similar boolean NOT NULL,  -- columns that mean nothing hold similar questions
    actor text NOT NULL,
    at timestamptz NOT NULL,
    applied_at timestamptz,
    snapshot integer,                   -- the candidate that applying it made
    CHECK ((applied_at IS NULL) = (snapshot IS NULL))
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
