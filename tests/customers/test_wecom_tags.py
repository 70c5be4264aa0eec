"""Tags on their way to WeCom and back, through the simulated platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.customers.stage import Stage, tagging
from tests.pipeline.stage import AZHEN, LIN, XIAOZHOU, eventually

STAY = "意向:续住"
DAY = 86_400.0


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with tagging(database_url, tmp_path) as stage:
        yield stage


async def _written(stage: Stage) -> None:
    """Let 阿珍 have the tag on 小林."""
    await stage.add()
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "written", None))


async def test_that_a_shadow_moves_over_when_the_customer_becomes_a_contact(stage: Stage) -> None:
    await stage.give(STAY)
    await stage.idle()
    assert await stage.states() == []
    assert not await stage.calls("mark_tag")
    await stage.add()
    await stage.until((AZHEN, "续住", "written", None))
    assert await stage.names_in_wecom() == ["续住"]
    assert (await stage.groups())["意向"] == ["续住"]


async def test_that_a_half_contact_counts(stage: Stage) -> None:
    await stage.give(STAY)
    await stage.add(half=True)
    await stage.until((AZHEN, "续住", "written", None))


async def test_that_every_follower_has_the_tag(stage: Stage) -> None:
    await stage.add(AZHEN)
    await stage.add(XIAOZHOU)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "written", None), (XIAOZHOU, "续住", "written", None))
    assert await stage.names_in_wecom(XIAOZHOU) == ["续住"]


async def test_that_followers_from_before_are_asked_for_once(stage: Stage) -> None:
    await stage.customer(callback="none", add_contact={"userid": AZHEN})
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "written", None))
    await stage.give("反馈:投诉")
    await stage.until((AZHEN, "续住", "written", None), (AZHEN, "投诉", "written", None))
    assert len(await stage.calls("get")) == 1


async def test_that_somebody_who_is_no_contact_is_asked_about_weekly(stage: Stage) -> None:
    await stage.give(STAY)
    await stage.idle()
    await stage.give("反馈:投诉")
    await stage.idle()
    assert [call["errcode"] for call in await stage.calls("get")] == [84061]
    await stage.advance(8 * DAY)
    await stage.give("反馈:表扬")
    await eventually(lambda: stage.calls("get"), lambda found: len(found) == 2)


async def test_that_the_newest_of_an_exclusive_group_is_the_only_one_in_wecom(
    stage: Stage,
) -> None:
    await _written(stage)
    await stage.give("意向:退房")
    await stage.until((AZHEN, "续住", "written", None), (AZHEN, "退房", "written", None))
    assert await stage.names_in_wecom() == ["退房"]


async def test_that_a_tag_lapses_in_wecom_too(stage: Stage) -> None:
    await _written(stage)
    await stage.advance(91 * DAY)
    await stage.standing(STAY, "lapsed")
    await eventually(stage.names_in_wecom, lambda found: found == [])


async def test_that_a_person_who_removes_a_tag_is_respected(stage: Stage) -> None:
    await _written(stage)
    await stage.advance(5)
    remove = {"userid": AZHEN, "remove_tag": await stage.tags_in_wecom()}
    await stage.customer(edit_contact=remove)
    await stage.standing(STAY, "removed")
    await stage.advance(60)
    await stage.give(STAY)
    await stage.idle()
    assert await stage.names_in_wecom() == []
    (record,) = (await stage.page()).tags
    assert [line.change for line in record.evidence] == ["given", "removed", "withheld"]


async def test_that_what_people_and_other_tools_add_is_known(stage: Stage) -> None:
    await stage.add()
    gold = await stage.tag_id("金卡")
    await stage.customer(edit_contact={"userid": AZHEN, "add_tag": [gold]})
    await stage.standing("会员等级:金卡", "given")
    await stage.advance(5)
    silver = await stage.tag_id("银卡")
    other = stage.config.other_apps[0].secret
    body = {"userid": AZHEN, "external_userid": LIN, "add_tag": [silver]}
    assert (await stage.api("mark_tag", body, other))["errcode"] == 0
    await stage.standing("会员等级:银卡", "given")


async def test_that_a_parting_leaves_a_shadow_that_comes_back(stage: Stage) -> None:
    await _written(stage)
    await stage.advance(5)
    await stage.customer(end_contact={"userid": AZHEN, "by": "customer"})
    await stage.until((AZHEN, "续住", "shadow", None))
    await stage.advance(5)
    await stage.add()
    await stage.until((AZHEN, "续住", "written", None))
    assert await stage.names_in_wecom() == ["续住"]


async def test_that_a_parting_nobody_told_of_is_learnt_from_the_refusal(stage: Stage) -> None:
    await _written(stage)
    await stage.customer(callback="none", end_contact={"userid": AZHEN})
    await stage.give("反馈:投诉")
    await stage.until((AZHEN, "续住", "shadow", None), (AZHEN, "投诉", "shadow", None))


@pytest.mark.parametrize("code", [301002, 81011, 40035, 40003])
async def test_that_a_refused_tag_keeps_its_reason(stage: Stage, code: int) -> None:
    await stage.add()
    await stage.fault("mark_tag", code, times=None)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "refused", code))
    (record,) = (await stage.page()).tags
    assert str(code) in str(record.in_wecom[0].error_text)
    await stage.idle()
    await stage.advance(DAY)
    assert len(await stage.calls("mark_tag")) == 1


@pytest.mark.parametrize("code", [40071, 40072, 40126])
async def test_that_a_tag_that_cannot_be_made_keeps_its_reason(stage: Stage, code: int) -> None:
    await stage.add()
    await stage.fault("add_corp_tag", code, times=None)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "refused", code))


async def test_that_a_refused_tag_is_tried_again_when_the_list_of_tags_changes(
    stage: Stage,
) -> None:
    await stage.add()
    await stage.fault("mark_tag", 81011)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "refused", 81011))
    await stage.control("tags", {"action": "create", "group": "渠道", "name": "展会"})
    await stage.until((AZHEN, "续住", "written", None))


async def test_that_one_refused_tag_does_not_hinder_the_others(stage: Stage) -> None:
    await stage.give(STAY)
    await stage.give("反馈:投诉")
    await stage.idle()
    # The first call has both; the second refusal meets the first tag alone.
    await stage.fault("mark_tag", 301002, times=2)
    await stage.add()
    await eventually(
        stage.states,
        lambda found: sorted(state for _, _, state, _ in found) == ["refused", "written"],
    )


async def test_that_a_tag_deleted_behind_our_back_is_made_again_once(stage: Stage) -> None:
    await _written(stage)
    await stage.api("del_corp_tag", {"tag_id": await stage.tags_in_wecom()})
    await stage.add(XIAOZHOU)
    await stage.until((AZHEN, "续住", "refused", 40068), (XIAOZHOU, "续住", "written", None))
    assert await stage.names_in_wecom(XIAOZHOU) == ["续住"]


async def test_that_a_tag_unknown_for_a_moment_is_written(stage: Stage) -> None:
    await stage.add()
    await stage.fault("mark_tag", 40068)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "written", None))
    assert not (await stage.page()).tags[0].in_wecom[0].recreated


async def test_that_a_tag_that_stays_unknown_is_refused(stage: Stage) -> None:
    await stage.add()
    await stage.fault("mark_tag", 40068, times=None)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "refused", 40068))
    assert len(await stage.calls("mark_tag")) == 2


async def test_that_a_tag_an_admin_deleted_is_not_made_again(stage: Stage) -> None:
    await _written(stage)
    (tag_id,) = await stage.tags_in_wecom()
    await stage.control("tags", {"action": "delete", "id": tag_id})
    await stage.until((AZHEN, "续住", "refused", 40068))
    await stage.give(STAY)
    await stage.idle()
    assert "意向" not in await stage.groups()


async def test_that_too_many_calls_at_once_are_repeated(stage: Stage) -> None:
    await stage.add()
    await stage.fault("mark_tag", 45033, times=2)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "written", None))


async def test_that_a_wrong_setting_is_visible_and_tried_again(stage: Stage) -> None:
    await stage.add()
    await stage.fault("mark_tag", 60020)
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "wanted", 60020))
    await stage.advance(61)
    await stage.until((AZHEN, "续住", "written", None))


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "http_status"])
async def test_that_a_lost_answer_is_repeated_without_harm(stage: Stage, kind: str) -> None:
    await stage.add()
    for api in ("mark_tag", "add_corp_tag", "get"):
        await stage.control("faults", {"api": f"externalcontact/{api}", "kind": kind})
    await stage.give(STAY)
    await stage.until((AZHEN, "续住", "written", None))
    assert await stage.names_in_wecom() == ["续住"]
    assert (await stage.groups())["意向"] == ["续住"]


def _sum_of(stage: Stage) -> Callable[[], Awaitable[float]]:
    async def look() -> float:
        return sum(stage.written())

    return look


async def test_that_two_processes_make_a_group_once_and_keep_to_five_calls(
    database_url: str, tmp_path: Path
) -> None:
    async with tagging(database_url, tmp_path, workers=2, busy_seconds=0.05) as stage:
        customers = [f"wmMany{number}" for number in range(24)]
        for customer in customers:
            await stage.customer(customer, callback="none", add_contact={"userid": AZHEN})
        await asyncio.gather(*(stage.give(STAY, customer) for customer in customers))
        for customer in customers:
            await stage.until((AZHEN, "续住", "written", None), customer=customer)
        marks = await stage.calls("mark_tag")
        assert [call["errcode"] for call in marks] == [0] * len(customers)
        await eventually(_sum_of(stage), lambda found: found == len(customers))
        assert [call["errcode"] for call in await stage.calls("add_corp_tag")] == [0]
        assert (await stage.groups())["意向"] == ["续住"]
