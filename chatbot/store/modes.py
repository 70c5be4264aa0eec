"""How far the bot of each account may go: every switch is kept, the newest is in force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.accounts.mode import Mode, ModeSetting
from chatbot.store.database import statement
from chatbot.store.messages import storable_text


@dataclass(frozen=True, slots=True)
class ModeChange:
    """One switch of an account's mode, and who made it."""

    open_kfid: str
    setting: ModeSetting
    changed_at: datetime
    changed_by: str
    note: str = ""


_NEWEST = statement(
    "SELECT DISTINCT ON (open_kfid) open_kfid, mode, percent FROM account_modes"
    " WHERE open_kfid = ANY(:open_kfids) ORDER BY open_kfid, id DESC"
)
_INSERT = statement(
    "INSERT INTO account_modes (open_kfid, mode, percent, changed_at, changed_by, note)"
    " VALUES (:open_kfid, :mode, :percent, :now, :changed_by, :note)"
)
_HISTORY = statement(
    "SELECT mode, percent, changed_at, changed_by, note FROM account_modes"
    " WHERE open_kfid = :open_kfid ORDER BY id DESC LIMIT :limit"
)


_LOCK = statement("LOCK TABLE account_modes IN SHARE ROW EXCLUSIVE MODE")


def lock_modes(connection: Connection) -> None:
    """Let nobody else switch a mode until this transaction ends; reading goes on."""
    connection.execute(_LOCK)


def switched_modes(connection: Connection, open_kfids: Collection[str]) -> dict[str, ModeSetting]:
    """Return what is in force for those of the accounts that were ever switched."""
    rows = connection.execute(_NEWEST, {"open_kfids": list(open_kfids)})
    return {row.open_kfid: ModeSetting(row.mode, row.percent) for row in rows}


def switch_mode(connection: Connection, change: ModeChange) -> None:
    """Put a mode in force; turns that are being decided under the former one are redone."""
    mode: Mode = change.setting.mode
    values = {
        "open_kfid": change.open_kfid, "mode": mode, "percent": change.setting.percent,
        "now": change.changed_at, "changed_by": change.changed_by,
        "note": storable_text(change.note),
    }  # fmt: skip
    connection.execute(_INSERT, values)


def mode_history(connection: Connection, open_kfid: str, limit: int) -> list[ModeChange]:
    """Return the newest switches of an account, newest first."""
    rows = connection.execute(_HISTORY, {"open_kfid": open_kfid, "limit": limit})
    return [
        ModeChange(
            open_kfid, ModeSetting(row.mode, row.percent), row.changed_at, row.changed_by, row.note
        )
        for row in rows
    ]
