"""All that admins write, read and checked, as one value that can be stored and rebuilt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.answers.entries import Entry
from chatbot.errors import ContentError
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.intent_files import read_intents, read_texts
from chatbot.knowledge.problems import Problems
from chatbot.texts import TextValue
from chatbot.understanding.intents import Intent
from chatbot.understanding.normalise import Normaliser

#: Changes when the stored form changes, so that an older release says so instead of guessing.
_FORMAT = 1


@dataclass(frozen=True)
class Content:
    """Entries and intents in file order, and the texts that differ from the shipped ones."""

    entries: tuple[Entry, ...]
    intents: tuple[Intent, ...]
    texts: Mapping[str, TextValue]

    def to_json(self) -> str:
        """Return the canonical JSON: equal contents give equal strings, on every machine."""
        record = {
            "format": _FORMAT,
            "entries": [entry.to_json() for entry in self.entries],
            "intents": [intent.to_json() for intent in self.intents],
            "texts": self.texts,
        }
        return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Content:
        """Rebuild what ``to_json`` gave; raise ContentError for the form of another release."""
        record: dict[str, Any] = json.loads(text)
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
        )

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def load_content(knowledge: Path, intents: Path | None) -> Content:
    """Read and check a knowledge folder (or file) and an intents folder.

    Raises ContentErrors with every problem of all files, and ContentError if ``knowledge`` does
    not exist. A missing ``intents`` folder means no intents and the shipped texts.
    """
    problems = Problems()
    normaliser = Normaliser()
    entries = read_entries(knowledge, normaliser, problems)
    found: tuple[Intent, ...] = ()
    texts: Mapping[str, TextValue] = {}
    if intents is not None:
        found = read_intents(intents, normaliser, problems)
        texts = read_texts(intents, normaliser, problems)
    problems.raise_any()
    return Content(entries, found, texts)
