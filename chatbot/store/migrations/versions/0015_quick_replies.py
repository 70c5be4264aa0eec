"""Agents' own quick replies, and how often each one, shared ones and entries too, was used."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE quick_replies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    userid text NOT NULL,          -- whose it is; nobody else sees it
    folder text NOT NULL,
    title text NOT NULL,
    text text NOT NULL,            -- with variables, such as {顾客.称呼}
    position integer NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX quick_replies_own ON quick_replies (userid, position, id);

-- ``item`` is faq:<entry> or own:<quick_replies.id>.
CREATE TABLE quick_reply_uses (
    userid text NOT NULL,
    item text NOT NULL,
    times integer NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (userid, item)
);
"""


def upgrade() -> None:
    op.execute(SCHEMA)
