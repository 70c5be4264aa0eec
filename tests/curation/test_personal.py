"""What belongs to a person never becomes knowledge: planted data does not survive."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.curation.personal import blanked, names_in

_DIGITS = "0123456789"
_FULL_WIDTH = str.maketrans(_DIGITS, "０１２３４５６７８９")
_SURNAMES = "王李张刘陈杨赵吴周徐孙胡朱林郭罗欧诸"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
_WORDS = st.sampled_from(
    ["可以的", "早餐七点到十点", "请稍等", "已经帮您改好了", "押金300元", "在3楼", "。", "\n", ""]
)  # fmt: skip

_spaced = st.sampled_from(["", " ", "-"])
_digits = st.integers(0, 10**8 - 1).map(lambda number: f"{number:08d}")


def _luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _identity(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * by for digit, by in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


_PHONES = st.builds(
    lambda second, rest, gap: f"1{second}{rest[0]}{gap}{rest[1:5]}{gap}{rest[5:]}{rest[0]}",
    st.sampled_from("3456789"), _digits, _spaced,
)  # fmt: skip
_NUMBERS = st.one_of(
    _PHONES,
    _digits.map(lambda digits: f"0571-{digits}"),
    _digits.map(lambda digits: _identity(f"330106{'19900307'}{digits[:3]}")),
    st.builds(lambda one, two: _luhn(f"6222{one}{two[:3]}"), _digits, _digits),
    _digits.map(lambda digits: f"HT{digits}"),
    st.builds(lambda one, two: f"SF{one}{two}", _digits, _digits),
    _digits.map(lambda digits: f"E2{digits[:4]}K{digits[4:]}"),
)
_MAILS = st.builds(lambda digits: f"guest{digits}@mail.example.com", _digits)
_PLATES = st.builds(
    lambda province, letter, digits: f"{province}{letter}{digits[:5]}",
    st.sampled_from("浙沪京粤苏"), st.sampled_from("ABCDEFGH"), _digits,
)  # fmt: skip
_NAMES = st.builds(
    lambda surname, given_name: surname + given_name,
    st.sampled_from(_SURNAMES[:-2]), st.text(_GIVEN, min_size=1, max_size=2),
)  # fmt: skip
_ADDRESSES = st.builds(
    lambda within, road, number, house, room: f"{within}{road}{number}号{house}幢{room}室",
    st.sampled_from(["浙江省杭州市西湖区", "上海市", "杭州市滨江区长河街道", ""]),
    st.sampled_from(["文三路", "南京东路", "中山大道", "解放街"]),
    st.integers(1, 999), st.integers(1, 40), st.integers(101, 3205),
)  # fmt: skip


@given(_WORDS, _NUMBERS, _WORDS, st.booleans())
def test_that_no_number_of_a_person_survives(
    before: str, number: str, after: str, wide: bool
) -> None:
    planted = number.translate(_FULL_WIDTH) if wide else number
    shown, kinds = blanked(f"{before}，{planted}，{after}")
    assert kinds
    left = re.sub(r"\D", "", shown)
    assert re.sub(r"\D", "", number)[-6:] not in left


@given(_WORDS, _MAILS | _PLATES, _WORDS)
def test_that_no_address_in_the_net_and_no_plate_survives(
    before: str, planted: str, after: str
) -> None:
    shown, _ = blanked(f"{before} {planted} {after}")
    assert planted not in shown
    assert planted[:7] not in shown


@given(
    _NAMES,
    st.sampled_from(
        ["{}先生，您好", "我叫{}", "联系人：{}", "收件人是{}，请核对", "{}您好，已经办好",
         "{}女士的房间", "入住人{}，两位", "{}的订单改好了", "帮{}经理改好了", "姓名:{}"]
    ),
)  # fmt: skip
def test_that_no_name_that_is_told_as_one_survives(name: str, words: str) -> None:
    shown, kinds = blanked(words.format(name))
    assert name not in shown
    assert "姓名" in kinds


@given(_NAMES | st.sampled_from(["Linda", "小林子", "向日葵🌻"]), _WORDS, _WORDS)
def test_that_no_name_that_is_known_survives(name: str, before: str, after: str) -> None:
    shown, _ = blanked(f"{before}{name}{after}", [name])
    assert name not in shown


@given(_WORDS, _ADDRESSES, _WORDS)
def test_that_no_address_survives(before: str, address: str, after: str) -> None:
    shown, kinds = blanked(f"{before}，送到{address}，{after}")
    assert "地址" in kinds
    for secret in re.findall(r"\d+室|\d+幢|\d+号|\w路", address):
        assert secret not in shown


@pytest.mark.parametrize(
    "text",
    [
        "早餐在3楼，7:00到10:00，每位68元", "押金300元，14:00前退房不收费",
        "2026-03-05之后可以改期",
        "请向店长反映", "用手机号登陆总显示密码错误", "余额和总资产对不上啊",
        "我是金卡会员", "马上为您安排", "于是总要等一会儿", "年卡1999元，365天有效",
        "提前24小时取消不扣费，否则扣首晚房费的50%",
    ],
)  # fmt: skip
def test_that_answers_without_persons_stay_as_they_are(text: str) -> None:
    assert blanked(text) == (text, ())


def test_that_names_are_found_by_what_stands_around_them() -> None:
    assert names_in("我叫周小雨，找欧阳经理") == ("周小雨", "欧阳")
    assert names_in("早餐几点") == ()
    assert blanked("陆总说可以")[0] == "[姓名]总说可以"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["区" * 480, "市" * 480, "省市区" * 160, "朝阳区海淀区" * 80])
def test_that_a_message_of_nothing_but_units_is_read_in_no_time(text: str) -> None:
    assert blanked(text)
