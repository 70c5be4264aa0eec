from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.understanding.brand_words import BrandWords, brand_words
from chatbot.understanding.confusions import Slip, shipped_confusions
from chatbot.understanding.normalise import Normaliser

_QUESTIONS = (
    "怎么开发票", "发票什么时候能开", "可以开增值税专用发票吗", "发票抬头怎么改",
    "几点可以办理入住", "入住要带身份证吗", "可以提前入住吗",
    "可以延迟退房吗", "最晚几点退房", "退房时间能延后吗", "退房后可以寄存行李吗",
    "早餐几点供应", "早餐多少钱一位", "有没有早餐",
    "有停车场吗", "停车场怎么收费", "停车场限高多少",
    "押金什么时候退", "押金怎么退", "退房后押金多久到账",
    "不能带宠物吗", "可以带宠物入住吗",
)  # fmt: skip
_NORMALISER = Normaliser()
_HAN = re.compile("[\u4e00-\u9fff]")
_NAMES_EITHER_WAY = (["西湖店", "外滩店"], ["外滩店", "西湖店"])


@pytest.fixture(scope="module")
def words() -> BrandWords:
    return brand_words(
        [_NORMALISER.normalise(text) for text in _QUESTIONS], ["西湖店"], ["云食"], []
    )


def _read(words: BrandWords, text: str) -> tuple[str, list[tuple[str, str, Slip]]]:
    mended, corrections = words.mend(_NORMALISER.normalise(text))
    return mended.text, [(each.typed, each.meant, each.slip) for each in corrections]


@pytest.mark.parametrize(
    ("text", "typed", "meant", "slip"),
    [
        ("怎么开发飘", "发飘", "发票", "homophone"),
        ("发票台头怎么改", "台头", "抬头", "homophone"),
        ("可以延迟退访吗", "退访", "退房", "homophone"),
        ("停车长怎么收费", "停车长", "停车场", "homophone"),
        ("几点可以办理如住", "如住", "入住", "homophone"),
        ("押金什么时候腿", "腿", "退", "homophone"),
        ("可以带充物吗", "充物", "宠物", "homophone"),
        ("西胡店有停车场吗", "西胡店", "西湖店", "homophone"),
        ("停场怎么收费", "停场", "停车场", "missing"),
        ("可以带宠入住吗", "宠", "宠物", "missing"),
    ],
)
def test_that_an_error_is_mended_towards_the_brands_words(
    words: BrandWords, text: str, typed: str, meant: str, slip: Slip
) -> None:
    normal = _NORMALISER.normalise(text).text
    if normal != text:  # the commonest slips are known without any brand
        assert _read(words, text) == (normal, [])
        return
    assert _read(words, text) == (text.replace(typed, meant), [(typed, meant, slip)])


@pytest.mark.parametrize(
    "text",
    [
        *_QUESTIONS,
        "停车怎么收费",
        "可以带宠物",
        "能帮我叫车吗",
        "我叫张三丰，明天到",
        "西服能洗吗",
        "附近有地铁吗",
        "wifi密码是多少",
        "vip可以提前入住吗",
        "还行",
        "",
        "???",
    ],
)
def test_that_what_is_right_stays_as_it_is(words: BrandWords, text: str) -> None:
    normal = _NORMALISER.normalise(text)
    assert words.mend(normal) == (normal, ())
    assert words.mend(normal)[0] is normal


@pytest.mark.parametrize(
    "text", ["能带宠物吗", "不能带宠物吗", "没有早餐", "有早餐", "住三晚", "住山晚"]
)
def test_that_negations_and_numbers_are_never_touched(words: BrandWords, text: str) -> None:
    assert _read(words, text) == (text, [])


def test_that_a_letter_is_left_alone(words: BrandWords) -> None:
    text = "怎么开法飘" + "我有一个很长的故事要讲" * 20
    normal = _NORMALISER.normalise(text)
    assert words.mend(normal)[0] is normal


def test_that_the_key_of_a_mended_text_has_no_marks(words: BrandWords) -> None:
    mended, _ = words.mend(_NORMALISER.normalise("你好，退访后可以寄存行李吗？"))
    assert mended.key == "你好退房后可以寄存行李吗"


def test_that_a_brand_without_words_mends_nothing() -> None:
    empty = brand_words([], [], [], [])
    text = _NORMALISER.normalise("怎么开法票，退访吗")
    assert empty.mend(text) == (text, ())


@given(text=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x9FFF), max_size=60))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_that_any_text_is_read_and_marks_and_latin_stay(words: BrandWords, text: str) -> None:
    normal = _NORMALISER.normalise(text)
    mended, corrections = words.mend(normal)
    assert _HAN.sub("", mended.text) == _HAN.sub("", normal.text)
    assert (mended is normal) == (not corrections)


def test_that_equal_words_give_equal_readings() -> None:
    questions = [_NORMALISER.normalise(text) for text in _QUESTIONS]
    one, other = (brand_words(questions, names, ["云食"], []) for names in _NAMES_EITHER_WAY)
    texts = [_NORMALISER.normalise(text) for text in ("西胡店停场怎么收费", "外摊店几点入主")]
    assert [one.mend(text) for text in texts] == [other.mend(text) for text in texts]


@pytest.mark.parametrize(
    ("typed", "meant", "slip"),
    [
        ("法", "发", "homophone"),
        ("宾", "兵", "near-homophone"),
        ("四", "十", "near-homophone"),
        ("赖", "奈", "near-homophone"),
        ("户", "付", "near-homophone"),
        ("未", "末", "lookalike"),
        ("己", "已", "lookalike"),
        ("停", "场", None),
        ("a", "b", None),
    ],
)
def test_which_characters_are_confused(typed: str, meant: str, slip: Slip | None) -> None:
    confusions = shipped_confusions()
    assert confusions.slip(typed, meant) == confusions.slip(meant, typed) == slip


def test_that_the_table_of_syllables_agrees_with_pypinyin() -> None:
    pypinyin = pytest.importorskip("pypinyin")
    for character in "重行长乐发票押金退房早餐停车宠物":
        [readings] = pypinyin.pinyin(character, style=pypinyin.Style.NORMAL, heteronym=True)
        heard = shipped_confusions().sounds(character)
        assert len(heard) <= 2
        assert heard <= {_without_nuances(reading) for reading in readings}


def _without_nuances(syllable: str) -> str:
    for sound, other in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("h", "f")):
        if syllable.startswith(sound):
            syllable = other + syllable.removeprefix(sound)
            break
    return syllable.removesuffix("g") if syllable.endswith(("ang", "eng", "ing")) else syllable
