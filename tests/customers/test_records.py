"""Tags in the database: standing, evidence, and what WeCom is to be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from chatbot.customers.observed import Reading, SeenFollower, SeenTag, observe_contact
from chatbot.customers.records import (
    CustomerPage,
    begin_relation,
    customer_page,
    end_relation,
    give_tags,
    lapse_tags,
    remove_tag,
)
from chatbot.customers.tag_groups import TagGroup
from chatbot.customers.tags import Cause, Gift, Tag
from chatbot.store.database import Database
from chatbot.store.tag_claims import claim_tagging, hold_tagging, release_tagging
from chatbot.store.tag_writes import Settled, settle_writes, writes_of
from chatbot.store.tags import customer_tags

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ME = 7
LIN = "wmLin"
STAY, LEAVE = Tag.parse("意向:续住"), Tag.parse("意向:退房")
GROUPS = {"意向": TagGroup("意向", "意向", exclusive=True, lifetime=90 * DAY)}


def _give(database: Database, tag: Tag, at: datetime = NOW, customer: str = LIN) -> None:
    gifts = [Gift(tag, Cause("intent", "stay", 0.9))]
    database.run_sync(give_tags, customer, gifts, GROUPS, at)


def _add(database: Database, userid: str, at: datetime = NOW) -> None:
    database.run_sync(begin_relation, LIN, userid, "expo", at, at)


def _end(database: Database, userid: str, at: datetime) -> None:
    database.run_sync(end_relation, LIN, userid, at, at)


def _states(database: Database) -> list[tuple[str, str, str, str]]:
    writes = database.run_sync(writes_of, LIN)
    return [(each.userid, each.tag.name, each.goal, each.state) for each in writes]


def _write_all(database: Database, at: datetime) -> None:
    """Settle everything that is wanted as if WeCom had taken it."""

    def write(connection: Connection) -> None:
        wanted = writes_of(connection, LIN, ["wanted"])
        settled = [Settled(each, "written", f"et-{each.tag.name}") for each in wanted]
        settle_writes(connection, LIN, settled, at)

    database.run_sync(write)


def _see(database: Database, at: datetime, **followers: list[Tag]) -> None:
    seen = tuple(
        SeenFollower(userid, "", NOW, tuple(SeenTag(f"et-{tag.name}", tag) for tag in tags))
        for userid, tags in followers.items()
    )
    database.run_sync(observe_contact, Reading(LIN, seen, at), GROUPS, at)


def _page(database: Database) -> CustomerPage:
    return database.run_sync(customer_page, LIN)


def test_that_a_tag_without_a_follower_is_a_shadow(database: Database) -> None:
    _give(database, STAY)
    (record,) = _page(database).tags
    assert record.in_wecom == ()
    (line,) = record.evidence
    assert (line.change, line.source, line.source_name, line.at) == (
        "given", "intent", "stay", NOW,
    )  # fmt: skip
    assert database.run_sync(customer_tags, LIN, NOW) == ("意向:续住",)


def test_that_shadows_are_wanted_for_every_follower(database: Database) -> None:
    _give(database, STAY)
    _add(database, "azhen")
    _add(database, "xiaozhou")
    assert _states(database) == [
        ("azhen", "续住", "present", "wanted"),
        ("xiaozhou", "续住", "present", "wanted"),
    ]


def test_that_an_ended_relation_makes_shadows_again(database: Database) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _write_all(database, NOW)
    _end(database, "azhen", NOW + MINUTE)
    assert _states(database) == [("azhen", "续住", "present", "shadow")]
    assert database.run_sync(customer_tags, LIN, NOW) == ("意向:续住",)
    _add(database, "azhen", NOW + 2 * MINUTE)
    assert _states(database) == [("azhen", "续住", "present", "wanted")]


def test_that_an_event_older_than_the_last_changes_nothing(database: Database) -> None:
    _end(database, "azhen", NOW + MINUTE)
    _add(database, "azhen", NOW)
    assert not _page(database).followers[0].active


def test_that_a_replaced_tag_is_taken_off_in_wecom(database: Database) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _write_all(database, NOW)
    _give(database, LEAVE, NOW + MINUTE)
    assert sorted(_states(database)) == [
        ("azhen", "续住", "absent", "wanted"),
        ("azhen", "退房", "present", "wanted"),
    ]


def test_that_tags_lapse_and_are_taken_off(database: Database) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _write_all(database, NOW)
    assert database.run_sync(lapse_tags, NOW + 89 * DAY, 10) == 0
    assert database.run_sync(customer_tags, LIN, NOW + 90 * DAY) == ()
    assert database.run_sync(lapse_tags, NOW + 90 * DAY, 10) == 1
    assert _states(database) == [("azhen", "续住", "absent", "wanted")]
    assert [line.change for line in _page(database).tags[0].evidence] == ["given", "lapsed"]


def test_that_a_tag_missing_in_wecom_was_removed_by_that_member(database: Database) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _write_all(database, NOW)
    _see(database, NOW + MINUTE, azhen=[])
    (record,) = _page(database).tags
    assert (record.standing.state, record.standing.ended_by) == ("removed", "person:azhen")
    assert _states(database) == [("azhen", "续住", "absent", "written")]
    _give(database, STAY, NOW + DAY)
    assert [line.change for line in _page(database).tags[0].evidence] == [
        "given", "removed", "withheld",
    ]  # fmt: skip
    assert database.run_sync(customer_tags, LIN, NOW + DAY) == ()


def test_that_a_removal_by_one_member_takes_it_off_for_the_others(database: Database) -> None:
    _add(database, "azhen")
    _add(database, "xiaozhou")
    _give(database, STAY)
    _write_all(database, NOW)
    _see(database, NOW + MINUTE, azhen=[], xiaozhou=[STAY])
    assert _states(database) == [
        ("azhen", "续住", "absent", "written"),
        ("xiaozhou", "续住", "absent", "wanted"),
    ]


def test_that_a_write_younger_than_the_reading_is_not_taken_for_a_removal(
    database: Database,
) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _write_all(database, NOW + MINUTE)
    _see(database, NOW + MINUTE, azhen=[])
    assert database.run_sync(customer_tags, LIN, NOW + MINUTE) == ("意向:续住",)


def test_that_what_people_add_is_known_and_stays_theirs(database: Database) -> None:
    gold = Tag.parse("会员等级:金卡")
    _see(database, NOW, azhen=[gold], xiaozhou=[])
    assert database.run_sync(customer_tags, LIN, NOW) == ("会员等级:金卡",)
    assert _states(database) == [("azhen", "金卡", "present", "written")]
    (record,) = _page(database).tags
    assert not record.standing.ours
    assert (record.evidence[0].source, record.evidence[0].source_name) == ("person", "azhen")
    _see(database, NOW + MINUTE, azhen=[], xiaozhou=[])
    assert database.run_sync(customer_tags, LIN, NOW + MINUTE) == ()


def test_that_a_lost_answer_is_no_gift_of_a_person(database: Database) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _see(database, NOW + MINUTE, azhen=[STAY])
    assert _states(database) == [("azhen", "续住", "present", "written")]
    assert [line.change for line in _page(database).tags[0].evidence] == ["given"]


def test_that_a_tag_that_people_put_back_is_theirs_again(database: Database) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _write_all(database, NOW)
    _see(database, NOW + MINUTE, azhen=[])
    _see(database, NOW + 2 * MINUTE, azhen=[STAY])
    (record,) = _page(database).tags
    assert (record.standing.state, record.standing.ours) == ("given", False)


def test_that_a_removal_by_an_admin_reaches_wecom(database: Database) -> None:
    _add(database, "azhen")
    _give(database, STAY)
    _write_all(database, NOW)
    cause = Cause("admin", "liang")
    assert database.run_sync(remove_tag, LIN, STAY, cause, GROUPS, NOW + MINUTE, "误判")
    assert not database.run_sync(remove_tag, LIN, STAY, cause, GROUPS, NOW + MINUTE)
    assert _states(database) == [("azhen", "续住", "absent", "wanted")]


def test_that_a_customer_is_claimed_once_and_slots_run_out(database: Database) -> None:
    for number in range(7):
        _give(database, STAY, customer=f"wm{number}")
    first, _ = database.run_sync(claim_tagging, 0, [], NOW, NOW + MINUTE, 3)
    second, next_due = database.run_sync(claim_tagging, 0, first, NOW, NOW + MINUTE, 5)
    assert (len(first), len(second), next_due) == (3, 2, None)
    assert len({claim.external_userid for claim in (*first, *second)}) == 5
    assert all(claim.must_look_up for claim in first)
    third, _ = database.run_sync(claim_tagging, 0, [*first, *second], NOW, NOW + MINUTE, 5)
    assert third == []


def test_that_news_during_a_claim_do_not_wait_for_the_retry(database: Database) -> None:
    _give(database, STAY)
    (claim,), _ = database.run_sync(claim_tagging, ME, [], NOW, NOW + MINUTE, 1)
    _give(database, Tag.parse("反馈:投诉"), NOW + timedelta(seconds=1))
    later = NOW + timedelta(seconds=2)
    database.run_sync(release_tagging, claim, NOW + DAY, 1, later)
    again, _ = database.run_sync(claim_tagging, ME, [], later, later + MINUTE, 1)
    assert [each.external_userid for each in again] == [LIN]


def test_that_a_claim_of_a_dead_process_is_free_at_once(database: Database) -> None:
    _give(database, STAY)
    (claim,), _ = database.run_sync(claim_tagging, 41, [], NOW, NOW + MINUTE, 1)
    again, _ = database.run_sync(claim_tagging, 42, [], NOW, NOW + MINUTE, 1)
    assert [each.external_userid for each in again] == [claim.external_userid]


def test_that_a_customer_without_followers_is_asked_about_weekly(database: Database) -> None:
    _give(database, STAY)
    (claim,), _ = database.run_sync(claim_tagging, ME, [], NOW, NOW + MINUTE, 1)

    def nobody(connection: Connection) -> None:
        hold_tagging(connection, claim, NOW + MINUTE)
        observe_contact(connection, Reading(LIN, (), NOW), GROUPS, NOW, make_due=False)

    database.run_sync(nobody)
    database.run_sync(release_tagging, claim, None, 0, NOW)
    _give(database, STAY, NOW + 6 * DAY)
    assert database.run_sync(claim_tagging, ME, [], NOW + 6 * DAY, NOW + 7 * DAY, 1)[0] == []
    _give(database, STAY, NOW + 7 * DAY)
    (again,), _ = database.run_sync(claim_tagging, ME, [], NOW + 7 * DAY, NOW + 8 * DAY, 1)
    assert again.must_look_up
