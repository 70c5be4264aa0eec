"""What is taken for an agent's promise, until when, and what is not."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.accounts.calendar import Calendar
from chatbot.accounts.hours import OpeningHours
from chatbot.cases.office_hours import OfficeHours
from chatbot.cases.promises import Promise, PromiseReader
from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser

_ZONE = ZoneInfo("Asia/Shanghai")
#: A Tuesday, in the middle of the morning.
_NOW = datetime(2026, 11, 24, 10, 30, tzinfo=_ZONE)
_HOURS = OfficeHours.of(OpeningHours.parse(["周一至周五 09:00-18:00"]), Calendar(), _ZONE)
_ALWAYS = OfficeHours.of(OpeningHours(), Calendar(), _ZONE)


@cache
def _reader() -> PromiseReader:
    return PromiseReader(make_texts({}), Normaliser())


def _read(words: str, now: datetime = _NOW, hours: OfficeHours = _HOURS) -> Promise | None:
    return _reader().read(words, now, hours)


@pytest.mark.parametrize(
    ("words", "kind", "due"),
    [
        ("明天答复您", "reply", "24+1 18:00"),
        ("我下午三点前给您回电", "call", "24 15:00"),
        ("稍等我去问下财务，周五前告诉您", "reply", "24+3 18:00"),
        ("好的，稍后回复您", "reply", "24 18:00"),
        ("一会儿给您打电话", "call", "24 18:00"),
        ("我明天上午给您答复", "reply", "24+1 12:00"),
        ("明早十点给您回个电话", "call", "24+1 10:00"),
        ("今天下班前给您一个准确的答复", "reply", "24 18:00"),
        ("半小时内联系您", "reply", "24 11:00"),
        ("20分钟后给您打电话", "call", "24 10:50"),
        ("两个小时之内给您回复", "reply", "24 12:30"),
        ("一个半小时内给您答复", "reply", "24 12:00"),
        ("24小时内回复您", "reply", "24+1 10:30"),
        ("三个工作日内给您退款", "handle", "24+3 18:00"),
        ("1-3个工作日给您答复", "reply", "24+3 18:00"),
        ("三天内给您处理好", "handle", "24+3 18:00"),
        ("一周之内给您结果", "reply", "24+7 18:00"),
        ("后天下午给您发报价", "reply", "24+2 18:00"),
        ("报价明天发您", "reply", "24+1 18:00"),
        ("合同周四发给您", "reply", "24+2 18:00"),
        ("下周一给您反馈", "reply", "24+6 18:00"),
        ("本周内给您答复", "reply", "24+3 18:00"),
        ("下周给您一个说法", "reply", "24+10 18:00"),
        ("11月26日之前告知您结果", "reply", "24+2 18:00"),
        ("26号之前通知您", "reply", "24+2 18:00"),
        ("月底前给您退款", "handle", "24+6 18:00"),
        ("我问一下店长再告诉您", "reply", "24 18:00"),
        ("我核实清楚以后给您回复", "reply", "24 18:00"),
        ("查到了再联系您", "reply", "24 18:00"),
        ("尽快给您答复", "reply", "24 18:00"),
        ("我晚点跟您说明，晚点给您消息", "reply", "24 18:00"),
        ("不好意思让您久等了，今天之内一定给您答复", "reply", "24 18:00"),
        ("明天中午之前我会打给您", "call", "24+1 12:00"),
        ("今晚8点给您打电话", "call", "24 20:00"),
        ("今晚回复您", "reply", "24 22:00"),
        ("周五给您寄出", "handle", "24+3 18:00"),
        ("发票明天下午给您开好", "handle", "24+1 18:00"),
        ("押金后天退给您", "handle", "24+2 18:00"),
        ("给您回电，下午四点左右", "call", "24 16:00"),
        ("财务明天会给您回电", "call", "24+1 18:00"),
        ("我让同事明天上午联系您", "reply", "24+1 12:00"),
        ("您的问题我明天上午落实，给您回电", "call", "24+1 12:00"),
        ("明天答复您可以吗？", "reply", "24+1 18:00"),
        ("下午3点给您回电，您看可以吗？", "call", "24 15:00"),
        ("請稍等，明天回覆您", "reply", "24+1 18:00"),
        ("明天答复你哈", "reply", "24+1 18:00"),
        ("好的！明天上午九点半给您电话", "call", "24+1 09:30"),
        ("没问题，后天给您答复", "reply", "24+2 18:00"),
        ("给您明天一早回复", "reply", "24+1 10:00"),
        ("15:00前给您回复", "reply", "24 15:00"),
        ("我明天查一下再跟您说", "reply", "24+1 18:00"),
        ("十分钟后我给您回过去电话", "call", "24 10:40"),
        ("我帮您问问财务，有消息了第一时间通知您", "reply", "24 18:00"),
        ("12月1日上午十点我再联系您", "reply", "24+7 10:00"),
        ("等下周三店长回来给您答复", "reply", "24+8 18:00"),
    ],
)  # fmt: skip
def test_that_a_promise_is_found_with_its_time(words: str, kind: str, due: str) -> None:
    found = _read(words)
    assert found is not None, words
    day, clock = due.split(" ")
    month_day = sum(map(int, day.split("+")))
    expected = datetime(2026, 11, 24, tzinfo=_ZONE).replace(
        month=11 if month_day <= 30 else 12,
        day=month_day if month_day <= 30 else month_day - 30,
        hour=int(clock[:2]),
        minute=int(clock[3:]),
    )
    assert (found.kind, found.due_at) == (kind, expected), found


@pytest.mark.parametrize(
    "words",
    [
        "您明天过来就行",
        "昨天已经答复您了",
        "刚才给您打过电话了",
        "已经帮您处理了",
        "上周五就通知您了",
        "“明天答复您”这句话是谁说的？",
        "「小林：明天能给我答复吗」\n- - - - - -\n好的",
        "> 明天答复您\n收到",
        "您说明天给您答复，是哪位同事说的呢",
        "需要我明天给您回电吗？",
        "明天什么时候给您打电话方便？",
        "如果周五前没收到，我再联系您",
        "如果明天有房我通知您",
        "有变化的话明天通知您",
        "系统会在24小时内短信通知您",
        "快递员明天会联系您",
        "麻烦您明天联系我们",
        "请您明天打电话给前台",
        "您明天到了以后告诉我们",
        "您稍等一会儿，我帮您查一下",
        "稍等，马上为您查询",
        "好的，正在为您处理",
        "抱歉，今天没办法给您答复",
        "明天不能给您退款",
        "我们不会再给您打电话",
        "早餐明天七点开始供应",
        "退房时间是明天中午12点",
        "您明天到店了我联系您",
        "您好，请问有什么可以帮您？",
        "感谢您的反馈",
        "收到您的反馈，谢谢",
        "我来帮您看看",
        "房间钥匙在前台，您直接去拿就可以",
        "之前同事告诉您的是对的",
        "您可以自行明天在小程序里申请退款",
        "押金会在退房后原路退回，一般1-3个工作日到账",
        "我们的同事昨天给您打过电话，您没有接",
        "跟您说一下，早餐明天七点开始",
        "",
        "。。。",
    ],
)
def test_that_what_is_no_promise_is_left_alone(words: str) -> None:
    assert _read(words) is None


def test_that_later_means_today_and_after_hours_the_next_day_with_hours() -> None:
    friday_evening = datetime(2026, 11, 27, 19, tzinfo=_ZONE)
    found = _read("稍后回复您", friday_evening)
    assert found is not None
    assert found.due_at == datetime(2026, 11, 30, 18, tzinfo=_ZONE)


def test_that_where_somebody_is_always_there_a_day_ends_in_the_evening() -> None:
    found = _read("明天答复您", hours=_ALWAYS)
    assert found is not None
    assert found.due_at == datetime(2026, 11, 25, 18, tzinfo=_ZONE)
    late = _read("今天给您答复", datetime(2026, 11, 24, 20, tzinfo=_ZONE), _ALWAYS)
    assert late is not None
    assert late.due_at == datetime(2026, 11, 25, 0, tzinfo=_ZONE)


def test_that_working_days_are_those_of_the_calendar() -> None:
    before_holidays = datetime(2026, 9, 30, 10, tzinfo=_ZONE)
    found = _read("一个工作日内给您答复", before_holidays)
    assert found is not None
    assert found.due_at.date() > datetime(2026, 10, 7, tzinfo=_ZONE).date()


def test_that_a_clock_time_that_is_over_is_meant_for_later() -> None:
    afternoon = datetime(2026, 11, 24, 16, tzinfo=_ZONE)
    found = _read("三点给您回电", afternoon)
    assert found is not None
    assert found.due_at == datetime(2026, 11, 25, 15, tzinfo=_ZONE)


@given(st.text(max_size=2000))
def test_that_any_text_can_be_read_and_a_due_time_lies_ahead(words: str) -> None:
    found = _read(words)
    assert found is None or found.due_at > _NOW


_PIECES = (
    "明天", "稍后", "周五前", "半小时内", "您", "答复您", "给您回电", "，", "已经", "？", "。",
    "如果", "三点", "3", "月", "-",
)  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_that_any_mixture_of_the_words_can_be_read(words: list[str]) -> None:
    found = _read("".join(words))
    assert found is None or found.due_at > _NOW
