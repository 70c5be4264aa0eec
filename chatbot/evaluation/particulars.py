"""What two answers must agree about to say the same: times, amounts, and yes or no. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.forms.numerals import find_numbers
from chatbot.forms.times import find_times

#: What a number counts, by the word behind it, with what it makes of one of a common measure.
_MEASURES: tuple[tuple[re.Pattern[str], str, float], ...] = tuple(
    (re.compile(pattern), kind, factor)
    for pattern, kind, factor in (
        (r"\s*(?:元|块钱?|¥|rmb)", "money", 1.0),
        (r"\s*(?:分钟|min)", "duration", 1 / 60),
        (r"\s*个?(?:小时|钟头)", "duration", 1.0),
        (r"\s*(?:天|个?工作日|日(?!元))", "duration", 24.0),
        (r"\s*(?:周|个?星期|个?礼拜)", "duration", 168.0),
        (r"\s*个月", "duration", 720.0),
        (r"\s*年", "duration", 8760.0),
        (r"\s*(?:晚|间夜|夜)", "nights", 1.0),
        (r"\s*(?:楼|层|f\b)", "floor", 1.0),
        (r"\s*%", "percent", 1.0),
        (r"\s*期", "instalments", 1.0),
        (r"\s*(?:岁|周岁)", "age", 1.0),
        (r"\s*(?:公斤|千克|kg)", "weight", 1.0),
        (r"\s*度", "degrees", 1.0),
        (r"\s*(?:公里|千米|km)", "distance", 1000.0),
        (r"\s*米", "distance", 1.0),
    )
)
_DISCOUNT = re.compile(r"\s*折")
#: 八五折; 七八折 may be seven or eight.
_HAN_DIGITS = "一二三四五六七八九"
_HAN_DISCOUNT = re.compile(rf"(?<![{_HAN_DIGITS}十百])([{_HAN_DIGITS}])([{_HAN_DIGITS}])(?=折)")
_BARE = "bare"
#: People leave 元 out: 押金 300. Small numbers without a word behind them count anything.
_PRICES = frozenset({_BARE, "money"})
_LEAST_PRICE = 10
#: 一块二, 1块2: one yuan and two jiao. 半年, 半个月: half of what follows.
_YUAN = re.compile(r"(\d+)块(\d)(?!\d)")
_HALF = re.compile(r"半(?=个月|年)")
#: 5块一小时, 一晚100: for one of these, not so many.
_RATE = re.compile(
    r"(?<=[块元\d])一个?(?:小时|天|晚|夜|度|年|月)|一个?(?:小时|天|晚|夜|度|年|月)(?=\s*\d)"
)
_TENTHS = 10.0
_BASEMENT = re.compile(r"负[一二三1-3]楼|b[1-3](?!\d)|地下[一二三1-3]层")
#: A year has 8,760 hours, twelve months 8,640: the same to anybody.
_TOLERANCE = 0.03
_DAY = 24 * 60

_NO = re.compile(
    r"不(?:可以|能|行|支持|让|接|做|给|允许|提供|可|退|包|需要|用|必|上班|是|含|要(?!紧|求))|没有|没得|暂无|没法|无法"
    r"|[^不]不了|只能|概不|别(?!的|人|处|墅)|断货|维修|满房|(?<![间午场])休息|全年无休|无需"
)
#: Words that sound like a no and are none of the answer's.
_NO_NO = re.compile(
    r"不(?:另收费?|收(?:费|开瓶费)?|要钱|扣钱?|加钱|另外收|限|换房|用换|疼|好意思|客气|还行|影响|够|满|叠加同|会)|没有[^,。;!]{0,4}费|没[^,。;!]{0,3}手续费"
    r"|还不(?:行|凉)|没(?:拆|用过|发货|发)|未|不用(?:换|您|到场)|关了没|没有的?(?:可以|请)"
)
_FREE = re.compile(
    r"免费|免[^,。;!]{0,4}费|不(?:另|再)?收|不要钱|不扣|不加钱|没有?[^,。;!]{0,4}费|包邮|免押"
    r"|费[^,。;!]{0,2}我们出"
)
#: 不免费, 并非免费, 没有免费的: it costs something.
_NOT_FREE = re.compile(
    r"(?:不(?:是|能|再|可以|会|提供)?|并?非|没有?|无法)(?:完全|全部)?免费(?:提供|的)?"
)
_PAID = re.compile(
    r"收费|另收|要收|加收|另算|要付|扣[^,。;!]{0,4}(?:房费|钱)|买家承担|您出|工本费|补差"
    r"|费[^,。;!]{0,4}\d|\d\s*(?:元|块)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and what it counts; ``other`` is a second reading (a time twelve hours away)."""

    kind: str
    value: float
    other: float | None = None

    def agrees(self, with_: Amount) -> bool:
        """Return whether both may be the same; one that counts nothing may count anything."""
        if self.kind != with_.kind and _BARE not in {self.kind, with_.kind}:
            return False
        mine, theirs = {self.value, self.other}, {with_.value, with_.other}
        return any(
            abs(one - two) <= _TOLERANCE * max(one, two) if self.kind == "duration" else one == two
            for one in mine
            for two in theirs
            if one is not None and two is not None
        )


