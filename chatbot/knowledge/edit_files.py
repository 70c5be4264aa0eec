"""Adds a similar question to the file where its entry is written, and leaves all else as it was.

The new text is put into the source where a parser says its place is; nothing is written out anew,
so comments, order, quotes and line breaks stay. The result is parsed again before it is saved: if
anything but the one list differs, the file is left alone. So it is if anybody saved it meanwhile.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chatbot.answers.entries import Entry
from chatbot.errors import ContentError, UserError
from chatbot.knowledge.entry_files import ENTRY_SUFFIXES
from chatbot.knowledge.files import content_files, read_text
from chatbot.knowledge.markdown_entries import markdown_entries
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.table_entries import TABLE_SUFFIXES, table_entries
from chatbot.knowledge.tree import Mapping, Scalar

if sys.platform != "win32":
    import fcntl

_SIMILAR = "similar"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Added:
    """The file and the line, from 1, where a similar question was written.

    ``former`` and ``source`` are all that stood in the file before, and what stands there now.
    """

    path: Path
    line: int
    former: str = field(default="", repr=False)
    source: str = field(default="", repr=False)


class _NotHereError(Exception):
    """The text cannot be put in by machine; a person can."""


class _ChangedError(Exception):
    """Somebody else saved the file since it was read."""


@contextmanager
def editing(root: Path) -> Iterator[None]:
    """Wait until nobody else edits the files below ``root``, and keep them to us meanwhile.

    For what reads them, decides, and writes: so nothing that another process or thread has written
    is lost. The kernel lets go of the lock when its process dies, and nothing lies about in the
    folder. Some network disks know no locks; there ``add_similar`` refuses if it was not alone.
    """
    try:
        descriptor = os.open(root if root.is_dir() else root.parent, os.O_RDONLY)
    except OSError:  # no such folder, which whoever reads it says; or Windows, which opens none
        descriptor = None
    try:
        if descriptor is not None:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def add_similar(root: Path, entry: Entry, text: str) -> Added:
    """Write ``text`` as the last similar question of ``entry`` into its file below ``root``.

    Raises:
        ContentError: the folder or the file cannot be read or written, no file has the entry, or
            somebody else saved the file at the same moment.
        UserError: the entry is written in a way that only a person can add to; names the place.
    """
    problems = Problems()
    for path, _ in content_files(root, ENTRY_SUFFIXES, problems):
        if path.suffix.lower() in {*TABLE_SUFFIXES, ".md"}:
            _refuse_other_form(path, entry, text)
            continue
        source = read_text(path, problems)
        edited = None if source is None else _edited(path, source, entry, text)
        if source is not None and edited is not None:
            save_source(path, source, edited)
            return Added(path, _first_difference(source, edited), source, edited)
    raise ContentError(f"{root}：没有找到写着条目“{entry.id}”的文件")


def take_away(root: Path, added: Added) -> None:
    """Put a file back as it stood before ``add_similar``.

    Raises:
        ContentError: somebody has saved it since, or it cannot be written.
    """
    with editing(root):
        save_source(added.path, added.source, added.former)


def _refuse_other_form(path: Path, entry: Entry, text: str) -> None:
    """Leave an entry of a table to its program, and one in Markdown to a person."""
    problems = Problems()
    is_table = path.suffix.lower() in TABLE_SUFFIXES
    nodes = (
        (node for node, _ in table_entries(path, problems))
        if is_table
        else (node for node, _, _ in markdown_entries(path, problems))
    )
    for node in nodes:
        pairs = node.pairs if isinstance(node, Mapping) else ()
        written = {key: value.value for key, _, value in pairs if isinstance(value, Scalar)}
        if _is_entry(written, entry):
            where = (
                f"表格里的条目请自己改，在“{entry.id}”的“相似问”一格里加上“{text}”（几个用 | 分开）"
                if is_table
                else f"请在“{entry.question}”下面加一行“- 相似问：{text}”"
            )
            raise UserError(f"{path} 第 {node.line} 行：{where}")


def _edited(path: Path, source: str, entry: Entry, text: str) -> str | None:
    """Return the source with the new text; None if the entry is not in it."""
    edit = _in_lines if path.suffix.lower() == ".jsonl" else _in_yaml
    try:
        return edit(source, entry, text)
    except _NotHereError:
        raise UserError(
            f"{path}：条目“{entry.id}”的写法不能自动改，请在它的 similar 里加上“{text}”"
        ) from None


def _in_lines(source: str, entry: Entry, text: str) -> str | None:
    lines = source.split("\n")
    for number, line in enumerate(lines):
        record = object_of(line)
        if record is None or not _is_entry(record, entry):
            continue
        similar = record.get(_SIMILAR) or []
        if not isinstance(similar, list):
            raise _NotHereError
        lines[number] = json.dumps({**record, _SIMILAR: [*similar, text]}, ensure_ascii=False)
        return "\n".join(lines)
    return None


def object_of(line: str) -> Json | None:
    """Return the object that a line of JSON holds, None if it holds none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _in_yaml(source: str, entry: Entry, text: str) -> str | None:
    try:
        root = yaml.compose(source, Loader=yaml.CSafeLoader)
        before = yaml.load(source, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    found = [
        (node, record)
        for node, record in zip(entry_nodes(root), records_of(before), strict=False)
        if isinstance(record, dict) and _is_entry(record, entry)
    ]
    if len(found) != 1:
        if found:
            raise _NotHereError
        return None
    node, record = found[0]
    edited = _with_text(source, node, text)
    record[_SIMILAR] = [*(record.get(_SIMILAR) or []), text]
    if not reads_as(edited, before):
        raise _NotHereError
    return edited


def reads_as(source: str, wanted: Any) -> bool:
    """Return whether a changed source means exactly what it should."""
    try:
        return bool(yaml.load(source, Loader=yaml.CSafeLoader) == wanted)
    except (yaml.YAMLError, ValueError):
        return False


def _is_entry(record: Json, entry: Entry) -> bool:
    """Return whether this is the entry: by its id, or by its question if it has none."""
    if record.get("id"):
        return str(record["id"]) == entry.id
    return record.get("question") == entry.question and entry.id.startswith("q-")


def entry_nodes(root: yaml.Node | None) -> list[yaml.Node]:
    """Return the nodes of the entries of a composed file."""
    if isinstance(root, yaml.MappingNode):
        listed = (value for key, value in root.value if key.value == "entries")
        root = next(listed, None)
    return list(root.value) if isinstance(root, yaml.SequenceNode) else []


def records_of(loaded: Any) -> list[Any]:
    """Return the entries of a loaded file, the same ones in the same order."""
    listed = loaded.get("entries") if isinstance(loaded, dict) else loaded
    return listed if isinstance(listed, list) else []


def _with_text(source: str, node: yaml.Node, text: str) -> str:
    """Return ``source`` with ``text`` in the list of the entry ``node``, or in a new list."""
    if not isinstance(node, yaml.MappingNode):
        raise _NotHereError
    pairs = {key.value: (key, value) for key, value in node.value}
    if _SIMILAR not in pairs:
        return _with_new_list(source, node, *pairs["question"], text)
    key, value = pairs[_SIMILAR]
    if isinstance(value, yaml.ScalarNode):
        return _in_place_of_nothing(source, key, value, text)
    if not value.value:
        return _insert(source, value.end_mark.index - 1, _flow(text))
    last = value.value[-1]
    if value.flow_style:
        return _insert(source, last.end_mark.index, f", {_flow(text)}")
    return _insert_line(source, last, f"{' ' * value.start_mark.column}- {_flow(text)}")


def _with_new_list(
    source: str, node: yaml.MappingNode, key: yaml.Node, value: yaml.Node, text: str
) -> str:
    listed = f"{_SIMILAR}: [{_flow(text)}]"
    if node.flow_style:
        return _insert(source, value.end_mark.index, f", {listed}")
    return _insert_line(source, value, " " * key.start_mark.column + listed)


def _in_place_of_nothing(source: str, key: yaml.Node, value: yaml.ScalarNode, text: str) -> str:
    """Write the list where ``similar:`` has nothing, or a word for nothing."""
    listed = f"[{_flow(text)}]"
    start, end = value.start_mark.index, value.end_mark.index
    if start < end:
        return source[:start] + listed + source[end:]
    colon = source.index(":", key.end_mark.index)
    return _insert(source, colon + 1, f" {listed}")


def _flow(text: str) -> str:
    """Return a text as it is written within brackets, with quotes where it needs them."""
    written = yaml.dump(
        [text], Dumper=yaml.SafeDumper, default_flow_style=True, allow_unicode=True, width=10**6
    )
    return str(written).strip()[1:-1]


def _insert(source: str, at: int, what: str) -> str:
    return source[:at] + what + source[at:]


def _insert_line(source: str, after: yaml.Node, line: str) -> str:
    """Put a line below the one where a value ends, and below the comment behind it."""
    end = after.end_mark.index
    if isinstance(after, yaml.ScalarNode) and after.style in {"|", ">"}:
        # Its end is where the next thing begins.
        end = len(source[:end].rstrip())
    line_end = source.find("\n", end)
    if line_end < 0:
        return f"{source}\n{line}\n"
    return _insert(source, line_end, f"\n{line}")


def _first_difference(before: str, after: str) -> int:
    old, new = before.split("\n"), after.split("\n")
    changed = (number for number, (one, other) in enumerate(zip(old, new, strict=False), 1)
               if one != other)  # fmt: skip
    return next(changed, len(old) + 1)


def save_source(path: Path, source: str, text: str) -> None:
    """Replace a file at once; its line ends, its byte order mark and its permissions stay.

    An editor asks for no lock: what it saved since ``source`` was read is not overwritten.
    """
    real = path.resolve()
    try:
        former = real.read_bytes()
        if former.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n") != source.encode():
            raise _ChangedError
        written = (text.replace("\n", "\r\n") if b"\r\n" in former else text).encode()
        mark = codecs.BOM_UTF8 if former.startswith(codecs.BOM_UTF8) else b""
        _replace(real, former, mark + written)
    except _ChangedError:
        raise ContentError(f"{path}：刚刚被别人改过，没有写进去，请再试一次") from None
    except OSError as error:
        raise ContentError(f"{path}：写不进去（{error.strerror}）") from None


def replace_file(path: Path, former: bytes, data: bytes) -> None:
    """Replace a file at once, unless somebody has saved it since ``former`` was read.

    Raises:
        ContentError: it was, or the file cannot be written.
    """
    try:
        _replace(path.resolve(), former, data)
    except _ChangedError:
        raise ContentError(f"{path}：刚刚被别人改过，没有写进去，请再试一次") from None
    except OSError as error:
        raise ContentError(f"{path}：写不进去（{error.strerror}）") from None


def give_to_owner_of(path: Path, other: Path) -> None:
    """Let a new file belong to whom ``other`` does: root works for a server that is not root."""
    ours, theirs = path.stat(), other.stat()
    if (ours.st_uid, ours.st_gid) != (theirs.st_uid, theirs.st_gid):
        with suppress(OSError):
            os.chown(path, theirs.st_uid, theirs.st_gid)


def _replace(path: Path, former: bytes, data: bytes) -> None:
    # Readers and watchers pass over names that begin with a dot.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        give_to_owner_of(Path(name), path)
        Path(name).chmod(path.stat().st_mode)
        if path.read_bytes() != former:
            raise _ChangedError
        Path(name).replace(path)
    except (OSError, _ChangedError):
        Path(name).unlink(missing_ok=True)
        raise
