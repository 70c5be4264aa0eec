"""Intents as they are edited on pages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chatbot.editing.kinds import EditRefused, FieldProblem, FileChange
from chatbot.editing.merging import Merged, Record, merged_records
from chatbot.editing.nodes import Nodes
from chatbot.editing.pictures import KnownPictures
from chatbot.exchange.applying import Draft, Drafts
from chatbot.exchange.edit_intent import (
    changes_of,
    edited_intent,
    intent_paths,
    intent_source,
    path_for_new,
    retired_path,
)
from chatbot.exchange.edits import NotEditableError
from chatbot.exchange.intent_records import intent_fields
from chatbot.exchange.records import json_ready
from chatbot.knowledge.content import Content
from chatbot.knowledge.intent_files import read_intent
from chatbot.knowledge.message_fields import MessageReader
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.references import References
from chatbot.understanding.intents import Intent
from chatbot.understanding.normalise import Normaliser
from chatbot.workshop import Folders

_LISTS = frozenset({"examples", "keywords", "exclude", "tags", "drafts"})
_NOWHERE = Path()


class IntentKind:
    """Intents by name, which their records do not have; ``hosts`` are those webhooks may reach."""

    def __init__(self, hosts: Collection[str] | None) -> None:
        self._hosts = hosts

    @property
    def lists(self) -> Collection[str]:
        """Return the fields whose items stand for themselves."""
        return _LISTS

    def fields(self, content: Content, key: str) -> Record | None:
        """Return what an intent says, None if there is none."""
        intent = next((each for each in content.intents if each.name == key), None)
        return None if intent is None else intent_record(intent)

    def merge(self, base: Record | None, theirs: Record | None, mine: Record | None) -> Merged:
        """Return ``theirs`` with what ``mine`` has changed of ``base``."""
        return merged_records(base, theirs, mine, _LISTS)

    def applied(self, content: Content, key: str, record: Record | None) -> Content:
        """Return the content with the intent as the record says; a new one stands last.

        Raises:
            EditRefused: the readers of files would refuse it; says all that is wrong.
        """
        made = () if record is None else (self.read(content, key, record),)
        intents = list(content.intents)
        place = next((at for at, each in enumerate(intents) if each.name == key), len(intents))
        intents[place : place + 1] = made
        return replace(content, intents=tuple(intents))

    def read(self, content: Content, key: str, record: Record) -> Intent:
        """Return the intent that a record makes within a content; raises as ``applied``."""
        nodes, problems, references = Nodes(), Problems(), References()
        messages = MessageReader(KnownPictures(content.media), references)
        root = nodes.tree({"intent": key, **record})
        intent = read_intent(_NOWHERE, root, Normaliser(), problems, messages, self._hosts)
        elsewhere = Problems()
        references.check(content.tables, content.accounts, elsewhere)
        references.check_tags(content.tag_groups, elsewhere)
        found = [*problems.found, *elsewhere.found]
        if intent is None or found:
            raise EditRefused(
                [FieldProblem(each.key, each.text, nodes.path_at(each.line)) for each in found]
            )
        return intent

    def drafts(self, folders: Folders, content: Content, changes: Sequence[FileChange]) -> Drafts:
        """Return the files with the changes; what goes is kept in a folder that is not read."""
        files: dict[Path, Draft] = {}
        left: dict[str, str] = {}
        paths = intent_paths(folders.intents)
        for change in changes:
            try:
                made = dict(self._drafts(folders, content, change, paths, files))
            except (NotEditableError, EditRefused) as reason:
                left[change.key] = str(reason)
                continue
            # Pictures are there before what shows them.
            files |= {
                folders.knowledge / path: Draft(None, picture)
                for path, picture in change.pictures.items()
                if not (folders.knowledge / path).exists()
            }
            files |= made
        return Drafts(folders.intents, files, left)

    def _drafts(
        self,
        folders: Folders,
        content: Content,
        change: FileChange,
        paths: dict[str, Path],
        taken: Collection[Path],
    ) -> Iterator[tuple[Path, Draft]]:
        path = paths.get(change.key)
        former = None if path is None else path.read_bytes()
        if change.after is None:
            if path is not None and former is not None:
                yield retired_path(path, folders.intents, taken), Draft(None, former)
                yield path, Draft(former, None)
            return
        shown = {**content.media, **dict.fromkeys(change.pictures, "")}
        intent = self.read(replace(content, media=shown), change.key, change.after)
        if path is None or former is None:
            path = path_for_new(folders.intents, change.key, list(paths.values()))
            paths[change.key] = path
            yield path, Draft(None, intent_source(change.key, intent_fields(intent)).encode())
            return
        before = next((each for each in content.intents if each.name == change.key), None)
        record: Mapping[str, object] = intent_fields(before) if before else {}
        changes = changes_of(dict(record), intent_fields(intent))
        yield path, Draft(former, edited_intent(former, path, changes, intent))


def intent_record(intent: Intent) -> Record:
    """Return what an intent says, without its name."""
    said = {key: value for key, value in intent_fields(intent).items() if value is not None}
    return {key: json_ready(value) for key, value in said.items()}
