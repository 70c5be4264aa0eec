from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .harness import LIN, WANG, ZHEN, ZHOU, Bot, Client, Json


async def add(sim: Client, userid: str = ZHEN, customer: str = LIN, **more: Any) -> str:
    """Make the two contacts and return the WelcomeCode."""
    body = {"external_userid": customer, "add_contact": {"userid": userid, **more}}
    return str((await sim.control("customers", body))["welcome_code"])


async def change(sim: Client, *, expect: int = 200, **wish: Any) -> Json:
    return await sim.control("customers", {"external_userid": LIN, **wish}, expect=expect)


async def level_tag(sim: Client) -> str:
    """Return the id of a tag that people made in the console."""
    groups = (await sim.ok("externalcontact/get_corp_tag_list", {}))["tag_group"]
    return str(groups[0]["tag"][0]["id"])


async def new_tags(sim: Client, *names: str, group: str = "意向") -> list[str]:
    body = {"group_name": group, "tag": [{"name": name} for name in names]}
    answer = await sim.ok("externalcontact/add_corp_tag", body)
    return [tag["id"] for tag in answer["tag_group"]["tag"]]


async def mark(sim: Client, **more: Any) -> int:
    body = {"userid": ZHEN, "external_userid": LIN, **more}
    return await sim.code("externalcontact/mark_tag", body)


async def tags_of(sim: Client, userid: str = ZHEN) -> list[str]:
    answer = await sim.ok("externalcontact/get", external_userid=LIN)
    (follower,) = [f for f in answer["follow_user"] if f["userid"] == userid]
    return [tag["tag_name"] for tag in follower["tags"]]


async def test_that_a_new_contact_is_announced_with_state_and_code(sim: Client, bot: Bot) -> None:
    code = await add(sim, state="expo_hall3")
    fields = (await bot.wait(1))[0].fields
    assert (fields["FromUserName"], fields["Event"]) == ("sys", "change_external_contact")
    assert fields["ChangeType"] == "add_external_contact"
    assert (fields["UserID"], fields["ExternalUserID"]) == (ZHEN, LIN)
    assert (fields["State"], fields["WelcomeCode"]) == ("expo_hall3", code)
    assert "MsgId" not in fields
    assert (await change(sim, add_contact={"userid": ZHEN}, expect=409))["error"]


async def test_that_a_configured_welcome_leaves_no_code(sim: Client, bot: Bot) -> None:
    assert await add(sim, welcome_configured=True) == ""
    assert "WelcomeCode" not in (await bot.wait(1))[0].fields


async def test_that_a_used_code_of_the_half_event_is_not_given_again(sim: Client, bot: Bot) -> None:
    code = await add(sim, half=True, state="s1")
    assert await welcome(sim, code) == 0
    assert await add(sim) == ""
    half, whole = await bot.wait(2)
    assert half.fields["ChangeType"] == "add_half_external_contact"
    assert whole.fields["ChangeType"] == "add_external_contact"
    assert whole.fields["State"] == "s1"


async def test_that_partings_are_announced(sim: Client, bot: Bot) -> None:
    for by in ("customer", "member", "transfer"):
        await add(sim)
        await change(sim, end_contact={"userid": ZHEN, "by": by})
    await change(sim, transfer_fail={"userid": ZHOU})
    await change(sim, end_contact={"userid": ZHEN}, expect=409)
    seen = [d.fields for d in await bot.wait(7)]
    kinds = {f["ChangeType"] for f in seen}
    assert kinds == {
        "add_external_contact",
        "del_follow_user",
        "del_external_contact",
        "transfer_fail",
    }
    assert [f["Source"] for f in seen if "Source" in f] == ["DELETE_BY_TRANSFER"]
    assert [f["FailReason"] for f in seen if "FailReason" in f] == ["customer_refused"]


async def welcome(sim: Client, code: str, **more: Any) -> int:
    body = {"welcome_code": code, "text": {"content": "欢迎"}, **more}
    return await sim.code("externalcontact/send_welcome_msg", body)


async def test_that_a_welcome_is_sent_once(sim: Client) -> None:
    code = await add(sim)
    assert await welcome(sim, code) == 0
    assert await welcome(sim, code) == 41051
    (entry,) = await sim.log("contact_welcome")
    assert (entry["customer"], entry["content"]["text"]) == (LIN, {"content": "欢迎"})


async def test_that_a_welcome_is_late_after_20_seconds(sim: Client) -> None:
    code = await add(sim)
    await sim.advance(20)
    assert await welcome(sim, code) == 41050
    assert await welcome(sim, "WLC_none") == 41050


