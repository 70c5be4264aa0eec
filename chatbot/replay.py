"""Deciding a recorded turn again: by the snapshot of then, or by any other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any, Literal

from chatbot.bench import Bench
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.dialogue.turn import Outcome
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.learning import decided_by
from chatbot.matching.vector_cache import Progress
from chatbot.publishing import Publisher
from chatbot.store.database import Database
from chatbot.store.snapshots import Snapshot, published_snapshot
from chatbot.store.turns import KeptTurn, kept_turn

#: By the snapshot of then, or by the one that is live.
By = Literal["then", "now"]


@dataclass(frozen=True, slots=True)
class Replay:
    """A turn as it was decided, and as it is decided again."""

    before: dict[str, Any]
    after: Outcome

    @property
    def is_identical(self) -> bool:
        """Return whether both say the very same; by which snapshot does not matter."""
        return {**self.before, "snapshot": 0} == {**self.after.decision.to_json(), "snapshot": 0}


def decide_again(mind: Mind, recorded: Recorded) -> Outcome:
    """Return the outcome of a recorded turn by ``mind``."""
    return mind.decide(recorded.utterance, recorded.context, recorded.situation)


def mind_of_then(
    bench: Bench, snapshot: Snapshot, progress: Progress | None = None,
    former: Dialogue | None = None,
) -> Mind:  # fmt: skip
    """Return what decided by ``snapshot``, built anew; faster beside a ``former`` dialogue.

    Raises:
        UserError: it was decided with another encoder than the one of ``bench``.
        ContentError: it was stored by a newer release.
    """
    if snapshot.basis.encoder != bench.basis.encoder:
        raise UserError(
            f"快照 {snapshot.number} 用的编码器（{snapshot.basis.encoder}）不是现在的"
            f"（{bench.basis.encoder}），不能照当时的样子重放。"
        )
    content = Content.from_json(snapshot.content)
    dialogue = bench.build(content, 0, progress=progress, former=former)
    decided = decided_by(dialogue, snapshot.basis)
    numbered = Dialogue(replace(decided.snapshot, number=snapshot.number))
    return Mind(numbered, bench.encoder)


class Replays:
    """Recorded turns, decided again in a running server.

    The last snapshot that was built for it is remembered: who looks at one turn of a day looks at
    others.
    """

    def __init__(self, database: Database, publisher: Publisher, service: DialogueService) -> None:
        self._database = database
        self._publisher = publisher
        self._service = service
        self._building = asyncio.Lock()
        self._built: Mind | None = None

    async def turn(self, turn_id: int) -> KeptTurn | None:
        """Return what is kept of a turn."""
        return await self._database.run(kept_turn, turn_id)

    async def again(self, turn: KeptTurn, by: By) -> Replay | None:
        """Decide a turn again; None if it was recorded without what it was decided from.

        Raises:
            UserError: its snapshot cannot be built here.
        """
        recorded = Recorded.from_json(turn.inputs)
        if recorded is None:
            return None
        built, bench = self._built, self._publisher.bench
        if built is not None and built.encoder.fingerprint != bench.basis.encoder:
            self._built = None  # a former encoder is not kept in memory for this
        mind = self._service.mind if by == "now" else await self._mind_of(turn.snapshot)
        outcome = await self._service.compute(lambda: decide_again(mind, recorded))
        return Replay(turn.decision, outcome)

    async def _mind_of(self, number: int) -> Mind:
        async with self._building:
            for mind in (self._service.mind, self._built):
                if mind is not None and mind.dialogue.snapshot.number == number:
                    return mind
            snapshot = await self._database.run(published_snapshot, number)
            if snapshot is None:
                raise UserError(f"没有快照 {number}，不能照当时的样子重放。")
            bench, progress = self._publisher.bench, self._publisher.interruptible(None)
            self._built = await asyncio.to_thread(
                mind_of_then, bench, snapshot, progress, self._service.dialogue
            )
            return self._built
