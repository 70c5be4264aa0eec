"""A server with one entry, and customers whom a person serves."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from chatbot.pipeline.checkpoints import Checkpoint, pass_by
from tests.pipeline.stage import KF, Json, Stage, eventually, play

_ENTRIES = "- {id: breakfast, question: 早餐几点供应？, answer: 早餐七点到十点。}\n"


class House:
    """A server with one entry, whose account may be described by a test."""

    def __init__(self, folder: Path, database_url: str, vectors_dir: Path) -> None:
        self._database_url, self._vectors_dir = database_url, vectors_dir
        self._clock = folder / "clock"
        self._knowledge, self._intents = folder / "knowledge", folder / "intents"
        self._knowledge.mkdir()
        self._intents.mkdir()
        (self._knowledge / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")

    def play(
        self, account: str = "", checkpoint: Checkpoint = pass_by
    ) -> AbstractAsyncContextManager[Stage]:
        """Run a play; ``account`` are further lines of the account's section."""
        text = f'[accounts.yunqi]\nid = "{KF}"\n{account}\n'
        (self._knowledge / "accounts.toml").write_text(text, encoding="utf-8")
        return play(
            self._database_url, self._vectors_dir, clock_file=self._clock,
            checkpoint=checkpoint, knowledge_dir=self._knowledge, intents_dir=self._intents,
        )  # fmt: skip


async def served(stage: Stage, words: str = "转人工", *, answered: bool = True) -> None:
    """Let a person have the customer, and write to them."""
    await stage.say(words)
    await eventually(stage.state, lambda found: found[0] == 3)
    await stage.settled()
    if answered:
        before = len(stage.rows("SELECT id FROM messages WHERE origin = 5"))
        servicer = (await stage.state())[1]
        await stage.staff(servicer, "answer", text="您好，已经帮您办好了")
        await eventually(
            lambda: rows_of(stage, "SELECT id FROM messages WHERE origin = 5"),
            lambda found: len(found) > before,
        )


async def rows_of(stage: Stage, sql: str) -> list[Json]:
    """Return rows of the server's database, to wait for."""
    return stage.rows(sql)
