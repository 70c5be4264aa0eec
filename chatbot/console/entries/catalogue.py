"""All entries of the content that is edited, ready to be filtered and searched: pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from chatbot.answers.entries import Entry
from chatbot.answers.messages import words_of
from chatbot.editing.differences import Cut
from chatbot.knowledge.content import Content
from chatbot.understanding.language import CHINESE
from chatbot.understanding.normalise import Normaliser

State = Literal[
    "new", "changed", "retired", "conflict", "expired", "not_yet", "review", "agents-only", "ask"
]
STATES: tuple[State, ...] = get_args(State)
#: What a hit is worth: in the question, in the id or another wording, in what is excluded or said.
_QUESTION, _WORDING, _SAID = 3.0, 2.0, 1.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is to show; what is empty says nothing. ``without``: no answer in a language."""

    query: str = ""
    by: Literal["words", "meaning"] = "words"
    state: str = ""
    category: str = ""
    owner: str = ""
    tag: str = ""
    without: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class _Keys:
    """What is looked through, in normal form: question, other wordings, what is said."""

    question: str
    wordings: str
    said: str

    def score(self, words: Sequence[str], faq_id: str) -> float:
        """Return how well all of ``words`` are found, 0 if one is not."""
        return min((self._score(word, faq_id) for word in words), default=0.0)

    def _score(self, word: str, faq_id: str) -> float:
        if word in self.question:
            return _QUESTION + (word == self.question)
        if word in self.wordings or word in faq_id:
            return _WORDING
        return _SAID if word in self.said else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is edited; ``live`` is how customers get it, None if they do not."""

    entry: Entry
    live: Entry | None
    retired: bool = False

    def states(self, today: date, conflicts: Collection[str]) -> list[State]:
        """Return what is to be known of it, in the order of ``STATES``."""
        entry = self.entry
        found: dict[State, bool] = {
            "new": self.live is None,
            "changed": self.live is not None and self.live != entry,
            "retired": self.retired,
            "conflict": entry.id in conflicts,
            "expired": entry.valid.end is not None and entry.valid.end < today,
            "not_yet": entry.valid.start is not None and today < entry.valid.start,
            "review": entry.review is not None and entry.review <= today,
            "agents-only": entry.auto == "agents-only",
            "ask": entry.auto == "ask",
        }
        return [state for state in STATES if found[state]]


class Catalogue:
    """The entries of one content beside the live one; immutable but for what it remembers.

    ``former`` is a catalogue of before: what has not changed since is not worked out again.
    """

    def __init__(
        self,
        working: Content,
        live: Content,
        normaliser: Normaliser,
        former: Catalogue | None = None,
    ) -> None:
        self._normaliser = normaliser
        self.working = working
        self.live = live
        served = {each.id: each for each in live.entries}
        present = {each.id for each in working.entries}
        self.rows = (
            *(Row(each, served.get(each.id)) for each in working.entries),
            *(Row(each, each, retired=True) for each in live.entries if each.id not in present),
        )
        known = {} if former is None else former.known_keys
        self.known_keys: Mapping[int, tuple[Entry, _Keys]] = _known(self.rows, known, normaliser)
        self._spoken: dict[tuple[str, int], bool] = {}
        self.categories = _counted(_above(each.entry.category) for each in self.rows)
        self.owners = _counted([each.entry.owner] for each in self.rows)
        self.tags = _counted(each.entry.tags for each in self.rows)

    def find(
        self,
        wanted: Wanted,
        today: date,
        conflicts: Collection[str] = (),
        meant: Mapping[str, float] | None = None,
        cut: Cut = str.split,
    ) -> list[Row]:
        """Return the rows that are wanted, the best first if something is looked for.

        ``meant`` are the scores by id of what a search by meaning found. What is not found as it
        was typed is looked for by its words, which ``cut`` tells.
        """
        kept = [each for each in self.rows if self._is_wanted(each, wanted, today, conflicts)]
        if meant is not None:
            found = [each for each in kept if each.entry.id in meant]
            return sorted(found, key=lambda each: -meant[each.entry.id])
        words = self._words(wanted.query)
        if not words:
            return kept
        return self._found(kept, words) or self._found(
            kept, self._words(" ".join(cut(wanted.query)))
        )

    def _words(self, query: str) -> list[str]:
        """Return the words that are all to be found, in normal form."""
        return [key for key in _normal(query.split(), self._normaliser) if key]

    def _found(self, kept: Sequence[Row], words: Sequence[str]) -> list[Row]:
        scored = ((self._keys(each).score(words, each.entry.id.casefold()), each) for each in kept)
        hits = [(score, each) for score, each in scored if score]
        return [each for _, each in sorted(hits, key=lambda hit: -hit[0])]

    def _keys(self, row: Row) -> _Keys:
        return self.known_keys[id(row.entry)][1]

    def _is_wanted(self, row: Row, wanted: Wanted, today: date, conflicts: Collection[str]) -> bool:
        entry = row.entry
        return (
            (not wanted.category or f"{entry.category}/".startswith(f"{wanted.category}/"))
            and (not wanted.owner or entry.owner == wanted.owner)
            and (not wanted.tag or wanted.tag in entry.tags)
            and (not wanted.state or wanted.state in row.states(today, conflicts))
            and (not wanted.without or not self._is_said_in(entry, wanted.without))
        )

    def _is_said_in(self, entry: Entry, language: str) -> bool:
        """Return whether a message in a language is answered in it; a look takes long."""
        known = self._spoken.get((language, id(entry)))
        if known is None:
            known = language == CHINESE or any(each.is_in(language) for each in entry.answer)
            self._spoken[language, id(entry)] = known
        return known


def _known(
    rows: Sequence[Row], known: Mapping[int, tuple[Entry, _Keys]], normaliser: Normaliser
) -> dict[int, tuple[Entry, _Keys]]:
    """Return the keys of all entries by their identity; what ``known`` has is not made again."""
    new = [each.entry for each in rows if known.get(id(each.entry), (None,))[0] is not each.entry]
    found = {id(each.entry): known[id(each.entry)] for each in rows if id(each.entry) in known}
    texts = [part for entry in new for part in _texts(entry)]
    keys = _normal(texts, normaliser)
    for place, entry in enumerate(new):
        found[id(entry)] = (entry, _Keys(*keys[3 * place : 3 * place + 3]))
    return found


def _texts(entry: Entry) -> tuple[str, str, str]:
    said = (words for message in entry.messages for words in words_of(message))
    return entry.question, " ".join(entry.similar), " ".join((*entry.excluded, *said))


def _normal(texts: Sequence[str], normaliser: Normaliser) -> list[str]:
    """Return the letters and digits of each text, in simplified characters and small letters."""
    lines = "\n".join(" ".join(text.split()) for text in texts)
    folded = unicodedata.normalize("NFKC", lines).casefold()
    simple = normaliser.simplify(folded.encode("utf-8", "ignore").decode("utf-8"))
    return ["".join(filter(str.isalnum, line)) for line in simple.split("\n")][: len(texts)]


def _above(category: str) -> list[str]:
    """Return a category and those that it is within."""
    parts = category.split("/") if category else []
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _counted(listed: Iterable[Iterable[str]]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for each in listed:
        for name in each:
            if name:
                counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
