"""Two people's changes of one record come together, or are told apart: nothing is lost."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatbot.editing.merging import (
    Merged,
    Record,
    Step,
    merged_records,
    onto,
    taken_back,
    with_theirs,
    without_nothing,
)
from chatbot.editing.registry import KINDS

_LISTS = frozenset({"similar", "tags"})
_WORDS = st.sampled_from(["甲", "乙", "丙", "丁"])
_LISTED = st.lists(_WORDS, min_size=1, max_size=3, unique=True)
_RECORDS = st.fixed_dictionaries(
    {"question": _WORDS, "answer": _WORDS},
    optional={"owner": _WORDS, "similar": _LISTED, "tags": _LISTED},
)
_MAYBE = st.one_of(st.none(), _RECORDS)


def _merge(base: Record | None, theirs: Record | None, mine: Record | None) -> Merged:
    return merged_records(base, theirs, mine, _LISTS)


@given(_MAYBE, _MAYBE)
def test_that_a_change_nobody_meets_is_taken_as_it_is(base: Record | None, mine: Record) -> None:
    assert _merge(base, base, mine) == Merged(mine)
    assert _merge(base, mine, base) == Merged(mine)
    assert _merge(base, mine, mine) == Merged(mine)


@given(_RECORDS, st.data())
def test_that_changes_of_other_fields_are_both_kept(base: Record, data: st.DataObject) -> None:
    keys = ["question", "answer", "owner", "similar", "tags"]
    mine_keys = data.draw(st.sets(st.sampled_from(keys)))
    theirs, mine = dict(base), dict(base)
    for key in keys:
        changed = mine if key in mine_keys else theirs
        changed[key] = data.draw(_LISTED if key in _LISTS else _WORDS)
    merged = _merge(base, theirs, mine)
    assert not merged.clashes
    wanted = {key: (mine if key in mine_keys else theirs).get(key) for key in keys}
    assert merged.record == without_nothing(wanted)


@given(_RECORDS, _RECORDS, _RECORDS)
def test_that_every_text_is_in_the_record_or_in_a_clash(
    base: Record, theirs: Record, mine: Record
) -> None:
    merged = _merge(base, theirs, mine)
    told = {each.key for each in merged.clashes}
    for key in set(theirs) | set(mine):
        for side in (theirs, mine):
            if side.get(key) == base.get(key):
                continue
            if key in _LISTS:
                added = [each for each in side.get(key) or () if each not in base.get(key, ())]
                assert set(added) <= set((merged.record or {}).get(key, ()))
            else:
                assert key in told or (merged.record or {}).get(key) == side.get(key)


@given(_RECORDS, _RECORDS, _RECORDS)
def test_that_where_it_clashes_either_can_be_had(
    base: Record, theirs: Record, mine: Record
) -> None:
    merged = _merge(base, theirs, mine)
    assert merged.record is not None
    chosen = with_theirs(merged, theirs)
    assert chosen is not None
    for clash in merged.clashes:
        assert merged.record.get(clash.key) == mine.get(clash.key) == clash.mine
        assert chosen.get(clash.key) == theirs.get(clash.key) == clash.theirs


def test_that_taking_out_what_another_changed_is_asked_about() -> None:
    base, changed = {"question": "甲"}, {"question": "乙"}
    for theirs, mine in ((changed, None), (None, changed)):
        merged = _merge(base, theirs, mine)
        assert [each.key for each in merged.clashes] == ["entry"]
        assert with_theirs(merged, theirs) == theirs


@given(st.lists(_MAYBE, min_size=2, max_size=5))
def test_that_steps_joined_lead_to_where_they_end(records: list[Record | None]) -> None:
    steps = [Step(a, b) for a, b in pairwise(records)]
    merged = onto(steps, records[0], _merge)
    assert not merged.clashes
    assert merged.record == records[-1]
    again = onto(steps, merged.record, _merge)
    assert again == merged, "what is written already stays as it is"


@given(_RECORDS, _RECORDS, _WORDS)
def test_that_steps_leave_what_they_do_not_concern(first: Record, last: Record, other: str) -> None:
    merged = onto([Step(first, last)], {**first, "category": other}, _merge)
    assert merged.record == {**last, "category": other}


@given(_RECORDS, _RECORDS)
def test_that_what_is_edited_of_a_record_that_is_gone_is_whole(first: Record, last: Record) -> None:
    merged = onto([Step(first, last)], None, _merge)
    assert merged.record == (None if first == last else last)


def test_that_steps_are_taken_back_without_what_somebody_else_wrote_between_them() -> None:
    steps = [
        Step({"answer": "老", "similar": ["甲"]}, {"answer": "新", "similar": ["甲", "乙"]}),
        Step(
            {"answer": "新", "similar": ["甲", "乙", "手写"], "owner": "手写"},
            {"answer": "新", "similar": ["手写", "乙", "丙"], "owner": "手写"},
        ),
    ]
    assert taken_back(steps, KINDS["entry"].merge) == {
        "answer": "老", "similar": ["甲", "手写"], "owner": "手写",
    }  # fmt: skip
    written = [Step({"answer": "一"}, {"answer": "二"}), Step({"answer": "手"}, {"answer": "三"})]
    assert taken_back(written, KINDS["entry"].merge) == {"answer": "手"}
    assert taken_back([Step(None, {"answer": "新"})], KINDS["entry"].merge) is None
