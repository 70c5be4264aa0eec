from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.texts import make_texts
from chatbot.understanding.clauses import MOST_CLAUSES, joined, spans
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.parts import PartSplitter
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk

_NORMALISER = Normaliser()
_SPLITTER = PartSplitter(_NORMALISER, Segmenter(), Smalltalk(make_texts({}), _NORMALISER))


@pytest.mark.parametrize(
    ("said", "clauses"),
    [
        ("押金没退，服务态度很差", [("押金没退", "comma"), ("服务态度很差", "comma")]),
        ("押金没退。服务态度很差", [("押金没退", "comma"), ("服务态度很差", "stop")]),
        ("我要退款，还要投诉你们", [("我要退款", "comma"), ("还要投诉你们", "word")]),
        ("押金没退，另外空调太吵", [("押金没退", "comma"), ("空调太吵", "word")]),
        ("押金没退\n空调太吵", [("押金没退", "comma"), ("空调太吵", "stop")]),
        ("你好，押金没退，空调太吵，谢谢", [("押金没退", "comma"), ("空调太吵", "comma")]),
        ("把地址发我，电话多少", [("把地址发我", "comma"), ("电话多少", "comma")]),
    ],
)
def test_that_clauses_with_something_to_say_are_told_apart(
    said: str, clauses: list[tuple[str, str]]
) -> None:
    first, *others = _SPLITTER.clauses(said)
    assert first.text.text == clauses[0][0]
    assert [(each.text.text, each.joint) for each in others] == clauses[1:]


@pytest.mark.parametrize(
    "said",
    [
        "", "押金没退", "押金没退，怎么办", "押金没退，谢谢", "你好，请问押金怎么退",
        "登录的时候，提示密码错误", "在吗，在吗，有人吗", "？？？，！！", "押" * 2000,
    ],
)  # fmt: skip
def test_that_a_message_about_one_thing_has_no_clauses(said: str) -> None:
    assert _SPLITTER.clauses(said) == ()


def test_that_what_says_little_goes_with_the_clause_before_it() -> None:
    texts = [each.text.text for each in _SPLITTER.clauses("押金没退，怎么回事，空调太吵")]
    assert texts == ["押金没退,怎么回事", "空调太吵"]


def test_that_too_many_clauses_are_joined_where_they_are_least_apart() -> None:
    said = "押金没退，房费算错，空调太吵。服务态度很差，另外毛巾没送"
    texts = [each.text.text for each in _SPLITTER.clauses(said)]
    assert texts == ["押金没退,房费算错,空调太吵", "服务态度很差", "毛巾没送"]


def test_that_questions_and_wishes_are_marked() -> None:
    asks = [each.asks for each in _SPLITTER.clauses("押金没退，空调怎么这么吵，我要投诉经理")]
    assert asks == [False, True, True]


def test_that_small_talk_beside_something_else_is_given() -> None:
    said = [each.text for each in _SPLITTER.smalltalk("好的，谢谢你，地址在哪")]
    assert said == ["好的", "谢谢你"]
    assert _SPLITTER.smalltalk("好的，谢谢你") == ()


def test_that_the_spans_are_all_runs_but_the_whole() -> None:
    assert spans(0) == spans(1) == []
    assert spans(3) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="押金没退空调吵，。？ \n另外还有以及谢谢我要\0\ud800😀a?", max_size=60))
def test_that_any_text_gives_none_or_a_few_clauses_with_letters(said: str) -> None:
    clauses = _SPLITTER.clauses(said)
    assert len(clauses) == 0 or 2 <= len(clauses) <= MOST_CLAUSES
    assert all(clause.text.key for clause in clauses)
    assert joined(clauses).key == "".join(clause.text.key for clause in clauses)