def amounts(text: str) -> list[Amount]:
    """Return the times and numbers of a normalised text."""
    text = _HALF.sub("0.5", _YUAN.sub(r"\1.\2元", _HAN_DISCOUNT.sub(_in_digits, text)))
    text = _RATE.sub(" ", _BASEMENT.sub(" ", text))
    found = list(find_times(text))
    times = [Amount("time", time.minutes % _DAY, time.other) for time in found]
    for time in reversed(found):
        text = text[: time.start] + " " * (time.end - time.start) + text[time.end :]
    return [*times, *_counted(text)]


def _counted(text: str) -> Iterator[Amount]:
    for number in find_numbers(text):
        if _DISCOUNT.match(number.unit):
            yield Amount("discount", _in_tenths(float(number.value)))
            continue
        measure = next(
            ((kind, by) for word, kind, by in _MEASURES if word.match(number.unit)), (_BARE, 1.0)
        )
        yield Amount(measure[0], float(number.value) * measure[1])


def _in_digits(written: re.Match[str]) -> str:
    first, second = (_HAN_DIGITS.index(digit) + 1 for digit in written.groups())
    return written[0] if second == first + 1 else f"{first}.{second}"


def _in_tenths(discount: float) -> float:
    """Return how many tenths of the price are left: 85折 and 8.5折 are the same."""
    return discount / 10.0 if discount > _TENTHS else discount


def amounts_agree(said: str, written: str) -> bool:
    """Return whether no amount that is ``said`` contradicts what is ``written``.

    One that is of a kind the written text has too must be among those; others are additions.
    """
    known = amounts(written)
    kinds = {each.kind for each in known}
    for amount in amounts(said):
        is_known = amount.kind in kinds or (_may_be_price(amount) and bool(kinds & _PRICES))
        if is_known and not any(map(amount.agrees, known)):
            return False
    return True


def _may_be_price(amount: Amount) -> bool:
    return amount.kind in _PRICES and amount.value >= _LEAST_PRICE


def shared_amounts(said: str, written: str) -> bool:
    """Return whether both name the same amount."""
    known = amounts(written)
    return any(amount.agrees(each) for amount in amounts(said) for each in known)


def denies(text: str) -> bool:
    """Return whether an answer says no to something, or that something is not there."""
    return bool(_NO.search(_NO_NO.sub(" ", text)))


def price_denied(said: str, written: str) -> bool:
    """Return whether one of both says free where the other says paid, and nothing else."""
    one, two = _charge(said), _charge(written)
    return {one, two} == {"free", "paid"}


def _charge(text: str) -> str:
    text = _NOT_FREE.sub("收费", text)
    free, paid = bool(_FREE.search(text)), bool(_PAID.search(_FREE.sub(" ", text)))
    return "both" if free and paid else "free" if free else "paid" if paid else ""
