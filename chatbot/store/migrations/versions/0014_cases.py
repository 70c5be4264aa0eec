"""Cases: what was promised to customers; reminders of them; messages left out of hours."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE cases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_userid text NOT NULL,
    conversation_id bigint REFERENCES conversations,  -- none: a chat that no server sees
    kind text NOT NULL CHECK (kind IN ('reply', 'call', 'handle', 'message', 'other')),
    title text NOT NULL CHECK (title <> ''),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'dropped')),
    owner text CHECK (owner = lower(owner)),          -- none: a left message nobody has taken
    due_at timestamptz NOT NULL,
    phone text NOT NULL DEFAULT '',
    wanted text NOT NULL DEFAULT '',                  -- when, in the customer's words
    version integer NOT NULL DEFAULT 1,               -- counts the changes
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    closed_at timestamptz,
    armed_at timestamptz NOT NULL,                    -- since when the due time holds
    assigned_at timestamptz NOT NULL,
    assigned_by text NOT NULL,
    held_since timestamptz,                           -- when its session would have been ended
    collects_until timestamptz,                       -- until when messages are left with it
    remind_at timestamptz,                            -- when to look whether to tell somebody
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK (owner IS NOT NULL OR kind = 'message')
);
CREATE INDEX cases_to_remind ON cases (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX cases_open ON cases (due_at) WHERE state = 'open';
CREATE INDEX cases_customer ON cases (external_userid, id);
CREATE INDEX cases_conversation ON cases (conversation_id) WHERE state = 'open';
-- At most one message is being left at a time.
CREATE UNIQUE INDEX cases_one_message ON cases (conversation_id)
    WHERE state = 'open' AND kind = 'message';

-- The turns and messages that a case is about.
CREATE TABLE case_links (
    case_id bigint NOT NULL REFERENCES cases,
    turn_id bigint REFERENCES turns,
    message_id bigint REFERENCES messages,
    CHECK (num_nonnulls(turn_id, message_id) = 1)
);
CREATE UNIQUE INDEX case_links_turn ON case_links (case_id, turn_id) WHERE turn_id IS NOT NULL;
CREATE UNIQUE INDEX case_links_message ON case_links (case_id, message_id)
    WHERE message_id IS NOT NULL;

-- Who changed what and when; only added to.
CREATE TABLE case_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES cases,
    at timestamptz NOT NULL,
    by text NOT NULL,
    what text NOT NULL CHECK (what IN (
        'created', 'title', 'kind', 'due', 'owner', 'phone', 'wanted', 'note', 'state')),
    before text NOT NULL DEFAULT '',
    after text NOT NULL DEFAULT ''
);
CREATE INDEX case_changes_case ON case_changes (case_id, id);

-- What people were told of a case; the key is what makes it once.
CREATE TABLE case_tellings (
    case_id bigint NOT NULL REFERENCES cases,
    stage text NOT NULL CHECK (stage IN (
        'assigned', 'soon', 'due', 'overdue', 'window', 'held')),
    about timestamptz NOT NULL,
    at timestamptz NOT NULL,
    told text[] NOT NULL,                             -- member ids
    PRIMARY KEY (case_id, stage, about)
);

-- What an agent seems to have promised: a case only if somebody says so.
CREATE TABLE case_proposals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations,
    message_id bigint NOT NULL UNIQUE REFERENCES messages,
    userid text NOT NULL CHECK (userid = lower(userid)),
    kind text NOT NULL CHECK (kind IN ('reply', 'call', 'handle', 'other')),
    title text NOT NULL CHECK (title <> ''),
    words text NOT NULL,
    due_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN (
        'open', 'accepted', 'dismissed', 'replaced')),
    case_id bigint REFERENCES cases,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by text,
    CHECK ((state = 'open') = (settled_at IS NULL)),
    CHECK ((state = 'accepted') = (case_id IS NOT NULL))
);
CREATE INDEX case_proposals_open ON case_proposals (conversation_id) WHERE state = 'open';
"""


def upgrade() -> None:
    op.execute(SCHEMA)