async def test_that_two_welcomes_at_once_are_noticed(sim: Client) -> None:
    code = await add(sim)
    codes = await asyncio.gather(welcome(sim, code), welcome(sim, code))
    assert sorted(codes) == [0, 41096]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"welcome_code": ""}, 41049),
        ({"text": {"content": "字" * 1334}}, 45002),
        ({"text": None}, 40063),
        ({"attachments": [{"msgtype": "link", "link": {"title": "t", "url": "u"}}] * 10}, 41064),
        ({"attachments": [{"msgtype": "poem"}]}, 41065),
        ({"attachments": [{"msgtype": "link", "link": {"title": "t"}}]}, 40063),
        ({"attachments": [{"msgtype": "image", "image": {"media_id": "none"}}]}, 40007),
        ({"attachments": [{"msgtype": "image", "image": {"pic_url": "https://a"}}]}, 0),
        (
            {
                "text": None,
                "attachments": [{"msgtype": "link", "link": {"title": "t", "url": "u"}}],
            },
            0,
        ),
    ],
)
async def test_that_welcomes_are_checked(sim: Client, change: Json, code: int) -> None:
    assert await welcome(sim, **{"code": await add(sim)} | change_names(change)) == code


def change_names(change: Json) -> Json:
    return {"code" if name == "welcome_code" else name: value for name, value in change.items()}


async def test_that_contacts_can_be_read(sim: Client) -> None:
    assert await sim.code("externalcontact/list", userid=ZHEN) == 84061
    assert await sim.code("externalcontact/get", external_userid=LIN) == 84061
    assert await sim.code("externalcontact/get", external_userid="wmNobody") == 40096
    assert await sim.code("externalcontact/list", userid="nobody") == 40003
    await add(sim, state="s1", add_way=1)
    await add(sim, ZHOU)
    followers = (await sim.ok("externalcontact/get_follow_user_list"))["follow_user"]
    assert followers == ["azhen", "xiaozhou", "liang"]
    assert (await sim.ok("externalcontact/list", userid=ZHEN))["external_userid"] == [LIN]
    answer = await sim.ok("externalcontact/get", external_userid=LIN)
    assert answer["external_contact"]["name"] == "小林"
    assert answer["external_contact"]["type"] == 1
    assert [f["userid"] for f in answer["follow_user"]] == [ZHEN, ZHOU]
    assert answer["follow_user"][0]["state"] == "s1"


async def test_that_marking_by_api_is_not_announced(sim: Client, bot: Bot) -> None:
    await add(sim)
    await bot.wait(1)
    likes, late = await new_tags(sim, "有兴趣", "要退房")
    assert await mark(sim, add_tag=[likes, late]) == 0
    assert await tags_of(sim) == ["有兴趣", "要退房"]
    assert await mark(sim, add_tag=[await level_tag(sim)], remove_tag=[late]) == 0
    assert await tags_of(sim) == ["有兴趣", "金卡"]
    await asyncio.sleep(0.1)
    assert len(bot.received) == 1


async def test_that_a_members_own_change_is_announced(sim: Client, bot: Bot) -> None:
    await add(sim)
    tag = await level_tag(sim)
    edit = {"userid": ZHEN, "remark": "林先生", "add_tag": [tag]}
    await change(sim, edit_contact=edit)
    fields = (await bot.wait(2))[1].fields
    assert fields["ChangeType"] == "edit_external_contact"
    assert await tags_of(sim) == ["金卡"]
    await change(sim, edit_contact={"userid": ZHEN, "remove_tag": [tag]})
    assert await tags_of(sim) == []
    await change(sim, edit_contact={"userid": ZHEN, "add_tag": ["none"]}, expect=409)


async def test_that_another_apps_marking_is_announced(sim: Client, bot: Bot) -> None:
    await add(sim)
    (tag,) = await new_tags(sim, "有兴趣")
    sim.token = await sim.fetch_token(sim.config.other_apps[0].secret)
    assert await mark(sim, add_tag=[tag]) == 0
    assert (await bot.wait(2))[1].fields["ChangeType"] == "edit_external_contact"


async def test_that_tags_belong_to_the_pair(sim: Client) -> None:
    await add(sim)
    await add(sim, ZHOU)
    (tag,) = await new_tags(sim, "有兴趣")
    assert await mark(sim, add_tag=[tag]) == 0
    assert await tags_of(sim, ZHOU) == []


async def test_that_marking_is_checked(sim: Client) -> None:
    await add(sim)
    (tag,) = await new_tags(sim, "有兴趣")
    assert await mark(sim) == 40063
    assert await mark(sim, add_tag="x") == 40058
    assert await mark(sim, add_tag=[7]) == 40035
    assert await mark(sim, add_tag=["none"]) == 40068
    assert await mark(sim, add_tag=[tag], userid="nobody") == 40003
    assert await mark(sim, add_tag=[tag], external_userid="wmNobody") == 40096
    assert await mark(sim, add_tag=[tag], external_userid=WANG) == 84061
    assert await mark(sim, add_tag=[tag], userid=ZHOU) == 84061


async def test_that_five_markings_may_run_at_once(sim: Client) -> None:
    await add(sim)
    (tag,) = await new_tags(sim, "有兴趣")
    await asyncio.gather(*(sim.ok("getcallbackip") for _ in range(8)))
    codes = await asyncio.gather(*(mark(sim, add_tag=[tag]) for _ in range(8)))
    assert codes.count(45033) == 3
    assert await mark(sim, add_tag=[tag]) == 0


