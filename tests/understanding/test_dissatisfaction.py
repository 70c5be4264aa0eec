from __future__ import annotations

import pytest

from chatbot.texts import make_texts
from chatbot.understanding.dissatisfaction import Dissatisfaction
from chatbot.understanding.normalise import Normaliser

_TEXTS = make_texts({})
_NORMALISER = Normaliser()
WORDS = Dissatisfaction(_TEXTS.dissatisfied_phrases, _TEXTS.none_phrases, _NORMALISER)


@pytest.mark.parametrize(
    "said",
    [
        "不是这个", "答非所问", "不对", "没用", "听不懂吗", "我问的不是这个", "你没听懂我的问题",
        "不是的",
        "你听不懂人话吗", "还是不对！", "说的什么啊", "没回答我的问题", "又是一样的回答",
        "不要重复了", "我没问这个",
        "跟我问的没关系", "你理解错了", "不对不对", "回答错误", "不是，不是这个",
    ],
)  # fmt: skip
def test_that_a_refusal_is_one(said: str) -> None:
    refusal = WORDS.find(_NORMALISER.normalise(said))
    assert refusal is not None
    assert refusal.rest is None


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("不对，我问的是停车", "停车"),
        ("我问的是停车费，你答非所问", "停车费"),
        ("不是问这个 我是问停车收费吗", "停车收费吗"),
        ("不是这个意思，是想问早餐可以送到房间吗", "早餐可以送到房间吗"),
        ("不对，几点退房", "几点退房"),
    ],
)
def test_that_what_is_asked_instead_is_told(said: str, rest: str) -> None:
    refusal = WORDS.find(_NORMALISER.normalise(said))
    assert refusal is not None
    assert refusal.rest is not None
    assert refusal.rest.text == rest


@pytest.mark.parametrize(
    "said",
    [
        "", "？", "可以", "不对外开放吗", "没用过的券能退吗", "不是会员能住吗", "早餐不好吃",
        "什么意思",
        "没有早餐吗", "你说的停车场在哪", "不满意可以退吗", "我听不懂英文", "空调没用怎么办",
        "好的谢谢",
        "退房" * 40 + "，不对",
    ],
)  # fmt: skip
def test_that_a_question_is_no_refusal(said: str) -> None:
    assert WORDS.find(_NORMALISER.normalise(said)) is None


def test_that_none_of_the_lines_is_said_in_many_ways() -> None:
    for said in (
        "都不是",
        "都不对",
        "没有我要的",
        "以上都不是",
        "没有",
        "不是这些",
        "没有我想问的",
    ):
        assert WORDS.refuses_all(_NORMALISER.normalise(said)), said
    for said in ("没有了", "都要", "有没有早餐", "没有停车场吗", ""):
        assert not WORDS.refuses_all(_NORMALISER.normalise(said)), said
