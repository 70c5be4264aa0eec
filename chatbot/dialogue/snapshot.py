"""Everything a turn needs to know, built once and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chatbot.answers.entries import Entry
from chatbot.answers.ranking import Ranker
from chatbot.answers.wordings import Wordings
from chatbot.texts import Texts
from chatbot.understanding.intents import IntentRules
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk
from chatbot.understanding.wishes import HumanWish


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One numbered state of knowledge, intents and texts, indexed."""

    number: int
    digest: str
    entries: Sequence[Entry]
    texts: Texts
    threshold: float
    timezone: ZoneInfo
    normaliser: Normaliser
    segmenter: Segmenter
    smalltalk: Smalltalk
    wishes: HumanWish
    intents: IntentRules
    wordings: Wordings
    ranker: Ranker
