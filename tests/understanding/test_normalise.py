from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.understanding.emoji import remove_emoji
from chatbot.understanding.normalise import Normaliser


@pytest.fixture(scope="module")
def normaliser() -> Normaliser:
    return Normaliser()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("ＷｉＦｉ　密碼？", "wifi密码?"),
        ("可以延遲退房嗎？？？", "可以延迟退房吗?"),
        ("轉 人 工", "转人工"),
        ("hello   world", "hello world"),
        ("早餐[微笑]几点😀", "早餐几点"),
        ("1️⃣点", "1点"),
        ("[机构]绑定", "[机构]绑定"),
        ("你好\n退房几点", "你好,退房几点"),
        ("\n 几点 \r\n", "几点"),
        ("a\x00b\u200b", "a b"),
        ("\ud800几点", "几点"),
        ("😀👍🏻", ""),
        ("……", "."),
        ("", ""),
        ("在在吗", "在吗"),
        ("现在在营业吗", "现在在营业吗"),
        ("好好好好", "好"),
        ("啊啊啊啊怎么办啊啊", "啊怎么办啊"),
        ("谢谢谢谢谢谢", "谢谢"),
        ("二二二二房间", "二二二二房间"),
        ("hiiii", "hi"),
        ("Hellooo", "hello"),
        ("www.a.com", "www.a.com"),
        ("AAAA级景区", "aaaa级景区"),
        ("XXXL", "xxxl"),
        ("转.人.工", "转人工"),
        ("人。工。客。服", "人工客服"),
        ("早、中、晚餐", "早、中、晚餐"),
        ("2.5.3", "2.5.3"),
        ("房间❷❸", "房间23"),
        ("三〇二", "三零二"),
        ("转\u3164人\u2800工", "转人工"),
        ("几点?!?!", "几点?"),
        ("怎莫退防", "怎么退房"),
    ],
)
def test_that_one_wording_has_one_form(written: str, text: str, normaliser: Normaliser) -> None:
    assert normaliser.normalise(written).text == text


def test_that_the_key_is_letters_and_digits_alone(normaliser: Normaliser) -> None:
    assert normaliser.key("Wi-Fi 密码，是多少？") == "wifi密码是多少"
    assert normaliser.normalise("？！……").is_empty


@given(st.text(max_size=200))
def test_that_any_text_has_a_form_and_the_form_is_stable(text: str) -> None:
    normaliser = Normaliser()
    once = normaliser.normalise(text)
    once.text.encode("utf-8")
    assert normaliser.normalise(once.text).key == once.key


def test_that_words_in_brackets_that_are_no_sticker_stay() -> None:
    assert remove_emoji("[捂脸]房号[2301]") == " 房号[2301]"
