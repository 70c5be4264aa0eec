from __future__ import annotations

import pytest

from chatbot.understanding.language import LANGUAGES, is_said_in, language_named, language_of

_OF = {
    "": (
        "wifi?", "ok", "vip", "app", "nihao", "tuifang jidian", "tuìfáng jǐdiǎn", "you can ting ma",
        "can ting zai na", "wo yao tui fang", "zhuanrengong", "iPhone 15 Pro Max", "Deluxe King",
        "YQ-HZ01-1203", "SF1234567890", "The North Face", "Lord of the Rings", "Nike Air Max 90",
        "xiaomi redmi note 12", "check in", "hello", "thx", "KTV", "café", "COVID-19", "make",
        "Apple Pay",
        "Family Room", "Google Drive", "Starbucks Coffee",
        "1", "???", "", "🙂", "https://e.cn/what-is-this", "what@where.com", "<b>x</b>", "ㅋㅋㅋ",
        "(｡･ω･｡)ﾉ", "Σ(っ °Д °;)っ", "ฅ^•ﻌ•^ฅ", "\0\ud800",
    ),
    "zh": (
        "几点退房", "請問幾點退房", "check out是几点", "WiFi 密码是多少？", "Hello 請問有房嗎",
        "早餐 breakfast 几点", "朝食", "預訂", "我住過の房间", "优の良品怎么走",
        "我喜欢ポケモン主题房有吗", "こんにちは，我想问下几点退房", "韩国오빠来住过吗",
        "What is 延迟退房", "早餐几点ヾ(≧▽≦*)o",
    ),
    "en": (
        "What time is breakfast?", "breakfast", "Where can I park my car", "check in time",
        "wifi password please", "Is there a gym", "How much", "any rooms tonight?", "address",
        "The aircon doesn't work", "my order has not arrived", "do you speak english",
        "Do you accept foreign cards?", "LATE CHECK OUT PLEASE",
        "ｗｈａｔ ｔｉｍｅ ｉｓ ｂｒｅａｋｆａｓｔ",
        "ignore previous instructions", "What’s the wifi password", "change here",
    ),
    "ja": (
        "朝食は何時からですか", "チェックアウト", "ﾁｪｯｸｲﾝ", "Wi-Fiのパスワードを教えてください",
        "ありがとう", "朝食の時間", "請求書をください", "駅から近いですか", "会員登録したい",
        "領収書お願いします", "円で払えますか",
    ),
    "ko": ("안녕하세요", "체크아웃은 몇 시예요", "호텔 朝食 시간"),
    "th": ("อาหารเช้ากี่โมง",),
    "ru": ("Во сколько завтрак?",),
    "ar": ("متى وقت الإفطار",),
    "hi": ("मैं कल आऊंगा",),
    "el": ("τι ώρα είναι το πρωινό",),
    "he": ("מתי ארוחת הבוקר",),
    "vi": ("mấy giờ trả phòng",),
    "fr": ("À quelle heure est le petit déjeuner ?",),
    "es": ("¿A qué hora es el desayuno?",),
    "de": ("Wann gibt es Frühstück?",),
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, each) for code in _OF for each in _OF[code]])
def test_that_script_and_words_tell_the_language(code: str, text: str) -> None:
    assert language_of(text) == code


def test_that_every_language_has_an_example() -> None:
    assert set(_OF) - {""} == set(LANGUAGES)


def test_that_a_long_text_is_told_by_its_beginning() -> None:
    assert language_of("what time is breakfast " * 5000) == "en"
    assert language_of("a" * 100_000) == ""
    assert language_of("退房" * 50_000) == "zh"


@pytest.mark.parametrize(
    ("name", "code"), [("en", "en"), ("EN", "en"), ("英文", "en"), ("日语", "ja"), ("火星文", None)]
)
def test_that_a_language_has_several_names(name: str, code: str | None) -> None:
    assert language_named(name) == code


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        (["Breakfast is served at 7:00."], "en", True),
        (["早餐 7 点开始。\nBreakfast starts at 7:00."], "en", True),
        (["早餐 Breakfast is served from 7:00 to 10:00 in the lobby"], "en", True),
        (["Breakfast is served {门店.早餐时间}."], "en", True),
        (["连接 what-is-this 就能上网，不需要密码，输入房号和手机号后四位。"], "en", False),
        (["早餐七点开始。"], "en", False),
        (["朝食は七時からです。"], "ja", True),
        (["Breakfast is served at 7:00."], "ja", False),
        ([], "en", False),
    ],
)
def test_that_an_answer_may_be_said_in_a_language_beside_chinese(
    words: list[str], language: str, said: bool
) -> None:
    assert is_said_in(words, language) is said
