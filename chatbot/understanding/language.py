"""In which language a message is written: by its script, and English by its words.

Only what asks for an answer in another language counts as one: "wifi?", "vip", "iPhone 15 Pro",
an order number or pinyin say nothing about the language, and Han among Latin letters is Chinese.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from chatbot.understanding.patterns import compile_expression

CHINESE = "zh"
#: Languages that are told apart, by their ISO 639-1 code, with what they are called in Chinese.
LANGUAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        CHINESE: ("中文", "汉语"),
        "en": ("英文", "英语"),
        "ja": ("日文", "日语"),
        "ko": ("韩文", "韩语"),
        "th": ("泰文", "泰语"),
        "vi": ("越南文", "越南语"),
        "ru": ("俄文", "俄语"),
        "ar": ("阿拉伯文", "阿拉伯语"),
        "hi": ("印地文", "印地语"),
        "el": ("希腊文", "希腊语"),
        "he": ("希伯来文", "希伯来语"),
        "fr": ("法文", "法语"),
        "es": ("西班牙文", "西班牙语"),
        "de": ("德文", "德语"),
    }
)
#: A language is clear long before this.
_LONGEST_READ = 2000
#: How many texts' languages are kept: a turn asks for that of its message again and again.
_MOST_KEPT = 64

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|<[^<>]*>", re.IGNORECASE)
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
#: A single letter of these is mostly part of a face such as (｡･ω･｡)ﾉ, so a word has two.
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ko", re.compile("[\uac00-\ud7a3]{2,}")),
    ("th", re.compile("[\u0e01-\u0e4e]{2,}")),
    ("ru", re.compile("[\u0400-\u04ff]{2,}")),
    ("ar", re.compile("[\u0620-\u06ff\u0750-\u077f]{2,}")),
    ("hi", re.compile("[\u0900-\u097f]{2,}")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]{2,}")),
    ("he", re.compile("[\u05d0-\u05ea]{2,}")),
)
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_KANA_WORD = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]{2,}")
#: Chinese writes の for 的 and tells brands by katakana; other hiragana is Japanese.
_HIRAGANA = re.compile("(?!の)[\u3041-\u3096]")
#: Characters that no Japanese text has: particles, pronouns, simplified forms.
_CHINESE_ONLY = re.compile(
    "[吗嗎呢吧们們这這怎么麼您你哪几给还请谢咱啥订间车门开问费单发时钱话电说让为卡对"
    "鲜东马龙书买卖乐员宾馆钟银饭饮飞价热换优]"
)
#: Characters that only Japanese writes so.
_JAPANESE_ONLY = re.compile("[駅営円込働畑発広売読覧応気対帰変検図拝渋験価経済払択]")

_LATIN_WORD = re.compile(r"(?<![^\W\d_])(?<!\d)[^\W\d_]+(?:['’][^\W\d_]+)?(?!\d)")
_VIETNAMESE = re.compile("[đơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")

#: English as hardly anybody writes it who is not writing English.
_ENGLISH_WORDS = """
what what's when where where's which who whose why how how's is isn't are aren't was were am i'm
i'd i'll i've my your our their his her this that that's these those there there's here please
need want have has had does doesn't did didn't don't doing can't cannot couldn't could would
should will won't shall may might must any anything anyone some someone something much many more
without before after until been being it's its they you're we're let's us breakfast lunch dinner
parking luggage baggage laundry towel towels shower bathroom blanket pillow invoice receipt
refund deposit password address reservation cancel cancellation available availability allowed
booking booked arrive arrival arriving leave leaving departure airport subway nearby nearest
swimming children child smoking broken dirty noisy working explain recommend change extend
upgrade payment paid cost costs cheap expensive discount shipping shipped delivery delivered
return exchange warranty repair ordered tonight yesterday morning afternoon evening hours
minutes thank sorry excuse help problem question ignore previous instructions nobody because
speak talk know tell show find give take make buy sell send call contact write read look use
wait pick keep believe think staff manager receptionist desk restaurant eat drink vegetarian
clean cleaning floor building lost found stay staying far walk distance register install safe
allergic doctor hospital pharmacy police complain complaint rude terrible another
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
#: English words that also are pinyin, stand in names, or are at home in Chinese chats.
_LIGHT_WORDS = """
i you me a an the he she we of and or for in on at to from with by as if not no so be do get can
go check checkin checkout out late early time room rooms hotel price open close closed free
first last next new all one two day days night nights service bed water near it up down good
nice code number phone taxi pool gym wifi card family coffee member account download login
website size color colour quality material stock food train bus pay drive kids key station order
today tomorrow week month people adults person english friend front
"""
_LIGHT = frozenset(_LIGHT_WORDS.split())
#: So many English words are English though each could be pinyin: "change here", not "make".
_ENOUGH = 2
#: Light words alone are English from this many on, and only if not all are pinyin.
_ENOUGH_LIGHT = 3
#: In so many words fewer of them do.
_A_SENTENCE = 5

