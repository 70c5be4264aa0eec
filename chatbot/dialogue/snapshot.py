"""Everything a turn needs to know, built once and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from chatbot.accounts.account import Account, Accounts
from chatbot.answers.calibration import Thresholds
from chatbot.answers.entries import Entry
from chatbot.answers.ranking import Ranker
from chatbot.answers.wordings import Wordings
from chatbot.customers.tag_groups import TagGroup
from chatbot.facts.rows import RowFinder
from chatbot.forms.engine import Forms
from chatbot.texts import Texts
from chatbot.understanding.brand_words import BrandWords
from chatbot.understanding.dissatisfaction import Dissatisfaction
from chatbot.understanding.intent_examples import IntentExamples
from chatbot.understanding.intents import Intent, IntentRules
from chatbot.understanding.menu import MenuWish
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.parts import PartSplitter
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk
from chatbot.understanding.wishes import HumanWish


class Scopes:
    """Which entries an account does not answer with.

    An account answers with its ``categories`` (all without any; a category includes those below
    it, ``房间`` also ``房间/设施``); an entry with a ``scope`` answers for these accounts alone.
    """

    def __init__(self, entries: Sequence[Entry], accounts: Accounts) -> None:
        self._outside = {
            account.key: frozenset(
                number for number, entry in enumerate(entries) if not _is_inside(entry, account)
            )
            for account in (accounts.default, *accounts.accounts)
        }

    def outside(self, account: Account) -> frozenset[int]:
        """Return the numbers of the entries that ``account`` does not answer with."""
        return self._outside[account.key]


def _is_inside(entry: Entry, account: Account) -> bool:
    if entry.scope and account.key not in entry.scope:
        return False
    if not account.categories:
        return True
    category = entry.category
    return any(
        category == allowed or category.startswith(f"{allowed}/") for allowed in account.categories
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One numbered state of knowledge, intents, facts, accounts and texts, indexed.

    ``indexed`` are the wordings of each entry in the order of the index: normal form and as
    written.
    """

    number: int
    digest: str
    entries: Sequence[Entry]
    by_id: Mapping[str, int]
    by_question: Mapping[str, tuple[int, ...]]
    rows: Mapping[str, RowFinder]
    media: Mapping[str, str]
    accounts: Accounts
    tag_groups: Mapping[str, TagGroup]
    scopes: Scopes
    texts: Texts
    thresholds: Thresholds
    timezone: ZoneInfo
    normaliser: Normaliser
    segmenter: Segmenter
    words: BrandWords
    smalltalk: Smalltalk
    wishes: HumanWish
    menu_wish: MenuWish
    dissatisfaction: Dissatisfaction
    parts: PartSplitter
    intents: IntentRules
    examples: IntentExamples
    flows: Mapping[str, Intent]
    forms: Forms
    wordings: Wordings
    indexed: Sequence[Mapping[NormalText, str]]
    ranker: Ranker

    @property
    def threshold(self) -> float:
        """Return the confidence from which on an entry without a target of its own answers."""
        return self.thresholds.usual

    def threshold_of(self, number: int) -> float:
        """Return the confidence from which on the entry ``number`` answers by itself."""
        return self.thresholds.of(number)

    def silent(self, account: Account, day: date) -> frozenset[int]:
        """Return the numbers of the entries that answer nothing on ``day`` and on ``account``."""
        return self.ranker.not_valid(day) | self.scopes.outside(account)
