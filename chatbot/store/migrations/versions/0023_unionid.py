"""What a customer is called by systems that share the brand's WeChat developer account."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SCHEMA = """
-- NULL: not asked for yet; empty: the platform tells none.
ALTER TABLE conversations ADD COLUMN unionid text;
"""


def upgrade() -> None:
    op.execute(SCHEMA)
