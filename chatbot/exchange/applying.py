"""Writes what was decided into the files of the knowledge folder, each entry where it stands.

Everything is written into copies first and read again: only what comes out as it should, with all
else as it was, takes the place of the files.
"""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from chatbot.answers.entries import Entry
from chatbot.errors import ContentError
from chatbot.exchange.edit_csv import edited_csv
from chatbot.exchange.edit_jsonl import edited_jsonl
from chatbot.exchange.edit_markdown import edited_markdown
from chatbot.exchange.edit_xlsx import edited_xlsx
from chatbot.exchange.edit_yaml import edited_yaml
from chatbot.exchange.edits import Edit, Left, NotReadableError
from chatbot.exchange.export import AnyMedia
from chatbot.exchange.records import record_of
from chatbot.exchange.yaml_text import entry_lines
from chatbot.knowledge.edit_files import give_to_owner_of, replace_file
from chatbot.knowledge.entry_files import Placed, read_placed
from chatbot.knowledge.files import decoded, is_content_name
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.table_files import TABLES_FOLDER
from chatbot.understanding.normalise import Normaliser

#: Entries that were taken out are kept here; names like this are not read.
RETIRED_FILE = "_retired.yaml"
_FOLDER_NAME = re.compile(r"[^\\/:*?\"<>|\x00-\x1f]{1,60}")


