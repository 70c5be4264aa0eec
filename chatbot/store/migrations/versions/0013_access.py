"""Who may come in: grants, sessions, links to log in by; and a record of who did what."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SCHEMA = """
-- What the platform says of members who logged in or were given a role.
CREATE TABLE known_members (
    userid text PRIMARY KEY CHECK (userid = lower(userid)),
    name text NOT NULL,
    departments bigint[] NOT NULL,
    servicer boolean NOT NULL,
    check_at timestamptz NOT NULL      -- when to ask again, as long as a session is open
);

-- The role of a member or of a department, perhaps for some stores only.
CREATE TABLE access_grants (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    userid text UNIQUE CHECK (userid = lower(userid)),
    department bigint UNIQUE CHECK (department > 0),
    role text NOT NULL CHECK (role IN ('agent', 'supervisor', 'operations', 'admin')),
    stores text[] NOT NULL,
    granted_at timestamptz NOT NULL,
    granted_by text NOT NULL,
    CHECK ((userid IS NULL) <> (department IS NULL)),
    CHECK (role <> 'admin' OR stores = '{}')
);

-- Secrets are kept as SHA-256 only: reading the database lets nobody in.
CREATE TABLE login_sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    userid text NOT NULL,              -- a member's, or "link:" and the number of a one-time link
    name text NOT NULL,
    link_role text,                    -- the role that a one-time link gave; NULL: a member
    user_agent text NOT NULL,
    address text NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text,
    end_reason text CHECK (end_reason IN ('logout', 'ended', 'replaced', 'left')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX login_sessions_open ON login_sessions (userid) WHERE ended_at IS NULL;

CREATE TABLE login_links (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- Logins under way: bound to the browser that began, led back to where it was.
CREATE TABLE login_states (
    state_hash bytea PRIMARY KEY,
    browser_hash bytea NOT NULL,
    target text NOT NULL,
    expires_at timestamptz NOT NULL
);

-- How often was knocked in a stretch of time; address "" counts everybody.
CREATE TABLE login_attempts (
    kind text NOT NULL,
    address text NOT NULL,
    began_at timestamptz NOT NULL,
    tries integer NOT NULL,
    PRIMARY KEY (kind, address, began_at)
);

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    who text NOT NULL,
    name text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX audit_log_who ON audit_log (who, id DESC);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
