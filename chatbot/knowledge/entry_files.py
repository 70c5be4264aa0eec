"""Knowledge files with entries: YAML, JSONL, CSV, Excel and Markdown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from collections.abc import Mapping as Names
from dataclasses import dataclass, field, replace
from pathlib import Path

from chatbot.answers.entries import AUTOS, Auto, Entry, Validity
from chatbot.knowledge.columns import REASON, SNAPSHOT
from chatbot.knowledge.fields import Fields, shown
from chatbot.knowledge.files import content_files, read_text
from chatbot.knowledge.markdown_entries import markdown_entries
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.message_fields import MessageReader
from chatbot.knowledge.places import Place, Places
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.references import References, read_tags
from chatbot.knowledge.table_entries import (
    TABLE_SUFFIXES,
    EntryTable,
    entries_of,
    table_entries,
)
from chatbot.knowledge.tree import (
    Listing,
    Mapping,
    Node,
    NotReadable,
    Scalar,
    read_jsonl,
    read_yaml,
)
from chatbot.understanding.normalise import Normaliser

ENTRY_SUFFIXES = (".yaml", ".yml", ".jsonl", ".csv", ".xlsx", ".md")
#: The keys of an entry, in the order in which they are written.
ENTRY_KEYS = (
    "id",
    "question",
    "similar",
    "not",
    "answer",
    "category",
    "tags",
    "valid",
    "target",
    "auto",
    "owner",
    "review",
    "scope",
)
_HAN = re.compile("[\u4e00-\u9fff]")
#: It is part of the id of a menu line, which has 128 bytes.
_LONGEST_ID_BYTES = 120
_ASIDE = ({SNAPSHOT}, {REASON})
_FILE_KEYS = ("category", "entries")
_AUTO_BY_WORD: Names[str, Auto] = {
    **{each: each for each in AUTOS},
    # YAML reads a bare yes as a truth value, and JSON has no other word for it.
    "true": "yes",
    "on": "yes",
}


@dataclass(frozen=True, slots=True)
class _Written:
    """An entry's mapping, where it stands, and the category it has from there."""

    path: Path
    node: Node
    category: str
    headings: Names[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and where it is written; None if anything about it is wrong.

    ``lines`` are those of its rows in a table, else its first. ``keys`` are the fields that the
    file says something about, ``written_id`` is empty if no id is written.
    """

    path: Path
    lines: tuple[int, ...]
    keys: frozenset[str]
    written_id: str
    entry: Entry | None
    headings: Names[str, str] = field(default_factory=dict)

    @property
    def line(self) -> int:
        return self.lines[0]


def read_entries(
    root: Path,
    normaliser: Normaliser,
    problems: Problems,
    references: References | None = None,
    media: MediaFolder | None = None,
    places: Places | None = None,
) -> tuple[Entry, ...]:
    """Return the entries of a folder or file in file order; note all problems.

    ``references`` collects what is to be found in other files, ``media`` the pictures needed,
    ``places`` where each entry is written.
    """
    placed = read_placed(root, normaliser, problems, references, media, places)
    return tuple(each.entry for each in placed if each.entry is not None)


def read_placed(
    root: Path,
    normaliser: Normaliser,
    problems: Problems,
    references: References | None = None,
    media: MediaFolder | None = None,
    places: Places | None = None,
) -> tuple[Placed, ...]:
    """Return what ``read_entries`` does, each with its place."""
    messages = MessageReader(media or MediaFolder(root), references or References())
    reader = _EntryReader(normaliser, problems, messages)
    read: list[Placed] = []
    nodes: list[Node] = []
    for path, folder in content_files(root, ENTRY_SUFFIXES, problems):
        for written in _written_entries(path, folder, problems):
            placed = _placed(written, reader.read(written))
            if placed.entry is not None:
                read.append(placed)
                if places is not None:
                    nodes.append(written.node)
    _refuse_repeated_ids(read, problems)
    found = tuple(_with_ids(read))
    if places is not None:
        for item, node in zip(found, nodes, strict=True):
            if item.entry is not None:
                places.add_entry(item.entry.id, item.path, node, item.headings)
    return found


def read_file(
    path: Path,
    normaliser: Normaliser,
    problems: Problems,
    references: References,
    media: MediaFolder,
    table: EntryTable | None = None,
    *,
    extra_as_similar: bool = False,
) -> Iterator[Placed]:
    """Yield what is written in one file, be it right or wrong, without ids of our own.

    ``table`` is what the file holds, if that is known. The other arguments are those of
    ``read_entries`` and ``table_entries``.
    """
    reader = _EntryReader(normaliser, problems, MessageReader(media, references))
    if table is None:
        written = _written_entries(path, "", problems)
    else:
        listed = entries_of(table, problems, extra_as_similar=extra_as_similar)
        written = (_Written(path, node, "", headings) for node, headings in listed)
    for each in written:
        yield _placed(each, reader.read(each))


def read_entry(
    path: Path,
    node: Node,
    normaliser: Normaliser,
    problems: Problems,
    references: References,
    media: MediaFolder,
) -> Entry | None:
    """Return the entry that a mapping writes, as if it stood in a file; None if it is wrong."""
    reader = _EntryReader(normaliser, problems, MessageReader(media, references))
    return reader.read(_Written(path, node, ""))


def _placed(written: _Written, entry: Entry | None) -> Placed:
    pairs = written.node.pairs if isinstance(written.node, Mapping) else ()
    keys = {key for key, _, _ in pairs}
    if written.path.suffix.lower() in TABLE_SUFFIXES:
        keys = {key.partition(".")[0] for key in written.headings}
    lines = {written.node.line}
    for key, _, value in pairs:
        if key == "answer" and isinstance(value, Listing):
            lines |= {item.line for item in value.items}
    is_table = written.path.suffix.lower() in TABLE_SUFFIXES
    ids = [value.value for key, _, value in pairs if key == "id" and isinstance(value, Scalar)]
    return Placed(
        written.path,
        tuple(sorted(lines)) if is_table else (written.node.line,),
        frozenset(keys),
        ids[0].strip() if ids else "",
        entry,
        written.headings,
    )


def _written_entries(path: Path, folder: str, problems: Problems) -> Iterator[_Written]:
    suffix = path.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        for node, headings in table_entries(path, problems):
            yield _Written(path, node, folder, headings)
        return
    if suffix == ".md":
        for node, category, headings in markdown_entries(path, problems):
            yield _Written(path, node, category or folder, headings)
        return
    source = read_text(path, problems)
    if source is None:
        return
    if suffix == ".jsonl":
        yield from _from_lines(path, source, folder, problems)
        return
    try:
        root = read_yaml(source)
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return
    if root is not None:
        yield from _listed(path, root, folder, problems)


def _from_lines(path: Path, source: str, folder: str, problems: Problems) -> Iterator[_Written]:
    for node in read_jsonl(source):
        if isinstance(node, NotReadable):
            problems.add(path, node.line, "", node.text)
        elif not is_aside(node):
            yield _Written(path, node, folder)


def is_aside(node: Node) -> bool:
    """Return whether a line of JSON is about the file: which snapshot, why a line was refused."""
    return isinstance(node, Mapping) and {key for key, _, _ in node.pairs} in _ASIDE


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
        problems.add(path, entries.line, key, f"应为条目的列表，每条以“- ”开头，{shown(entries)}")


class _EntryReader:
    """Reads one entry after the other."""

    def __init__(self, normaliser: Normaliser, problems: Problems, messages: MessageReader) -> None:
        self._normaliser = normaliser
        self._problems = problems
        self._messages = messages

    def read(self, written: _Written) -> Entry | None:
        """Return the entry, None if anything about it is wrong."""
        if not isinstance(written.node, Mapping):
            text = f"应为一个条目，写明 question 和 answer，{shown(written.node)}"
            self._problems.add(written.path, written.node.line, "", text)
            return None
        before = len(self._problems.found)
        fields = Fields(
            written.path,
            written.node,
            self._problems,
            ENTRY_KEYS,
            ("question", "answer"),
            headings=written.headings,
        )
        entry = self._read(fields, written.category)
        if len(self._problems.found) == before:
            _check_wordings(fields, entry, self._normaliser)
        return entry if len(self._problems.found) == before else None

    def _read(self, fields: Fields, category: str) -> Entry:
        return Entry(
            id=_read_id(fields),
            question=fields.plain("question") or "",
            answer=self._messages.answer(fields, "answer"),
            similar=fields.texts("similar"),
            excluded=fields.texts("not"),
            category=_optional_text(fields, "category") or category,
            tags=read_tags(fields, self._messages.references),
            valid=_read_validity(fields),
            target=_read_target(fields),
            auto=_read_auto(fields),
            owner=_optional_text(fields, "owner"),
            review=fields.day("review"),
            scope=self._read_scope(fields),
        )

    def _read_scope(self, fields: Fields) -> tuple[str, ...]:
        scope = fields.texts("scope")
        for name in scope:
            place = Place(fields.path, fields.line_of("scope"), fields.full_key("scope"))
            self._messages.references.add_account(place, name)
        return scope


def _read_id(fields: Fields) -> str:
    name = fields.name("id") or ""
    if len(name.encode()) > _LONGEST_ID_BYTES:
        text = f"最多 {_LONGEST_ID_BYTES} 字节（一个汉字 3 字节），菜单里才放得下"
        fields.complain(fields.line_of("id"), "id", text)
    return name


def _optional_text(fields: Fields, key: str) -> str:
    return (fields.text(key) or "") if fields.present(key) else ""


def _read_target(fields: Fields) -> float | None:
    target = fields.number("target")
    if target is not None and not 0.5 < target < 1:
        text = f"应大于 0.5、小于 1，如 0.98，这里写的是 {target:g}"
        fields.complain(fields.line_of("target"), "target", text)
    return target


def _read_auto(fields: Fields) -> Auto:
    node = fields.present("auto")
    if node is None:
        return "yes"
    auto = _AUTO_BY_WORD.get(node.value.strip().lower()) if isinstance(node, Scalar) else None
    if auto is None:
        text = f"应为 {'、'.join(AUTOS)} 之一，{shown(node)}"
        fields.complain(node.line, "auto", text)
    return auto or "yes"


def _read_validity(fields: Fields) -> Validity:
    inner = fields.inner("valid", ("from", "until"))
    if inner is None:
        return Validity()
    valid = Validity(inner.day("from"), inner.day("until"))
    if valid.start and valid.end and valid.end < valid.start:
        text = f"{valid.end} 早于开始的 {valid.start}；from 在前，until 那天也包含在内"
        inner.complain(inner.line_of("until"), "until", text)
    return valid


def _check_wordings(fields: Fields, entry: Entry, normaliser: Normaliser) -> None:
    """Refuse wordings of marks alone, and ones that must and must not lead here."""
    for key, wordings in (
        ("question", (entry.question,)),
        ("similar", entry.similar),
        ("not", entry.excluded),
    ):
        for wording in wordings:
            # Most wordings have a Chinese character; the others are worth a closer look.
            if not _HAN.search(wording) and not normaliser.key(wording):
                fields.complain(fields.line_of(key), key, f"“{wording}”里没有文字或数字")
    if entry.excluded:
        asked = {normaliser.key(wording) for wording in entry.wordings}
        for wording in entry.excluded:
            if normaliser.key(wording) in asked:
                text = f"“{wording}”也是这一条自己的问法，不能同时排除"
                fields.complain(fields.line_of("not"), "not", text)


def _refuse_repeated_ids(read: list[Placed], problems: Problems) -> None:
    seen: dict[str, Placed] = {}
    for item in read:
        identifier = item.entry.id if item.entry else ""
        first = seen.setdefault(identifier, item) if identifier else item
        if first is not item:
            text = f"“{identifier}”已经用在 {first.path} 第 {first.line} 行，编号不能重复"
            problems.add(item.path, item.line, item.headings.get("id", "id"), text)


def _with_ids(read: list[Placed]) -> Iterator[Placed]:
    """Give entries without an id one that stays while the question is unchanged."""
    used = {item.entry.id for item in read if item.entry}
    for item in read:
        if item.entry is None:
            continue
        identifier = item.entry.id or derived_id(item.entry.question, used)
        used.add(identifier)
        yield replace(item, entry=replace(item.entry, id=identifier))


def derived_id(question: str, used: Collection[str]) -> str:
    """Return the id of an entry that none is written for, other than those that are ``used``."""
    derived = "q-" + hashlib.sha256(question.encode()).hexdigest()[:10]
    copies = (f"{derived}-{number}" for number in range(2, len(used) + 3))
    return derived if derived not in used else next(copy for copy in copies if copy not in used)
