"""Which account a request names."""

from __future__ import annotations

from chatbot.accounts.account import Account, Accounts
from chatbot.api.problems import ApiProblem
from chatbot.store.database import Database
from chatbot.store.turn_records import find_account

_MOST_NAMED = 10


async def find_open_kfid(database: Database, accounts: Accounts, name: str) -> str:
    """Return the open_kfid of an account by its id, its short name or its name.

    Raises:
        ApiProblem: neither the files nor the platform know the account.
        StoreUnavailable: the files do not know it, and the database cannot be asked.
    """
    for names in ("open_kfid", "key", "name"):
        for account in accounts.accounts:
            if getattr(account, names) == name:
                return account.open_kfid
    known = await database.run(find_account, name)
    if known is None:
        shown = [_shown(account) for account in accounts.accounts[:_MOST_NAMED]]
        raise ApiProblem(404, "unknown_account", name=name, known="、".join(shown) or "没有")
    return known


def _shown(account: Account) -> str:
    return f"{account.key}（{account.name}）" if account.name else account.key
