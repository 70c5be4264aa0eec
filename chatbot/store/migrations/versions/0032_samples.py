"""A weekly sample of direct answers, judged by people; what calibrating found, kept."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

SCHEMA = """
-- A week whose sample was drawn, after it had ended.
CREATE TABLE sample_weeks (
    first_day date PRIMARY KEY,    -- its Monday, where the brand is
    drawn_at timestamptz NOT NULL,
    target double precision NOT NULL,  -- the share of right answers that was promised then
    strata jsonb NOT NULL          -- [{"band", "often", "answers"}]: how many answers each had
);
CREATE TABLE sample_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_day date NOT NULL REFERENCES sample_weeks ON DELETE CASCADE,
    turn_id bigint NOT NULL UNIQUE REFERENCES turns ON DELETE CASCADE,
    place smallint NOT NULL,       -- in which order they are looked at
    stratum smallint NOT NULL,
    said text NOT NULL,            -- the answer as the customer read it
    UNIQUE (first_day, place)
);
-- What people say of them; the newest that was not taken back counts.
CREATE TABLE sample_words (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id bigint NOT NULL REFERENCES sample_items ON DELETE CASCADE,
    verdict text NOT NULL CHECK (verdict IN ('right', 'wrong', 'other', 'unsure')),
    faq_id text,                   -- of 'other': what it should have been
    question text NOT NULL DEFAULT '',
    said_by text NOT NULL,
    said_at timestamptz NOT NULL,
    taken_back_at timestamptz,
    former jsonb,                  -- the judgement of the turn that it took the place of
    CHECK ((verdict = 'other') = (faq_id IS NOT NULL))
);
CREATE INDEX sample_words_item ON sample_words (item_id, id);

ALTER TABLE turn_labels DROP CONSTRAINT turn_labels_source_check;
ALTER TABLE turn_labels ADD CONSTRAINT turn_labels_source_check CHECK (source IN (
    'click', 'typed', 'rephrased', 'dissatisfied', 'wish', 'judged', 'sampled'));
DROP INDEX turn_labels_judged;
CREATE UNIQUE INDEX turn_labels_judged ON turn_labels (turn_id)
    WHERE source IN ('judged', 'sampled');

-- What confidence was worth when a snapshot had gone live, by the labels of then.
CREATE TABLE calibrations (
    snapshot integer PRIMARY KEY REFERENCES snapshots ON DELETE CASCADE,
    at timestamptz NOT NULL,
    newest bigint NOT NULL,        -- the label told last when it was worked out
    sources jsonb NOT NULL,        -- how many labels of which source there were
    report jsonb NOT NULL          -- as `chatbot knowledge calibrate --json` tells it
);

-- A complaint counts where the answer does that it is about.
INSERT INTO insight_changes (conversation_id)
    SELECT DISTINCT t.conversation_id FROM turn_labels l JOIN turns t ON t.id = l.turn_id
    WHERE l.source = 'dissatisfied';

-- A closed gap that was put into another keeps what closing it saved.
ALTER TABLE gap_savings ADD COLUMN minutes_each real;  -- NULL: as the group's decision says
"""


def upgrade() -> None:
    op.execute(SCHEMA)
