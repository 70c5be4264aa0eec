"""What customers asked in vain, grouped by meaning, and what was done about it."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE gap_groups (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    founded_at timestamptz NOT NULL,
    merged_into bigint REFERENCES gap_groups,
    -- 'similar': its questions became wordings of faq_id; 'new_entry': faq_id was made of it.
    decision text CHECK (decision IN ('similar', 'new_entry', 'not_ours')),
    faq_id text,
    decided_by text,
    decided_at timestamptz,
    minutes_each real,                 -- what one question of it cost when it was decided
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK ((decision IN ('similar', 'new_entry')) = (faq_id IS NOT NULL) OR decision IS NULL),
    -- What the job has worked out, so that the page only reads.
    title text NOT NULL DEFAULT '',    -- the question that says best what all of them mean
    nearest_faq_id text,
    nearest_confidence real,
    snapshot integer,                  -- by which the nearest entry was found
    draft text NOT NULL DEFAULT '',
    draft_question_id bigint,          -- whose reply it is
    draft_of integer NOT NULL DEFAULT 0,   -- out of so many replies
    stale boolean NOT NULL DEFAULT true    -- something came, went, or was settled since
);
CREATE INDEX gap_groups_stale ON gap_groups (id) WHERE stale;
CREATE INDEX gap_groups_faq ON gap_groups (faq_id) WHERE faq_id IS NOT NULL;

CREATE TABLE gap_questions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    turn_id bigint NOT NULL REFERENCES turns ON DELETE CASCADE,
    part smallint NOT NULL,            -- which of the turn's questions asked in vain
    conversation_id bigint NOT NULL REFERENCES conversations,
    group_id bigint NOT NULL REFERENCES gap_groups,
    kind text NOT NULL CHECK (kind IN ('unanswered', 'handed_over', 'unchosen', 'disliked')),
    text text NOT NULL,                -- without personal data
    form text NOT NULL,                -- what is embedded
    key text NOT NULL,                 -- its letters and digits: equal ones belong together
    asked_at timestamptz NOT NULL,
    placed_by text,                    -- who put it into its group by hand
    placed_at timestamptz,
    look_at timestamptz,               -- when to look whether a person has answered; NULL: done
    answered_at timestamptz,           -- when a person began to answer
    minutes real,                      -- its share of the time that took them
    reply text NOT NULL DEFAULT '',    -- what they wrote, without personal data
    UNIQUE (turn_id, part)
);
CREATE INDEX gap_questions_group ON gap_questions (group_id, asked_at);
CREATE INDEX gap_questions_asked ON gap_questions (asked_at);
CREATE INDEX gap_questions_look ON gap_questions (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX gap_questions_talk ON gap_questions (conversation_id, answered_at);

-- A question of a closed gap that the entry then answered.
CREATE TABLE gap_savings (
    turn_id bigint PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    group_id bigint NOT NULL REFERENCES gap_groups,
    answered_at timestamptz NOT NULL
);
CREATE INDEX gap_savings_group ON gap_savings (group_id, answered_at);

-- What people did with a gap, newest last.
CREATE TABLE gap_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id bigint NOT NULL REFERENCES gap_groups,
    act text NOT NULL CHECK (act IN (
        'merge', 'split', 'move', 'similar', 'new_entry', 'not_ours', 'reopen')),
    actor text NOT NULL,
    at timestamptz NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX gap_acts_group ON gap_acts (group_id, id);

-- How far turns have been taken in; `edition` grows when people change groups.
CREATE TABLE gap_progress (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    created_at timestamptz NOT NULL,
    turn_id bigint NOT NULL,
    edition bigint NOT NULL DEFAULT 0
);
-- Turns that were judged since they were taken in.
CREATE TABLE gap_again (
    turn_id bigint PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    times integer NOT NULL DEFAULT 1  -- grows with each note: one that comes while looking stays
);

-- Changes of knowledge that were accepted and written down, and wait for somebody to publish.
CREATE TABLE accepted_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    faq_id text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL
);

CREATE INDEX turns_taken_in ON turns (created_at, id);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
