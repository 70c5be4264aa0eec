"""The clauses of a message, as they are looked at for an intent each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chatbot.dialogue.several import as_embedded
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.understood import Understood
from chatbot.matching.encoder import Vectors
from chatbot.understanding.clauses import Clause, joined, spans
from chatbot.understanding.intents import FoundIntent
from chatbot.understanding.normalise import NormalText

#: How sure small talk beside a question is of its intent: enough for a tag, and never for doing
#: what the intent says.
_BESIDE = 0.6


def with_clauses(snapshot: Snapshot, turn: Understood) -> Understood:
    """Return ``turn`` with its clauses, if it has several and examples tell intents."""
    if not snapshot.examples.needs_vectors or turn.utterance.menu_id is not None:
        return turn
    clauses = snapshot.parts.clauses(turn.said)
    return replace(turn, clauses=tuple(_compared(snapshot, turn, each) for each in clauses))


def _compared(snapshot: Snapshot, turn: Understood, clause: Clause) -> Clause:
    """Return ``clause`` in canonical words, with the intents that rules find in it."""
    text = in_canonical_words(snapshot, clause)
    names = {hit.intent.name for hit in turn.found}
    found = names & names_told(snapshot, clause, text) if names else ()
    return replace(clause, text=as_embedded(text), found=frozenset(found))


def in_canonical_words(snapshot: Snapshot, clause: Clause) -> NormalText:
    """Return what a clause says without typing errors, in canonical words."""
    meant, _ = snapshot.words.mend(clause.text)
    return snapshot.words.canonical(meant)


def names_told(snapshot: Snapshot, clause: Clause, text: NormalText) -> set[str]:
    """Return the names of the intents that rules find in a clause; ``text``: in canonical words."""
    return {hit.intent.name for hit in snapshot.intents.find(text, clause.text)}


def texts_of_clauses(turn: Understood) -> list[str]:
    """Return what has to be embedded for the clauses: a text for each of ``spans``."""
    pairs = spans(len(turn.clauses))
    return [joined(turn.clauses[first:end]).text for first, end in pairs]


def vectors_of_clauses(turn: Understood, vectors: Mapping[str, Vectors]) -> list[Vectors]:
    """Return a vector for each of ``spans``."""
    return [vectors[text] for text in texts_of_clauses(turn)]


def with_smalltalk_beside(
    snapshot: Snapshot, said: str, found: tuple[FoundIntent, ...]
) -> tuple[FoundIntent, ...]:
    """Return what was ``found`` and the intents that small talk beside a question tells."""
    if not snapshot.intents.heeded_smalltalk:
        return found
    names = {hit.intent.name for hit in found}
    beside = snapshot.parts.smalltalk(said)
    hits = {hit.intent.name: hit for text in beside for hit in snapshot.intents.find(text)}
    new = [replace(hit, confidence=_BESIDE) for name, hit in hits.items() if name not in names]
    return tuple(sorted((*found, *new), key=lambda hit: (-hit.confidence, -hit.intent.urgency)))
