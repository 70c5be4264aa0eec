"""The dialogue in force, and the threads that embed for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.matching.dense import use_one_thread
from chatbot.matching.encoder import Encoder
from chatbot.texts import Texts


class DialogueService:
    """Decides turns with the current dialogue; the one place of this package that changes.

    A whole turn runs in one of ``threads`` workers, each query by itself: batching gains nothing
    on a CPU, and the event loop never waits for the encoder. A turn ends with the dialogue it
    began with, also when another one is swapped in meanwhile.
    """

    def __init__(self, dialogue: Dialogue, encoder: Encoder, threads: int) -> None:
        self._dialogue = dialogue
        self._encoder = encoder
        self._pool = ThreadPoolExecutor(threads, "dialogue", initializer=use_one_thread)

    @property
    def dialogue(self) -> Dialogue:
        """Return the dialogue that the next turn will be decided by."""
        return self._dialogue

    @property
    def texts(self) -> Texts:
        """Return the texts in force."""
        return self._dialogue.snapshot.texts

    async def decide(self, utterance: Utterance, context: Context, situation: Situation) -> Outcome:
        """Decide one turn without blocking the event loop; see ``Dialogue.begin``."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._pool, self.decide_sync, utterance, context, situation
        )

    def decide_sync(self, utterance: Utterance, context: Context, situation: Situation) -> Outcome:
        """Decide one turn on the calling thread."""
        dialogue = self._dialogue
        step = dialogue.begin(utterance, context, situation)
        if isinstance(step, NeedsVectors):
            return dialogue.finish(step, self._encoder.encode(step.texts))
        return step

    def decide_each(
        self, utterances: Iterable[Utterance], situation: Situation
    ) -> Iterator[Outcome]:
        """Decide unrelated utterances on all workers; yields in their order."""
        yield from self._pool.map(
            lambda each: self.decide_sync(each, Context(), situation), utterances
        )

    def swap(self, dialogue: Dialogue) -> None:
        """Decide every turn that begins from now on by ``dialogue``."""
        self._dialogue = dialogue

    def close(self) -> None:
        """Let running turns end, drop those not begun, and stop the workers."""
        self._pool.shutdown(cancel_futures=True)
