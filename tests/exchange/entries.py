"""Entries of every kind, for properties that hold of all of them."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import strategies as st

from chatbot.answers.entries import Condition, Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    Message,
    MiniprogramMessage,
    TextMessage,
)

_PIECES = st.sampled_from(
    [
        "退房", "几点", "可以延迟退房吗？", "abc", "14:00", " ", "\n", "\n\n", "|", "｜", ",", "，",
        '"', "'", "“", "=", "+", "-", "@", "'=1", "# ", "## ", "### ", "- ", "- 编号：x", "---",
        "\n---\n", "```yaml", "```", "\\", "![](_media/a.png)", "<!-- x -->", "😀", "👩‍👧", ":",
        " #", "[", "]", "&", "*", "!", "%", "yes", "null", "1.0", "2026-01-01", "_x000D_", "\t",
        "\u3000", "\u2028", "\x85", "\r", "\r\n", "é", "ก", "\ufeff", "<a>", "&amp;", "\x07", "~",
    ]
)  # fmt: skip
_ANY = st.lists(_PIECES, max_size=8).map("".join)


def _read(text: str) -> bool:
    """Return whether a reader would give just this text."""
    return text == text.strip() and bool(text)


texts = st.builds(lambda lead, rest: f"{lead}{rest}".strip(), _ANY, _ANY).filter(_read)
#: Some places have room for a few words only.
_short = texts.filter(lambda text: len(text.encode()) <= 60)
#: A wording has something to compare, and no braces.
wordings = st.builds(lambda a, b: f"{a}问{b}".strip(), _ANY, _ANY).filter(_read)
_names = st.sampled_from(["qijian", "fen_dian", "总店"])
_tags = st.sampled_from(["意向:续住", "等级:金卡", "来源:a|b", "账号=a:b"])
_pictures = st.sampled_from(["_media/a.png", "_media/店/b c.png"])
_links = st.builds(
    LinkMessage, _short, st.sampled_from(["https://a.cn/x?y=1&z=|", "http://b"]), _pictures,
    st.one_of(st.just(""), texts),
)  # fmt: skip
_programs = st.builds(
    MiniprogramMessage,
    st.just("wx12ab"),
    st.sampled_from(["pages/x", "p?a=1,2"]),
    _short,
    _pictures,
)
_menus = st.builds(
    lambda head, items, tail: MenuMessage(head, tuple(dict.fromkeys(items)), tail),
    texts, st.lists(_short, min_size=1, max_size=3), st.one_of(st.just(""), texts),
)  # fmt: skip
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(TextMessage, texts), st.builds(ImageMessage, _pictures), _links, _programs, _menus
)
_several = st.lists(messages, min_size=1, max_size=4).map(tuple)
_conditions = st.builds(
    Condition,
    st.lists(_tags, max_size=2, unique=True).map(tuple),
    st.lists(_names, max_size=2, unique=True).map(tuple),
    st.sampled_from(["", "en", "ja"]),
).filter(lambda when: when != Condition())
answers = st.one_of(
    st.builds(lambda text: (Variant((TextMessage(text),)),), texts),
    _several.map(lambda each: (Variant(each),)),
    st.builds(
        lambda some, last: (*some, Variant(last)),
        st.lists(st.builds(Variant, _several, _conditions), min_size=1, max_size=3), _several,
    ),
)  # fmt: skip
_days = st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
_validities = st.builds(Validity, _days, _days).filter(
    lambda valid: not (valid.start and valid.end) or valid.start <= valid.end
)
_lists = st.lists(wordings, max_size=3, unique=True).map(tuple)
_optional = st.one_of(st.just(""), texts)
entries = st.builds(
    Entry,
    id=st.uuids().map(str),
    question=wordings,
    answer=answers,
    similar=_lists,
    category=_optional,
    tags=st.lists(_tags, max_size=2, unique=True).map(tuple),
    valid=_validities,
    target=st.one_of(st.none(), st.sampled_from([0.6, 0.975])),
    auto=st.sampled_from(["yes", "ask", "agents-only"]),
    owner=_optional,
    review=_days,
    scope=st.lists(_names, max_size=2, unique=True).map(tuple),
)


def _line(text: str) -> str:
    """Return a text that every form has room for."""
    return re.sub(r"[|｜\n\r\x07\x85\u2028\ufeff]", "", text).strip() or "问"


_line_texts = texts.map(_line)
_line_lists = st.lists(wordings.map(_line), max_size=4, unique=True).map(tuple)
#: What tables and Markdown can hold, with the marks that make it hard.
plain_entries = st.builds(
    Entry,
    id=st.uuids().map(str),
    question=wordings.map(_line),
    answer=texts.map(lambda text: plain_answer(re.sub(r"[\r\x07]", "", text).strip() or "答")),
    similar=_line_lists,
    excluded=st.just(()),
    category=st.sampled_from(["退房", "退房/延迟", "停车"]),
    tags=st.sampled_from([(), ("意向:续住",), ("意向:续住", "等级:金卡")]),
    valid=_validities,
    auto=st.sampled_from(["yes", "ask", "agents-only"]),
    owner=st.one_of(st.just(""), _line_texts),
    review=_days,
)
