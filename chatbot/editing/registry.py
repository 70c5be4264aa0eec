"""Every kind of thing that pages edit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chatbot.editing.entries import EntryKind
from chatbot.editing.kinds import Kind

#: By the name that an edit has in the database.
KINDS: Mapping[str, Kind] = MappingProxyType({"entry": EntryKind()})