@dataclass(frozen=True, slots=True)
class New:
    """An entry that no file has yet; ``has_id`` if its id was written, and is to be again."""

    entry: Entry
    has_id: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as it was, None if there was none, and as it is to be: None if it is to go."""

    former: bytes | None
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Drafts:
    """Files as they are to be, in the order in which they are written.

    ``left`` are the entries that only a person can change, by id, with the place and the reason.
    """

    root: Path
    files: Mapping[Path, Draft]
    left: Mapping[str, str]

    def write(self) -> list[str]:
        """Write the files that change; return their paths below the folder.

        Raises:
            ContentError: a file cannot be written, or somebody else saved it meanwhile. Those
                before it are written, and the import can simply be run again.
        """
        written = []
        for path, draft in self.files.items():
            if draft.data != draft.former:
                _write(path, draft)
                is_below = path.is_relative_to(self.root)
                written.append((path.relative_to(self.root) if is_below else path).as_posix())
        return written


def draft_changes(
    root: Path,
    placed: Mapping[str, Placed],
    edits: Sequence[Edit],
    new: Sequence[New],
    name: str,
    pictures: Mapping[str, bytes] = MappingProxyType({}),
) -> Drafts:
    """Return the files as they are with ``edits`` and ``new`` entries, these in files ``name``.

    ``placed`` says where the entries of the folder are.

    Raises:
        ContentError: a file cannot be read.
    """
    left: Left = {}
    drafts: dict[Path, Draft] = {}
    edited: dict[Path, Draft] = {}
    for path, listed in _by_file(placed, edits).items():
        edited[path] = _edited(path, root, listed, left)
    retired = [each.before for each in edits if each.after is None and each.id not in left]
    # What goes is kept elsewhere first, and pictures are there before what shows them.
    for file, picture in pictures.items():
        drafts[root / file] = Draft(_read(root / file), picture)
    if retired:
        kept = next(path for path in _names(root, RETIRED_FILE) if _takes_entries(path))
        _append(drafts, kept, [New(each, has_id=True) for each in retired])
    drafts |= edited
    for path, added in _new_files(root, new, name).items():
        _append(drafts, path, added)
    return Drafts(root, drafts, left)


def _by_file(placed: Mapping[str, Placed], edits: Sequence[Edit]) -> dict[Path, list[Edit]]:
    files: dict[Path, list[Edit]] = {}
    for edit in edits:
        files.setdefault(placed[edit.id].path, []).append(edit)
    return files


def _edited(path: Path, root: Path, edits: list[Edit], left: Left) -> Draft:
    """Return a file with all edits that can be made; note the others."""
    former = _read(path)
    if former is None:
        raise ContentError(f"{path}：刚刚被人删掉了，请再试一次")
    failed: Left = {}
    todo = _feasible(path, root, former, edits, failed)
    for edit in edits:
        if edit.id in failed:
            left[edit.id] = f"{path.name} 第 {edit.lines[0]} 行：{failed[edit.id]}"
    return Draft(former, _with_edits(path, former, todo, {}) if todo else former)


def _feasible(
    path: Path, root: Path, former: bytes, edits: Sequence[Edit], failed: Left
) -> list[Edit]:
    """Return the edits that come out as they should when made together; note the others.

    Where nobody knows which of them spoil the file, half of them are tried, then the others.
    """
    todo = list(edits)
    while todo:
        wrong, knows_which = _attempt(path, root, former, todo)
        if not wrong:
            return todo
        if not knows_which and len(todo) > 1:
            return _by_halves(path, root, former, todo, failed)
        failed |= wrong
        todo = [edit for edit in todo if edit.id not in wrong]
    return []


def _by_halves(
    path: Path, root: Path, former: bytes, edits: list[Edit], failed: Left
) -> list[Edit]:
    middle = len(edits) // 2
    first = _feasible(path, root, former, edits[:middle], failed)
    second = _feasible(path, root, former, edits[middle:], failed)
    if not _attempt(path, root, former, [*first, *second])[0]:
        return [*first, *second]
    for each in second:  # each by itself is right, but not beside the others
        wrong, _ = _attempt(path, root, former, [*first, each])
        if wrong:
            failed[each.id] = wrong.get(each.id, "和别的修改合在一起写不对，请再导入一次")
        else:
            first.append(each)
    return first


def _attempt(path: Path, root: Path, former: bytes, edits: list[Edit]) -> tuple[Left, bool]:
    """Return the edits that cannot be made, and whether it is known that it is just these."""
    failed: Left = {}
    try:
        data = _with_edits(path, former, edits, failed)
    except NotReadableError as reason:
        return {edit.id: str(reason) for edit in edits}, False
    return (failed, True) if failed else _otherwise(path, root, former, data, edits)


def _with_edits(path: Path, former: bytes, edits: list[Edit], left: Left) -> bytes:
    match path.suffix.lower():
        case ".csv":
            return edited_csv(former, edits, left)
        case ".xlsx":
            return edited_xlsx(former, edits, left)
        case ".jsonl":
            return _in_text(path, former, edits, edited_jsonl, left)
        case ".md":
            return _in_text(path, former, edits, edited_markdown, left)
        case _:
            return _in_text(path, former, edits, edited_yaml, left)


def _in_text(
    path: Path,
    former: bytes,
    edits: list[Edit],
    edit: Callable[[str, Sequence[Edit], Left], str],
    left: Left,
) -> bytes:
    source = decoded(former, path, Problems())
    if source is None:
        raise NotReadableError("文件不是 UTF-8 编码")
    text = edit(source, edits, left)
    mark = codecs.BOM_UTF8 if former.startswith(codecs.BOM_UTF8) else b""
    return mark + (text.replace("\n", "\r\n") if b"\r\n" in former else text).encode()


def _otherwise(
    path: Path, root: Path, former: bytes, data: bytes, edits: list[Edit]
) -> tuple[Left, bool]:
    """Return the edits that do not come out as they should: all, if something else changes.

    Says too whether it is known that it is just these.
    """
    before, after = (_meaning(path, root, each) for each in (former, data))
    wanted = dict(before)
    for edit in edits:
        wanted.pop(edit.id, None)
        if edit.after is not None:
            wanted[edit.id] = edit.after
    if after == wanted:
        return {}, True
    wrong = {each.id for each in edits if after.get(each.id) != wanted.get(each.id)}
    told = dict.fromkeys(wrong or {each.id for each in edits}, "它的写法不能自动改，请自己改")
    return told, 0 < len(wrong) < len(edits)


def _meaning(path: Path, root: Path, data: bytes) -> dict[str, Entry]:
    """Return the entries that a file would have, standing where it stands."""
    within = path.relative_to(root) if root.is_dir() else Path(path.name)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / within
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
        media = AnyMedia(Path(folder))
        placed = read_placed(Path(folder), Normaliser(), Problems(), media=media)
    return {each.entry.id: each.entry for each in placed if each.entry is not None}


def _new_files(root: Path, new: Sequence[New], name: str) -> dict[Path, list[New]]:
    files: dict[Path, list[New]] = {}
    for each in new:
        folder = root / (category_folder(each.entry.category) or "")
        names = _names(folder, f"{file_name(name)}.yaml")
        path = next(path for path in names if _takes_entries(path))
        files.setdefault(path, []).append(each)
    return files


def _names(folder: Path, name: str) -> Iterator[Path]:
    """Yield a file, and others beside it in case entries cannot be written at its end."""
    first = folder / name
    yield first
    yield from (first.with_stem(f"{first.stem}-{number}") for number in range(2, 99))


def _takes_entries(path: Path) -> bool:
    """Return whether entries can be written at the end of a file: a list, or none yet."""
    try:
        source = (_read(path) or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    said = [line for line in source.splitlines() if line.strip() and not line.startswith("#")]
    # Something else may follow a list in brackets, a document that has ended, an indented list.
    return not said or (said[0].startswith("- ") and not any(map(_ends_document, said)))


def _ends_document(line: str) -> bool:
    return line.startswith(("---", "..."))


def category_folder(category: str) -> str | None:
    """Return the folder whose entries have this category, None if there can be none."""
    parts = category.split("/")
    usable = all(
        _FOLDER_NAME.fullmatch(part) and is_content_name(part) and part not in {".", TABLES_FOLDER}
        and part == part.strip(" .")
        for part in parts
    )  # fmt: skip
    return category if usable and str(PurePosixPath(category)) == category else None


def file_name(name: str) -> str:
    """Return a name for a file of new entries that is read as one."""
    return name if is_content_name(f"{name}.yaml") else f"导入{name}"


def _append(drafts: dict[Path, Draft], path: Path, new: Sequence[New]) -> None:
    """Put entries at the end of a file of them, or into a new one."""
    draft = drafts.get(path)
    former = draft.former if draft else _read(path)
    source = (draft.data if draft else former) or b""
    end = b"\r\n" if b"\r\n" in source else b"\n"
    if source.removeprefix(codecs.BOM_UTF8) and not source.endswith(b"\n"):
        source += end
    lines = (line for each in new for line in entry_lines(_record(path, each)))
    drafts[path] = Draft(former, source + b"".join(line.encode() + end for line in lines))


def _record(path: Path, new: New) -> dict[str, object]:
    """Return what is written of a new entry: no id of our making, no category of its folder."""
    record = record_of(new.entry)
    if not new.has_id:
        del record["id"]
    if is_content_name(path.name) and category_folder(new.entry.category):
        record.pop("category", None)
    return record


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ContentError(f"{path}：读不出来（{error.strerror}）") from None


def _write(path: Path, draft: Draft) -> None:
    if draft.data is None:
        _remove(path, draft.former)
        return
    if draft.former is not None:
        replace_file(path, draft.former, draft.data)
        return
    try:
        _make_folder(path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            copy = Path(folder) / path.name
            copy.write_bytes(draft.data)
            give_to_owner_of(copy, path.parent)
            copy.replace(path)
    except OSError as error:
        raise ContentError(f"{path}：写不进去（{error.strerror}）") from None


def _remove(path: Path, former: bytes | None) -> None:
    if _read(path) != former:
        raise ContentError(f"{path}：刚刚被别人改过，没有删掉，请再试一次")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ContentError(f"{path}：删不掉（{error.strerror}）") from None


def _make_folder(folder: Path) -> None:
    """Make a folder, and those above it, for whom the one above belongs to."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir()
    give_to_owner_of(folder, folder.parent)
