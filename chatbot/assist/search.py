"""The search over quick replies and all entries: by characters, by pinyin, by meaning. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from chatbot.answers.entries import Entry, texts_of
from chatbot.assist.sequences import Runs, Sequences
from chatbot.dialogue.service import Mind
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching import kernel
from chatbot.matching.encoder import Vectors
from chatbot.matching.matcher import Matcher
from chatbot.store.quick_replies import OwnReply
from chatbot.understanding.language import language_of
from chatbot.understanding.normalise import Normaliser

Scores = npt.NDArray[np.float64]
By = Literal["characters", "pinyin", "meaning"]

#: How much a hit in the title, in another wording, in the text itself is worth.
_TITLE, _WORDING, _TEXT = 1.0, 0.9, 0.75
#: And one that is all of it, at its beginning, within it, with gaps.
_WHOLE, _START, _WITHIN, _WITH_GAPS = 1.0, 0.95, 0.88, 0.55
#: Written characters say a little more than their pinyin, a short text a little more than a long.
_TYPED = 0.98
_SHORT = 0.02
#: Centred similarities below this are those of texts that have nothing to do with each other.
_LEAST_MEANT = 0.35
#: The most that meaning alone counts for: less than the very words in a title.
_MOST_MEANT = 0.85
#: A letter or two are in nearly everything; nobody looks further than this.
_MOST = 300
#: Characters of an answer that are looked at.
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found, ``score`` between 0 and 1, and by what."""

    score: float
    by: By


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found: entries by their numbers, and own quick replies by their places."""

    entries: Mapping[int, Hit] = field(default_factory=lambda: MappingProxyType({}))
    own: Mapping[int, Hit] = field(default_factory=lambda: MappingProxyType({}))


class _Index:
    """The titles, other wordings and texts of things that are numbered from 0."""

    def __init__(
        self, written: Iterable[tuple[int, float, str]], count: int, normaliser: Normaliser
    ) -> None:
        rows = list(written)
        self._count = count
        self._things = np.array([thing for thing, _, _ in rows], dtype=np.int64)
        self._worth = np.array([worth for _, worth, _ in rows], dtype=np.float64)
        keys = _keys([text for _, _, text in rows], normaliser)
        self._lengths = np.array([max(1, len(key)) for key in keys], dtype=np.float64)
        self._sequences = Sequences(keys)

    def find(self, key: str) -> dict[int, Hit]:
        """Return what has ``key``, in characters or in pinyin."""
        runs = self._sequences.find(key)
        scores = self._scores(runs, len(key))
        best = np.zeros(self._count)
        np.maximum.at(best, self._things[runs.texts], scores)
        typed = np.ones(self._count, dtype=np.bool_)
        np.logical_and.at(typed, self._things[runs.texts], runs.typed)
        first = np.argsort(-best, kind="stable")[:_MOST]
        return {
            thing: Hit(float(best[thing]), "pinyin" if typed[thing] else "characters")
            for thing in first[best[first] > 0].tolist()
        }

    def _scores(self, runs: Runs, length: int) -> Scores:
        place = np.where(runs.whole, _WHOLE, np.where(runs.starts == 0, _START, _WITHIN))
        if runs.gaps:  # of a long text they say nothing
            place = np.where(self._worth[runs.texts] > _TEXT, _WITH_GAPS, 0.0)
        share = np.minimum(1.0, length / self._lengths[runs.texts])
        worth = self._worth[runs.texts] * place * np.where(runs.typed, _TYPED, 1.0)
        return np.asarray(worth * (1.0 - _SHORT + _SHORT * share), dtype=np.float64)


class SearchIndex:
    """The entries of one snapshot, ready to be searched; immutable once built."""

    def __init__(self, snapshot: Snapshot) -> None:
        entries = snapshot.entries
        self._normaliser = snapshot.normaliser
        self._index = _Index(_written_in(entries), len(entries), snapshot.normaliser)

    def find(self, mind: Mind, query: str, own: Sequence[OwnReply], vectors: Vectors) -> Hits:
        """Return what ``query`` finds in the entries and in the agent's ``own`` replies.

        ``mind`` is of the snapshot that this is the index of; ``vectors`` has its encoder's unit
        row for each of ``own``. Uses the encoder, but not for Latin letters that
        are found, or that are no words.
        """
        key = _keys([query], self._normaliser)[0]
        written = _written_by(own)
        by_letters = Hits(
            self._index.find(key), _Index(written, len(own), self._normaliser).find(key)
        )
        found = bool(by_letters.entries or by_letters.own)
        if not key or (key.isascii() and (found or not _says_something(query))):
            return by_letters
        by_meaning = _by_meaning(mind, query, vectors)
        return Hits(
            _better(by_letters.entries, by_meaning.entries),
            _better(by_letters.own, by_meaning.own),
        )


def by_meaning(mind: Mind, query: str) -> dict[str, float]:
    """Return the entries of a mind's snapshot that mean what ``query`` does, with how much."""
    nothing = np.zeros((0, mind.encoder.dim), dtype=np.float32)
    entries = mind.dialogue.snapshot.entries
    found = _by_meaning(mind, query, nothing).entries
    return {entries[number].id: hit.score for number, hit in found.items()}


