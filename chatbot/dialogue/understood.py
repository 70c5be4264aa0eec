"""An utterance, understood as far as rules go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chatbot.accounts.account import Account
from chatbot.customers.tag_groups import STAGES
from chatbot.dialogue.attachments import words_of
from chatbot.dialogue.decision import GivenTag, IntentMatch
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.forms.form import Flow
from chatbot.forms.step import FormStep
from chatbot.understanding.intents import FoundIntent, Intent
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.smalltalk import Kind as SmalltalkKind

#: Letters beyond this are not looked at word by word; the encoder does not read them either.
LONGEST_MATCHED = 480


@dataclass(frozen=True, slots=True)
class Understood:
    """What the rules look at.

    ``question`` is ``message`` without the greeting in front, as it is asked of any row of a table.

    ``today`` is the day in the brand's time zone; ``barred`` holds the numbers of the entries
    that must not answer here and now.
    """

    utterance: Utterance
    context: Context
    situation: Situation
    account: Account
    today: date
    said: str
    message: NormalText
    question: NormalText
    smalltalk: SmalltalkKind | None
    found: tuple[FoundIntent, ...]
    barred: frozenset[int]
    trace: dict[str, Any]
    #: The form that this message interrupts, and how it is resumed.
    aside: tuple[Flow, FormStep] | None = None

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
    def given(self) -> tuple[GivenTag, ...]:
        """Return the tags of all intents found, each with its intent.

        The lifecycle stage an intent moves to is the tag of a group of its own.
        """
        return tuple(
            GivenTag(tag, "intent", hit.intent.name, round(hit.confidence, 4))
            for hit in self.found
            for tag in _tags_of(hit.intent)
        )

    def knowing(self, **evidence: Any) -> Understood:
        """Return this with more ``evidence`` in its trace."""
        return replace(self, trace={**self.trace, **evidence})

    def remembering(self, table: str, key: str) -> Understood:
        """Return this with the row of ``table`` that is meant from now on."""
        rows = {**self.context.rows, table: key}
        return replace(self, context=replace(self.context, rows=rows))


@dataclass(frozen=True, slots=True)
class NeedsVectors:
    """The turn cannot be decided by rules: embed ``texts`` and call ``Dialogue.finish``.

    ``turn`` is the dialogue's own note to itself.
    """

    texts: tuple[str, ...]
    turn: Understood


def understand(
    snapshot: Snapshot, utterance: Utterance, context: Context, situation: Situation
) -> Understood:
    """Return ``utterance`` with everything that needs no vector."""
    said = words_of(utterance)
    message = snapshot.normaliser.normalise(said)
    question = _generalised(snapshot, snapshot.smalltalk.question(message))
    found = tuple(snapshot.intents.find(question))
    shown = question.text[:LONGEST_MATCHED]
    today = situation.now.astimezone(snapshot.timezone).date()
    account = snapshot.accounts.of(situation.account)
    return Understood(
        utterance=utterance,
        context=context,
        situation=situation,
        account=account,
        today=today,
        said=said,
        message=message,
        question=question,
        smalltalk=snapshot.smalltalk.kind(message),
        found=found,
        barred=snapshot.ranker.barred(question.key, today) | snapshot.scopes.outside(account),
        trace={
            "normalised": shown,
            "tokens": snapshot.segmenter.cut(shown),
            "intents": intents_trace(found),
        },
    )


def _generalised(snapshot: Snapshot, question: NormalText) -> NormalText:
    """Return the question as it is asked of any row of a table, unless it names only a row."""
    text = question.text
    for rows in snapshot.rows.values():
        text = rows.generalised(text)
    if text == question.text:
        return question
    left = snapshot.normaliser.normalise(text)
    return left if len(left.key) > 1 else question


def _tags_of(intent: Intent) -> tuple[str, ...]:
    return (*intent.tags, f"{STAGES}:{intent.stage}") if intent.stage else intent.tags


def intents_trace(found: Iterable[FoundIntent]) -> list[list[Any]]:
    """Return each intent's name, kind of evidence and the very words, for the trace."""
    return [[hit.intent.name, hit.evidence, hit.detail] for hit in found]
