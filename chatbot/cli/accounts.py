"""What is particular about the accounts, for commands that look into the database."""

from __future__ import annotations

import json

from chatbot.accounts.account import Accounts
from chatbot.knowledge.account_file import read_accounts
from chatbot.knowledge.problems import Problems
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.snapshots import live_snapshot


def described_accounts(database: Database, settings: Settings) -> Accounts:
    """Return the accounts of the live snapshot; before the first one, of the files."""
    snapshot = database.run_sync(live_snapshot)
    if snapshot is not None:
        record = json.loads(snapshot.content).get("accounts")
        return Accounts.from_json(record) if record else Accounts()
    problems = Problems()
    accounts = read_accounts(settings.knowledge_dir, problems)
    problems.raise_any()
    return accounts
