"""What belongs to a person and must not become knowledge: numbers, addresses, names. Pure.

``masked`` is careful: it blanks what surely is somebody's in a question, and calls it by its name.
``blanked`` is strict: what goes from a conversation into an answer loses everything that may be
somebody's, the brand's own telephone too; a person who reads the draft writes that back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial

_NOT_INSIDE = r"(?<![0-9A-Za-z])"
_NOT_BEFORE = r"(?![0-9A-Za-z])"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
#: So many digits in a row are no year, price or room, but somebody's order, card or account.
_ANY_NUMBER = 8
_PLATE = rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·. ]?[A-HJ-NP-Za-hj-np-z0-9]{{5,6}}{_NOT_BEFORE}"
_CARD = rf"{_NOT_INSIDE}\d(?:[ -]?\d){{15,18}}{_NOT_BEFORE}"
_DATE = re.compile(r"20\d{2}-?(?:0[1-9]|1[0-2])-?(?:[0-2]\d|3[01])")
_ORDER = rf"{_NOT_INSIDE}[A-Za-z]{{0,6}}-?\d(?:-?\d){{{_ANY_NUMBER - 1},}}[A-Za-z0-9]*"


def _is_identity_card(number: str) -> bool:
    """Check the last sign of an 18-digit number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * by for digit, by in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11] == number[17].upper()


