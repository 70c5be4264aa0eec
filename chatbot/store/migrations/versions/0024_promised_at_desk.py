"""What is promised in replies that go through the bot's channel: they are parts, not messages."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE case_proposals
    ALTER COLUMN message_id DROP NOT NULL,
    ADD COLUMN part_id bigint UNIQUE REFERENCES outbox,
    ADD CONSTRAINT case_proposals_words CHECK (num_nonnulls(message_id, part_id) = 1);
ALTER TABLE case_links
    ADD COLUMN part_id bigint REFERENCES outbox,
    DROP CONSTRAINT case_links_check,
    ADD CONSTRAINT case_links_one CHECK (num_nonnulls(turn_id, message_id, part_id) = 1);
CREATE UNIQUE INDEX case_links_part ON case_links (case_id, part_id) WHERE part_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
