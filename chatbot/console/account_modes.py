"""Which accounts there are, how far the bot of each may go, and switching it, on record.

For the page, and with the same rules for the shell.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.accounts.account import Accounts
from chatbot.accounts.mode import Mode, ModeSetting
from chatbot.errors import ChatbotError
from chatbot.store.accounts import list_accounts
from chatbot.store.audit import audit
from chatbot.store.modes import ModeChange, lock_modes, mode_history, switch_mode

#: Modes in which the bot answers customers, so that a percentage of them makes a difference.
ANSWERING: frozenset[Mode] = frozenset({"after-hours", "full"})


class ModeMoved(ChatbotError):
    """The mode is no longer the one that was seen; nothing was switched."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account that can be named, and its mode; ``newest`` is None if it was never switched."""

    open_kfid: str
    key: str
    name: str
    in_file: ModeSetting
    newest: ModeChange | None

    @property
    def setting(self) -> ModeSetting:
        """Return the mode in force."""
        return self.newest.setting if self.newest else self.in_file

    @property
    def title(self) -> str:
        """Return every name it goes by."""
        names = (self.key, self.name, self.open_kfid)
        return "  ".join(each for each in names if each)

    @property
    def version(self) -> str:
        """Return a text that is another one as soon as the mode is."""
        since = self.newest.changed_at.isoformat() if self.newest else ""
        return f"{self.setting.mode}/{self.setting.percent}/{since}"

    def is_called(self, name: str) -> bool:
        """Return whether it goes by ``name``."""
        return bool(name) and name in {self.key, self.name, self.open_kfid}


def known_accounts(connection: Connection, accounts: Accounts) -> list[KnownAccount]:
    """Return the accounts this server looks after, and those of the file, once each."""
    names = {each.open_kfid: each.name for each in list_accounts(connection)}
    ids = dict.fromkeys([*(each.open_kfid for each in accounts.accounts), *names])
    return [_known(connection, accounts, open_kfid, names.get(open_kfid, "")) for open_kfid in ids]


def _known(connection: Connection, accounts: Accounts, open_kfid: str, name: str) -> KnownAccount:
    described = accounts.of(open_kfid)
    newest = mode_history(connection, open_kfid, 1)
    return KnownAccount(
        open_kfid, described.key, described.name or name, described.mode,
        newest[0] if newest else None,
    )  # fmt: skip


def switch_account(
    connection: Connection,
    known: KnownAccount,
    setting: ModeSetting,
    note: str,
    who: Viewer | str,
    now: datetime,
) -> None:
    """Switch an account's mode, from the one that was seen.

    Raises:
        ModeMoved: somebody has switched it since.
    """
    lock_modes(connection)
    newest = mode_history(connection, known.open_kfid, 1)
    if (newest[0] if newest else None) != known.newest:
        raise ModeMoved
    by = who if isinstance(who, str) else who.userid
    switch_mode(connection, ModeChange(known.open_kfid, setting, now, by, note))
    detail = {"before": in_short(known.setting), "after": in_short(setting)}
    audit(connection, who, "mode_switch", known.open_kfid, detail, now)


def in_short(setting: ModeSetting) -> str:
    """Return a setting as the shell and the record write it."""
    if setting.percent == 100:
        return setting.mode
    return f"{setting.mode}（{setting.percent}% 的客户）"
