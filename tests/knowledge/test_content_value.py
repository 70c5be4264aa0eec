from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chatbot.answers.entries import Entry, Validity
from chatbot.errors import ContentError
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent, IntentHandoff

_CONTENT = Content(
    (
        Entry("a", "几点退房？", ("12:00。",), ("退房时间",), valid=Validity(date(2026, 1, 1))),
        Entry("b", "早餐几点？", ("6:30。",)),
    ),
    (Intent("x", "投诉", keywords=("投诉",), handoff=IntentHandoff(None, "urgent")),),
    {"greeting": "您好", "welcome_items": ("早餐几点？",)},
)


def test_that_content_survives_storage() -> None:
    rebuilt = Content.from_json(_CONTENT.to_json())
    assert rebuilt == _CONTENT
    assert rebuilt.digest == _CONTENT.digest


def test_that_any_change_changes_the_digest() -> None:
    first, second = _CONTENT.entries
    for changed in (
        replace(_CONTENT, entries=(second, first)),
        replace(_CONTENT, entries=(replace(first, answer=("13:00。",)), second)),
        replace(_CONTENT, texts={"greeting": "您好！"}),
        replace(_CONTENT, intents=()),
    ):
        assert changed.digest != _CONTENT.digest


def test_that_the_order_of_overridden_texts_does_not_matter() -> None:
    turned = replace(_CONTENT, texts=dict(reversed(list(_CONTENT.texts.items()))))
    assert turned.digest == _CONTENT.digest


def test_that_a_snapshot_of_a_newer_release_is_refused() -> None:
    with pytest.raises(ContentError, match="newer release"):
        Content.from_json('{"format": 2}')
