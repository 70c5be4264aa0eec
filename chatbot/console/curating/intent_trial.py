"""Tries sentences on intents that nobody is answered by yet, beside those that are live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.clock import Clock
from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.intents import lint_intent_examples, lint_intents
from chatbot.curation.linting.material import Material
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.knowledge.build import with_intents
from chatbot.knowledge.content import Content
from chatbot.knowledge.places import Places
from chatbot.understanding.intents import Intent

#: So many sentences are tried at a time.
MOST = 50
_LONGEST = 500
_OVERLAPS = frozenset({"same-example", "nearer-intent"})


@dataclass(frozen=True, slots=True)
class Hit:
    """An intent that a sentence shows, how surely, and by which words."""

    name: str
    title: str
    confidence: float
    evidence: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is found in a sentence, and what would be done."""

    hits: tuple[Hit, ...]
    action: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A sentence, by what is live and by what is edited."""

    text: str
    before: Verdict
    after: Verdict

    @property
    def differs(self) -> bool:
        """Return whether it shows other intents, or leads to something else."""
        return _gist(self.before) != _gist(self.after)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the sentences, and the examples that the edited intent shares with others."""

    tried: tuple[Tried, ...]
    overlaps: tuple[Finding, ...]


class IntentTrials:
    """Decides sentences as turns of their own, with the live entries, words and accounts."""

    def __init__(self, service: DialogueService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    async def hold(self, texts: Sequence[str], intents: Sequence[Intent], name: str) -> Trial:
        """Return what becomes of sentences by ``intents``, of which ``name`` was edited."""
        mind, situation = self._service.mind, Situation(self._clock.now())
        return await self._service.compute(lambda: _trial(mind, texts, intents, name, situation))


def _trial(
    mind: Mind, texts: Sequence[str], intents: Sequence[Intent], name: str, situation: Situation
) -> Trial:
    edited = Mind(with_intents(mind.dialogue, intents, mind.encoder), mind.encoder)
    tried = [
        Tried(text, _verdict(mind, text, situation), _verdict(edited, text, situation))
        for text in (each[:_LONGEST] for each in texts[:MOST])
    ]
    return Trial(tuple(tried), tuple(_overlaps(edited.dialogue, intents, name, situation)))


def _verdict(mind: Mind, text: str, situation: Situation) -> Verdict:
    outcome = mind.decide(Utterance((text,)), Context(), situation)
    titles = {each.name: each.title for each in mind.dialogue.snapshot.intents.every}
    details = {name: detail for name, _, detail in outcome.trace.get("intents", ())}
    hits = (
        Hit(each.name, titles.get(each.name, each.name), each.confidence, each.evidence,
            details.get(each.name, ""))
        for each in outcome.decision.intents
    )  # fmt: skip
    return Verdict(tuple(hits), outcome.decision.action)


def _gist(verdict: Verdict) -> tuple[frozenset[str], str]:
    return frozenset(each.name for each in verdict.hits), verdict.action


def _overlaps(
    dialogue: Dialogue, intents: Sequence[Intent], name: str, situation: Situation
) -> list[Finding]:
    """Return what the check before publishing says of the examples of one intent."""
    content, today = Content(intents=tuple(intents)), situation.now.date()
    material = Material.of(
        content, dialogue, places=Places(), today=today, split=lambda text: (text,)
    )
    found = (*lint_intents(material), *lint_intent_examples(material, dialogue.snapshot))
    return [each for each in found if each.kind in _OVERLAPS and name in each.intents]
