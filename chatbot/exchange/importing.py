"""A trial of an import: what each row of a file would do to a folder, and the files after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatbot.answers.entries import Entry
from chatbot.errors import UserError
from chatbot.exchange.applying import Drafts, New, draft_changes
from chatbot.exchange.edits import Edit
from chatbot.exchange.export import refuse_unfit
from chatbot.exchange.incoming import Advance, Check, Incoming, matched, no_progress, read_incoming
from chatbot.exchange.merging import Change, Plan, Prefer, Stated, Step, merge
from chatbot.exchange.mistaken import objection_to
from chatbot.exchange.records import FIELDS, LISTS, fields_of
from chatbot.exchange.table_rows import UnfitError
from chatbot.exchange.unsaid import with_unsaid
from chatbot.knowledge.content import Content
from chatbot.knowledge.entry_files import Placed, read_placed
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.references import References
from chatbot.knowledge.table_entries import TABLE_SUFFIXES
from chatbot.understanding.normalise import Normaliser

_ATTRIBUTES = {"not": "excluded"}


@dataclass(frozen=True, slots=True)
class Folder:
    """A knowledge folder that has been read without problems."""

    root: Path
    content: Content


@dataclass(frozen=True, slots=True)
class Base:
    """The entries that a file was exported from, and the category if it was limited to one."""

    entries: Sequence[Entry]
    category: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants of an import."""

    extra_as_similar: bool = False
    retire: bool = False
    prefer: Prefer = "neither"


@dataclass(frozen=True, slots=True)
class Trial:
    """What an import would do. ``questions`` are by id, ``drafts`` the files to write.

    ``new`` and ``edits`` are the same as entries; ``pictures`` are those that they show.
    """

    incoming: Incoming
    plan: Plan
    drafts: Drafts
    questions: Mapping[str, str]
    new: Sequence[New]
    edits: Sequence[Edit]
    pictures: Mapping[str, bytes]

    @property
    def left(self) -> Mapping[str, str]:
        """Return the entries that only a person can change, and why."""
        return self.drafts.left


def try_import(
    path: Path,
    folder: Folder,
    base: Base | None,
    wishes: Wishes,
    advance: Advance = no_progress,
) -> Trial:
    """Return what an import of ``path`` would do; nothing is written.

    Raises:
        ContentErrors: the file as a whole cannot be read.
        UserError: a wish that cannot be met; says why.
    """
    normaliser = Normaliser()
    media = MediaFolder(folder.root)
    placed = {
        each.entry.id: each
        for each in read_placed(folder.root, normaliser, Problems(), References(), media)
        if each.entry is not None
    }
    ours = {identifier: each.entry for identifier, each in placed.items() if each.entry}
    by_question = _by_question(ours.values(), normaliser)
    incoming = read_incoming(
        path, folder.root, normaliser, _check(folder.content),
        extra_as_similar=wishes.extra_as_similar, advance=advance,
        objection=objection_to(path, ours, normaliser),
    )  # fmt: skip
    theirs = dict(_theirs(path, incoming, ours, by_question, normaliser))
    if base is not None:
        base = replace(
            base, entries=tuple(matched(base.entries, by_question, normaliser.key, ours.keys()))
        )
    plan = merge(
        None if base is None else {each.id: fields_of(each) for each in base.entries},
        {identifier: fields_of(entry) for identifier, entry in ours.items()},
        [_stated(path, each, entry, base) for entry, each in theirs.values()],
        _expected(path, base, incoming, wishes),
        retire=wishes.retire,
        prefer=wishes.prefer,
    )
    new, edits = _news(plan, theirs), _edits(plan, theirs, placed)
    pictures = _wanted(incoming.pictures, plan, theirs)
    drafts = draft_changes(folder.root, placed, edits, new, path.stem, pictures)
    questions = {
        each.id: each.question for each in (*ours.values(), *(e for e, _ in theirs.values()))
    }
    return Trial(incoming, plan, drafts, questions, new, edits, pictures)


def _check(content: Content) -> Check:
    """Return what checks rows against the folder that they come to."""

    def check(references: References, problems: Problems) -> None:
        # What a row has wrong already must not keep the others from being looked at.
        found = Problems()
        references.check(content.tables, content.accounts, found)
        references.check_tags(content.tag_groups, found)
        problems.found += found.found

    return check


_Theirs = dict[str, tuple[Entry, Placed]]