def text_to_embed(reply: OwnReply) -> str:
    """Return what stands for the meaning of an own quick reply."""
    return f"{reply.title}，{reply.text}"


def _written_in(entries: Sequence[Entry]) -> Iterable[tuple[int, float, str]]:
    for number, entry in enumerate(entries):
        yield number, _TITLE, entry.question
        for wording in entry.similar:
            yield number, _WORDING, wording
        for text in dict.fromkeys(texts_of(entry.messages)):
            yield number, _TEXT, text[:_LONGEST_TEXT]


def _written_by(own: Sequence[OwnReply]) -> Iterable[tuple[int, float, str]]:
    for place, reply in enumerate(own):
        yield place, _TITLE, reply.title
        yield place, _TEXT, reply.text[:_LONGEST_TEXT]


def _keys(texts: Sequence[str], normaliser: Normaliser) -> list[str]:
    """Return the letters and digits of each text, in normal form.

    All at once, since normalising 100,000 texts one by one takes seconds; here nothing depends on
    marks or on noise.
    """
    lines = "\n".join(" ".join(text.split()) for text in texts)
    folded = unicodedata.normalize("NFKC", lines).casefold()
    simple = normaliser.simplify(folded.encode("utf-8", "ignore").decode("utf-8"))
    return ["".join(filter(str.isalnum, line)) for line in simple.split("\n")][: len(texts)]


def _says_something(letters: str) -> bool:
    """Return whether Latin letters are words of a language, rather than initials nobody has."""
    return bool(language_of(letters)) or " " in letters.strip()


def _by_meaning(mind: Mind, query: str, vectors: Vectors) -> Hits:
    snapshot = mind.dialogue.snapshot
    matcher = snapshot.ranker.matcher
    meant, _ = snapshot.words.mend(snapshot.normaliser.normalise(query))
    question = snapshot.words.canonical(meant)
    if matcher is None or question.is_empty:
        return Hits()
    vector = mind.encoder.encode([question.text])[0]
    centred = matcher.texts.centre(vector)
    words = snapshot.segmenter.weigh(question.text)
    near = matcher.texts.near(question.key, words, centred)
    alike = kernel.blend(near.dense, near.lexical, near.fuzzy)
    entries: dict[int, Hit] = {}
    for number, similarity in zip(near.numbers.tolist(), alike.tolist(), strict=True):
        _keep_better(entries, matcher.label_of(number), similarity)
    return Hits(entries, _own_by_meaning(matcher, centred, vectors))


def _own_by_meaning(matcher: Matcher, centred: Vectors, vectors: Vectors) -> dict[int, Hit]:
    own: dict[int, Hit] = {}
    for place, vector in enumerate(vectors):
        _keep_better(own, place, float(matcher.texts.centre(vector) @ centred))
    return own


def _keep_better(hits: dict[int, Hit], thing: int, similarity: float) -> None:
    if similarity < _LEAST_MEANT:
        return
    score = min(similarity, _MOST_MEANT)
    if thing not in hits or hits[thing].score < score:
        hits[thing] = Hit(score, "meaning")


def _better(some: Mapping[int, Hit], others: Mapping[int, Hit]) -> dict[int, Hit]:
    """Return the better hit for each thing; of equal ones that of ``some``."""
    both = dict(others)
    for thing, hit in some.items():
        if thing not in both or both[thing].score <= hit.score:
            both[thing] = hit
    return both
