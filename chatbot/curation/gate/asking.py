"""Many messages decided by one dialogue, their texts embedded together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.dialogue.decision import Decision
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.outcomes import not_decided
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.turn import Outcome
from chatbot.dialogue.understood import NeedsVectors
from chatbot.matching.encoder import Vectors

#: Returns one row a text.
Embed = Callable[[Sequence[str]], Vectors]


def decide_all(dialogue: Dialogue, asked: Sequence[Recorded], embed: Embed) -> list[Decision]:
    """Return what ``dialogue`` decides about each of ``asked``, in their order.

    What deciding fails on goes to a person, as it would in a conversation.
    """
    steps: list[Outcome | NeedsVectors] = [_begin(dialogue, each) for each in asked]
    while waiting := [at for at, step in enumerate(steps) if isinstance(step, NeedsVectors)]:
        texts = list(dict.fromkeys(text for at in waiting for text in _texts(steps[at])))
        rows = embed(texts)
        row_of = {text: row for row, text in enumerate(texts)}
        for at in waiting:
            step = steps[at]
            if isinstance(step, NeedsVectors):
                own = rows[[row_of[each] for each in step.texts]]
                steps[at] = _finish(dialogue, asked[at], step, own)
    return [step.decision for step in steps if isinstance(step, Outcome)]


def _begin(dialogue: Dialogue, asked: Recorded) -> Outcome | NeedsVectors:
    try:
        return dialogue.begin(asked.utterance, asked.context, asked.situation)
    except Exception:  # noqa: BLE001 - as in a conversation: what fails goes to a person
        return not_decided(dialogue.snapshot, asked.utterance)


def _finish(
    dialogue: Dialogue, asked: Recorded, step: NeedsVectors, rows: Vectors
) -> Outcome | NeedsVectors:
    try:
        return dialogue.finish(step, rows)
    except Exception:  # noqa: BLE001 - as above
        return not_decided(dialogue.snapshot, asked.utterance)


def _texts(step: Outcome | NeedsVectors) -> Sequence[str]:
    return step.texts if isinstance(step, NeedsVectors) else ()
