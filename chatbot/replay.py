"""Deciding a recorded turn again: by the snapshot of then, or by any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chatbot.bench import Bench
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Outcome
from chatbot.errors import UserError
from chatbot.knowledge.content import Content
from chatbot.learning import decided_by
from chatbot.matching.vector_cache import Progress
from chatbot.store.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Replay:
    """A turn as it was decided, and as it is decided again."""

    before: dict[str, Any]
    after: Outcome

    @property
    def is_identical(self) -> bool:
        """Return whether both say the very same."""
        return self.before == self.after.decision.to_json()


def decide_again(mind: Mind, recorded: Recorded) -> Outcome:
    """Return the outcome of a recorded turn by ``mind``."""
    return mind.decide(recorded.utterance, recorded.context, recorded.situation)


def mind_of_then(bench: Bench, snapshot: Snapshot, progress: Progress | None = None) -> Mind:
    """Return what decided by ``snapshot``, built anew.

    Raises:
        UserError: it was decided with another encoder than the one of ``bench``.
        ContentError: it was stored by a newer release.
    """
    if snapshot.basis.encoder != bench.basis.encoder:
        raise UserError(
            f"快照 {snapshot.number} 用的编码器（{snapshot.basis.encoder}）不是现在的"
            f"（{bench.basis.encoder}），不能照当时的样子重放。"
        )
    dialogue = bench.build(Content.from_json(snapshot.content), 0, progress=progress)
    decided = decided_by(dialogue, snapshot.basis)
    numbered = Dialogue(replace(decided.snapshot, number=snapshot.number))
    return Mind(numbered, bench.encoder)
