"""The canonical JSON of content, from which it gets its digest."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chatbot.answers.entries import Entry, plain_answer
from chatbot.knowledge.content import Content, EntryTexts

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
_ENTRIES = st.lists(st.builds(Entry, _TEXTS, _TEXTS, st.builds(plain_answer, _TEXTS)), max_size=4)


@given(_ENTRIES, _ENTRIES, _TEXTS)
def test_that_it_is_the_same_whether_entries_are_remembered_or_not(
    some: list[Entry], others: list[Entry], text: str
) -> None:
    written = EntryTexts()
    content = Content(tuple(some), texts={"a": text}, words=(text,))
    for entries in (some, [*some, *others], others, [replace(each, owner=text) for each in some]):
        changed = replace(content, entries=tuple(entries))
        canonical = changed.to_json(written)
        assert canonical == changed.to_json()
        record = json.loads(canonical)
        again = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert canonical == again
        assert Content.from_json(canonical) == changed
