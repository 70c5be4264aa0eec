"""Talks as the pipeline leaves them in the tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from chatbot.store.database import Database
from chatbot.store.turn_labels import NewLabel, save_label
from tests.store.desk_samples import add_conversation, add_message

AZHEN = "azhen"
_TURN = text(
    "INSERT INTO turns (conversation_id, session_version, created_at, text, action, snapshot,"
    " decision, trace, mode, drafts) VALUES (:conversation, 3, :at, :words, :action, 1,"
    " CAST(:decision AS jsonb), CAST(:trace AS jsonb), :mode, '[]') RETURNING id"
)


_COUNT = text("SELECT count(*) FROM conversations")


def _talks(connection: Connection) -> int:
    return int(connection.execute(_COUNT).scalar_one())


class Talks:
    """Writes talks that ended before ``now``, each with a customer of its own."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self._count = database.run_sync(_talks)

    def begin(self, ago: timedelta) -> Talk:
        """Return a new talk that begins so long ago."""
        self._count += 1
        at, name = self.now - ago, f"客户{self._count}"
        number = self.database.run_sync(
            lambda connection: add_conversation(connection, name, 4, at=at)
        )
        return Talk(self.database, number, at)

    def handed_over(
        self, words: str, ago: timedelta, replies: Sequence[str] = (), minutes: float = 1.0
    ) -> Talk:
        """Return a talk in which nobody but a person answered, who was at it so long."""
        talk = self.begin(ago)
        talk.handed_over(words)
        talk.hears(*replies, minutes=minutes)
        return talk


class Talk:
    """One talk, message after message."""

    def __init__(self, database: Database, number: int, at: datetime) -> None:
        self._database = database
        self.number = number
        self.at = at

    def turn(self, words: str, action: str, rule: str, mode: str = "full", **decision: Any) -> int:
        """Let the customer write, and the bot decide."""
        self.at += timedelta(minutes=1)
        values = {
            "conversation": self.number, "at": self.at, "words": words, "action": action,
            "decision": json.dumps({"text": words, "action": action, **decision}),
            "trace": json.dumps({"rule": rule}), "mode": mode,
        }  # fmt: skip

        def write(connection: Connection) -> int:
            turn = int(connection.execute(_TURN, values).scalar_one())
            add_message(connection, self.number, words, self.at, fate="turn", turn=turn)
            return turn

        return self._database.run_sync(write)

    def handed_over(self, words: str, reason: str = "low-confidence", mode: str = "full") -> int:
        """Let the customer ask something that a person is called for."""
        return self.turn(words, "handoff", reason, mode, handoff={"reason": reason})

    def asked_back(self, words: str) -> int:
        """Let the customer ask something that the bot asks back about."""
        return self.turn(words, "clarify", "clarify")

    def answered(self, words: str, faq_id: str) -> int:
        """Let the bot answer."""
        return self.turn(words, "answer", "confidence", faq_id=faq_id)

    def hears(self, *replies: str, minutes: float = 1.0) -> None:
        """Let a person write after a minute, who is then busy for ``minutes`` all in all."""
        self.at += timedelta(minutes=1)
        step = timedelta(minutes=max(0.0, minutes - 1) / max(1, len(replies) - 1))
        for number, each in enumerate(replies):
            self.at += step if number else timedelta()
            self._database.run_sync(add_message, self.number, each, self.at, servicer=AZHEN)

    def tells(self, words: str, faq_id: str | None, source: Any, turn: int) -> None:
        """Let a later turn tell what an earlier message was about."""
        label = NewLabel(words, faq_id, source, 1, None, 0.5)
        self._database.run_sync(save_label, label, turn, self.at)
