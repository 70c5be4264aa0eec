"""Figures: what each conversation adds to them, their sums by day, and what has changed since."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SCHEMA = """
-- Conversations of which something countable has changed; only added to by the triggers below, so
-- that writers never wait for each other, and emptied by who counts.
CREATE TABLE insight_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id bigint NOT NULL
);
-- The rows of the brand's tables (a store, …) that customers belong to.
CREATE TABLE insight_places (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rows jsonb NOT NULL UNIQUE
);
-- What a conversation has added to the sums: [[day, topic, figure, key, n, amount], …].
CREATE TABLE insight_talks (
    conversation_id bigint PRIMARY KEY,
    open_kfid text NOT NULL,
    place_id integer NOT NULL REFERENCES insight_places,
    cells jsonb NOT NULL
);
-- Sums by day. Place 0 and topic '*' stand for all of them together.
CREATE TABLE insight_sums (
    place_id integer NOT NULL,
    topic text NOT NULL,
    day date NOT NULL,
    open_kfid text NOT NULL,
    figure text NOT NULL,
    key text NOT NULL,
    n bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (place_id, topic, day, open_kfid, figure, key)
);
CREATE INDEX insight_sums_topics ON insight_sums (place_id, day, figure, topic)
    WHERE topic <> '*' AND figure IN ('requests', 'solved', 'handed_over');
CREATE INDEX insight_sums_trend ON insight_sums (place_id, day, figure) WHERE topic = '*'
    AND figure IN ('conversations', 'requests', 'solved', 'handed_over', 'unsolved');
-- How far the counting has come: one row.
CREATE TABLE insight_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    counted_at timestamptz,                 -- when nothing was left to count
    placed_snapshot integer NOT NULL DEFAULT 0,   -- by whose tables places are told
    placed_until bigint NOT NULL DEFAULT 0  -- the last conversation that was looked at for that
);
INSERT INTO insight_state DEFAULT VALUES;
CREATE INDEX tag_evidence_turn ON tag_evidence (turn_id)
    WHERE turn_id IS NOT NULL AND change = 'given';
CREATE INDEX outbox_by_member ON outbox (conversation_id) WHERE by_userid IS NOT NULL;

CREATE FUNCTION insight_conversation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insight_changes (conversation_id)
        VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.conversation_id ELSE NEW.conversation_id END);
    RETURN NULL;
END $$;
CREATE FUNCTION insight_turn_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insight_changes (conversation_id) SELECT conversation_id FROM turns
        WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.turn_id ELSE NEW.turn_id END;
    RETURN NULL;
END $$;
CREATE FUNCTION insight_place_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insight_changes (conversation_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION insight_customer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO insight_changes (conversation_id) SELECT id FROM conversations
        WHERE external_userid = NEW.external_userid;
    RETURN NULL;
END $$;
CREATE TRIGGER insight_turns AFTER INSERT OR DELETE ON turns
    FOR EACH ROW EXECUTE FUNCTION insight_conversation_changed();
CREATE TRIGGER insight_handoffs AFTER INSERT OR UPDATE OR DELETE ON handoffs
    FOR EACH ROW EXECUTE FUNCTION insight_conversation_changed();
CREATE TRIGGER insight_ratings AFTER INSERT OR UPDATE OR DELETE ON ratings
    FOR EACH ROW EXECUTE FUNCTION insight_conversation_changed();
CREATE TRIGGER insight_messages AFTER INSERT ON messages FOR EACH ROW
    -- What waits for its turn, or belongs to one, is told of by the turn.
    WHEN (NEW.conversation_id IS NOT NULL AND NEW.fate NOT IN ('pending', 'turn')
        AND NEW.msgtype <> 'event')
    EXECUTE FUNCTION insight_conversation_changed();
CREATE TRIGGER insight_fates AFTER UPDATE ON messages FOR EACH ROW
    WHEN (OLD.fate IS DISTINCT FROM NEW.fate AND NEW.fate <> 'turn'
        AND NEW.conversation_id IS NOT NULL)
    EXECUTE FUNCTION insight_conversation_changed();
CREATE TRIGGER insight_sent AFTER UPDATE ON outbox FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state
        AND (NEW.by_userid IS NOT NULL OR NEW.state IN ('refused', 'superseded', 'expired')))
    EXECUTE FUNCTION insight_conversation_changed();
CREATE TRIGGER insight_judgements AFTER INSERT OR UPDATE OR DELETE ON turn_judgements
    FOR EACH ROW EXECUTE FUNCTION insight_turn_changed();
CREATE TRIGGER insight_labels AFTER INSERT OR DELETE ON turn_labels
    FOR EACH ROW EXECUTE FUNCTION insight_turn_changed();
CREATE TRIGGER insight_places AFTER UPDATE ON conversations FOR EACH ROW
    WHEN (OLD.scope_rows IS DISTINCT FROM NEW.scope_rows OR OLD.scene IS DISTINCT FROM NEW.scene)
    EXECUTE FUNCTION insight_place_changed();
CREATE TRIGGER insight_new_tags AFTER INSERT ON customer_tags
    FOR EACH ROW EXECUTE FUNCTION insight_customer_changed();
CREATE TRIGGER insight_tags AFTER UPDATE ON customer_tags FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION insight_customer_changed();
-- Everything so far is counted as well.
INSERT INTO insight_changes (conversation_id) SELECT id FROM conversations ORDER BY id;

-- The figures of a day or a week, told in a message of their own.
ALTER TABLE staff_messages DROP CONSTRAINT staff_messages_kind_check;
ALTER TABLE staff_messages ADD CONSTRAINT staff_messages_kind_check CHECK (kind IN (
    'reply', 'card', 'update', 'notice', 'digest'));
CREATE TABLE insight_digests (
    span text NOT NULL CHECK (span IN ('day', 'week')),
    first_day date NOT NULL,
    told_at timestamptz NOT NULL,
    told integer NOT NULL,                  -- how many members
    PRIMARY KEY (span, first_day)
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
