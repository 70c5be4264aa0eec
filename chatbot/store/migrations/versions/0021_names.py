"""When it was last asked what a customer is called."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE conversations ADD COLUMN name_asked_at timestamptz;
CREATE INDEX conversations_unnamed ON conversations (customer_wrote_at) WHERE nickname IS NULL;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
