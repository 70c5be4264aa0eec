"""Snapshots with a history, vectors shared by all machines, pictures, one watcher of the files."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = """
-- Where a snapshot comes from, and what decisions depend on beside its content.
ALTER TABLE snapshots
    ADD COLUMN cause text NOT NULL DEFAULT 'publish' CHECK (cause IN (
        'first',     -- the files at the very first start
        'start',     -- the files differed when a server started, or took over the watch
        'watch',     -- a file changed
        'publish',   -- a person published it
        'rollback',  -- a person made the content of snapshot source live again
        'basis')),   -- the same content, decided by another encoder, precision or release
    ADD COLUMN actor text NOT NULL DEFAULT '',
    ADD COLUMN source integer,
    ADD COLUMN entries integer NOT NULL DEFAULT 0,
    ADD COLUMN intents integer NOT NULL DEFAULT 0,
    ADD COLUMN encoder text NOT NULL DEFAULT '',
    ADD COLUMN target_precision double precision NOT NULL DEFAULT 0,
    ADD COLUMN release text NOT NULL DEFAULT '';
UPDATE snapshots SET
    entries = json_array_length(content::json -> 'entries'),
    intents = json_array_length(content::json -> 'intents');

CREATE FUNCTION keep_live_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'live' THEN
        RAISE EXCEPTION 'snapshot % was live: it is neither changed nor deleted', OLD.number;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER snapshots_immutable BEFORE UPDATE OR DELETE ON snapshots
    FOR EACH ROW EXECUTE FUNCTION keep_live_snapshots();

-- Sentence vectors by encoder and text: embedded once, for all machines.
CREATE TABLE vectors (
    fingerprint text NOT NULL,
    text_hash bytea NOT NULL,          -- SHA-256 of the text
    vector bytea STORAGE EXTERNAL NOT NULL,  -- float32, little endian: does not compress
    used_at timestamptz NOT NULL,      -- updated at most once a week
    PRIMARY KEY (fingerprint, text_hash)
);
CREATE INDEX vectors_used ON vectors (used_at);

-- Pictures that answers need, by the SHA-256 of their bytes in hexadecimal.
CREATE TABLE media_files (
    sha256 text PRIMARY KEY,
    media_type text NOT NULL,
    bytes bytea STORAGE EXTERNAL NOT NULL,
    created_at timestamptz NOT NULL
);

-- What is wrong with the watched files right now; no row while they are good.
CREATE TABLE content_problems (
    watcher text PRIMARY KEY,          -- host and folder
    since timestamptz NOT NULL,
    problems jsonb NOT NULL
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
