"""The calls of the self-built app, of media and of customer contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from chatbot.wecom.app import AgentInfo, Member
from chatbot.wecom.client import WeComClient
from chatbot.wecom.contacts import Follower, FollowerTag, Tag, TagGroup
from chatbot.wecom.errors import MediaExpired, OutcomeUnknown, Refused

from .fake_platform import AGENT, FixedClock, Platform, refusal

PAYLOAD = {"touser": "li.ming|zhao.q", "msgtype": "text", "text": {"content": "x"}}


async def test_that_a_message_names_the_app_and_reports_who_was_missed(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer(
        "message/send",
        {"errcode": 0, "invaliduser": "zhao.q|wang", "msgid": "M1", "response_code": "RC"},
    )
    result = await client.app.send_message(PAYLOAD)
    assert (result.msgid, result.response_code) == ("M1", "RC")
    assert result.invalid_users == ("zhao.q", "wang")
    assert result.invalid_parties == ()
    assert platform.calls("message/send")[0].body == {**PAYLOAD, "agentid": AGENT}


async def test_that_a_duplicate_check_is_asked_for(client: WeComClient, platform: Platform) -> None:
    await client.app.send_message(PAYLOAD, duplicate_check_interval=600)
    body = platform.calls("message/send")[0].body
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 600)


@pytest.mark.parametrize("interval", [0, 14401])
async def test_that_an_impossible_duplicate_check_is_not_sent(
    client: WeComClient, interval: int
) -> None:
    with pytest.raises(ValueError, match="14400"):
        await client.app.send_message(PAYLOAD, duplicate_check_interval=interval)


async def test_that_a_card_is_updated_by_its_code(client: WeComClient, platform: Platform) -> None:
    platform.answer("message/update_template_card", {"errcode": 0, "invaliduser": ["zhao.q"]})
    assert await client.app.replace_button("RC", ["li.ming", "zhao.q"], "已接入") == ("zhao.q",)
    await client.app.replace_card("RC2", ["li.ming"], {"card_type": "text_notice"})
    button, card = platform.calls("message/update_template_card")
    assert button.body["button"] == {"replace_name": "已接入"}
    assert card.body["template_card"] == {"card_type": "text_notice"}
    assert (card.body["response_code"], card.body["agentid"]) == ("RC2", AGENT)


async def test_that_the_visible_range_of_the_app_is_read(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer(
        "agent/get",
        {
            "errcode": 0,
            "name": "服务台",
            "close": 0,
            "allow_userinfos": {"user": [{"userid": "Li.Ming"}]},
            "allow_partys": {"partyid": [1, 2]},
        },
    )
    assert await client.app.agent_info() == AgentInfo("服务台", True, ("li.ming",), (1, 2), ())
    assert platform.calls("agent/get")[0].query["agentid"] == str(AGENT)


async def test_that_a_member_who_left_is_not_active(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer(
        "user/get",
        {"errcode": 0, "userid": "Li.Ming", "name": "李明", "status": 5, "department": [3]},
    )
    assert await client.app.user("li.ming") == Member("li.ming", "李明", False, (3,))


async def test_that_callback_addresses_are_listed(client: WeComClient, platform: Platform) -> None:
    platform.answer("getcallbackip", {"errcode": 0, "ip_list": ["203.0.113.*"]})
    assert await client.app.callback_ips() == ("203.0.113.*",)


async def test_that_a_file_is_downloaded_with_its_name(
    client: WeComClient, platform: Platform
) -> None:
    async def file(_: web.Request) -> web.StreamResponse:
        headers = {"Content-Disposition": 'attachment; filename="photo.jpg"'}
        return web.Response(body=b"\xff\xd8jpeg", content_type="image/jpeg", headers=headers)

    platform.answer("media/get", file)
    media = await client.media.get("MID")
    assert (media.content, media.content_type, media.filename) == (
        b"\xff\xd8jpeg",
        "image/jpeg",
        "photo.jpg",
    )
    assert platform.calls("media/get")[0].query["media_id"] == "MID"


async def test_that_a_json_file_is_a_file(client: WeComClient, platform: Platform) -> None:
    async def file(_: web.Request) -> web.StreamResponse:
        headers = {"Content-Disposition": "attachment; filename*=UTF-8''%E8%A1%A8.json"}
        return web.json_response({"errcode": 40007}, headers=headers)

    platform.answer("media/get", file)
    assert (await client.media.get("MID")).filename == "表.json"


async def test_that_an_expired_media_id_asks_for_another_upload(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("media/get", refusal(40007))
    with pytest.raises(MediaExpired):
        await client.media.get("MID")


async def test_that_an_empty_answer_is_no_file(client: WeComClient, platform: Platform) -> None:
    async def nothing(_: web.Request) -> web.StreamResponse:
        return web.Response()

    platform.answer("media/get", *[nothing] * 3)
    with pytest.raises(OutcomeUnknown):
        await client.media.get("MID")


async def test_that_an_upload_arrives_whole_even_at_the_second_try(
    client: WeComClient, platform: Platform
) -> None:
    content = bytes(range(256)) * 8192
    success = {"errcode": 0, "media_id": "MID", "created_at": "1735689600"}
    platform.answer("media/upload", refusal(-1), success)
    media = await client.media.upload("image", "早餐.png", content)
    for call in platform.calls("media/upload"):
        assert content in call.raw
        assert 'name="media"; filename="早餐.png"'.encode() in call.raw
        assert call.query["type"] == "image"
    assert media.media_id == "MID"
    assert media.expires_at == datetime(2025, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("size", [5, 2 * 1024 * 1024 + 1])
async def test_that_a_file_of_a_wrong_size_is_not_uploaded(
    client: WeComClient, platform: Platform, size: int
) -> None:
    with pytest.raises(ValueError, match="bytes"):
        await client.media.upload("voice", "a.amr", b"x" * size)
    assert not platform.seen


async def test_that_a_filename_cannot_break_the_form(
    client: WeComClient, platform: Platform, clock: FixedClock
) -> None:
    media = await client.media.upload("file", 'a"\r\nX: y.txt', b"contents")
    assert b'filename="a___X: y.txt"' in platform.calls("media/upload")[0].raw
    assert media.expires_at == clock.now() + timedelta(days=3)


async def test_that_a_member_without_customers_has_none(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer(
        "externalcontact/list",
        refusal(84061),
        {"errcode": 0, "external_userid": ["wm1"]},
        refusal(60111),
    )
    assert await client.contacts.customers_of("li.ming") == ()
    assert await client.contacts.customers_of("li.ming") == ("wm1",)
    with pytest.raises(Refused):
        await client.contacts.customers_of("nobody")


async def test_that_all_pages_of_a_contact_are_read(
    client: WeComClient, platform: Platform
) -> None:
    person = {"external_userid": "wm1", "name": "小林", "type": 1, "gender": 2, "unionid": "o1"}
    follower = {
        "userid": "Li.Ming",
        "remark": "林",
        "description": "d",
        "createtime": 1735689600,
        "add_way": 1,
        "state": "expo",
        "tags": [
            {"tag_id": "et1", "group_name": "g", "tag_name": "t"},
            {"tag_name": "personal"},
        ],
    }
    platform.answer(
        "externalcontact/get",
        {"errcode": 0, "external_contact": person, "follow_user": [follower], "next_cursor": "n"},
        {"errcode": 0, "external_contact": person, "follow_user": [{"userid": "b"}]},
    )
    contact = await client.contacts.contact("wm1")
    assert (contact.name, contact.is_wechat, contact.unionid) == ("小林", True, "o1")
    since = datetime(2025, 1, 1, tzinfo=UTC)
    assert contact.followers == (
        Follower("li.ming", "林", "d", since, 1, "expo", (FollowerTag("et1", "g", "t"),)),
        Follower("b", "", "", None, 0, "", ()),
    )
    assert platform.calls("externalcontact/get")[1].query["cursor"] == "n"


async def test_that_tags_are_read_made_and_marked(client: WeComClient, platform: Platform) -> None:
    row = {"group_id": "g1", "group_name": "意向", "tag": [{"id": "et1", "name": "续住"}]}
    platform.answer("externalcontact/get_corp_tag_list", {"errcode": 0, "tag_group": [row]})
    platform.answer("externalcontact/add_corp_tag", {"errcode": 0, "tag_group": row})
    group = TagGroup("g1", "意向", (Tag("et1", "续住"),))
    assert await client.contacts.tag_groups() == (group,)
    assert await client.contacts.add_tags("意向", ["续住"]) == group
    await client.contacts.mark_tags("li.ming", "wm1", add=["et1"])
    assert platform.calls("externalcontact/mark_tag")[0].body == {
        "userid": "li.ming",
        "external_userid": "wm1",
        "add_tag": ["et1"],
        "remove_tag": [],
    }


async def test_that_notes_and_welcome_send_only_what_is_given(
    client: WeComClient, platform: Platform
) -> None:
    await client.contacts.write_notes("li.ming", "wm1", remark="林")
    await client.contacts.send_welcome("WLC", "欢迎")
    assert platform.calls("externalcontact/remark")[0].body == {
        "userid": "li.ming",
        "external_userid": "wm1",
        "remark": "林",
    }
    assert platform.calls("externalcontact/send_welcome_msg")[0].body == {
        "welcome_code": "WLC",
        "text": {"content": "欢迎"},
    }


async def test_that_members_with_customers_are_listed(
    client: WeComClient, platform: Platform
) -> None:
    platform.answer("externalcontact/get_follow_user_list", {"errcode": 0, "follow_user": ["a"]})
    assert await client.contacts.members() == ("a",)
