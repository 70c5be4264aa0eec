"""What the linter looks at: the content, where it is written, and how the bot reads messages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chatbot.answers.entries import Entry, Validity
from chatbot.answers.messages import TextMessage
from chatbot.answers.wordings import Wordings
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.snapshot import Scopes, Snapshot
from chatbot.knowledge.build import words_of_brand
from chatbot.knowledge.content import Content
from chatbot.knowledge.places import Place, Places
from chatbot.texts import make_texts
from chatbot.understanding.dissatisfaction import Dissatisfaction
from chatbot.understanding.intents import IntentRules
from chatbot.understanding.menu import MenuWish
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.smalltalk import Smalltalk
from chatbot.understanding.wishes import HumanWish

#: Cuts a text into what the platform takes as one message each.
Split = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads messages without vectors: how the bot knows a question or a wish by its words."""

    normaliser: Normaliser
    canonical: Normaliser
    wordings: Wordings
    intents: IntentRules
    wishes: HumanWish
    menu_wish: MenuWish
    dissatisfaction: Dissatisfaction
    scopes: Scopes

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot) -> Reader:
        """Return what a built snapshot reads with."""
        return cls(
            normaliser=snapshot.normaliser,
            canonical=snapshot.words.normaliser(snapshot.normaliser),
            wordings=snapshot.wordings,
            intents=snapshot.intents,
            wishes=snapshot.wishes,
            menu_wish=snapshot.menu_wish,
            dissatisfaction=snapshot.dissatisfaction,
            scopes=snapshot.scopes,
        )

    @classmethod
    def of_content(cls, content: Content) -> Reader:
        """Return what the snapshot of ``content`` would read with, built without an encoder."""
        normaliser, texts = Normaliser(), make_texts(content.texts)
        canonical = normaliser
        if content.synonyms:  # otherwise the words of the brand change nothing of a text
            canonical = words_of_brand(content, texts, normaliser).normaliser(normaliser)
        smalltalk = Smalltalk(texts, normaliser)
        return cls(
            normaliser=normaliser,
            canonical=canonical,
            wordings=Wordings(content.entries, canonical),
            intents=IntentRules(content.intents, normaliser, smalltalk),
            wishes=HumanWish(texts.human_phrases, texts.human_excluded, normaliser),
            menu_wish=MenuWish(texts.menu_phrases, normaliser),
            dissatisfaction=Dissatisfaction(
                texts.dissatisfied_phrases, texts.none_phrases, normaliser
            ),
            scopes=Scopes(content.entries, content.accounts),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A wording of the entry ``number``: as written, at which key, and in its normal forms.

    ``plain`` is what is looked through for wishes and intents, ``key`` what questions are
    compared by.
    """

    number: int
    written: str
    at: str
    plain: NormalText
    key: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that the families of findings read; ``snapshot`` is None where none was built.

    ``about`` are the numbers of the entries that are looked at where it takes long to look at all,
    None for all of them; ``asked`` are their wordings.
    """

    content: Content
    places: Places
    today: date
    split: Split
    reader: Reader
    asked: Sequence[Asked]
    snapshot: Snapshot | None
    about: frozenset[int] | None = None

    @classmethod
    def of(
        cls,
        content: Content,
        dialogue: Dialogue | None,
        *,
        places: Places,
        today: date,
        split: Split,
        about: frozenset[int] | None = None,
    ) -> Material:
        """Gather what is looked at; ``dialogue`` is built from ``content``, if it is built."""
        snapshot = dialogue.snapshot if dialogue else None
        reader = Reader.of_snapshot(snapshot) if snapshot else Reader.of_content(content)
        asked = tuple(_asked(content.entries, reader, about))
        return cls(content, places, today, split, reader, asked, snapshot, about)

    @property
    def entries(self) -> Sequence[Entry]:
        """Return the entries in file order."""
        return self.content.entries

    def is_about(self, *numbers: int) -> bool:
        """Return whether one of these entries is looked at."""
        return self.about is None or not self.about.isdisjoint(numbers)

    def asked_of(self, numbers: Collection[int]) -> tuple[Asked, ...]:
        """Return the wordings of the entries ``numbers``, looked at or not, in file order."""
        return tuple(_asked(self.entries, self.reader, numbers))

    def place(self, asked: Asked) -> Place | None:
        """Return where a wording is written."""
        return self.places.of_entry(self.entries[asked.number].id, asked.at, asked.written)

    def meet(self, one: int, other: int) -> bool:
        """Return whether two entries may answer the same customer on the same day."""
        first, second = self.entries[one], self.entries[other]
        accounts = self.content.accounts
        return _overlap(first.valid, second.valid) and any(
            not {one, other} & self.reader.scopes.outside(account)
            for account in (accounts.default, *accounts.accounts)
        )


def text_for_all(entry: Entry) -> str:
    """Return what an entry says in words to those whom no condition singles out."""
    messages = entry.answer[-1].messages if entry.answer else ()
    return "\n".join(each.text for each in messages if isinstance(each, TextMessage))


def same_answer(one: Entry, other: Entry) -> bool:
    """Return whether it makes no difference to a customer which of two entries answers."""
    return one.answer == other.answer and one.auto == other.auto


def called(entry: Entry) -> str:
    """Return how an entry is named in a sentence."""
    return f"“{entry.question}”（{entry.id}）"


def _asked(
    entries: Sequence[Entry], reader: Reader, about: Collection[int] | None
) -> Iterator[Asked]:
    plain, canonical = reader.normaliser, reader.canonical
    for number, entry in enumerate(entries):
        if about is not None and number not in about:
            continue
        for at, written in _written(entry):
            text = plain.normalise(written)
            key = text.key if canonical is plain else canonical.key(written)
            yield Asked(number, written, at, text, key)


def _written(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "question", entry.question
    for wording in entry.similar:
        yield "similar", wording


def _overlap(one: Validity, other: Validity) -> bool:
    ends_before = one.end is not None and other.start is not None and one.end < other.start
    begins_after = one.start is not None and other.end is not None and other.end < one.start
    return not (ends_before or begins_after)


def by_entry(asked: Sequence[Asked]) -> Mapping[int, list[Asked]]:
    """Return the wordings of each entry, by its number."""
    found: dict[int, list[Asked]] = {}
    for each in asked:
        found.setdefault(each.number, []).append(each)
    return found