#: Common words of other languages in Latin letters; two of them are enough.
_FRENCH_WORDS = """
avec avez bonjour chambre combien comment dans des déjeuner est heure je les merci nous où petit
plaît pour puis-je quel quelle quelles s'il suis une votre vous
"""
_SPANISH_WORDS = """
cuesta cuándo cuánto cómo del desayuno dónde el es está favor gracias habitación hay hola hora
las los para por puedo quiero qué tiene tienen una
"""
_GERMAN_WORDS = """
bitte danke das der ein eine es frühstück für gibt haben ich ist kann kostet mit nicht sie uhr
und viel wann wie wo zimmer
"""
_OTHER_LATIN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "fr": frozenset(_FRENCH_WORDS.split()),
        "es": frozenset(_SPANISH_WORDS.split()),
        "de": frozenset(_GERMAN_WORDS.split()),
    }
)
_SYLLABLE = (
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])"
    r"(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu"
    r"|ua|uo|ui|ue|a|o|e|i|u)|[nl]ve?|a|e|ai|ei|ao|ou|an|en|ang|er|o)"
)
#: Of RE2: letters can be read as syllables in many ways.
_PINYIN = compile_expression(rf"{_SYLLABLE}+")


@lru_cache(maxsize=_MOST_KEPT)
def language_of(text: str) -> str:
    """Return the code of the language that ``text`` is written in, empty if nothing tells.

    Empty for marks, numbers, names and pinyin, and for a language that is none of ``LANGUAGES``
    in letters that do not tell it.
    """
    read = unicodedata.normalize("NFKC", text[:_LONGEST_READ])
    read = _ADDRESS.sub(" ", read)
    if not read or read.isascii():
        return _of_latin(read)
    other = _of_script(read)
    if other:
        return other
    return CHINESE if _HAN.search(read) else _of_latin(read)


def is_foreign(language: str) -> bool:
    """Return whether ``language`` is told, and is not Chinese."""
    return language not in {"", CHINESE}


def is_said_in(words: Iterable[str], language: str) -> bool:
    """Return whether a line of one of ``words`` is written in ``language``.

    A line may name things in Chinese, or say the same in Chinese beside it.
    """
    return any(_is_line_in(line, language) for text in words for line in text.splitlines())


def _is_line_in(line: str, language: str) -> bool:
    if language_of(line) == language:
        return True
    rest = _HAN.sub(" ", line)
    mostly = sum(map(str.isalpha, rest)) > len(_HAN.findall(line))
    return mostly and language_of(rest) == language


def language_named(name: str) -> str | None:
    """Return the code of the language that is called ``name``, None if it is not known."""
    written = name.strip().lower()
    called = (code for code, names in LANGUAGES.items() if written == code or written in names)
    return next(called, None)


def _of_script(text: str) -> str:
    """Return the language of another script than Han and Latin, empty if there is none."""
    han = len(_HAN.findall(text))
    if _CHINESE_ONLY.search(text):
        return ""
    kana = len(_KANA.findall(text))
    if _KANA_WORD.search(text) or (kana and han):
        rather_chinese = han > kana and not _HIRAGANA.search(text)
        if _JAPANESE_ONLY.search(text) or not rather_chinese or "の" in text:
            return "ja"
    if han and _JAPANESE_ONLY.search(text):
        return "ja"
    counts = ((code, sum(map(len, words.findall(text)))) for code, words in _SCRIPTS)
    code, letters = max(counts, key=lambda pair: pair[1])
    return code if letters > han else ""


def _of_latin(text: str) -> str:
    """Return the language of a text in Latin letters, empty if they are names or pinyin."""
    words = [word.replace("’", "'") for word in _LATIN_WORD.findall(text.lower())]
    if not words:
        return ""
    if _is_english(words):
        return "en"
    if _VIETNAMESE.search(text.lower()):
        return "vi"
    hits = ((code, len(known.intersection(words))) for code, known in _OTHER_LATIN.items())
    code, most = max(hits, key=lambda pair: pair[1])
    return code if most > 1 and not all(map(_is_pinyin, words)) else ""


def _is_english(words: list[str]) -> bool:
    known, light = _ENGLISH.intersection(words), _LIGHT.intersection(words)
    if all(map(_is_pinyin, words)):
        return len(known) >= _ENOUGH
    least = _ENOUGH_LIGHT if len(words) < _A_SENTENCE else _ENOUGH
    return bool(known) or len(light) >= least


def _is_pinyin(word: str) -> bool:
    plain = unicodedata.normalize("NFD", word)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _PINYIN.fullmatch(letters) is not None
