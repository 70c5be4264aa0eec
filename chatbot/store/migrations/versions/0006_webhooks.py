"""Filled forms on their way to other systems are parts of the outbox."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN (
    'kf_message', 'kf_event_message', 'transition', 'staff_message', 'webhook'));
"""


def upgrade() -> None:
    op.execute(SCHEMA)
