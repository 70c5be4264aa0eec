"""Customers, their tags with the evidence, and what is written to WeCom."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = """
-- Events are processed in order of arrival within their subject, each exactly once.
ALTER TABLE app_events
    ADD COLUMN subject text NOT NULL DEFAULT '',   -- whose events keep their order
    ADD COLUMN state text NOT NULL DEFAULT 'waiting' CHECK (state IN (
        'waiting',
        'done',
        'ignored',       -- nobody here has a use for it
        'set_aside'      -- failed too often; error says why
    )),
    ADD COLUMN due_at timestamptz,
    ADD COLUMN attempts smallint NOT NULL DEFAULT 0,
    ADD COLUMN error text,
    ADD COLUMN processed_at timestamptz,
    ADD COLUMN lease_owner bigint,
    ADD COLUMN lease_until timestamptz;
UPDATE app_events SET due_at = received_at, subject = COALESCE(
    NULLIF(fields ->> 'ExternalUserID', ''), lower(fields ->> 'FromUserName'), kind);
-- What nobody processed at its time would come out of the blue today; contacts are facts.
UPDATE app_events SET state = 'ignored', processed_at = received_at WHERE kind <> 'contact';
ALTER TABLE app_events
    ALTER COLUMN due_at SET NOT NULL,
    ALTER COLUMN subject DROP DEFAULT,
    ADD CHECK ((state = 'waiting') = (processed_at IS NULL));
CREATE INDEX app_events_waiting ON app_events (subject, id) WHERE state = 'waiting';
CREATE INDEX app_events_order ON app_events (id) WHERE state = 'waiting';
CREATE INDEX app_events_due ON app_events (due_at) WHERE state = 'waiting';
CREATE INDEX app_events_kind ON app_events (kind) WHERE state = 'waiting';

-- One row a person. It is the lock on, and the unit of claim for, everything about their tags.
CREATE TABLE customers (
    external_userid text PRIMARY KEY,
    first_seen_at timestamptz NOT NULL,
    looked_up_at timestamptz,      -- when the platform last told who follows them
    tagging_due_at timestamptz,    -- when WeCom should hear of tags
    tagging_attempts smallint NOT NULL DEFAULT 0,
    lease_owner bigint,
    lease_until timestamptz,
    fence bigint NOT NULL DEFAULT 0
);
CREATE INDEX customers_tagging ON customers (tagging_due_at) WHERE tagging_due_at IS NOT NULL;

-- Members who have, or had, the customer as a contact.
CREATE TABLE contact_relations (
    external_userid text NOT NULL REFERENCES customers,
    userid text NOT NULL,
    active boolean NOT NULL,
    channel text NOT NULL DEFAULT '',   -- the state of the contact way they came through
    since timestamptz NOT NULL,
    event_at timestamptz,               -- the platform's time of the last event told of it
    changed_at timestamptz NOT NULL,    -- our time
    PRIMARY KEY (external_userid, userid)
);

-- How a tag of a customer stands.
CREATE TABLE customer_tags (
    external_userid text NOT NULL REFERENCES customers,
    tag_group text NOT NULL,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('given', 'replaced', 'lapsed', 'removed')),
    -- False for what only people in WeCom put there: it is known here, but theirs.
    ours boolean NOT NULL,
    first_given_at timestamptz NOT NULL,
    last_given_at timestamptz NOT NULL,
    times integer NOT NULL,
    lapses_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    ended_why text,
    -- Until then the bot does not give it again, because a person took it away.
    withheld_until timestamptz,
    PRIMARY KEY (external_userid, tag_group, name),
    CHECK ((state = 'given') = (ended_at IS NULL))
);
CREATE INDEX customer_tags_lapse ON customer_tags (lapses_at)
    WHERE state = 'given' AND lapses_at IS NOT NULL;

-- Why a tag stands as it does. Rows are only added.
CREATE TABLE tag_evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_userid text NOT NULL REFERENCES customers,
    tag_group text NOT NULL,
    name text NOT NULL,
    change text NOT NULL CHECK (change IN ('given', 'replaced', 'lapsed', 'removed', 'withheld')),
    source text NOT NULL CHECK (source IN ('intent', 'entry', 'flow', 'person', 'admin', 'time')),
    source_name text NOT NULL,      -- of the intent, entry or flow; or the member's userid
    score real,
    turn_id bigint REFERENCES turns,
    messages bigint[] NOT NULL DEFAULT '{}',
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL
);
CREATE INDEX tag_evidence_customer ON tag_evidence (external_userid, id);

-- What a member who follows the customer has, or is to have, in WeCom: one state for each tag.
CREATE TABLE tag_writes (
    external_userid text NOT NULL REFERENCES customers,
    userid text NOT NULL,
    tag_group text NOT NULL,
    name text NOT NULL,
    goal text NOT NULL CHECK (goal IN ('present', 'absent')),
    state text NOT NULL CHECK (state IN ('wanted', 'written', 'refused', 'shadow')),
    by_person boolean NOT NULL DEFAULT false,  -- put there by people, so not ours to take off
    tag_id text,
    recreated boolean NOT NULL DEFAULT false,  -- the tag had gone and was made again once
    error_code integer,
    error_text text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (external_userid, userid, tag_group, name)
);
CREATE INDEX tag_writes_wanted ON tag_writes (external_userid) WHERE state = 'wanted';
CREATE INDEX tag_writes_refused ON tag_writes (error_code) WHERE state = 'refused';

-- The enterprise's tags as WeCom last told, and who is asking or adding right now.
CREATE TABLE corp_tags (
    tag_id text PRIMARY KEY,
    tag_group text NOT NULL,
    name text NOT NULL,
    position integer NOT NULL
);
CREATE TABLE corp_tag_list (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    refreshed_at timestamptz,
    lease_owner bigint,
    lease_until timestamptz
);
INSERT INTO corp_tag_list DEFAULT VALUES;

-- WeCom takes five mark_tag calls at a time from an enterprise; who holds a slot may make one.
CREATE TABLE tag_slots (
    slot smallint PRIMARY KEY,
    lease_owner bigint,
    lease_until timestamptz,
    fence bigint NOT NULL DEFAULT 0
);
INSERT INTO tag_slots (slot) SELECT generate_series(1, 5);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
