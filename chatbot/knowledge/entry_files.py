"""Knowledge files: YAML and JSONL with entries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.answers.entries import Entry, Validity
from chatbot.knowledge.fields import Fields
from chatbot.knowledge.files import content_files, read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Listing, Mapping, Node, NotReadable, read_jsonl, read_yaml
from chatbot.understanding.normalise import Normaliser

_SUFFIXES = (".yaml", ".yml", ".jsonl")
_ENTRY_KEYS = ("id", "question", "similar", "not", "answer", "category", "tags", "valid")
_FILE_KEYS = ("category", "entries")


@dataclass(frozen=True, slots=True)
class _Written:
    """An entry's mapping, where it stands, and the category it has from there."""

    path: Path
    node: Node
    category: str


@dataclass(frozen=True, slots=True)
class _Read:
    """An entry that was read; its id is empty if none is written."""

    path: Path
    line: int
    entry: Entry


def read_entries(root: Path, normaliser: Normaliser, problems: Problems) -> tuple[Entry, ...]:
    """Return the entries of a folder or file in file order; note all problems."""
    read: list[_Read] = []
    for path, folder in content_files(root, _SUFFIXES, problems):
        for written in _written_entries(path, folder, problems):
            entry = _read_entry(written, normaliser, problems)
            if entry is not None:
                read.append(_Read(path, written.node.line, entry))
    _refuse_repeated_ids(read, problems)
    return tuple(_with_ids(read))


def _written_entries(path: Path, folder: str, problems: Problems) -> Iterator[_Written]:
    source = read_text(path, problems)
    if source is None:
        return
    if path.suffix.lower() == ".jsonl":
        for node in read_jsonl(source):
            if isinstance(node, NotReadable):
                problems.add(path, node.line, "", node.text)
            else:
                yield _Written(path, node, folder)
        return
    try:
        root = read_yaml(source)
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return
    if root is not None:
        yield from _listed(path, root, folder, problems)


def _listed(path: Path, root: Node, folder: str, problems: Problems) -> Iterator[_Written]:
    """Yield the entries of a list, or of ``category:`` and ``entries:``."""
    entries: Node | None = root
    category = folder
    if isinstance(root, Mapping):
        fields = Fields(path, root, problems, _FILE_KEYS, ("entries",))
        category = (fields.text("category") if fields.has("category") else None) or folder
        entries = fields.present("entries")
    if isinstance(entries, Listing):
        for node in entries.items:
            yield _Written(path, node, category)
    elif entries is not None:
        key = "entries" if isinstance(root, Mapping) else ""
        problems.add(path, entries.line, key, "a list of entries is expected")


def _read_entry(written: _Written, normaliser: Normaliser, problems: Problems) -> Entry | None:
    if not isinstance(written.node, Mapping):
        text = "an entry with question and answer is expected"
        problems.add(written.path, written.node.line, "", text)
        return None
    before = len(problems.found)
    fields = Fields(written.path, written.node, problems, _ENTRY_KEYS, ("question", "answer"))
    entry = Entry(
        id=fields.name("id") or "",
        question=fields.text("question") or "",
        answer=fields.messages("answer"),
        similar=fields.texts("similar"),
        excluded=fields.texts("not"),
        category=(fields.text("category") if fields.present("category") else None)
        or written.category,
        tags=fields.tags("tags"),
        valid=_read_validity(fields),
    )
    if len(problems.found) == before:
        _check_wordings(fields, entry, normaliser)
    return entry if len(problems.found) == before else None


def _read_validity(fields: Fields) -> Validity:
    inner = fields.inner("valid", ("from", "until"))
    if inner is None:
        return Validity()
    valid = Validity(inner.day("from"), inner.day("until"))
    if valid.start and valid.end and valid.end < valid.start:
        text = f"{valid.end} is before {valid.start}; `from` comes first, `until` is inclusive"
        inner.complain(inner.line_of("until"), "until", text)
    return valid


def _check_wordings(fields: Fields, entry: Entry, normaliser: Normaliser) -> None:
    """Refuse wordings of marks alone, and ones that must and must not lead here."""
    asked = {normaliser.key(wording) for wording in entry.wordings}
    for key, wordings in (
        ("question", (entry.question,)),
        ("similar", entry.similar),
        ("not", entry.excluded),
    ):
        fields.check(
            key,
            wordings,
            lambda wording: None if normaliser.key(wording) else "letters or digits are expected",
        )
    fields.check(
        "not",
        entry.excluded,
        lambda wording: (
            "this is also a wording of the same entry" if normaliser.key(wording) in asked else None
        ),
    )


def _refuse_repeated_ids(read: list[_Read], problems: Problems) -> None:
    seen: dict[str, _Read] = {}
    for item in read:
        first = seen.setdefault(item.entry.id, item) if item.entry.id else item
        if first is not item:
            text = f"{item.entry.id} is already used in {first.path}:{first.line}; ids are unique"
            problems.add(item.path, item.line, "id", text)


def _with_ids(read: list[_Read]) -> Iterator[Entry]:
    """Give entries without an id one that stays while the question is unchanged."""
    used = {item.entry.id for item in read}
    for item in read:
        identifier = item.entry.id or _derived_id(item.entry.question, used)
        used.add(identifier)
        yield replace(item.entry, id=identifier)


def _derived_id(question: str, used: set[str]) -> str:
    derived = "q-" + hashlib.sha256(question.encode()).hexdigest()[:10]
    copies = (f"{derived}-{number}" for number in range(2, len(used) + 3))
    return derived if derived not in used else next(copy for copy in copies if copy not in used)
