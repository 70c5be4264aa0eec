"""All that admins write, read and checked, as one value that can be stored and rebuilt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from chatbot.accounts.account import Accounts
from chatbot.answers.entries import Entry
from chatbot.customers.tag_groups import TagGroup
from chatbot.dialogue.pinned import PinnedQuestion
from chatbot.errors import ContentError
from chatbot.facts.tables import Table
from chatbot.knowledge.account_file import read_accounts
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.former_forms import (
    upgrade_first_form,
    upgrade_second_form,
    upgrade_third_form,
)
from chatbot.knowledge.intent_files import read_intents, read_texts
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.pinned_file import read_pinned
from chatbot.knowledge.places import Places
from chatbot.knowledge.problems import Problem, Problems
from chatbot.knowledge.references import References
from chatbot.knowledge.table_files import read_tables
from chatbot.knowledge.tag_files import read_tag_groups
from chatbot.knowledge.word_files import read_synonyms, read_words
from chatbot.texts import TextValue
from chatbot.understanding.intents import Intent
from chatbot.understanding.normalise import Normaliser

#: Changes when the stored form changes, so that an older release says so instead of guessing.
_FORMAT = 4


class EntryTexts:
    """The canonical JSON of entries, made once for each as long as it is asked for."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Entry, str]] = {}

    def of(self, entries: Sequence[Entry]) -> list[str]:
        """Return one text an entry, and forget all others."""
        made = {}
        for entry in entries:
            # An entry that is kept here keeps its identity to itself.
            known = self._known.get(id(entry))
            made[id(entry)] = known or (entry, _canonical(entry.to_json()))
        self._known = made
        return [made[id(entry)][1] for entry in entries]


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Content:
    """Entries and intents in file order, facts, accounts, and texts that differ from the shipped.

    ``tables`` are in the order of their names, ``tag_groups`` in file order. ``media`` holds the
    SHA-256 (hexadecimal) of every picture that messages need, by its path below the folder.
    ``words`` are the brand's own, ``synonyms`` groups of words for one thing, the first of a group
    standing for the others. ``pinned`` are the questions whose answer may not change unseen.
    """

    entries: tuple[Entry, ...] = ()
    intents: tuple[Intent, ...] = ()
    texts: Mapping[str, TextValue] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    accounts: Accounts = field(default_factory=Accounts)
    tag_groups: tuple[TagGroup, ...] = ()
    media: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()
    pinned: tuple[PinnedQuestion, ...] = ()

    def to_json(self, written: EntryTexts | None = None) -> str:
        """Return the canonical JSON: equal contents give equal strings, on every machine.

        ``written`` remembers the entries, for who asks again after one of them has changed.
        """
        record = {
            "format": _FORMAT,
            "intents": [intent.to_json() for intent in self.intents],
            "texts": self.texts,
            "tables": [table.to_json() for table in self.tables],
            "accounts": self.accounts.to_json(),
            "tag_groups": [group.to_json() for group in self.tag_groups],
            "media": dict(self.media),
            "words": self.words,
            "synonyms": self.synonyms,
            "pinned": [each.to_json() for each in self.pinned],
        }
        texts = {key: _canonical(value) for key, value in record.items()}
        texts["entries"] = f"[{','.join((written or EntryTexts()).of(self.entries))}]"
        text = "{" + ",".join(f'"{key}":{texts[key]}' for key in sorted(texts)) + "}"
        # Writing takes a second: what has been written needs no second writing for its digest.
        vars(self).setdefault("digest", hashlib.sha256(text.encode()).hexdigest())
        return text

    @classmethod
    def from_json(cls, text: str) -> Content:
        """Rebuild what ``to_json`` gave; raise ContentError for the form of a newer release."""
        record: dict[str, Any] = json.loads(text)
        if record.get("format") == 1:
            record = upgrade_first_form(record)
        if record.get("format") == 2:
            record = upgrade_second_form(record)
        if record.get("format") == 3:
            record = upgrade_third_form(record)
        if record.get("format") != _FORMAT:
            raise ContentError("this snapshot was written by a newer release; update this one")
        texts = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in record["texts"].items()
        }
        return cls(
            entries=tuple(map(Entry.from_json, record["entries"])),
            intents=tuple(map(Intent.from_json, record["intents"])),
            texts=texts,
            tables=tuple(map(Table.from_json, record["tables"])),
            accounts=Accounts.from_json(record["accounts"]),
            tag_groups=tuple(map(TagGroup.from_json, record["tag_groups"])),
            media=record["media"],
            words=tuple(record["words"]),
            synonyms=tuple(map(tuple, record["synonyms"])),
            pinned=tuple(map(PinnedQuestion.from_json, record["pinned"])),
        )

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading of the files gave.

    ``pictures`` are the bytes of ``content.media``, by their SHA-256. ``warnings`` hinder nothing.
    ``places`` tell where what was read is written.
    """

    content: Content
    pictures: Mapping[str, bytes]
    warnings: tuple[Problem, ...]
    places: Places = field(default_factory=Places)


def load_content(
    knowledge: Path, intents: Path | None, hosts: Collection[str] | None = None
) -> Content:
    """Return the content of ``read_content``, which says more."""
    return read_content(knowledge, intents, hosts).content


def read_content(
    knowledge: Path, intents: Path | None, hosts: Collection[str] | None = None
) -> Reading:
    """Read and check a knowledge folder (or file) and an intents folder.

    Raises ContentErrors with every problem of all files, and ContentError if ``knowledge`` does
    not exist. A missing ``intents`` folder means no intents and the shipped texts. ``hosts`` are
    those that webhooks may reach, None if that is not known here.
    """
    problems = Problems()
    normaliser = Normaliser()
    references, places = References(), Places()
    pictures = MediaFolder(knowledge)
    entries = read_entries(knowledge, normaliser, problems, references, pictures, places)
    found: tuple[Intent, ...] = ()
    texts: Mapping[str, TextValue] = {}
    groups: tuple[TagGroup, ...] = ()
    if intents is not None:
        found = read_intents(intents, normaliser, problems, references, pictures, hosts, places)
        texts = read_texts(intents, normaliser, problems, references, places)
        groups = read_tag_groups(intents, problems)
    tables = read_tables(knowledge, problems, places)
    accounts = read_accounts(knowledge, problems)
    words = read_words([knowledge, *([intents] if intents else ())], normaliser, problems)
    synonyms = read_synonyms(knowledge, normaliser, problems)
    pinned = read_pinned(knowledge, problems, references)
    references.check_entries({entry.id for entry in entries}, problems)
    references.check(tables, accounts, problems)
    if intents is not None:
        references.check_tags(groups, problems)
    problems.raise_any()
    digests = {path: hashlib.sha256(image).hexdigest() for path, image in pictures.files.items()}
    content = Content(
        entries, found, texts, tables, accounts, groups, digests, words, synonyms, pinned
    )
    images = {digests[path]: image for path, image in pictures.files.items()}
    return Reading(content, images, tuple(problems.warnings), places)
