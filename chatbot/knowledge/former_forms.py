"""Snapshots that earlier releases have stored, brought into the present form."""

from __future__ import annotations

from typing import Any

from chatbot.accounts.account import Accounts


def upgrade_first_form(record: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot of form 1 in form 2: answers were texts, and there were no facts."""
    return {
        **record,
        "format": 2,
        "entries": [_upgrade_entry(entry) for entry in record["entries"]],
        "intents": [
            {**intent, "stage": "", "flow": None, "reply": _messages(intent["reply"])}
            for intent in record["intents"]
        ],
        "tables": [],
        "accounts": Accounts().to_json(),
        "tag_groups": [],
        "media": {},
    }


def upgrade_second_form(record: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot of form 2 in form 3: there were no words and synonyms."""
    return {**record, "format": 3, "words": [], "synonyms": []}


def upgrade_third_form(record: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot of form 3 in form 4: there were no pinned questions."""
    return {**record, "format": 4, "pinned": []}


def _upgrade_entry(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        **entry,
        "answer": [{"when": None, "messages": _messages(entry["answer"])}],
        "target": None,
        "auto": "yes",
        "owner": "",
        "review": None,
        "scope": [],
    }


def _messages(texts: list[str]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text} for text in texts]
