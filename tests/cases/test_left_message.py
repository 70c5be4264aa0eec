"""What customers leave out of hours: numbers and times in their own words."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import pytest

from chatbot.cases.left_message import LeftMessageReader, due_of_left_message
from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser
from tests.cases.samples import DAYTIME, ZONE

_EVENING = datetime(2026, 11, 24, 21, tzinfo=ZONE)
_OPENS = datetime(2026, 11, 25, 9, tzinfo=ZONE)


@cache
def _reader() -> LeftMessageReader:
    return LeftMessageReader(make_texts({}), Normaliser())


@pytest.mark.parametrize(
    ("words", "phone", "wanted", "at"),
    [
        ("13800001111", "13800001111", "", None),
        ("我的电话是 138-0000-1111，明天下午三点打给我", "13800001111", "明天下午3点", "25 15:00"),
        ("明天上午联系我就行", "", "明天上午", "25 12:00"),
        ("明天下午三点以后都可以", "", "明天下午3点以后", "25 15:00"),
        ("明天下午", "", "明天下午", "25 18:00"),
        ("后天吧", "", "后天", "26 18:00"),
        ("0571-88880000 周五上午有人", "0571-88880000", "周五上午", "27 12:00"),
        ("我想订明天的房", "", "", None),
        ("12月1日入住的订单要取消", "", "", None),
        ("房间漏水了，很急", "", "", None),
        ("订单号 20261124138000", "", "", None),
        ("", "", "", None),
    ],
)
def test_that_a_number_and_a_time_are_recognised(
    words: str, phone: str, wanted: str, at: str | None
) -> None:
    left = _reader().read(words, _EVENING, DAYTIME)
    assert left.phone == phone
    assert left.wanted.replace("三", "3") == wanted
    assert (left.wanted_at and f"{left.wanted_at:%d %H:%M}") == at


def test_that_it_is_for_the_first_hour_unless_a_later_time_is_wanted() -> None:
    assert due_of_left_message(None, _OPENS) == _OPENS.replace(hour=10)
    wanted = _OPENS.replace(hour=15)
    assert due_of_left_message(wanted, _OPENS) == wanted
    assert due_of_left_message(_EVENING, _OPENS) == _OPENS.replace(hour=10)
