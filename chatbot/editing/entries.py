"""Entries as they are edited on pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chatbot.answers.entries import Entry
from chatbot.editing.kinds import EditRefused, FieldProblem, FileChange
from chatbot.editing.merging import Merged, Record, merged_records
from chatbot.editing.nodes import Nodes
from chatbot.exchange.applying import Drafts, New, draft_changes
from chatbot.exchange.edits import Edit
from chatbot.exchange.records import LISTS, fields_of, json_ready
from chatbot.knowledge.content import Content
from chatbot.knowledge.entry_files import Placed, read_entry, read_placed
from chatbot.knowledge.media_files import MediaFolder, is_media_path
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.references import References
from chatbot.understanding.normalise import Normaliser
from chatbot.workshop import Folders

_NOWHERE = Path()
#: The file for new ones, in the folder of their category; admins move them wherever they like.
_NEW_ENTRIES = "客户问题"
_CONTROL = {*range(32), 127} - {ord("\n"), ord("\t")}


class _Known(MediaFolder):
    """The pictures that content has, wherever their bytes are."""

    def __init__(self, media: Mapping[str, str]) -> None:
        super().__init__(_NOWHERE)
        self._media = media

    def objection(self, file: str) -> str | None:
        is_there = file in self._media and is_media_path(file)
        return None if is_there else f"没有图片 {file}，请先上传"


class EntryKind:
    """Entries by id; their records have no id, which never changes."""

    @property
    def lists(self) -> Collection[str]:
        """Return the fields whose items stand for themselves."""
        return LISTS

    def fields(self, content: Content, key: str) -> Record | None:
        """Return what an entry says, None if there is none."""
        entry = next((each for each in content.entries if each.id == key), None)
        return None if entry is None else entry_record(entry)

    def merge(self, base: Record | None, theirs: Record | None, mine: Record | None) -> Merged:
        """Return ``theirs`` with what ``mine`` has changed of ``base``."""
        return merged_records(base, theirs, mine, LISTS)

    def applied(self, content: Content, key: str, record: Record | None) -> Content:
        """Return the content with the entry as the record says; raise EditRefused if it cannot."""
        made = () if record is None else (read_record(content, key, record),)
        entries = list(content.entries)
        place = next((at for at, each in enumerate(entries) if each.id == key), len(entries))
        entries[place : place + 1] = made
        return replace(content, entries=tuple(entries))

    def drafts(self, folders: Folders, content: Content, changes: Sequence[FileChange]) -> Drafts:
        """Return the files with the changes, new entries at the end of the file for new ones."""
        root = folders.knowledge
        placed = {
            each.entry.id: each
            for each in read_placed(root, Normaliser(), Problems(), media=MediaFolder(root))
            if each.entry is not None
        }
        edits: list[Edit] = []
        new: list[New] = []
        left: dict[str, str] = {}
        pictures: dict[str, bytes] = {}
        shown = replace(content, media=_any_picture(content, changes))
        for change in changes:
            place = placed.get(change.key)
            if change.before != (place and place.entry and entry_record(place.entry)):
                left[change.key] = "文件里的这个条目刚刚被人改过，稍后会再试"
                continue
            try:
                after = change.after and read_record(shown, change.key, change.after)
            except EditRefused as reason:
                left[change.key] = str(reason)
                continue
            pictures |= change.pictures
            if place is not None and place.entry is not None:
                edits.append(_edit(place, place.entry, after or None))
            elif after and root.is_dir():
                new.append(New(after, has_id=True))
            elif after:
                left[change.key] = f"{root} 不是文件夹，新条目没有地方写"
        drafts = draft_changes(root, placed, edits, new, _NEW_ENTRIES, pictures)
        return Drafts(root, drafts.files, {**drafts.left, **left})


def entry_record(entry: Entry) -> Record:
    """Return what an entry says, without its id."""
    said = {key: value for key, value in fields_of(entry).items() if value is not None}
    return {key: json_ready(value) for key, value in said.items()}


def read_record(content: Content, key: str, record: Record) -> Entry:
    """Return the entry that a record makes within a content.

    Raises:
        EditRefused: the readers of files refuse it; says all that is wrong.
    """
    nodes, problems, references = Nodes(), Problems(), References()
    _refuse_control(record)
    entry = read_entry(
        _NOWHERE, nodes.tree({"id": key, **record}), Normaliser(), problems, references,
        _Known(content.media),
    )  # fmt: skip
    elsewhere = Problems()
    references.check(content.tables, content.accounts, elsewhere)
    references.check_tags(content.tag_groups, elsewhere)
    found = [*problems.found, *elsewhere.found]
    if entry is None or found:
        raise EditRefused(
            [FieldProblem(each.key, each.text, nodes.path_at(each.line)) for each in found]
        )
    return entry


def _refuse_control(record: Record) -> None:
    """Refuse what no one can see and no file of text should hold."""
    problems = [
        FieldProblem(key, "有看不见的控制字符，请删掉", (key,))
        for key, value in record.items()
        if any(ord(letter) in _CONTROL for text in _texts(value) for letter in text)
    ]
    if problems:
        raise EditRefused(problems)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _texts(item)]


def _edit(place: Placed, before: Entry, after: Entry | None) -> Edit:
    if after is None:
        return Edit(before, place.lines, {}, None)
    was, becomes = fields_of(before), fields_of(after)
    changes = {key: value for key, value in becomes.items() if value != was[key]}
    keeps_id = not place.written_id and "question" in changes
    return Edit(before, place.lines, changes, after, keeps_id)


def _any_picture(content: Content, changes: Sequence[FileChange]) -> dict[str, str]:
    new = {path: "" for change in changes for path in change.pictures}
    return {**content.media, **new}
