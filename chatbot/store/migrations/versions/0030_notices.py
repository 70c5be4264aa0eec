"""Notices with who read them on which day, and reminders of entries to be looked over."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE notices (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('prefix', 'replace')),
    stores jsonb NOT NULL DEFAULT '[]',      -- keys of rows; none: all
    accounts jsonb NOT NULL DEFAULT '[]',    -- open_kfids; none: all
    categories jsonb NOT NULL DEFAULT '[]',  -- with those below them; none: all
    begins_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,            -- not any more at this very moment
    ended_at timestamptz,                    -- ended by somebody, before its time
    version integer NOT NULL DEFAULT 1,      -- of an older one nothing is changed
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    CHECK (begins_at < ends_at)
);

-- Who was told a notice in front of a reply on which day of the brand's. Written with the turn, or
-- the welcome, that tells it; a part that never arrived counts as not told.
CREATE TABLE notice_tellings (
    notice_id bigint NOT NULL REFERENCES notices,
    customer text NOT NULL,  -- external_userid, or "api:" and the key of a conversation
    day date NOT NULL,
    turn_id bigint REFERENCES turns ON DELETE SET NULL,
    part_id bigint REFERENCES outbox ON DELETE SET NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (notice_id, customer, day)
);
CREATE INDEX notice_tellings_part ON notice_tellings (part_id) WHERE part_id IS NOT NULL;
CREATE INDEX notice_tellings_turn ON notice_tellings (turn_id) WHERE turn_id IS NOT NULL;

CREATE INDEX audit_log_target ON audit_log (target, id DESC);

-- Which reminder of an entry's review went to whom: each is said once.
CREATE TABLE review_reminders (
    faq_id text NOT NULL,
    review date NOT NULL,    -- the date that was reminded of
    about date NOT NULL,     -- the day that the reminder was for
    told text[] NOT NULL,    -- member ids
    at timestamptz NOT NULL,
    PRIMARY KEY (faq_id, review, about)
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