def _by_question(ours: Iterable[Entry], normaliser: Normaliser) -> dict[str, str]:
    by_question: dict[str, str] = {}
    for entry in ours:
        by_question.setdefault(normaliser.key(entry.question), entry.id)
    return by_question


def _theirs(
    path: Path,
    incoming: Incoming,
    ours: Mapping[str, Entry],
    by_question: Mapping[str, str],
    normaliser: Normaliser,
) -> Iterator[tuple[str, tuple[Entry, Placed]]]:
    """Yield the entries of the file by the ids that they have, or are to have."""
    rows = [each.entry for each in incoming.placed if each.entry is not None]
    known = matched(rows, by_question, normaliser.key, ours.keys())
    is_table = path.suffix.lower() in TABLE_SUFFIXES
    for entry, placed in zip(known, incoming.placed, strict=True):
        mine = ours.get(entry.id)
        said = with_unsaid(entry, mine, placed.headings) if is_table and mine else entry
        yield said.id, (said, placed)


def _stated(path: Path, placed: Placed, entry: Entry, base: Base | None) -> Stated:
    """Return what a row says. Only a file that was exported says something by saying nothing."""
    is_table = path.suffix.lower() in TABLE_SUFFIXES
    keys = set(FIELDS) if base is not None and not is_table else placed.keys
    cells = {key: value for key, value in fields_of(entry).items() if key in keys}
    if cells.get("category", "") is None:
        # The folder gives a category where none is written.
        del cells["category"]
    return Stated(entry.id, placed.line, cells)


def _expected(path: Path, base: Base | None, incoming: Incoming, wishes: Wishes) -> list[str]:
    """Return the entries that the file would have had a row of."""
    if base is None:
        if wishes.retire:
            raise UserError(
                f"{path}：不知道它是从哪个快照导出的，说不出删掉了哪些；"
                "请用 --snapshot N 或 --base 写明"
            )
        return []
    if incoming.is_of_refused:
        if wishes.retire:
            raise UserError(f"{path}：这是被拒绝的行，不是整份文件，不能用 --retire-missing")
        return []
    if wishes.retire and any(not each.id for each in incoming.refused):
        raise UserError(f"{path}：被拒绝的行里有没写编号的，说不出删掉了哪些；请先改好这些行")
    refused = {each.id for each in incoming.refused}
    return [
        each.id
        for each in base.entries
        if each.id not in refused and _is_in(each, base.category) and _fits(path, each)
    ]


def _is_in(entry: Entry, category: str) -> bool:
    return not category or f"{entry.category}/".startswith(f"{category}/")


def _fits(path: Path, entry: Entry) -> bool:
    try:
        refuse_unfit(path.suffix.lower(), entry)
    except UnfitError:
        return False
    return True


def _news(plan: Plan, theirs: _Theirs) -> list[New]:
    return [
        New(theirs[step.id][0], has_id=bool(theirs[step.id][1].written_id))
        for step in plan.of_kind("new")
    ]


def _edits(plan: Plan, theirs: _Theirs, placed: Mapping[str, Placed]) -> list[Edit]:
    edits: list[Edit] = []
    for step in plan.of_kind("changed", "retired"):
        place = placed[step.id]
        if place.entry is None:
            continue
        values = {change.key: change.after for change in step.changes}
        after = None
        if step.kind == "changed":
            after = _changed(place.entry, theirs[step.id][0], step.changes)
        keeps_id = not place.written_id and "question" in values
        edits.append(Edit(place.entry, place.lines, values, after, keeps_id))
    return edits


def _changed(ours: Entry, theirs: Entry, changes: Sequence[Change]) -> Entry:
    """Return an entry with the changes of a step: lists as merged, all else as the file has it."""
    values: dict[str, Any] = {}
    for change in changes:
        name = _ATTRIBUTES.get(change.key, change.key)
        is_list = change.key in LISTS
        values[name] = tuple(change.after or ()) if is_list else getattr(theirs, name)
    return replace(ours, **values)


def _wanted(pictures: Mapping[str, bytes], plan: Plan, theirs: _Theirs) -> dict[str, bytes]:
    """Return the pictures that new or changed entries show."""
    steps: tuple[Step, ...] = plan.of_kind("new", "changed")
    shown = {
        getattr(message, "file", None) for step in steps for message in theirs[step.id][0].messages
    }
    return {file: picture for file, picture in pictures.items() if file in shown}
