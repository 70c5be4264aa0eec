"""What people write, and the value it has on a Wednesday, 15 April 2026."""

from __future__ import annotations

import pytest

from chatbot.forms.dates import find_dates
from chatbot.forms.numerals import find_numbers, han_value
from chatbot.forms.phones import find_phones
from chatbot.forms.times import clock, find_times
from tests.forms.samples import NORMALISER, TODAY

DATES = """
今天 2026-04-15 | 今日 2026-04-15 | 今儿 2026-04-15 | 今晚 2026-04-15 | 明天 2026-04-16
明日 2026-04-16 | 明儿 2026-04-16 | 明晚八点 2026-04-16 | 明早 2026-04-16 | 后天 2026-04-17
大后天 2026-04-18 | 昨天 2026-04-14 | 前天 2026-04-13 | 大前天 2026-04-12 | 昨晚 2026-04-14
周五 2026-04-17 | 周三 2026-04-15 | 周二 2026-04-21 | 下周三 2026-04-22 | 下周一 2026-04-20
这周六 2026-04-18 | 本周日 2026-04-19 | 这周一 2026-04-13 | 星期天 2026-04-19
星期日 2026-04-19 | 礼拜六 2026-04-18 | 下个星期二 2026-04-21 | 下下周一 2026-04-27
上周五 2026-04-10 | 周末 2026-04-18 | 下周末 2026-04-25 | 这个周末 2026-04-18 | 周7 2026-04-19
12号 2026-05-12 | 15号 2026-04-15 | 20号 2026-04-20 | 31号 2026-05-31 | 二十五号 2026-04-25
三十号 2026-04-30 | 十二日 2026-05-12 | 这个月28号 2026-04-28 | 下个月5号 2026-05-05
下月十号 2026-05-10 | 3月5日 2027-03-05 | 5月1日 2026-05-01 | 5月1号 2026-05-01
5月1 2026-05-01 | 05月01日 2026-05-01 | 五月一号 2026-05-01 | 五月一日 2026-05-01
十二月二十四号 2026-12-24 | 三月十二 2027-03-12 | 明年5月1号 2027-05-01
今年10月2日 2026-10-02 | 2026-05-01 2026-05-01 | 2026/5/1 2026-05-01
2026.05.01 2026-05-01 | 2026年5月1日 2026-05-01 | 20260501 2026-05-01 | 5.1 2026-05-01
5/1 2026-05-01 | 05-01 2026-05-01 | 4.15 2026-04-15 | 4月14日 2027-04-14 | 12.31 2026-12-31
国庆 2026-10-01 | 国庆节 2026-10-01 | 五一 2026-05-01 | 五一假期 2026-05-01 | 劳动节 2026-05-01
元旦 2027-01-01 | 十一假期 2026-10-01 | 圣诞节 2026-12-25 | 平安夜 2026-12-24
六一儿童节 2026-06-01 | 情人节 2027-02-14 | 跨年夜 2026-12-31 | 明年元旦 2027-01-01
本月底 2026-04-30 | 月底 2026-04-30 | 下个月底 2026-05-31 | 下月初 2026-05-01
年底 2026-12-31 | 三天后 2026-04-18 | 10天后 2026-04-25 | 两周后 2026-04-29
一个星期后 2026-04-22 | 2月29日 2028-02-29 | ５月１日 2026-05-01 | 二零二七年五月一日 2027-05-01
5月1日到3日 2026-05-01 2026-05-03 | 5月1号-5月3号 2026-05-01 2026-05-03
5.1-5.3 2026-05-01 2026-05-03 | 5月1-3号 2026-05-01 2026-05-03
1号到3号 2026-05-01 2026-05-03 | 28号至2号 2026-04-28 2026-05-02
周五到周日 2026-04-17 2026-04-19 | 明天到后天 2026-04-16 2026-04-17
12月30日到1月2日 2026-12-30 2027-01-02 | 周六到周二 2026-04-18 2026-04-21
2026-05-01至2026-05-03 2026-05-01 2026-05-03 | 五一到五月三号 2026-05-01 2026-05-03
13月1日 | 2月30日 | 8号楼 | 五一路 | 3.5折 | 24/7 | 2-3人 | 十一个人 | 说明书 | 第3日间 | 1.8米
"""
TIMES = """
下午3点 15:00 | 15:00 15:00 | 15：30 15:30 | 三点半 15:30 | 晚上八点 20:00 | 中午 12:00
正午 12:00 | 早上8点半 08:30 | 上午10点 10:00 | 8点 08:00 | 晚八点 20:00 | 今晚八点 20:00
上午10点30 10:30 | 上午十点三十分 10:30 | 下午两点一刻 14:15 | 五点三刻 17:45 | 二十点三十 20:30
凌晨1点 01:00 | 凌晨12点半 00:30 | 晚上12点 00:00 | 中午12点半 12:30 | 中午一点 13:00
中午11点半 11:30 | 3pm 15:00 | 3:30pm 15:30 | 10am 10:00 | 24:00 00:00 | 3点钟 15:00
六点零五分 18:05 | 十二点五十 12:50 | 半夜两点 02:00 | 傍晚6点 18:00 | 下午5点3个人 17:00
一点 13:00 | 下午３：３０ 15:30 | 19点 19:00 | 清晨六点 06:00 | 15时30分 15:30
有一点贵 | 快一点 | 早一点 | 25:00 | 有点吵
"""
NUMBERS = """
两晚 2 | 三个人 3 | 十二 12 | 一百零五 105 | 一百五 150 | 两千三 2300 | 三万五 35000
一个半小时 1.5 | 半天 0.5 | 12 12 | 1,200元 1200 | 3.5 3.5 | 3万 30000 | 我们俩 2 | 二〇二 202
二十二 22 | 一晚 1 | １２ 12 | 一千零一 1001 | 二百 200 | 10个 10 | 2大1小 2 1 | 三点五 3.5
问一下 | 一起去 | 第一次 | 一样 | 统一 | 万一 | 两三个 | 星期一
"""
PHONES = """
13812345678 13812345678 | 138 1234 5678 13812345678 | 138-1234-5678 13812345678
+86 138 1234 5678 13812345678 | 8613812345678 13812345678 | １３８１２３４５６７８ 13812345678
我叫张三13900001111谢谢 13900001111 | 一三八幺二三四五六七八 13812345678
0571-88881234 0571-88881234 | (0571)88881234 0571-88881234 | 010 62345678 010-62345678
0571-88881234转801 0571-88881234-801 | +86 571 88881234 0571-88881234
19912345678 19912345678 | 12345678901 | 1381234567 | 138123456789 | 110101199001011234
"""


