"""Every kind of thing that pages edit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from chatbot.editing.entries import EntryKind
from chatbot.editing.intents import IntentKind
from chatbot.editing.kinds import Kind
from chatbot.editing.merging import Record, Step, taken_back
from chatbot.editing.tables import TableKind
from chatbot.editing.words import WordsKind
from chatbot.store.edits import StoredEdit


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


def restored(kind: str, edits: Sequence[StoredEdit]) -> Record | None:
    """Return what the files say of a subject without these edits, which they hold."""
    return taken_back([Step(each.base, each.after) for each in edits], KINDS[kind].merge)


#: As files are read by who has read them already, and asked for the hosts then.
KINDS = kinds_reaching(None)