def _is_bank_card(number: str) -> bool:
    """Check the last digit of a card number (ISO/IEC 7812-1, Luhn)."""
    digits = [int(digit) for digit in reversed(re.sub(r"\D", "", number))]
    every_other = (sum(divmod(digit * 2, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(every_other)) % 10 == 0


def _is_order(number: str) -> bool:
    """Return whether a long number is no date."""
    return _DATE.fullmatch(number) is None


def _is_any(_number: str) -> bool:
    return True


#: In this order, so that what is surely known is called by its name. Gaps are spaces or hyphens.
_RULES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("邮箱", re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), _is_any),
    ("身份证号", re.compile(rf"{_NOT_INSIDE}[1-9]\d{{16}}[\dXx]{_NOT_BEFORE}"), _is_identity_card),
    ("银行卡号", re.compile(_CARD), _is_bank_card),
    ("号码", re.compile(_CARD), _is_any),
    ("手机号", re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"), _is_any),
    ("电话号码", re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)"), _is_any),
    ("车牌号", re.compile(_PLATE), _is_any),
    ("订单号", re.compile(_ORDER), _is_order),
)


def masked(text: str) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` with the name of each kind of number in its place, and the kinds found."""
    found: list[str] = []
    for kind, pattern, is_one in _RULES:
        shown = pattern.sub(partial(_named, kind, is_one), text)
        if shown != text:
            found.append(kind)
        text = shown
    return text, tuple(found)


def _named(kind: str, is_one: Callable[[str], bool], match: re.Match[str]) -> str:
    return f"[{kind}]" if is_one(match[0]) else match[0]


_HAN = "\u4e00-\u9fff"
#: The commonest surnames, and those of two characters.
_SURNAME = (
    "(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏"
    "吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱"
    "严覃武戴莫孔向汤温])"
)
#: Surnames that are ordinary words as well: 向店长反映, 我是金卡, 于是总.
_ALSO_WORDS = "[向于任万方高白金何马]"
_PERSON = "(?:先生|女士|小姐|太太|同学|阿姨|大哥|大姐)"
_OFFICE = "(?:经理|老师|主管|店长|师傅|医生)"
_CUE = (
    "(?:我叫|名叫|叫做|姓名|名字|联系人|收件人|收货人|入住人|预订人|预定人|订房人|登记人|称呼|请找)"
    "(?:[是为叫]|[:： ])*"
)
#: How names are told from other words: what stands in front, a title, or that they are greeted.
_CALLED = re.compile(f"(?<=姓){_SURNAME}")
_NAMES: tuple[re.Pattern[str], ...] = (
    re.compile(rf"{_CUE}({_SURNAME}[{_HAN}]{{1,2}})"),
    re.compile(rf"我是((?!{_ALSO_WORDS}){_SURNAME}[{_HAN}]{{1,2}})(?![{_HAN}])"),
    re.compile(rf"({_SURNAME}[{_HAN}]{{0,2}}?){_PERSON}"),
    re.compile(rf"((?!{_ALSO_WORDS}){_SURNAME}[{_HAN}]{{0,2}}?){_OFFICE}"),
    # 王总, but not 登陆总显示错误 or 余额和总资产.
    re.compile(
        rf"(?:(?<![{_HAN}])|(?<=[找请问跟给帮是]))((?!{_ALSO_WORDS}){_SURNAME})"
        "总(?![是的共额价量数之体结在会能得要有算归])"
    ),
    re.compile(
        rf"(?:^|(?<=[^{_HAN}]))({_SURNAME}[{_HAN}]{{1,2}})"
        "(?=[,，、 ]{0,2}(?:您好|你好)|的(?:房间|订单|电话|手机))"
    ),
)
_NUMBER_WORD = "[0-9A-Za-z一二三四五六七八九十百]"
_BUILDING = rf"(?:\s*{_NUMBER_WORD}{{1,5}}\s*(?:号楼|号院|号|弄|栋|幢|座|楼|层|单元|室|户))"
# A bound, for the units are letters of names as well: without one, a message of nothing but units
# would be taken apart in more ways than there is time for.
_WITHIN = (
    rf"(?:[{_HAN}]{{2,7}}(?:省|自治区))?(?:[{_HAN}]{{2,7}}(?:市|自治州|地区))?"
    rf"(?:[{_HAN}]{{1,7}}(?:区|县|旗|镇|乡|街道)){{0,3}}"
)
_ADDRESS = (
    re.compile(
        rf"{_WITHIN}[{_HAN}]{{1,10}}(?:大道|路|街|巷|弄|胡同|里)\s*{_NUMBER_WORD}{{1,5}}\s*[号弄]"
        rf"(?:[^,，。;；!！?？\n]{{0,10}}{_BUILDING})*{_BUILDING}*"
    ),
    re.compile(
        rf"{_WITHIN}[{_HAN}]{{1,10}}(?:小区|花园|公寓|家园|大厦|苑|新村|庄园|广场|村){_BUILDING}+"
        rf"(?:[-－—]?\d+)*"
    ),
    re.compile(r"\d{1,3}\s*(?:栋|幢|号楼|单元)\s*(?:\d{1,2}\s*单元)?\s*\d{2,5}\s*(?:室|号|房)?"),
)
_CONTACT = re.compile(
    r"((?:微信|wechat|wx|vx|QQ)(?:号|账号|id)?\s*(?:[:：是为]|\s)*)([A-Za-z0-9][-_A-Za-z0-9]{4,19})",
    re.IGNORECASE,
)
#: Digits with whatever people put between them, from seven on; a year-month-day stays.
_DIGITS = re.compile(r"\d(?:[ \-.·,，_/]?\d){6,}")
#: Letters and digits mixed, with five digits or more: order, booking, tracking numbers.
_CODE = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9A-Za-z-]*[A-Za-z])(?=(?:[A-Za-z-]*\d){5})[0-9A-Za-z-]{6,}"
)
_SPACED_DATE = re.compile(r"20\d{2}[-./](?:0?[1-9]|1[0-2])[-./](?:[0-2]?\d|3[01])")


def blanked(text: str, names: Iterable[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` without anything that may be a person's, and the kinds that were blanked.

    ``names`` are those known from elsewhere (what the customer and members are called); they go
    wherever they stand.
    """
    found: list[str] = []
    text, kinds = masked(_plain(text))
    found.extend(kinds)
    for kind, blank in (
        ("地址", _without_address), ("微信号", _without_contact), ("号码", _without_numbers),
        ("姓名", partial(_without_names, names=names)),
    ):  # fmt: skip
        shown = blank(text)
        if shown != text:
            found.append(kind)
        text = shown
    return text, tuple(dict.fromkeys(found))


_BLANKS = re.compile(
    r"\[(?:邮箱|身份证号|银行卡号|号码|手机号|电话号码|车牌号|订单号|地址|微信号|姓名)\]"
    # Where a document has a picture: nobody is to be told its name instead.
    r"|\[图片：[^\]\n]{1,200}\]"
)


def blanks_in(text: str) -> tuple[str, ...]:
    """Return what stands in the place of personal data in a text."""
    return tuple(dict.fromkeys(_BLANKS.findall(text)))


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that a text tells by what stands around them."""
    found = (match for pattern in _NAMES for match in pattern.finditer(_plain(text)))
    return tuple(dict.fromkeys(match[1] for match in found if len(match[1]) > 1))


def _plain(text: str) -> str:
    """Return full-width letters, digits and signs as ASCII has them; nothing else changes."""
    return "".join(
        unicodedata.normalize("NFKC", sign) if _is_other_form(sign) else sign for sign in text
    )


def _is_other_form(sign: str) -> bool:
    """Return whether a sign is a letter, digit or @ in another form; marks stay as they are."""
    plain = unicodedata.normalize("NFKC", sign)
    return plain != sign and plain.isascii() and (plain.isalnum() or plain in "@.-+_")


def _without_address(text: str) -> str:
    for pattern in _ADDRESS:
        text = pattern.sub("[地址]", text)
    return text


def _without_contact(text: str) -> str:
    return _CONTACT.sub(r"\1[微信号]", text)


def _without_numbers(text: str) -> str:
    def blank(match: re.Match[str]) -> str:
        return (
            match[0] if _SPACED_DATE.fullmatch(match[0]) or _DATE.fullmatch(match[0]) else "[号码]"
        )

    return _CODE.sub("[号码]", _DIGITS.sub(blank, text))


def _without_names(text: str, names: Iterable[str]) -> str:
    text = _CALLED.sub("某", text)
    for name in sorted({each.strip() for each in names}, key=len, reverse=True):
        if len(name) > 1:
            text = re.sub(re.escape(name), "[姓名]", text, flags=re.IGNORECASE)
    for pattern in _NAMES:
        text = pattern.sub(_in_place_of_name, text)
    return text


def _in_place_of_name(match: re.Match[str]) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return f"{match[0][:start]}[姓名]{match[0][end:]}"
