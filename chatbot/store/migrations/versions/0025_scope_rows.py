"""Which rows (a store, …) a conversation is about, for who may see it: an end forgets the rest."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE conversations ADD COLUMN scope_rows jsonb NOT NULL DEFAULT '{}';
UPDATE conversations SET scope_rows = context -> 'rows' WHERE context ? 'rows';
"""


def upgrade() -> None:
    op.execute(SCHEMA)
