"""The dialogue in force, and the threads that embed for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.heading import with_heading
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.matching.dense import use_one_thread
from chatbot.matching.encoder import Encoder
from chatbot.texts import Texts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mind:
    """A dialogue and the encoder its vectors come from: one is nothing without the other."""

    dialogue: Dialogue
    encoder: Encoder

    def decide(self, utterance: Utterance, context: Context, situation: Situation) -> Outcome:
        """Decide one turn, and what customers are told beside; see ``Dialogue.begin``."""
        step = self.dialogue.begin(utterance, context, situation)
        while isinstance(step, NeedsVectors):
            step = self.dialogue.finish(step, self.encoder.encode(step.texts))
        return with_heading(self.dialogue.snapshot, step, situation)


class DialogueService:
    """Decides turns with the current dialogue; the one place of this package that changes.

    A whole turn runs in one of ``threads`` workers, each query by itself: batching gains nothing
    on a CPU, and the event loop never waits for the encoder. A turn ends with the dialogue and the
    encoder it began with, also when others are swapped in meanwhile.
    """

    def __init__(self, dialogue: Dialogue, encoder: Encoder, threads: int) -> None:
        self._mind = Mind(dialogue, encoder)
        self._pool = ThreadPoolExecutor(threads, "dialogue", initializer=use_one_thread)

    @property
    def dialogue(self) -> Dialogue:
        """Return the dialogue that the next turn will be decided by."""
        return self._mind.dialogue

    @property
    def mind(self) -> Mind:
        """Return the dialogue and the encoder that the next turn will be decided by."""
        return self._mind

    @property
    def texts(self) -> Texts:
        """Return the texts in force."""
        return self.dialogue.snapshot.texts

    async def decide(self, utterance: Utterance, context: Context, situation: Situation) -> Outcome:
        """Decide one turn without blocking the event loop; see ``Dialogue.begin``."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool, self.decide_sync, utterance, context, situation
        )

    async def compute(self, work: Callable[[], T]) -> T:
        """Do other work with a mind, such as embedding a query, on one of the workers."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def decide_sync(self, utterance: Utterance, context: Context, situation: Situation) -> Outcome:
        """Decide one turn on the calling thread."""
        return self._mind.decide(utterance, context, situation)

    def decide_each(
        self, utterances: Iterable[Utterance], situation: Situation
    ) -> Iterator[Outcome]:
        """Decide unrelated utterances on all workers; yields in their order."""
        yield from self._pool.map(
            lambda each: self.decide_sync(each, Context(), situation), utterances
        )

    def swap(self, mind: Mind) -> None:
        """Decide every turn that begins from now on by ``mind``, and let go of the former one."""
        self._mind = mind

    def close(self) -> None:
        """Let running turns end, drop those not begun, and stop the workers."""
        self._pool.shutdown(cancel_futures=True)
