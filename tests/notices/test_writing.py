"""Notices as values: when they hold, for whom, and how several are put together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chatbot.notices.heading import GAP, heading_of, size
from chatbot.notices.notice import MODES, Notice, in_force

_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_AT = st.integers(0, 20 * 365 * 24 * 60).map(lambda minutes: _FIRST + timedelta(minutes=minutes))
_NAMES = st.lists(st.sampled_from(["a", "b", "a/b", "a/bc", "c"]), max_size=3, unique=True)


@st.composite
def _notices(draw: st.DrawFn) -> Notice:
    begins = draw(_AT)
    return Notice(
        draw(st.integers(1, 99)), draw(st.text(min_size=1)), draw(st.sampled_from(MODES)), begins,
        begins + timedelta(minutes=draw(st.integers(1, 10_000))), tuple(draw(_NAMES)),
        tuple(draw(_NAMES)), tuple(draw(_NAMES)),
    )  # fmt: skip


@given(notice=_notices())
def test_that_a_notice_outlives_json(notice: Notice) -> None:
    assert Notice.from_json(notice.to_json()) == notice


@given(notices=st.lists(_notices(), max_size=6), now=_AT, account=st.sampled_from(["a", "", "z"]))
def test_that_what_holds_is_in_order_and_nothing_else(
    notices: list[Notice], now: datetime, account: str
) -> None:
    held = in_force(notices, now, account)
    assert list(held) == sorted(held, key=lambda each: (each.begins_at, each.id), reverse=True)
    for each in notices:
        wanted = each.begins_at <= now < each.ends_at
        wanted = wanted and (not each.accounts or account in each.accounts)
        assert (each in held) == wanted


def test_that_a_category_has_those_below_it_and_not_those_that_begin_alike() -> None:
    now = datetime.now(UTC)
    notice = Notice(1, "x", "replace", now, now, categories=("设施",))
    assert notice.is_about("设施")
    assert notice.is_about("设施/泳池")
    assert not notice.is_about("设施费")
    assert not notice.is_about("")


def test_that_who_may_be_of_several_stores_is_meant_surely_if_all_are() -> None:
    now = datetime.now(UTC)
    notice = Notice(1, "x", "prefix", now, now, stores=("西", "东"))
    assert notice.is_for_stores({"西", "南"}, surely=False)
    assert not notice.is_for_stores({"西", "南"}, surely=True)
    assert notice.is_for_stores({"西", "东"}, surely=True)
    assert not notice.is_for_stores((), surely=False)


@given(
    texts=st.lists(st.text("水x", min_size=1, max_size=900), max_size=5),
    most=st.sampled_from([300, 900, 2048]),
)
def test_that_a_heading_fits_and_keeps_the_order(texts: list[str], most: int) -> None:
    told, heading = heading_of(enumerate(texts), most)
    assert told == sorted(told)
    assert heading == GAP.join(texts[each] for each in told)
    alone = len(told) == 1 and told[0] == 0 and most == 2048
    assert size(heading) <= most or alone
