"""An utterance, understood as far as rules go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatbot.dialogue.attachments import words_of
from chatbot.dialogue.decision import IntentMatch
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Utterance
from chatbot.understanding.intents import FoundIntent
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.smalltalk import Kind as SmalltalkKind

#: Letters beyond this are not looked at word by word; the encoder does not read them either.
LONGEST_MATCHED = 480


@dataclass(frozen=True, slots=True)
class Understood:
    """What the rules look at. ``question`` is ``message`` without the greeting in front."""

    utterance: Utterance
    context: Context
    said: str
    message: NormalText
    question: NormalText
    smalltalk: SmalltalkKind | None
    found: tuple[FoundIntent, ...]
    barred: frozenset[int]
    trace: dict[str, Any]

    @property
    def asks(self) -> bool:
        """Return whether there are words beyond small talk."""
        return not self.message.is_empty and self.smalltalk is None

    @property
    def intents(self) -> tuple[IntentMatch, ...]:
        """Return the intents as a decision records them."""
        return tuple(
            IntentMatch(hit.intent.name, round(hit.confidence, 4), hit.evidence)
            for hit in self.found
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the tags of all intents found."""
        return unique(tag for hit in self.found for tag in hit.intent.tags)


def understand(
    snapshot: Snapshot, utterance: Utterance, context: Context, now: datetime
) -> Understood:
    """Return ``utterance`` with everything that needs no vector."""
    said = words_of(utterance)
    message = snapshot.normaliser.normalise(said)
    question = snapshot.smalltalk.question(message)
    found = tuple(snapshot.intents.find(question))
    shown = question.text[:LONGEST_MATCHED]
    today = now.astimezone(snapshot.timezone).date()
    return Understood(
        utterance=utterance,
        context=context,
        said=said,
        message=message,
        question=question,
        smalltalk=snapshot.smalltalk.kind(message),
        found=found,
        barred=snapshot.ranker.barred(question.key, today),
        trace={
            "normalised": shown,
            "tokens": snapshot.segmenter.cut(shown),
            "intents": [[hit.intent.name, hit.evidence, hit.detail] for hit in found],
        },
    )


def unique(tags: Iterable[str]) -> tuple[str, ...]:
    """Return ``tags`` once each, in order."""
    return tuple(dict.fromkeys(tags))
