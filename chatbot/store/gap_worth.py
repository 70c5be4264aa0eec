"""What people's answers to questions asked in vain took and said, and what the job makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.curation.gaps.asked import Kind
from chatbot.curation.gaps.stretch import WINDOW, Line
from chatbot.store.agents import member_names
from chatbot.store.database import statement
from chatbot.store.messages import storable_text

#: Nobody reads more of a talk to find an answer.
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Open:
    """A question of which it is not settled whether a person has answered it."""

    id: int
    group_id: int
    turn_id: int
    conversation_id: int
    kind: Kind
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Talk:
    """What came after a question, oldest first, and the names of those who talked."""

    lines: Sequence[Line]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a person's answer came to; ``look_at`` is when to look again, None: never."""

    question: Open
    look_at: datetime | None
    answered_at: datetime | None = None
    minutes: float | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A question or a reply of a group; ``talk`` is the conversation, ``times`` how often.

    What came from a file is a talk of its own, with a negative number; ``is_written``: of a
    document.
    """

    id: int
    talk: int
    text: str
    form: str
    times: int = 1
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """The different questions of a group, and the newest replies to them."""

    group_id: int
    questions: Sequence[Text]
    replies: Sequence[Text]


@dataclass(frozen=True, slots=True)
class Found:
    """What is worked out for a group."""

    group_id: int
    title: str
    nearest: str | None
    confidence: float | None
    snapshot: int
    draft: str
    draft_question_id: int | None
    draft_of: int


_OPEN = statement(
    "SELECT id, group_id, turn_id, conversation_id, kind, asked_at FROM gap_questions"
    " WHERE look_at <= :now ORDER BY look_at LIMIT :limit"
)
_LINES = statement(
    # What the customer and staff wrote, what staff sent through the account, and where the bot
    # began another turn. What came after the question is told by the order of messages: their times
    # are the platform's, in whole seconds.
    "SELECT at, by, text FROM ("
    " SELECT sent_at AS at, id, CASE origin WHEN 3 THEN 'customer' ELSE 'person' END AS by,"
    " CASE WHEN msgtype = 'text' THEN COALESCE(content ->> 'content', '') ELSE '' END AS text"
    " FROM messages WHERE conversation_id = :conversation AND msgtype <> 'event'"
    " AND (origin = 3 OR (origin = 5 AND servicer_userid IS NOT NULL))"
    " AND id > (SELECT COALESCE(max(id), 0) FROM messages WHERE turn_id = :turn_id)"
    " AND sent_at > CAST(:asked_at AS timestamptz) - interval '5 minutes' AND sent_at < :until"
    " UNION ALL SELECT settled_at, id, 'person', COALESCE(payload -> 'text' ->> 'content', '')"
    " FROM outbox WHERE conversation_id = :conversation AND by_userid IS NOT NULL"
    " AND kind IN ('kf_message', 'kf_event_message') AND state = 'delivered'"
    " AND settled_at > :asked_at AND settled_at < :until"
    " UNION ALL SELECT created_at, id, 'bot', '' FROM turns"
    " WHERE conversation_id = :conversation AND id > :turn_id AND created_at < :until"
    ") AS said ORDER BY at, id LIMIT :most"
)
_NAMES = statement(
    "SELECT nickname FROM conversations WHERE id = :conversation AND nickname IS NOT NULL"
)
_SETTLE = statement(
    "UPDATE gap_questions SET look_at = :look_at, answered_at = :answered_at, minutes = :minutes,"
    " reply = :reply WHERE id = :id"
)
_SHARE = statement(
    # One stretch of a person's time that answered several questions is counted once.
    "UPDATE gap_questions q SET minutes = :minutes / (SELECT count(*) FROM gap_questions s"
    " WHERE s.conversation_id = :conversation AND s.answered_at = :answered_at)"
    " WHERE q.conversation_id = :conversation AND q.answered_at = :answered_at"
)
_STALE = statement("UPDATE gap_groups SET stale = true WHERE id = :id")
_TO_WORK_OUT = statement(
    "SELECT id FROM gap_groups WHERE merged_into IS NULL AND (stale"
    " OR snapshot IS DISTINCT FROM :snapshot) ORDER BY stale DESC, id DESC LIMIT :limit"
)
#: Until it is worked out it has no snapshot: who dies meanwhile leaves it to be done.
_BEGIN = statement("UPDATE gap_groups SET stale = false, snapshot = NULL WHERE id = :group")
_QUESTIONS = statement(
    "SELECT id, talk, text, form, times FROM (SELECT DISTINCT ON (key) id,"
    " COALESCE(conversation_id, -id) AS talk, text, form,"
    " count(*) OVER (PARTITION BY key) AS times FROM gap_questions"
    " WHERE group_id = :group ORDER BY key, id DESC) AS q ORDER BY times DESC, id DESC LIMIT :most"
)
_REPLIES = statement(
    # Of a document first: newer replies must not push what it says out of sight.
    "SELECT id, COALESCE(conversation_id, -id), reply, form, 1, kind = 'document'"
    " FROM gap_questions WHERE group_id = :group AND reply <> ''"
    " ORDER BY kind = 'document' DESC, asked_at DESC, id DESC LIMIT :most"
)
_WORKED_OUT = statement(
    "UPDATE gap_groups SET title = :title, nearest_faq_id = :nearest,"
    " nearest_confidence = :confidence, snapshot = :snapshot, draft = :draft,"
    " draft_question_id = :draft_question_id, draft_of = :draft_of WHERE id = :id"
)


def open_questions(connection: Connection, now: datetime, limit: int) -> list[Open]:
    """Return questions that it is time to look at, the longest waiting first."""
    return [Open(*row) for row in connection.execute(_OPEN, {"now": now, "limit": limit})]


def talk_after(connection: Connection, question: Open) -> Talk:
    """Read what came after a question."""
    values = {
        "conversation": question.conversation_id, "turn_id": question.turn_id,
        "asked_at": question.asked_at, "until": question.asked_at + WINDOW, "most": _MOST_LINES,
    }  # fmt: skip
    lines = [Line(*row) for row in connection.execute(_LINES, values)]
    names = connection.scalars(_NAMES, {"conversation": question.conversation_id})
    return Talk(lines, (*names, *member_names(connection).values()))


def settle(connection: Connection, settled: Settled) -> None:
    """Keep what came of looking at a question."""
    connection.execute(_SETTLE, {
        "id": settled.question.id, "look_at": settled.look_at,
        "answered_at": settled.answered_at, "minutes": settled.minutes,
        "reply": storable_text(settled.reply),
    })  # fmt: skip
    if settled.answered_at is not None:
        connection.execute(_SHARE, {
            "conversation": settled.question.conversation_id,
            "answered_at": settled.answered_at, "minutes": settled.minutes,
        })  # fmt: skip
        connection.execute(_STALE, {"id": settled.question.group_id})


def groups_to_work_out(connection: Connection, snapshot: int, limit: int) -> list[int]:
    """Return groups in which something changed, or that another snapshot was asked about."""
    return list(connection.scalars(_TO_WORK_OUT, {"snapshot": snapshot, "limit": limit}))


def contents_of(connection: Connection, group_id: int, questions: int, replies: int) -> Contents:
    """Return the most frequent questions of a group, and the newest of the replies to them.

    What changes in it from now on makes it stale again.
    """
    connection.execute(_BEGIN, {"group": group_id})
    asked = connection.execute(_QUESTIONS, {"group": group_id, "most": questions})
    replied = connection.execute(_REPLIES, {"group": group_id, "most": replies})
    return Contents(group_id, [Text(*row) for row in asked], [Text(*row) for row in replied])


def keep_found(connection: Connection, found: Found) -> None:
    """Keep what was worked out for a group."""
    connection.execute(_WORKED_OUT, {
        "id": found.group_id, "title": storable_text(found.title), "nearest": found.nearest,
        "confidence": found.confidence, "snapshot": found.snapshot,
        "draft": storable_text(found.draft), "draft_question_id": found.draft_question_id,
        "draft_of": found.draft_of,
    })  # fmt: skip
