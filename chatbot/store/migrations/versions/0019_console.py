"""What agents do at their desk: judge what the bot said, write notes, and find things."""

from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

SCHEMA = """
-- What a person says of a turn of the bot's; the newest word counts.
CREATE TABLE turn_judgements (
    turn_id bigint PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    verdict text NOT NULL CHECK (verdict IN ('right', 'wrong', 'other')),
    faq_id text,                   -- of 'other': what it should have been
    question text NOT NULL DEFAULT '',  -- how that entry was worded then
    judged_by text NOT NULL,
    judged_at timestamptz NOT NULL,
    CHECK ((verdict = 'other') = (faq_id IS NOT NULL))
);
ALTER TABLE turn_labels DROP CONSTRAINT turn_labels_source_check;
ALTER TABLE turn_labels ADD CONSTRAINT turn_labels_source_check CHECK (source IN (
    'click', 'typed', 'rephrased', 'dissatisfied', 'wish', 'judged'));
CREATE UNIQUE INDEX turn_labels_judged ON turn_labels (turn_id) WHERE source = 'judged';

-- What people write down about a customer. A removed note stays on record.
CREATE TABLE customer_notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_userid text NOT NULL,
    text text NOT NULL,
    written_by text NOT NULL,
    written_at timestamptz NOT NULL,
    removed_by text,
    removed_at timestamptz
);
CREATE INDEX customer_notes_customer ON customer_notes (external_userid, id)
    WHERE removed_at IS NULL;

CREATE INDEX conversations_with_people ON conversations (id) WHERE service_state IN (2, 3);
CREATE INDEX conversations_with_bot ON conversations (session_started_at DESC)
    WHERE service_state IN (0, 1);
CREATE INDEX conversations_recent ON conversations (customer_wrote_at DESC, id DESC)
    WHERE customer_wrote_at IS NOT NULL;
CREATE INDEX handoffs_untaken ON handoffs (conversation_id)
    WHERE state IN ('requested', 'pooled', 'failed');
CREATE INDEX handoffs_conversation ON handoffs (conversation_id, id);

-- Two neighbouring characters each: Chinese has no words to index, and any part is asked for.
CREATE FUNCTION text_pairs(text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT COALESCE(array_agg(DISTINCT c || following), '{}') FROM (
        SELECT c, lead(c) OVER (ORDER BY n) AS following
        FROM unnest(string_to_array(lower(left($1, 400)), NULL)) WITH ORDINALITY AS u(c, n)
    ) AS pairs WHERE following IS NOT NULL
$$;
CREATE INDEX messages_pairs ON messages USING gin (text_pairs(content ->> 'content'))
    WHERE msgtype = 'text' AND conversation_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
