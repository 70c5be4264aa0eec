"""The three-way merge of entries as fields."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatbot.exchange.merging import Stated, Step, merge, merged_list

_VALUES = {
    "question": st.sampled_from(["a", "b", "c"]),
    "owner": st.sampled_from([None, "x", "y"]),
    "similar": st.sampled_from([None, ["p"], ["q"], ["p", "q"], ["q", "r"]]),
}
_cells = st.fixed_dictionaries(_VALUES)
_folders = st.dictionaries(st.sampled_from("123"), _cells, max_size=3)
Folder = dict[str, dict[str, Any]]


def _stated(folder: Folder) -> list[Stated]:
    return [Stated(each, line, cells) for line, (each, cells) in enumerate(folder.items(), 1)]


def _applied(ours: Folder, steps: tuple[Step, ...]) -> Folder:
    result = {identifier: dict(cells) for identifier, cells in ours.items()}
    for step in steps:
        if step.kind == "retired":
            del result[step.id]
        elif step.kind in {"new", "changed"}:
            cells = result.setdefault(step.id, dict.fromkeys(_VALUES))
            cells.update({change.key: change.after for change in step.changes})
    return result


@given(base=_folders, ours=_folders)
def test_that_a_file_without_edits_changes_nothing(base: Folder, ours: Folder) -> None:
    plan = merge(base, ours, _stated(base), base, retire=True)
    assert plan.conflicts == ()
    assert _applied(ours, plan.steps) == ours


@given(base=_folders, theirs=_folders)
def test_that_a_folder_without_edits_becomes_the_file(base: Folder, theirs: Folder) -> None:
    plan = merge(base, base, _stated(theirs), base, retire=True)
    assert plan.conflicts == ()
    assert _applied(base, plan.steps) == theirs


@given(ours=_folders, theirs=_folders)
def test_that_the_file_counts_where_nobody_knows_what_it_was_made_from(
    ours: Folder, theirs: Folder
) -> None:
    assert _applied(ours, merge(None, ours, _stated(theirs)).steps) == {**ours, **theirs}


@given(base=_folders, ours=_folders, theirs=_folders)
def test_that_no_edit_is_overwritten_without_a_word(
    base: Folder, ours: Folder, theirs: Folder
) -> None:
    plan = merge(base, ours, _stated(theirs), base, retire=True)
    after = _applied(ours, plan.steps)
    told = {(step.id, conflict.key) for step in plan.steps for conflict in step.conflicts}
    for identifier, cells in ours.items():
        for key in ("question", "owner"):
            is_ours = base.get(identifier, {}).get(key) != cells[key]
            if is_ours and (identifier, key) not in told and identifier in base:
                assert after[identifier][key] == cells[key]


@given(base=_folders, ours=_folders, theirs=_folders)
def test_that_a_merge_that_is_carried_out_leaves_nothing_to_do(
    base: Folder, ours: Folder, theirs: Folder
) -> None:
    for prefer in ("file", "folder"):
        plan = merge(base, ours, _stated(theirs), base, prefer=prefer)
        assert plan.conflicts == ()
        after = _applied(ours, plan.steps)
        again = merge(base, after, _stated(theirs), base, prefer=prefer)
        assert _applied(after, again.steps) == after


def test_that_lists_take_what_either_adds_and_lose_what_either_drops() -> None:
    assert merged_list(["a", "b", "c"], ["b", "c", "x"], ["a", "b", "y"]) == ["b", "x", "y"]


def test_that_what_one_deleted_and_the_other_changed_is_a_conflict() -> None:
    base = {"1": {"question": "a", "owner": "x"}}
    changed = {"1": {"question": "a", "owner": "y"}}
    (gone,) = merge(base, {}, _stated(changed)).steps
    assert (gone.kind, gone.conflicts[0].ours) == ("conflict", None)
    (dropped,) = merge(base, changed, [], base, retire=True).steps
    assert (dropped.kind, dropped.conflicts[0].theirs) == ("conflict", None)
    (kept,) = merge(base, changed, [], base).steps
    assert kept.kind == "missing"
    (still,) = merge(base, {}, _stated(base)).steps
    assert still.kind == "gone"
