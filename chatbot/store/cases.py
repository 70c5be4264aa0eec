"""Cases: what is to be done for customers, with what they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.cases.case import Case, CaseKind, Reach
from chatbot.store.database import statement
from chatbot.store.messages import storable_text


@dataclass(frozen=True, slots=True)
class StoredCase:
    """What a new case is stored as; see `chatbot.cases.case.Case`."""

    external_userid: str
    conversation_id: int | None
    kind: CaseKind
    title: str
    owner: str | None
    due_at: datetime
    by: str
    phone: str = ""
    wanted: str = ""
    collects_until: datetime | None = None
    #: Who is meant to have given it to the owner; the owner is not told of what is their own.
    assigned_by: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with what people want to see beside it.

    ``public_id`` is the address of the conversation's page, None where there is no conversation.
    """

    case: Case
    customer: str
    reach: Reach
    public_id: str | None
    open_kfid: str | None

    @property
    def out_of_reach_when_due(self) -> bool:
        """Return whether the customer cannot be answered in the session when it is due."""
        return self.case.is_open and not self.reach.is_open(self.case.due_at)


_NAMES = (
    "id", "external_userid", "conversation_id", "kind", "title", "state", "owner", "due_at",
    "phone", "wanted", "version", "created_at", "created_by", "changed_at", "closed_at",
    "armed_at", "assigned_at", "assigned_by", "held_since", "collects_until",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_INSERT = statement(
    "INSERT INTO cases (external_userid, conversation_id, kind, title, owner, due_at, phone,"
    " wanted, created_at, created_by, changed_at, armed_at, assigned_at, assigned_by,"
    " collects_until, remind_at) VALUES (:external_userid, :conversation_id, :kind, :title,"
    " :owner, :due_at, :phone, :wanted, :now, :by, :now, :now, :now, :assigned_by,"
    f" :collects_until, :now) RETURNING {_COLUMNS}"
)
_LOCK = statement(f"SELECT {_COLUMNS} FROM cases WHERE id = :id FOR UPDATE")
_CONVERSATION_OF = statement("SELECT conversation_id FROM cases WHERE id = :id")
_LOCK_CONVERSATION = statement("SELECT FROM conversations WHERE id = :id FOR NO KEY UPDATE")
_SAVE = statement(
    "UPDATE cases SET kind = :kind, title = :title, state = :state, owner = :owner,"
    " due_at = :due_at, phone = :phone, wanted = :wanted, version = :version,"
    " changed_at = :changed_at, closed_at = :closed_at, armed_at = :armed_at,"
    " assigned_at = :assigned_at, assigned_by = :assigned_by, collects_until = :collects_until,"
    # Whatever has changed may change what there is to tell.
    " remind_at = CASE WHEN :state = 'open' THEN CAST(:changed_at AS timestamptz) END"
    " WHERE id = :id"
)
_WATCH = statement(
    "UPDATE conversations SET watch_at = :now WHERE id = :id AND service_state IN (2, 3)"
)
_LINK_TURNS = statement(
    "INSERT INTO case_links (case_id, turn_id) SELECT :case_id, t.id FROM turns t"
    " JOIN conversations c ON c.id = t.conversation_id"
    " WHERE t.id = ANY(:ids) AND c.external_userid = :customer ON CONFLICT DO NOTHING"
)
_LINK_MESSAGES = statement(
    "INSERT INTO case_links (case_id, message_id) SELECT :case_id, m.id FROM messages m"
    " JOIN conversations c ON c.id = m.conversation_id"
    " WHERE m.id = ANY(:ids) AND c.external_userid = :customer ON CONFLICT DO NOTHING"
)
_LINK_PARTS = statement(
    "INSERT INTO case_links (case_id, part_id) SELECT :case_id, o.id FROM outbox o"
    " JOIN conversations c ON c.id = o.conversation_id"
    " WHERE o.id = ANY(:ids) AND c.external_userid = :customer ON CONFLICT DO NOTHING"
)
_SAID = statement(
    "SELECT m.sent_at AS at, m.msgtype, m.content FROM case_links l"
    " JOIN messages m ON m.id = l.message_id WHERE l.case_id = :id"
    " UNION ALL SELECT t.created_at, 'text', jsonb_build_object('content', t.text)"
    " FROM case_links l JOIN turns t ON t.id = l.turn_id WHERE l.case_id = :id"
    " UNION ALL SELECT o.created_at, o.payload ->> 'msgtype', o.payload -> 'text'"
    " FROM case_links l JOIN outbox o ON o.id = l.part_id WHERE l.case_id = :id ORDER BY at"
)
_VIEW = (
    f"SELECT {', '.join(f'x.{name}' for name in _NAMES)},"
    " COALESCE(c.nickname, '') AS nickname, c.customer_wrote_at, c.public_id, c.open_kfid,"
    " ARRAY(SELECT userid FROM contact_relations r WHERE r.external_userid = x.external_userid"
    " AND r.active ORDER BY r.since, userid) AS followers"
    " FROM cases x LEFT JOIN conversations c ON c.id = x.conversation_id"
)
_ONE = statement(f"{_VIEW} WHERE x.id = :id")
_LISTED = statement(
    f"{_VIEW} WHERE x.state = 'open' AND (CAST(:before AS timestamptz) IS NULL"
    " OR x.due_at < :before) AND (CAST(:owner AS text) IS NULL OR x.owner = :owner"
    " OR (x.owner IS NULL AND :unowned)) ORDER BY x.due_at, x.id"
)
_OF_CUSTOMER = statement(
    f"{_VIEW} WHERE x.external_userid = :customer"
    " ORDER BY x.state <> 'open', CASE WHEN x.state = 'open' THEN x.due_at END, x.id DESC"
)
_OPEN_MESSAGE = statement(
    f"SELECT {_COLUMNS} FROM cases WHERE conversation_id = :id AND state = 'open'"
    " AND kind = 'message' FOR UPDATE"
)
_RECHECK = statement(
    "UPDATE cases SET remind_at = :now WHERE conversation_id = ANY(:ids) AND state = 'open'"
    " RETURNING conversation_id, kind"
)
_HOLD_SESSION = statement(
    "UPDATE cases SET held_since = :now, remind_at = :now WHERE id = (SELECT id FROM cases"
    " WHERE conversation_id = :id AND state = 'open' ORDER BY due_at, id LIMIT 1)"
)
_OWNERS = statement(
    "SELECT owner, count(*) FROM cases WHERE state = 'open' AND owner IS NOT NULL"
    " GROUP BY owner ORDER BY owner"
)
_OVERDUE = statement("SELECT count(*) FROM cases WHERE state = 'open' AND due_at < :before")


def insert_case(connection: Connection, new: StoredCase, now: datetime) -> Case:
    """Store a new case."""
    values = {
        "external_userid": new.external_userid, "conversation_id": new.conversation_id,
        "kind": new.kind, "title": storable_text(new.title), "owner": new.owner,
        "due_at": new.due_at, "phone": storable_text(new.phone),
        "wanted": storable_text(new.wanted), "by": storable_text(new.by),
        "assigned_by": storable_text(new.assigned_by or new.by),
        "collects_until": new.collects_until, "now": now,
    }  # fmt: skip
    return Case(*connection.execute(_INSERT, values).one())


def lock_case(connection: Connection, case_id: int) -> Case | None:
    """Lock a case, and its conversation before it, as everybody does; None if there is none."""
    conversation_id = connection.scalar(_CONVERSATION_OF, {"id": case_id})
    if conversation_id is not None:
        connection.execute(_LOCK_CONVERSATION, {"id": conversation_id})
    row = connection.execute(_LOCK, {"id": case_id}).one_or_none()
    return Case(*row) if row else None


def save_case(connection: Connection, case: Case) -> None:
    """Write a case that this transaction has locked; a session that waited for it goes on."""
    values: dict[str, Any] = {name: getattr(case, name) for name in _NAMES}
    values |= {"title": storable_text(case.title), "wanted": storable_text(case.wanted)}
    connection.execute(_SAVE, values)
    if case.conversation_id is not None:
        connection.execute(_WATCH, {"id": case.conversation_id, "now": case.changed_at})


def link_case(
    connection: Connection,
    case: Case,
    turns: Iterable[int] = (),
    messages: Iterable[int] = (),
    parts: Iterable[int] = (),
) -> None:
    """Link turns, messages and parts of the case's customer to it; others are passed over."""
    links = ((_LINK_TURNS, turns), (_LINK_MESSAGES, messages), (_LINK_PARTS, parts))
    for link, ids in links:
        values = {"case_id": case.id, "customer": case.external_userid, "ids": list(ids)}
        connection.execute(link, values)


def said_of_case(connection: Connection, case_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Return what was said that a case is about, in order: each message's type and content."""
    rows = connection.execute(_SAID, {"id": case_id})
    return [(row.msgtype, row.content or {}) for row in rows]


def find_case(connection: Connection, case_id: int) -> CaseView | None:
    """Return a case, None if there is none."""
    row = connection.execute(_ONE, {"id": case_id}).one_or_none()
    return _view(row) if row else None


def open_cases(
    connection: Connection,
    *,
    owner: str | None = None,
    unowned: bool = True,
    before: datetime | None = None,
) -> list[CaseView]:
    """Return open cases, the first due first: of an ``owner`` (None: everybody's), due ``before``.

    With ``unowned`` those that nobody has taken come as well.
    """
    values = {"owner": owner, "unowned": unowned, "before": before}
    return [_view(row) for row in connection.execute(_LISTED, values)]


def cases_of_customer(connection: Connection, external_userid: str) -> list[CaseView]:
    """Return all cases of a customer: the open ones, first due first, then the newest closed."""
    rows = connection.execute(_OF_CUSTOMER, {"customer": external_userid})
    return [_view(row) for row in rows]


def lock_left_message(connection: Connection, conversation_id: int) -> Case | None:
    """Lock the message that is being left in a conversation, None without one."""
    row = connection.execute(_OPEN_MESSAGE, {"id": conversation_id}).one_or_none()
    return Case(*row) if row else None


def recheck_reminders(
    connection: Connection, conversation_ids: Collection[int], now: datetime
) -> set[int]:
    """Look again what is to be told: the customers have written, so the 48 hours begin anew.

    Return in which of the conversations a message is being left.
    """
    rows = connection.execute(_RECHECK, {"ids": list(conversation_ids), "now": now})
    return {row.conversation_id for row in rows if row.kind == "message"}


def hold_session(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Note that a session is kept open for its case that is due first."""
    connection.execute(_HOLD_SESSION, {"id": conversation_id, "now": now})


def case_owners(connection: Connection) -> dict[str, int]:
    """Return how many open cases each owner has."""
    return {owner: int(count) for owner, count in connection.execute(_OWNERS)}


def count_overdue(connection: Connection, before: datetime) -> int:
    """Return how many open cases should have been done ``before`` then."""
    return int(connection.scalar(_OVERDUE, {"before": before}) or 0)


def _view(row: Any) -> CaseView:
    fields: Sequence[Any] = row[: len(_NAMES)]
    return CaseView(
        case=Case(*fields),
        customer=row.nickname,
        reach=Reach.since(row.customer_wrote_at, tuple(row.followers)),
        public_id=row.public_id,
        open_kfid=row.open_kfid,
    )
