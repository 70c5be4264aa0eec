"""The record of who did what. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.access.roles import Standing
from chatbot.access.viewer import Viewer
from chatbot.store.database import statement
from chatbot.store.messages import storable_json, storable_text


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that somebody did. ``who`` is a member id, a link, or ``user@host`` of a shell."""

    id: int
    at: datetime
    who: str
    name: str
    action: str
    target: str
    detail: dict[str, Any]


_INSERT = statement(
    "INSERT INTO audit_log (at, who, name, action, target, detail)"
    " VALUES (:now, :who, :name, :action, :target, CAST(:detail AS jsonb))"
)
_PAGE = statement(
    "SELECT id, at, who, name, action, target, detail FROM audit_log"
    " WHERE (CAST(:before AS bigint) IS NULL OR id < :before)"
    " AND (CAST(:who AS text) IS NULL OR who = :who) ORDER BY id DESC LIMIT :limit"
)
_OF_TARGET = statement(
    "SELECT id, at, who, name, action, target, detail FROM audit_log WHERE target = :target"
    " ORDER BY id DESC LIMIT 100"
)


def audit(
    connection: Connection,
    who: Viewer | Standing | str,
    action: str,
    target: str,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Record what a member (or, as a text, a shell or a link) did, in the transaction that does it.

    ``action`` is a short code such as ``role.grant``, ``target`` what it was done to, and
    ``detail`` what else should be known later: never a secret, nor what a customer wrote.
    """
    userid, name = (who, "") if isinstance(who, str) else (who.userid, who.name)
    values = {
        "now": now,
        "who": storable_text(userid),
        "name": storable_text(name),
        "action": action,
        "target": storable_text(target),
        "detail": storable_json(dict(detail)),
    }
    connection.execute(_INSERT, values)


def audit_page(
    connection: Connection, limit: int, before: int | None = None, who: str | None = None
) -> list[AuditRow]:
    """Return the newest ``limit`` rows below the id ``before``, of everybody or of ``who``."""
    rows = connection.execute(_PAGE, {"limit": limit, "before": before, "who": who})
    return [AuditRow(*row) for row in rows]


def audit_of(connection: Connection, target: str) -> list[AuditRow]:
    """Return what was done to ``target``, the newest first."""
    return [AuditRow(*row) for row in connection.execute(_OF_TARGET, {"target": target})]
