"""Colleagues who write to the app, and conversations of other systems."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = """
-- The scene_param of the link the customer came by last; it may name a store or a room.
ALTER TABLE conversations ADD COLUMN scene text NOT NULL DEFAULT '';

-- A context that another system carries on by a key of its own choice.
CREATE TABLE api_conversations (
    key text PRIMARY KEY,
    context jsonb NOT NULL,
    version integer NOT NULL,      -- counts the turns: who decides on an old one decides again
    updated_at timestamptz NOT NULL
);
-- For the turns of one customer with all accounts, and the parts of given turns.
CREATE INDEX conversations_customer ON conversations (external_userid);
CREATE INDEX outbox_turn ON outbox (turn_id) WHERE turn_id IS NOT NULL;

-- What is remembered of a colleague's chat with the app, for a while.
CREATE TABLE member_conversations (
    userid text PRIMARY KEY,       -- in lower case
    context jsonb NOT NULL,
    menu jsonb NOT NULL,           -- lines of the last reply's menu, to be picked by their number
    updated_at timestamptz NOT NULL
);

-- One turn for each message of a colleague.
CREATE TABLE member_turns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    userid text NOT NULL,
    event_id bigint NOT NULL UNIQUE REFERENCES app_events,
    created_at timestamptz NOT NULL,
    text text NOT NULL,
    action text NOT NULL,
    snapshot integer NOT NULL,
    decision jsonb NOT NULL,
    trace jsonb NOT NULL
);
CREATE INDEX member_turns_userid ON member_turns (userid, id);

-- What is sent to colleagues in reply: each with one fate, and in order for each colleague.
CREATE TABLE member_parts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    turn_id bigint NOT NULL REFERENCES member_turns,
    userid text NOT NULL,
    message jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN (
        'pending', 'sending', 'delivered', 'refused', 'superseded', 'expired', 'unknown')),
    attempts smallint NOT NULL DEFAULT 0,
    uncertain boolean NOT NULL DEFAULT false,  -- an earlier attempt may have arrived
    first_tried_at timestamptz,
    tried_at timestamptz,                      -- the pace of a colleague's messages is kept by it
    due_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    lease_owner bigint,
    lease_until timestamptz,
    error_code integer,
    error_text text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((state IN ('pending', 'sending')) = (settled_at IS NULL))
);
CREATE INDEX member_parts_turn ON member_parts (turn_id);
CREATE INDEX member_parts_open ON member_parts (userid, id) WHERE settled_at IS NULL;
CREATE INDEX member_parts_tried ON member_parts (userid, tried_at) WHERE tried_at IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
