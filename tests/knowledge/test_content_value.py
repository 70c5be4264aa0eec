from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from chatbot.accounts.account import Account, Accounts
from chatbot.answers.entries import Entry, Validity, plain_answer
from chatbot.answers.messages import TextMessage
from chatbot.errors import ContentError
from chatbot.facts.tables import Table
from chatbot.knowledge.content import Content
from chatbot.understanding.intents import Intent, IntentHandoff

_CONTENT = Content(
    (
        Entry(
            "a",
            "几点退房？",
            plain_answer("12:00。"),
            ("退房时间",),
            valid=Validity(date(2026, 1, 1)),
        ),
        Entry("b", "早餐几点？", plain_answer("6:30。")),
    ),
    (Intent("x", "投诉", keywords=("投诉",), handoff=IntentHandoff(None, "urgent")),),
    {"greeting": "您好", "welcome_items": ("早餐几点？",)},
    (Table("门店", ("门店", "早餐时间"), {"西湖店": {"早餐时间": "7:00"}, "东湖店": {}}),),
    Accounts(default=Account(assistant="店小二", menu=("早餐几点？",))),
)


def test_that_content_survives_storage() -> None:
    rebuilt = Content.from_json(_CONTENT.to_json())
    assert rebuilt == _CONTENT
    assert rebuilt.digest == _CONTENT.digest


def test_that_any_change_changes_the_digest() -> None:
    first, second = _CONTENT.entries
    for changed in (
        replace(_CONTENT, entries=(second, first)),
        replace(_CONTENT, entries=(replace(first, answer=plain_answer("13:00。")), second)),
        replace(_CONTENT, texts={"greeting": "您好！"}),
        replace(_CONTENT, intents=()),
        replace(_CONTENT, tables=()),
        replace(_CONTENT, accounts=Accounts()),
        replace(_CONTENT, words=("云食",)),
        replace(_CONTENT, synonyms=(("停车", "泊车"),)),
    ):
        assert changed.digest != _CONTENT.digest


def test_that_the_order_of_overridden_texts_does_not_matter() -> None:
    turned = replace(_CONTENT, texts=dict(reversed(list(_CONTENT.texts.items()))))
    assert turned.digest == _CONTENT.digest


def test_that_a_snapshot_of_a_newer_release_is_refused() -> None:
    with pytest.raises(ContentError, match="newer release"):
        Content.from_json('{"format": 99}')


def test_that_a_snapshot_without_words_of_the_brand_still_loads() -> None:
    stored = json.loads(_CONTENT.to_json()) | {"format": 2}
    del stored["words"], stored["synonyms"]
    assert Content.from_json(json.dumps(stored)) == _CONTENT


def test_that_a_snapshot_of_the_first_release_still_answers() -> None:
    stored = {
        "format": 1,
        "entries": [
            {
                "id": "a", "question": "几点退房？", "answer": ["12:00。"], "similar": ["退房时间"],
                "not": [], "category": "退房", "tags": [], "valid": [None, "2026-12-31"],
            }
        ],
        "intents": [
            {
                "intent": "x", "title": "投诉", "examples": [], "keywords": ["投诉"], "exclude": [],
                "tags": [], "reply": ["抱歉。"], "handoff": {"skill": None, "priority": "high"},
            }
        ],
        "texts": {"greeting": "您好"},
    }  # fmt: skip
    content = Content.from_json(json.dumps(stored))
    assert content.entries[0].answer == plain_answer("12:00。")
    assert content.entries[0].valid.end == date(2026, 12, 31)
    assert content.intents[0].reply == (TextMessage("抱歉。"),)
    assert content.accounts == Accounts()
