from __future__ import annotations

import pytest

from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.smalltalk import Smalltalk

_NORMALISER = Normaliser()


@pytest.fixture(scope="module")
def smalltalk() -> Smalltalk:
    return Smalltalk(make_texts({}), _NORMALISER)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("你好", "greeting"),
        ("您好！在吗？", "greeting"),
        ("在吗在吗", "greeting"),
        ("Hello~", "greeting"),
        ("谢谢", "thanks"),
        ("好的，谢谢您！", "thanks"),
        ("再见👋", "thanks"),
        ("好的", "okay"),
        ("嗯嗯 知道了", "okay"),
        ("你好几点退房", None),
        ("早餐", None),
        ("好吃吗", None),
        ("", None),
    ],
)
def test_that_small_talk_is_told_from_questions(
    said: str, kind: str | None, smalltalk: Smalltalk
) -> None:
    assert smalltalk.kind(_NORMALISER.normalise(said)) == kind


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("你好，请问几点退房？", "几点退房?"),
        ("在吗\n我想问一下\n几点退房", "几点退房"),
        ("亲，几点退房", "几点退房"),
        ("亲子房有吗", "亲子房有吗"),
        ("早餐几点", "早餐几点"),
        ("hi 几点退房", "几点退房"),
        ("hilton在哪", "hilton在哪"),
        ("你好", "你好"),
    ],
)
def test_that_the_greeting_is_taken_off_a_question(
    said: str, question: str, smalltalk: Smalltalk
) -> None:
    assert smalltalk.question(_NORMALISER.normalise(said)).text == question


def test_that_a_long_row_of_greetings_does_not_explode(smalltalk: Smalltalk) -> None:
    assert smalltalk.kind(_NORMALISER.normalise("你好呀" * 3000 + "?退房")) is None
