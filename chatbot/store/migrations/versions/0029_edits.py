"""Edits made on pages: what was, what is to be, and whether a folder of files holds it yet."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE snapshots DROP CONSTRAINT snapshots_cause_check;
ALTER TABLE snapshots ADD CONSTRAINT snapshots_cause_check CHECK (cause IN (
    'first', 'start', 'watch', 'publish', 'rollback', 'basis',
    'edit'));  -- somebody edited it on a page

CREATE TABLE content_edits (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('entry', 'intent', 'table', 'words')),
    key text NOT NULL,
    before jsonb,                      -- as an admin would write it; NULL: there was none
    after jsonb,                       -- NULL: it was taken out
    pictures jsonb NOT NULL DEFAULT '{}',  -- SHA-256 by path of those that came or went
    actor text NOT NULL,
    at timestamptz NOT NULL,
    candidate integer NOT NULL,        -- the number of the snapshot that it made
    state text NOT NULL CHECK (state IN (
        'waiting',                     -- no file holds it yet
        'written',                     -- the files of written_to do
        'conflict',                    -- they said something else meanwhile; why says what
        'replaced',                    -- somebody decided about the conflict
        'discarded')),                 -- somebody let the candidate go
    why text NOT NULL DEFAULT '',
    found jsonb,                       -- what the file said in a conflict
    is_found boolean NOT NULL DEFAULT false,  -- found is what the file says, be it nothing
    base jsonb,                        -- what is known of the file since a person decided
    is_based boolean NOT NULL DEFAULT false,
    written_to text NOT NULL DEFAULT '',   -- machine and folder
    held boolean NOT NULL,             -- nobody has published it: saved files wait for somebody
    undo_of bigint REFERENCES content_edits
);
CREATE INDEX content_edits_subject ON content_edits (kind, key, id);
CREATE INDEX content_edits_open ON content_edits (id) WHERE state IN ('waiting', 'conflict');
CREATE INDEX content_edits_held ON content_edits (id) WHERE held;

-- What was accepted on pages is an edit from now on. What no one has published yet is in the files:
-- it is held back as before.
INSERT INTO content_edits (kind, key, actor, at, candidate, state, held)
SELECT 'entry', faq_id, actor, at, 0, 'written', true FROM accepted_changes
WHERE at > COALESCE((SELECT max(published_at) FROM snapshots
    WHERE state = 'live' AND cause IN ('publish', 'rollback')), '-infinity');
DROP TABLE accepted_changes;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
