"""The rules of giving and taking tags, as pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chatbot.customers.tag_groups import TagGroup
from chatbot.customers.tags import (
    Cause,
    Change,
    Gift,
    Source,
    Standing,
    Tag,
    give,
    lapse,
    take_away,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GROUPS = {"意向": TagGroup("意向", "意向", exclusive=True, lifetime=90 * DAY)}
STAY, LEAVE, ANGRY = Tag.parse("意向:续住"), Tag.parse("意向:退房"), Tag.parse("反馈:投诉")


def _gift(tag: Tag, source: Source = "intent", name: str = "stay") -> Gift:
    return Gift(tag, Cause(source, name, 0.9))


def _after(changes: tuple[Change, ...], before: dict[Tag, Standing]) -> dict[Tag, Standing]:
    return {**before, **{each.tag: each.standing for each in changes if each.standing}}


def _given(*gifts: Gift, at: datetime = NOW) -> dict[Tag, Standing]:
    return _after(give({}, gifts, GROUPS, at), {})


def test_that_a_tag_is_given_with_the_lifetime_of_its_group() -> None:
    standings = _given(_gift(STAY), _gift(ANGRY))
    assert standings[STAY].lapses_at == NOW + 90 * DAY
    assert standings[ANGRY].lapses_at is None
    assert all(each.ours and each.times == 1 for each in standings.values())


def test_that_giving_again_counts_and_starts_the_lifetime_anew() -> None:
    before = _given(_gift(STAY))
    (change,) = give(before, [_gift(STAY)], GROUPS, NOW + DAY)
    assert change.standing is not None
    assert change.standing.times == 2
    assert change.standing.first_given_at == NOW
    assert change.standing.lapses_at == NOW + 91 * DAY


def test_that_the_newest_of_an_exclusive_group_replaces_the_former() -> None:
    changes = give(_given(_gift(STAY)), [_gift(LEAVE, "entry", "checkout")], GROUPS, NOW + DAY)
    assert [(each.kind, each.tag, each.reason) for each in changes] == [
        ("replaced", STAY, "意向:退房"),
        ("given", LEAVE, ""),
    ]
    replaced = changes[0].standing
    assert replaced is not None
    assert (replaced.state, replaced.ended_by) == ("replaced", "entry:checkout")


def test_that_of_one_turn_the_strongest_of_an_exclusive_group_stands() -> None:
    changes = give({}, [_gift(STAY), _gift(LEAVE)], GROUPS, NOW)
    assert [(each.kind, each.tag, each.reason) for each in changes] == [
        ("given", STAY, ""),
        ("withheld", LEAVE, "same-turn"),
    ]


def test_that_tags_of_other_groups_live_side_by_side() -> None:
    changes = give(_given(_gift(ANGRY)), [_gift(Tag.parse("反馈:表扬"))], GROUPS, NOW)
    assert [each.kind for each in changes] == ["given"]


def test_that_what_a_person_took_away_is_not_given_again_for_the_lifetime() -> None:
    before = _given(_gift(STAY))
    removal = take_away(before[STAY], Cause("person", "azhen"), GROUPS, NOW)
    removed = _after((removal,), before)
    (early,) = give(removed, [_gift(STAY)], GROUPS, NOW + 89 * DAY)
    (late,) = give(removed, [_gift(STAY)], GROUPS, NOW + 90 * DAY)
    assert (early.kind, early.reason) == ("withheld", "removed")
    assert late.kind == "given"


def test_that_a_removal_is_respected_for_half_a_year_where_a_group_has_no_lifetime() -> None:
    before = _given(_gift(ANGRY))
    removed = _after((take_away(before[ANGRY], Cause("person", "a"), GROUPS, NOW),), before)
    assert give(removed, [_gift(ANGRY)], GROUPS, NOW + 179 * DAY)[0].kind == "withheld"
    assert give(removed, [_gift(ANGRY)], GROUPS, NOW + 180 * DAY)[0].kind == "given"


def test_that_an_admin_ends_the_wait() -> None:
    before = _given(_gift(STAY))
    removed = _after((take_away(before[STAY], Cause("person", "azhen"), GROUPS, NOW),), before)
    changes = give(removed, [_gift(STAY, "admin", "liang")], GROUPS, NOW + DAY)
    assert changes[0].kind == "given"
    again = _after(changes, removed)
    assert give(again, [_gift(STAY)], GROUPS, NOW + 2 * DAY)[0].kind == "given"


def test_that_what_a_person_gave_is_theirs_does_not_lapse_and_is_not_replaced() -> None:
    before = _given(_gift(STAY, "person", "azhen"))
    assert not before[STAY].ours
    assert before[STAY].lapses_at is None
    (change,) = give(before, [_gift(LEAVE)], GROUPS, NOW)
    assert (change.kind, change.reason) == ("withheld", "person")
    (counted,) = give(before, [_gift(STAY)], GROUPS, NOW)
    assert counted.standing is not None
    assert not counted.standing.ours


def test_that_a_person_replaces_what_the_bot_gave() -> None:
    changes = give(_given(_gift(STAY)), [_gift(LEAVE, "person", "azhen")], GROUPS, NOW)
    assert [each.kind for each in changes] == ["replaced", "given"]


def test_that_a_lapsed_tag_may_be_given_again_at_once() -> None:
    before = _given(_gift(STAY))
    lapsed = _after((lapse(before[STAY], NOW + 90 * DAY),), before)
    assert lapsed[STAY].state == "lapsed"
    assert give(lapsed, [_gift(STAY)], GROUPS, NOW + 90 * DAY)[0].kind == "given"
