"""The tables of the main job: inbox, turns, outbox, sessions, handoffs, content."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = """
-- A running process. It also holds an advisory lock with its number, so that others can tell
-- at once when it is gone and free what it had claimed.
CREATE TABLE processes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL
);

-- One access token for each (corp, secret); the key is a hash, never the secret.
CREATE TABLE access_tokens (
    key text PRIMARY KEY,
    token text,
    renew_at timestamptz,
    lease_owner bigint,
    lease_until timestamptz
);

CREATE TABLE kf_accounts (
    open_kfid text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    managed boolean NOT NULL DEFAULT true,
    cursor text,
    caught_up_at timestamptz,      -- end of the first complete pull
    pulled_at timestamptz,
    lease_owner bigint,
    lease_until timestamptz,
    fence bigint NOT NULL DEFAULT 0
);

CREATE TABLE conversations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id text NOT NULL UNIQUE,   -- not guessable: it is the address of a page
    open_kfid text NOT NULL,
    external_userid text NOT NULL,
    nickname text,
    created_at timestamptz NOT NULL,
    -- The session as we know it: WeCom's states 0 new, 1 bot, 2 pool, 3 person, 4 ended.
    service_state smallint NOT NULL DEFAULT 4 CHECK (service_state BETWEEN 0 AND 4),
    state_certain boolean NOT NULL DEFAULT true,
    servicer_userid text,
    session_version integer NOT NULL DEFAULT 0,
    session_started_at timestamptz,
    context jsonb NOT NULL DEFAULT '{}',
    -- The budget: 5 messages within 48 hours of the customer's last one.
    customer_wrote_at timestamptz,
    sent_since_customer smallint NOT NULL DEFAULT 0,
    -- The burst that is being waited for; burst_due_at is set exactly while messages are pending.
    pending_message_id bigint,
    burst_started_at timestamptz,
    burst_due_at timestamptz,
    -- When a worker should look, and which process works on it now.
    due_at timestamptz,
    lease_owner bigint,
    lease_until timestamptz,
    fence bigint NOT NULL DEFAULT 0,
    UNIQUE (open_kfid, external_userid)
);
CREATE INDEX conversations_due ON conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversations_leased ON conversations (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX conversations_served ON conversations (servicer_userid) WHERE service_state = 3;

CREATE TABLE turns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations,
    session_version integer NOT NULL,
    created_at timestamptz NOT NULL,
    text text NOT NULL,
    action text NOT NULL,
    snapshot integer NOT NULL,
    decision jsonb NOT NULL,
    trace jsonb NOT NULL
);
CREATE INDEX turns_conversation ON turns (conversation_id, id);

-- Everything sync_msg returned, each item once.
CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    open_kfid text NOT NULL,
    msgid text NOT NULL,
    conversation_id bigint REFERENCES conversations,
    origin smallint NOT NULL,
    msgtype text NOT NULL,
    content jsonb NOT NULL,
    servicer_userid text,
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    fate text NOT NULL CHECK (fate IN (
        'pending',      -- waits for its turn
        'turn',         -- belongs to turn_id
        'person',       -- came while a person, or the pool, had the session
        'stale',        -- too old to be answered: part of an open item
        'recalled',     -- taken back by the customer before its turn
        'recorded'      -- events, staff messages, history of a first pull
    )),
    turn_id bigint REFERENCES turns,
    CHECK ((fate = 'turn') = (turn_id IS NOT NULL)),
    UNIQUE (open_kfid, msgid)
);
CREATE INDEX messages_conversation ON messages (conversation_id, id);
CREATE INDEX messages_pending ON messages (conversation_id, id) WHERE fate = 'pending';
CREATE INDEX messages_turn ON messages (turn_id) WHERE turn_id IS NOT NULL;

CREATE TABLE handoffs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations,
    turn_id bigint REFERENCES turns,
    reason text NOT NULL,
    skill text,
    priority text NOT NULL,
    state text NOT NULL CHECK (state IN ('requested', 'pooled', 'served', 'failed', 'ended')),
    servicer_userid text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX handoffs_open ON handoffs (conversation_id) WHERE state <> 'ended';

-- Every effect on the outside, with exactly one fate.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- 'conversation': in order, under the conversation's lease. 'direct': on its own, at once.
    lane text NOT NULL CHECK (lane IN ('conversation', 'direct')),
    kind text NOT NULL CHECK (kind IN (
        'kf_message', 'kf_event_message', 'transition', 'staff_message')),
    conversation_id bigint NOT NULL REFERENCES conversations,
    turn_id bigint REFERENCES turns,
    handoff_id bigint REFERENCES handoffs,
    session_version integer NOT NULL,
    msgid text NOT NULL UNIQUE,
    payload jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN (
        'pending', 'sending',
        'delivered', 'refused', 'superseded', 'held', 'expired', 'unknown')),
    attempts smallint NOT NULL DEFAULT 0,
    uncertain boolean NOT NULL DEFAULT false,  -- an earlier attempt may have arrived
    first_tried_at timestamptz,
    due_at timestamptz NOT NULL,
    expires_at timestamptz,
    lease_owner bigint,
    lease_until timestamptz,
    error_code integer,
    error_text text,
    result jsonb,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((state IN ('pending', 'sending')) = (settled_at IS NULL))
);
CREATE INDEX outbox_conversation ON outbox (conversation_id, id);
CREATE INDEX outbox_open ON outbox (conversation_id, id)
    WHERE lane = 'conversation' AND state IN ('pending', 'sending');
CREATE INDEX outbox_direct ON outbox (due_at)
    WHERE lane = 'direct' AND state IN ('pending', 'sending');

-- Single-use codes for one message where send_msg is refused.
CREATE TABLE notice_codes (
    code text PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations,
    occasion text NOT NULL CHECK (occasion IN ('welcome', 'pool', 'person', 'ended')),
    received_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    outbox_id bigint REFERENCES outbox
);
CREATE INDEX notice_codes_conversation ON notice_codes (conversation_id);

-- What a person should look at: one open item for each conversation and kind.
CREATE TABLE open_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations,
    kind text NOT NULL CHECK (kind IN ('unanswered', 'refused')),
    first_message_at timestamptz NOT NULL,
    last_message_at timestamptz NOT NULL,
    messages integer NOT NULL DEFAULT 1,
    detail text NOT NULL DEFAULT '',
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE UNIQUE INDEX open_items_one ON open_items (conversation_id, kind) WHERE closed_at IS NULL;

-- App messages, contact events and card clicks, committed before the callback is acknowledged.
CREATE TABLE app_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedup_key text NOT NULL UNIQUE,
    kind text NOT NULL,
    fields jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL
);

-- Published content: numbered and immutable; the newest live one is what every process serves.
CREATE TABLE snapshots (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- never used twice
    digest text NOT NULL,
    content text NOT NULL,  -- canonical JSON: the digest is over these very bytes
    state text NOT NULL CHECK (state IN ('candidate', 'live')),
    created_at timestamptz NOT NULL,
    published_at timestamptz
);
CREATE UNIQUE INDEX snapshots_one_candidate ON snapshots (state) WHERE state = 'candidate';
"""


def upgrade() -> None:
    op.execute(SCHEMA)
