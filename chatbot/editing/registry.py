"""Every kind of thing that pages edit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from chatbot.editing.entries import EntryKind
from chatbot.editing.intents import IntentKind
from chatbot.editing.kinds import Kind
from chatbot.editing.tables import TableKind
from chatbot.editing.words import WordsKind


def kinds_reaching(hosts: Collection[str] | None) -> Mapping[str, Kind]:
    """Return every kind by the name that an edit has in the database.

    ``hosts`` are those that webhooks may reach, None if that is not known here.
    """
    return MappingProxyType(
        {
            "entry": EntryKind(), "intent": IntentKind(hosts), "table": TableKind(),
            "words": WordsKind(),
        }
    )  # fmt: skip


#: As files are read by who has read them already, and asked for the hosts then.
KINDS = kinds_reaching(None)
