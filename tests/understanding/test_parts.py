from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.parts import MOST_PARTS, PartSplitter
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk

_NORMALISER = Normaliser()
SPLITTER = PartSplitter(_NORMALISER, Segmenter(), Smalltalk(make_texts({}), _NORMALISER))


def _split(said: str) -> list[str]:
    return [piece.text for piece in SPLITTER.split(said)]


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("几点退房，另外停车收费吗", ["几点退房", "停车收费吗"]),
        ("几点退房\n停车收费吗", ["几点退房", "停车收费吗"]),
        ("几点退房 停车收费吗", ["几点退房", "停车收费吗"]),
        ("早餐几点还有停车收费吗", ["早餐几点", "停车收费吗"]),
        ("早餐时间以及退房时间", ["早餐时间", "退房时间"]),
        ("wifi密码多少，怎么开发票", ["wifi密码多少", "怎么开发票"]),
        ("我要开发票。帮我叫个叫醒服务", ["我要开发票", "帮我叫个叫醒服务"]),
        ("第一，几点退房；第二，怎么开发票", ["几点退房", "怎么开发票"]),
        ("想问下能不能加床，顺便问下早餐几点", ["想问下能不能加床", "早餐几点"]),
    ],
)
def test_that_questions_are_taken_apart(said: str, parts: list[str]) -> None:
    assert _split(said) == parts


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("我明天到，几点可以入住，有停车位吗", ["我明天到，几点可以入住", "有停车位吗"]),
        ("有停车场吗？多少钱？早餐几点", ["有停车场吗？多少钱？", "早餐几点"]),
        ("你好，几点退房？怎么开发票，谢谢", ["几点退房？", "怎么开发票"]),
    ],
)
def test_that_what_cannot_stand_alone_goes_with_its_neighbour(said: str, parts: list[str]) -> None:
    assert _split(said) == parts


@pytest.mark.parametrize(
    "said",
    [
        "", "几点退房", "几点退房？谢谢", "我明天到，几点可以入住", "有停车场吗？多少钱？",
        "现在还有房间吗",
        "可以同时住几个人", "能不能晚点退房，我是金卡会员", "我带了狗，可以住吗",
        "可以顺便带一份早餐吗",
        "需要另外付钱吗", "登录的时候，提示怎么解决", "a" * 2000, "几点退房？" * 200,
    ],
)  # fmt: skip
def test_that_one_question_is_none(said: str) -> None:
    assert _split(said) == []


def test_that_more_questions_than_a_reply_can_hold_are_left_to_a_person() -> None:
    said = "早餐几点？停车收费吗？有健身房吗？可以带狗吗？"
    assert _split(said) == []
    assert len(_split(said.removesuffix("可以带狗吗？"))) == MOST_PARTS


def test_that_the_topic_is_what_a_question_is_about() -> None:
    assert SPLITTER.topic("停车场怎么收费") == "停车场"
    assert not SPLITTER.has_topic("那多少钱呢")
    assert SPLITTER.has_topic("早餐几点")


@settings(deadline=None, max_examples=200)
@given(
    st.text(
        alphabet="几点退房停车收费吗，。？ \n另外还有以及早餐有泳池我要\0\ud800😀a?", max_size=60
    )
)
def test_that_any_text_gives_none_or_two_to_three_questions(said: str) -> None:
    parts = SPLITTER.split(said)
    assert len(parts) in {0, 2, 3}
    assert all(part.normal.key for part in parts)
