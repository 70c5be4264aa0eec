"""Whatever an entry becomes: it is changed where it stands, or left alone and named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.answers.entries import Entry
from chatbot.exchange.applying import draft_changes
from chatbot.exchange.edits import Edit
from chatbot.exchange.export import AnyMedia, export_entries
from chatbot.exchange.records import FIELDS, fields_of, json_ready, record_of
from chatbot.knowledge.entry_files import Placed, read_placed
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser
from tests.exchange.entries import entries, plain_entries

_keys = st.sets(st.sampled_from(FIELDS), min_size=1)
_pairs = st.tuples(entries, entries, _keys)
_plain_pairs = st.tuples(plain_entries, plain_entries, _keys)


def _placed(root: Path) -> dict[str, Placed]:
    read = read_placed(root, Normaliser(), Problems(), media=AnyMedia(root))
    return {each.entry.id: each for each in read if each.entry is not None}


def _entries(root: Path) -> dict[str, Entry]:
    return {each: placed.entry for each, placed in _placed(root).items() if placed.entry}


def _edit(placed: Placed, other: Entry, keys: set[str]) -> Edit:
    assert placed.entry is not None
    names = {"not": "excluded"}
    values = {names.get(key, key): getattr(other, names.get(key, key)) for key in keys}
    after = replace(placed.entry, **values)
    new = fields_of(after)
    changes = {key: new[key] for key, value in fields_of(placed.entry).items() if new[key] != value}
    return Edit(placed.entry, placed.lines, changes, after)


def _check(root: Path, others: dict[str, tuple[Entry, set[str]]]) -> None:
    before = _placed(root)
    edits = [_edit(placed, *others[each]) for each, placed in before.items()]
    edits = [edit for edit in edits if edit.changes]
    drafts = draft_changes(root, before, edits, [], "x")
    drafts.write()
    wanted = {each: placed.entry for each, placed in before.items()}
    wanted |= {edit.id: edit.after for edit in edits if edit.id not in drafts.left}
    assert _entries(root) == wanted


@pytest.mark.parametrize("suffix", [".yaml", ".jsonl", ".md", ".csv", ".xlsx"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs=st.lists(_pairs | _plain_pairs, min_size=1, max_size=2))
def test_that_an_edit_is_made_as_it_should_or_left(
    suffix: str, pairs: list[tuple[Entry, Entry, set[str]]]
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        export_entries(root / f"faq{suffix}", [ours for ours, _, _ in pairs], None)
        _check(root, {ours.id: (theirs, keys) for ours, theirs, keys in pairs})


@pytest.mark.parametrize("suffix", [".yaml", ".jsonl", ".md", ".csv", ".xlsx"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pair=_plain_pairs)
def test_that_nothing_is_left_that_the_form_can_hold(
    suffix: str, pair: tuple[Entry, Entry, set[str]]
) -> None:
    ours, theirs, keys = pair
    with TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / f"faq{suffix}"
        for entry in (theirs, ours):
            if export_entries(path, [entry], None).left_out:
                return
        placed = _placed(root)
        edit = _edit(placed[ours.id], theirs, keys)
        if edit.changes:
            assert draft_changes(root, placed, [edit], [], "x").left == {}


@pytest.mark.parametrize("style", ["flow", "block", "quoted", "indented"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs=st.lists(_pairs, min_size=1, max_size=2))
def test_that_yaml_in_any_style_is_changed_or_left(
    style: str, pairs: list[tuple[Entry, Entry, set[str]]]
) -> None:
    records = [json_ready(record_of(ours)) for ours, _, _ in pairs]
    text = yaml.dump(
        {"entries": records} if style == "indented" else records,
        Dumper=yaml.SafeDumper,
        allow_unicode=True,
        sort_keys=style == "block",
        default_flow_style=True if style == "flow" else None if style == "quoted" else False,
        default_style='"' if style == "quoted" else None,
        width=40,
    )
    with TemporaryDirectory() as folder:
        root = Path(folder)
        commented = text.replace("\n- ", "\n# 注释\n- ") if style == "block" else text
        (root / "faq.yaml").write_text(commented, "utf-8")
        _check(root, {ours.id: (theirs, keys) for ours, theirs, keys in pairs})
        if style == "block" and len(_entries(root)) > 1:
            assert "# 注释" in (root / "faq.yaml").read_text("utf-8")