async def test_that_tags_are_added_to_a_group_by_name_or_id(sim: Client) -> None:
    first = await new_tags(sim, "有兴趣", "有兴趣", "犹豫")
    assert len(first) == 2
    groups = (await sim.ok("externalcontact/get_corp_tag_list", {}))["tag_group"]
    assert [g["group_name"] for g in groups] == ["会员等级", "意向"]
    await new_tags(sim, "放弃")
    body = {"group_id": groups[1]["group_id"], "tag": [{"name": "成交"}]}
    await sim.ok("externalcontact/add_corp_tag", body)
    chosen = {"group_id": [groups[1]["group_id"]], "tag_id": ["ignored"]}
    (group,) = (await sim.ok("externalcontact/get_corp_tag_list", chosen))["tag_group"]
    assert [t["name"] for t in group["tag"]] == ["有兴趣", "犹豫", "放弃", "成交"]
    (group,) = (await sim.ok("externalcontact/get_corp_tag_list", {"tag_id": [first[1]]}))[
        "tag_group"
    ]
    assert [t["name"] for t in group["tag"]] == ["犹豫"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"group_name": "会员等级", "tag": [{"name": "金卡"}]}, 40071),
        ({"group_name": "意向", "tag": []}, 40063),
        ({"group_name": "字" * 31, "tag": [{"name": "x"}]}, 40072),
        ({"group_name": "意向", "tag": [{"name": "字" * 31}]}, 40072),
        ({"group_id": "none", "tag": [{"name": "x"}]}, 40068),
        ({"tag": [{"name": "x"}]}, 40063),
    ],
)
async def test_that_new_tags_are_checked(sim: Client, body: Json, code: int) -> None:
    assert await sim.code("externalcontact/add_corp_tag", body) == code


async def test_that_an_app_changes_only_its_own_tags(sim: Client) -> None:
    console = await level_tag(sim)
    (own,) = await new_tags(sim, "有兴趣")
    assert await sim.code("externalcontact/edit_corp_tag", {"id": console, "name": "x"}) == 81011
    assert await sim.code("externalcontact/del_corp_tag", {"tag_id": [console, own]}) == 81011
    await sim.ok("externalcontact/edit_corp_tag", {"id": own, "name": "很有兴趣"})
    main = sim.token
    sim.token = await sim.fetch_token(sim.config.other_apps[0].secret)
    assert await sim.code("externalcontact/del_corp_tag", {"tag_id": [own]}) == 81011
    sim.token = main
    await sim.ok("externalcontact/del_corp_tag", {"tag_id": [own]})
    groups = (await sim.ok("externalcontact/get_corp_tag_list", {}))["tag_group"]
    assert [g["group_name"] for g in groups] == ["会员等级"]


async def test_that_a_deleted_tag_leaves_the_contacts(sim: Client) -> None:
    await add(sim)
    (tag,) = await new_tags(sim, "有兴趣")
    await mark(sim, add_tag=[tag])
    await sim.ok("externalcontact/del_corp_tag", {"tag_id": [tag]})
    assert await tags_of(sim) == []


async def test_that_tag_changes_in_the_console_are_announced(sim: Client, bot: Bot) -> None:
    body = {"action": "create", "group": "来源", "name": "展会"}
    tag_id = (await sim.control("tags", body))["id"]
    fields = (await bot.wait(1))[0].fields
    assert (fields["Event"], fields["ChangeType"]) == ("change_external_tag", "create")
    assert (fields["Id"], fields["TagType"]) == (tag_id, "tag")
    await sim.control("tags", {"action": "update", "id": tag_id, "name": "展会2026"})
    await sim.control("tags", {"action": "delete", "id": tag_id})
    await sim.control("tags", {"action": "delete", "id": tag_id}, expect=409)
    assert {d.fields["ChangeType"] for d in await bot.wait(3)} == {"create", "update", "delete"}


async def test_that_remarks_are_kept_and_not_announced(sim: Client, bot: Bot) -> None:
    await add(sim)
    await bot.wait(1)
    body = {"userid": ZHEN, "external_userid": LIN, "remark": "林先生", "remark_mobiles": ["138"]}
    await sim.ok("externalcontact/remark", body)
    (follower,) = (await sim.ok("externalcontact/get", external_userid=LIN))["follow_user"]
    assert (follower["remark"], follower["remark_mobiles"]) == ("林先生", ["138"])
    await sim.ok("externalcontact/remark", body | {"remark_mobiles": [""]})
    (follower,) = (await sim.ok("externalcontact/get", external_userid=LIN))["follow_user"]
    assert follower["remark_mobiles"] == []
    empty = {"userid": ZHEN, "external_userid": LIN}
    assert await sim.code("externalcontact/remark", empty) == 40063
    await asyncio.sleep(0.1)
    assert len(bot.received) == 1
