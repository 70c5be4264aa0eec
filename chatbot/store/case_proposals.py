"""What agents seem to have promised: proposed cases, until somebody accepts or dismisses them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chatbot.cases.case import CaseKind
from chatbot.store.database import statement
from chatbot.store.messages import storable_text

#: How long after its time a proposal is still shown.
_SHOWN_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case that somebody may accept; ``words`` are the agent's, ``userid`` is who wrote them.

    They wrote them in a message, or in a part that went through the bot's channel. ``public_id``
    is the address of the conversation's page.
    """

    id: int
    conversation_id: int
    message_id: int | None
    part_id: int | None
    userid: str
    kind: CaseKind
    title: str
    words: str
    due_at: datetime
    state: str
    case_id: int | None
    created_at: datetime
    external_userid: str
    customer: str
    public_id: str


@dataclass(frozen=True, slots=True)
class NewProposal:
    """A promise that was found in an agent's message, or in a part of theirs: one of the two."""

    conversation_id: int
    message_id: int | None
    userid: str
    kind: CaseKind
    title: str
    words: str
    due_at: datetime
    part_id: int | None = None


_COLUMNS = (
    "p.id, p.conversation_id, p.message_id, p.part_id, p.userid, p.kind, p.title, p.words,"
    " p.due_at, p.state, p.case_id, p.created_at, c.external_userid,"
    " COALESCE(c.nickname, '') AS customer, c.public_id"
)
_FROM = "FROM case_proposals p JOIN conversations c ON c.id = p.conversation_id"
_KNOWN = statement(
    "SELECT EXISTS (SELECT FROM cases WHERE conversation_id = :conversation_id AND state = 'open'"
    " AND kind <> 'message' AND due_at = :due_at) OR EXISTS (SELECT FROM case_proposals"
    " WHERE conversation_id = :conversation_id AND state = 'dismissed' AND due_at = :due_at)"
)
_REPLACE = statement(
    "UPDATE case_proposals SET state = 'replaced', settled_at = :now, settled_by = :userid"
    " WHERE conversation_id = :conversation_id AND state = 'open'"
)
_INSERT = statement(
    "INSERT INTO case_proposals (conversation_id, message_id, part_id, userid, kind, title, words,"
    " due_at, created_at) VALUES (:conversation_id, :message_id, :part_id, :userid, :kind, :title,"
    " :words, :due_at, :now) ON CONFLICT DO NOTHING"
)
_OPEN = statement(
    # What never reached the customer was not promised.
    f"SELECT {_COLUMNS} {_FROM} WHERE p.state = 'open' AND p.due_at > :since"
    " AND NOT EXISTS (SELECT FROM outbox o WHERE o.id = p.part_id"
    " AND o.state NOT IN ('pending', 'sending', 'delivered', 'unknown'))"
    " AND (CAST(:conversation_id AS bigint) IS NULL OR p.conversation_id = :conversation_id)"
    " AND (CAST(:userid AS text) IS NULL OR p.userid = :userid) ORDER BY p.due_at, p.id"
)
_CONVERSATION = statement("SELECT conversation_id FROM case_proposals WHERE id = :id")
_LOCK_CONVERSATION = statement(
    "SELECT FROM conversations c WHERE c.id = (SELECT conversation_id FROM case_proposals"
    " WHERE id = :id) FOR NO KEY UPDATE"
)
_LOCK = statement(f"SELECT {_COLUMNS} {_FROM} WHERE p.id = :id FOR UPDATE OF p")
_SETTLE = statement(
    "UPDATE case_proposals SET state = :state, case_id = :case_id, settled_at = :now,"
    " settled_by = :by WHERE id = :id"
)
_LAST_QUESTIONS = statement(
    "SELECT id, content->>'content' AS words FROM messages WHERE conversation_id = :id"
    " AND origin = 3"
    " AND msgtype = 'text' AND fate <> 'recalled' ORDER BY id DESC LIMIT :limit"
)


def propose_case(connection: Connection, new: NewProposal, now: datetime) -> bool:
    """Store a proposal in the place of the conversation's open one.

    Return False if nothing is new: there is a case, or a proposal that was dismissed, with this
    very time.
    """
    values: dict[str, Any] = {
        "conversation_id": new.conversation_id, "message_id": new.message_id,
        "part_id": new.part_id, "userid": new.userid, "kind": new.kind,
        "title": storable_text(new.title), "words": storable_text(new.words),
        "due_at": new.due_at, "now": now,
    }  # fmt: skip
    if connection.scalar(_KNOWN, values):
        return False
    connection.execute(_REPLACE, values)
    return connection.execute(_INSERT, values).rowcount == 1


def open_proposals(
    connection: Connection,
    now: datetime,
    *,
    conversation_id: int | None = None,
    userid: str | None = None,
) -> list[Proposal]:
    """Return the proposals that nobody has settled, of a conversation or of an agent."""
    values = {"conversation_id": conversation_id, "userid": userid, "since": now - _SHOWN_FOR}
    return [Proposal(*row) for row in connection.execute(_OPEN, values)]


def conversation_of_proposal(connection: Connection, proposal_id: int) -> int | None:
    """Return in which conversation a proposal was made, None if there is no such proposal."""
    found: int | None = connection.scalar(_CONVERSATION, {"id": proposal_id})
    return found


def lock_proposal(connection: Connection, proposal_id: int) -> Proposal | None:
    """Lock a proposal, and its conversation before it; None if there is none."""
    connection.execute(_LOCK_CONVERSATION, {"id": proposal_id})
    row = connection.execute(_LOCK, {"id": proposal_id}).one_or_none()
    return Proposal(*row) if row else None


def settle_proposal(
    connection: Connection, proposal_id: int, case_id: int | None, by: str, now: datetime
) -> None:
    """Note that a proposal became a case, or with None that it is none."""
    state = "accepted" if case_id is not None else "dismissed"
    values = {
        "id": proposal_id, "state": state, "case_id": case_id, "by": storable_text(by), "now": now,
    }  # fmt: skip
    connection.execute(_SETTLE, values)


def last_questions(
    connection: Connection, conversation_id: int, limit: int
) -> list[tuple[int, str]]:
    """Return the texts that the customer wrote last, each with its message, the newest first."""
    values = {"id": conversation_id, "limit": limit}
    return [(row.id, row.words or "") for row in connection.execute(_LAST_QUESTIONS, values)]
