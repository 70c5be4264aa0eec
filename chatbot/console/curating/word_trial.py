"""Shows what the dictionary makes of sentences: as it is live, and as it is edited."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.dialogue.service import DialogueService
from chatbot.knowledge.build import words_of_brand
from chatbot.knowledge.content import Content
from chatbot.texts import make_texts
from chatbot.understanding.brand_words import BrandWords
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.typos import Correction

#: So many sentences are looked at in one go.
MOST = 50
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """How a sentence is read: mended, cut into words, with the words that stand for others."""

    normal: str
    words: tuple[str, ...]
    corrections: tuple[Correction, ...]
    synonyms: tuple[tuple[str, str], ...]
    compared: str


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence as it is read before an edit and after."""

    text: str
    before: Reading
    after: Reading


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The words that were learnt from the content itself, those that people wrote left out."""

    learnt: tuple[str, ...]


class WordTrials:
    """Reads sentences as turns do, in a thread of its own."""

    def __init__(self, service: DialogueService) -> None:
        self._service = service

    def learnt(self) -> Dictionary:
        """Return what the live dictionary has learnt."""
        words = self._service.dialogue.snapshot.words
        said = set(words.synonyms.words)
        return Dictionary(tuple(each for each in words.segmenter.learnt if each not in said))

    async def hold(self, texts: Sequence[str], edited: Content) -> tuple[Read, ...]:
        """Return how sentences are read by what is live, and by the words of a content."""
        live, wanted = self._service.dialogue.snapshot.words, texts[:MOST]
        # Learning the words of a large brand takes seconds: no turn may wait for that.
        return await asyncio.to_thread(_read, wanted, live, edited)


def _read(texts: Sequence[str], live: BrandWords, content: Content) -> tuple[Read, ...]:
    normaliser = Normaliser()
    after = words_of_brand(content, make_texts(content.texts), normaliser)
    return tuple(
        Read(text, _reading(live, normaliser, text), _reading(after, normaliser, text))
        for text in (each[:_LONGEST] for each in texts)
    )


def _reading(words: BrandWords, normaliser: Normaliser, text: str) -> Reading:
    normal = normaliser.normalise(text)
    meant, corrections = words.mend(normal)
    return Reading(
        normal.text,
        tuple(words.segmenter.cut(meant.text)),
        tuple(corrections),
        tuple(words.synonyms.replaced(meant)),
        words.canonical(meant).text,
    )
