"""One queue for everything that is sent to staff: replies, cards, their updates, and notices."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE member_parts RENAME TO staff_messages;
ALTER INDEX member_parts_turn RENAME TO staff_messages_turn;
ALTER INDEX member_parts_open RENAME TO staff_messages_open;
ALTER INDEX member_parts_tried RENAME TO staff_messages_tried;
ALTER TABLE staff_messages
    ALTER COLUMN turn_id DROP NOT NULL,
    ADD COLUMN kind text NOT NULL DEFAULT 'reply' CHECK (kind IN (
        'reply',    -- to what a colleague wrote to the app
        'card',     -- a conversation that wants them
        'update',   -- of a card that was sent
        'notice')), -- what can wait to be told together with others
    ADD COLUMN rank smallint NOT NULL DEFAULT 2,   -- the lowest goes first
    ADD COLUMN conversation_id bigint REFERENCES conversations,
    ADD COLUMN session_version integer,
    ADD COLUMN handoff_id bigint REFERENCES handoffs,
    ADD COLUMN place text,
    ADD COLUMN key text UNIQUE,            -- says the same thing only once
    ADD COLUMN task_id text UNIQUE,        -- by which the platform tells of a card's buttons
    ADD COLUMN response_code text,         -- changes the card, once
    ADD COLUMN digest_id bigint REFERENCES staff_messages;  -- the notice that tells it as well
ALTER TABLE staff_messages ALTER COLUMN kind DROP DEFAULT, ALTER COLUMN rank DROP DEFAULT;
CREATE INDEX staff_messages_cards ON staff_messages (conversation_id) WHERE kind = 'card';
CREATE INDEX staff_messages_noticed ON staff_messages (userid, tried_at)
    WHERE kind = 'notice' AND tried_at IS NOT NULL;
-- What waits to be sent in the old way goes the new one: to each receiver by themselves.
INSERT INTO staff_messages (userid, kind, rank, message, conversation_id, session_version,
    handoff_id, place, due_at, expires_at, created_at)
SELECT lower(receiver), 'card', 1, payload - 'touser', conversation_id, session_version,
    handoff_id, 'failed', due_at, due_at + interval '48 hours', created_at
FROM outbox, unnest(string_to_array(payload ->> 'touser', '|')) AS receiver
WHERE kind = 'staff_message' AND settled_at IS NULL;
UPDATE outbox SET state = 'superseded', settled_at = due_at,
    error_text = 'moved to the queue of staff'
WHERE kind = 'staff_message' AND settled_at IS NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
