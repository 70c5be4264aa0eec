"""What people say of the bot's turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from chatbot.store.database import statement
from chatbot.store.messages import storable_text

#: The bot was right, was wrong, or should have answered by another entry.
JudgedAs = Literal["right", "wrong", "other"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A member's word on a turn; ``faq_id`` and ``question`` name the entry it should have been."""

    verdict: JudgedAs
    faq_id: str | None
    question: str
    judged_by: str
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class JudgedTurn:
    """What a turn was about and how it was decided."""

    id: int
    conversation_id: int
    text: str
    action: str
    snapshot: int
    decision: dict[str, Any]


_TURN = statement(
    "SELECT id, conversation_id, text, action, snapshot, decision FROM turns"
    " WHERE id = :id FOR UPDATE"
)
_SAVE = statement(
    "INSERT INTO turn_judgements (turn_id, verdict, faq_id, question, judged_by, judged_at)"
    " VALUES (:turn_id, :verdict, :faq_id, :question, :judged_by, :judged_at)"
    " ON CONFLICT (turn_id) DO UPDATE SET verdict = EXCLUDED.verdict, faq_id = EXCLUDED.faq_id,"
    " question = EXCLUDED.question, judged_by = EXCLUDED.judged_by, judged_at = EXCLUDED.judged_at"
)
_FORGET = statement("DELETE FROM turn_judgements WHERE turn_id = :turn_id")
_OF = statement(
    "SELECT turn_id, verdict, faq_id, question, judged_by, judged_at FROM turn_judgements"
    " WHERE turn_id = ANY(:turns)"
)


def lock_turn(connection: Connection, turn_id: int) -> JudgedTurn | None:
    """Lock a turn for judging it; None if there is none."""
    row = connection.execute(_TURN, {"id": turn_id}).one_or_none()
    return JudgedTurn(*row) if row else None


def save_judgement(connection: Connection, turn_id: int, judgement: Judgement) -> None:
    """Keep what a member says of a turn, in the place of what was said before."""
    values = {
        "turn_id": turn_id, "verdict": judgement.verdict, "faq_id": judgement.faq_id,
        "question": storable_text(judgement.question), "judged_by": judgement.judged_by,
        "judged_at": judgement.judged_at,
    }  # fmt: skip
    connection.execute(_SAVE, values)


def forget_judgement(connection: Connection, turn_id: int) -> None:
    """Take back what was said of a turn."""
    connection.execute(_FORGET, {"turn_id": turn_id})


def judgements_of(connection: Connection, turns: Sequence[int]) -> dict[int, Judgement]:
    """Return what was said of these turns."""
    rows = connection.execute(_OF, {"turns": list(turns)}) if turns else ()
    return {turn_id: Judgement(*rest) for turn_id, *rest in rows}