def _rows(table: str) -> list[list[str]]:
    """Split a table into wordings, each with its values; a wording may have spaces in it."""
    cells = [cell.strip() for line in table.strip().splitlines() for cell in line.split("|")]
    return [cell.split() for cell in cells]


def _last(table: str) -> list[tuple[str, list[str]]]:
    """Split cells whose last word is the value, if there is one behind a wording."""
    return [
        (" ".join(row[:-1]) or row[0], row[-1:] if len(row) > 1 else []) for row in _rows(table)
    ]


def _first(table: str) -> list[tuple[str, list[str]]]:
    return [(row[0], row[1:]) for row in _rows(table)]


def test_that_the_tables_hold_a_hundred_and_fifty_wordings() -> None:
    assert len(_first(DATES) + _first(TIMES) + _first(NUMBERS) + _last(PHONES)) >= 150


@pytest.mark.parametrize(("written", "days"), _first(DATES))
def test_that_a_date_is_read(written: str, days: list[str]) -> None:
    found = find_dates(NORMALISER.normalise(written).text, TODAY)
    assert [each.day.isoformat() for each in found] == days


@pytest.mark.parametrize(("written", "times"), _first(TIMES))
def test_that_a_time_is_read(written: str, times: list[str]) -> None:
    found = find_times(NORMALISER.normalise(written).text)
    assert [clock(each.minutes) for each in found] == times


@pytest.mark.parametrize(("written", "numbers"), _first(NUMBERS))
def test_that_a_number_is_read(written: str, numbers: list[str]) -> None:
    found = find_numbers(NORMALISER.normalise(written).text)
    assert [f"{each.value:g}" for each in found] == numbers


@pytest.mark.parametrize(("written", "numbers"), _last(PHONES))
def test_that_a_telephone_number_is_read(written: str, numbers: list[str]) -> None:
    found = find_phones(NORMALISER.normalise(written).text)
    assert [each.number for each in found] == numbers


def test_that_a_form_about_the_past_takes_the_latest_such_day() -> None:
    for written, day in (("3月5日", "2026-03-05"), ("12号", "2026-04-12"), ("周五", "2026-04-10")):
        (found,) = find_dates(written, TODAY, past=True)
        assert found.day.isoformat() == day


def test_that_a_word_for_no_number_has_no_value() -> None:
    for written in ("", "百", "十百", "一一百", "两二", "点五", "三点", "一万一万"):
        assert han_value(written) is None, written
