"""Writes the ids that entries have from their questions into files of every kind."""

from __future__ import annotations

from pathlib import Path

from chatbot.exchange.applying import draft_changes
from chatbot.exchange.edits import Edit
from chatbot.knowledge.edit_files import editing
from chatbot.knowledge.entry_files import Placed, read_placed
from chatbot.knowledge.places import Places
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.write_ids import Written, write_ids
from chatbot.understanding.normalise import Normaliser

#: Whose cells and lines are changed where they stand; the others have ``write_ids``.
_TABLES_AND_PAGES = frozenset({".csv", ".xlsx", ".md"})


def give_ids(root: Path, places: Places) -> Written:
    """Write an id for each entry below ``root`` that has none, as ``places`` tell of them.

    Raises:
        ContentError: a file cannot be written, or somebody else saved it at the same moment.
    """
    done = write_ids(root, places)
    if not any(path.suffix.lower() in _TABLES_AND_PAGES for path in done.left):
        return done
    with editing(root):
        waiting = [each for each in _without_id(root) if each.path in done.left]
        by_id = {each.entry.id: each for each in waiting if each.entry is not None}
        edits = [_with_id(each) for each in by_id.values()]
        drafts = draft_changes(root, by_id, edits, (), "")
        drafts.write()
    left = {path: count for path, count in done.left.items() if path not in drafts.files}
    for faq_id in drafts.left:
        left[by_id[faq_id].path] = left.get(by_id[faq_id].path, 0) + 1
    return Written(done.written + len(edits) - len(drafts.left), left)


def _without_id(root: Path) -> list[Placed]:
    placed = read_placed(root, Normaliser(), Problems())
    return [
        each
        for each in placed
        if not each.written_id and each.path.suffix.lower() in _TABLES_AND_PAGES
    ]


def _with_id(placed: Placed) -> Edit:
    assert placed.entry is not None  # noqa: S101 - whoever asks has looked
    return Edit(placed.entry, placed.lines, {}, placed.entry, keeps_id=True)
