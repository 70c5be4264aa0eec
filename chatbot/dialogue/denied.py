"""A wish that something shall not be done is not answered like the wish itself."""

from __future__ import annotations

from chatbot.answers.entries import Entry
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.understood import Understood
from chatbot.matching import fuzzy
from chatbot.understanding.negation import denies_wish, has_negation


def denies(snapshot: Snapshot, turn: Understood, entry: Entry) -> bool:
    """Return whether the message denies what ``entry`` is about: 不用加床了 and 可以加床吗.

    An entry whose closest wording has a negation as well is about that. A question denies nothing:
    不加床可以吗.
    """
    if not denies_wish(turn.asked.text) or snapshot.parts.has_question(turn.message):
        return False
    key = turn.asked.key
    wordings = map(snapshot.normaliser.normalise, entry.wordings)
    closest = max(wordings, key=lambda wording: fuzzy.ratio(key, wording.key))
    return not has_negation(closest.text)
