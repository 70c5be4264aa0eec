"""Telephone numbers that customers have left: in messages at night, in cases, in forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.database import statement


@dataclass(frozen=True, slots=True)
class CasePhone:
    """What a case has as a number; ``is_message``: the customer left it out of hours."""

    phone: str
    at: datetime
    is_message: bool


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form as it was filled, as titles with values in words."""

    fields: Sequence[Sequence[str]]
    at: datetime


#: A customer's turns of long ago are not looked through.
_LOOKED_THROUGH = 300
_CASES = statement(
    "SELECT phone, changed_at, kind = 'message' FROM cases"
    " WHERE external_userid = :customer AND phone <> '' ORDER BY id DESC LIMIT :limit"
)
_FORMS = statement(
    "SELECT t.form, t.created_at FROM (SELECT t.id, t.created_at, t.trace -> 'form' AS form"
    " FROM turns t JOIN conversations c ON c.id = t.conversation_id"
    " WHERE c.external_userid = :customer ORDER BY t.id DESC LIMIT :looked) AS t"
    " WHERE jsonb_typeof(t.form) = 'array' AND t.form <> '[]' ORDER BY t.id DESC LIMIT :limit"
)


def case_phones(connection: Connection, customer: str, limit: int) -> list[CasePhone]:
    """Return the numbers of a customer's cases, the newest case first."""
    values = {"customer": customer, "limit": limit}
    return [CasePhone(*row) for row in connection.execute(_CASES, values)]


def filled_forms(connection: Connection, customer: str, limit: int) -> list[FilledForm]:
    """Return the forms that a customer filled, as they stood after each turn, newest first."""
    values = {"customer": customer, "looked": _LOOKED_THROUGH, "limit": limit}
    return [FilledForm(*row) for row in connection.execute(_FORMS, values)]
