"""Tickets, and the judgement of what was signed with them."""

from __future__ import annotations

import hashlib

import pytest

from chatbot.simulator import SimulatorConfig
from chatbot.simulator.kf.customers import SAMPLE_PNG

from .harness import LIN, ZHEN, Client, Json

APP_PAGE = "https://crm.example.com/sidebar/?v=1"
OTHER_APP = 1000009


@pytest.fixture
def config(config: SimulatorConfig) -> SimulatorConfig:
    return config.override(sidebar_url=APP_PAGE)


async def corp_ticket(sim: Client) -> str:
    return str((await sim.ok("get_jsapi_ticket"))["ticket"])


async def app_ticket(sim: Client) -> str:
    return str((await sim.ok("ticket/get", type="agent_config"))["ticket"])


async def register(sim: Client, kind: str, ticket: str, **changes: object) -> Json:
    """Register APP_PAGE with a signature made of ``ticket``; return the client's verdict."""
    url = str(changes.get("url", APP_PAGE))
    words = f"jsapi_ticket={ticket}&noncestr=n1&timestamp=1735689600&url={url}"
    signature = hashlib.sha1(words.encode()).hexdigest()
    body: Json = {
        "kind": kind,
        "url": url,
        "corp_id": sim.config.corp.id,
        "agent_id": sim.config.app.agent_id,
        "signature": {"timestamp": 1735689600, "nonceStr": "n1", "signature": signature},
        **changes,
    }
    async with sim.session.post(f"{sim.address}/jssdk/register", json=body) as answer:
        assert answer.status == 200, await answer.text()
        verdict: Json = await answer.json()
        return verdict


async def test_that_the_enterprise_has_one_ticket_and_each_app_its_own(sim: Client) -> None:
    first = await sim.ok("get_jsapi_ticket")
    assert first["expires_in"] == 7200
    own = await app_ticket(sim)
    assert await corp_ticket(sim) == first["ticket"] != own == await app_ticket(sim)
    sim.token = await sim.fetch_token(sim.config.other_apps[0].secret)
    assert await corp_ticket(sim) == first["ticket"]
    assert await app_ticket(sim) not in {own, first["ticket"]}


async def test_that_a_ticket_needs_a_token_and_a_known_type(sim: Client) -> None:
    assert await sim.code("ticket/get") == 40063
    assert await sim.code("ticket/get", type="wx_card") == 40058
    assert await sim.code("get_jsapi_ticket", {}) == 40058
    sim.token = "foreign"
    assert await sim.code("get_jsapi_ticket") == 40014


async def test_that_a_ticket_counts_down_and_expires(sim: Client) -> None:
    ticket = await corp_ticket(sim)
    await sim.advance(7000)
    assert (await sim.ok("get_jsapi_ticket"))["expires_in"] in {199, 200}
    assert await corp_ticket(sim) == ticket
    await sim.advance(201)
    assert await corp_ticket(sim) != ticket
    assert (await register(sim, "config", ticket))["errCode"] == 40093


@pytest.mark.parametrize("api", ["get_jsapi_ticket", "ticket/get"])
async def test_that_an_app_gets_a_hundred_tickets_an_hour(sim: Client, api: str) -> None:
    codes = [await sim.code(api, type="agent_config") for _ in range(101)]
    assert codes == [0] * 100 + [45009]
    other = await sim.fetch_token(sim.config.other_apps[0].secret)
    own, sim.token = sim.token, other
    assert await sim.code(api, type="agent_config") == 0, "another app has its own hundred"
    sim.token = own
    await sim.advance(3601)
    assert await sim.code(api, type="agent_config") == 0


async def test_that_both_signatures_are_judged_by_their_tickets(sim: Client) -> None:
    corp, app = await corp_ticket(sim), await app_ticket(sim)
    assert await register(sim, "config", corp) == {"errCode": 0, "errMsg": "config:ok"}
    assert await register(sim, "agentConfig", app) == {"errCode": 0, "errMsg": "agentConfig:ok"}
    wrong = await register(sim, "config", "made up")
    assert wrong == {"errCode": 40093, "errMsg": "config:invalid signature"}
    assert (await register(sim, "config", app))["errCode"] == 42012
    assert (await register(sim, "agentConfig", corp))["errCode"] == 42012


async def test_that_another_apps_ticket_signs_nothing_here(sim: Client) -> None:
    sim.token = await sim.fetch_token(sim.config.other_apps[0].secret)
    ticket = await app_ticket(sim)
    assert (await register(sim, "agentConfig", ticket))["errCode"] == 40093
    assert (await register(sim, "agentConfig", ticket, agent_id=OTHER_APP))["errCode"] == 40056


async def test_that_the_page_must_stand_on_the_trusted_domain(sim: Client) -> None:
    ticket = await corp_ticket(sim)
    verdict = await register(sim, "config", ticket, url="https://evil.example.com/")
    assert verdict == {"errCode": 80001, "errMsg": "config:invalid url domain"}
    assert (await register(sim, "config", ticket, corp_id="ww0"))["errCode"] == 40013
    # Another page of the trusted domain is fine, but the signature is for the address it names.
    other = "https://crm.example.com/other"
    assert (await register(sim, "config", ticket, url=other))["errCode"] == 0


async def test_that_tickets_can_be_made_worthless(sim: Client) -> None:
    ticket = await corp_ticket(sim)
    await sim.control("tokens", {"invalidate": "tickets"})
    assert (await register(sim, "config", ticket))["errCode"] == 40093
    assert await corp_ticket(sim) != ticket, "the access token is still good"


async def test_that_a_reset_leaves_tickets_alone(sim: Client) -> None:
    ticket = await corp_ticket(sim)
    await sim.control("reset", {})
    assert await corp_ticket(sim) == ticket


MESSAGES: list[tuple[Json, str, Json]] = [
    ({"msgtype": "text", "text": {"content": "您好"}}, "text", {"content": "您好"}),
    (
        {"msgtype": "news", "news": {"link": "https://x.cn/1", "title": "攻略", "desc": "近"}},
        "link",
        {"title": "攻略", "desc": "近", "url": "https://x.cn/1", "pic_url": ""},
    ),
    (
        {
            "msgtype": "miniprogram",
            "miniprogram": {
                "appid": "wx1", "title": "订房", "imgUrl": "https://x.cn/1.png", "page": "a.html",
            },
        },
        "miniprogram",
        {"title": "订房", "appid": "wx1", "pagepath": "a.html"},
    ),
    (
        {
            "msgtype": "msgmenu",
            "msgmenu": {
                "head_content": "选", "list": [{"type": "click", "click": {"content": "好"}}],
            },
        },
        "msgmenu",
        {"head_content": "选", "list": [{"type": "click", "click": {"content": "好"}}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("message", "msgtype", "content"), MESSAGES)
async def test_that_a_servicer_sends_what_a_page_gives(
    sim: Client, message: Json, msgtype: str, content: Json
) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    await sim.staff(ZHEN, "send", message=message)
    item = (await sim.sync())[-1]
    assert (item["origin"], item["msgtype"], item[msgtype]) == (5, msgtype, content)
    assert item["servicer_userid"] == ZHEN


async def test_that_a_servicer_sends_a_picture_by_its_media_id(sim: Client) -> None:
    url = f"{sim.address}/control/media?type=image&filename=a.png"
    async with sim.session.post(url, data=SAMPLE_PNG) as answer:
        media_id = (await answer.json())["media_id"]
    await sim.write()
    await sim.move(3, ZHEN)
    message = {"msgtype": "image", "image": {"mediaid": media_id}}
    await sim.staff(ZHEN, "send", message=message)
    assert (await sim.sync())[-1]["image"] == {"media_id": media_id}
    refused = {"msgtype": "video", "video": {"mediaid": media_id}}
    assert "invalid mediaid" in str(await sim.staff(ZHEN, "send", message=refused, expect=409))


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ({}, "msgtype"),
        ({"msgtype": "location", "location": {}}, "msgtype"),
        ({"msgtype": ["text"]}, "msgtype"),
        ({"msgtype": "text"}, "text"),
        ({"msgtype": "text", "text": {"content": "  "}}, "content"),
        ({"msgtype": "text", "text": {"content": 7}}, "content"),
        ({"msgtype": "image", "image": {"mediaid": "gone"}}, "mediaid"),
        ({"msgtype": "news", "news": {"link": "javascript:x", "title": "t"}}, "link"),
        (
            {"msgtype": "miniprogram", "miniprogram": {"imgUrl": "/a.png", "title": "t"}},
            "imgUrl",
        ),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "x"}]}}, "type"),
    ],
)
async def test_that_what_cannot_be_sent_is_named(sim: Client, message: Json, fault: str) -> None:
    await sim.write()
    await sim.move(3, ZHEN)
    answer = await sim.staff(ZHEN, "send", message=message, expect=409)
    assert f"invalid {fault}" in answer["error"]
    assert len(await sim.sync()) == 1


async def test_that_nobody_sends_into_a_session_of_another(sim: Client) -> None:
    await sim.write()
    await sim.move(3, "xiaozhou")
    message = {"msgtype": "text", "text": {"content": "您好"}}
    await sim.staff(ZHEN, "send", message=message, expect=409)


async def befriend(sim: Client) -> None:
    contact = {"external_userid": LIN, "add_contact": {"userid": ZHEN}, "callback": "none"}
    await sim.control("customers", contact)


async def test_that_no_server_hears_what_friends_write(sim: Client) -> None:
    await befriend(sim)
    text = {"msgtype": "text", "text": {"content": "周末有房吗"}}
    friend: Json = {"userid": ZHEN, "customer": LIN, "message": text}
    await sim.control("friends", {**friend, "by": "customer"})
    await sim.control("friends", friend)
    assert await sim.sync() == []
    assert await sim.log("callback") == []
    written = [
        (entry["by"], entry["content"]["content"]) for entry in await sim.log("friend_message")
    ]
    assert written == [("customer", "周末有房吗"), ("member", "周末有房吗")]


async def test_that_only_friends_write_to_each_other(sim: Client) -> None:
    text = {"msgtype": "text", "text": {"content": "您好"}}
    friend: Json = {"userid": ZHEN, "customer": LIN, "message": text}
    await sim.control("friends", friend, expect=409)
    await sim.control("friends", {**friend, "userid": "nobody"}, expect=409)
    await befriend(sim)
    menu = {"msgtype": "msgmenu", "msgmenu": {"head_content": "x"}}
    answer = await sim.control("friends", {**friend, "message": menu}, expect=409)
    assert "invalid msgtype" in answer["error"], "only customer-service chats take menus"


async def test_that_the_way_into_the_sidebar_names_the_member(sim: Client) -> None:
    url = f"{sim.address}/staff/AZhen/sidebar"
    async with sim.session.get(url, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, APP_PAGE)
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"sim_member={ZHEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    async with sim.session.get(f"{sim.address}/staff/nobody/sidebar") as answer:
        assert answer.status == 409


async def test_that_the_client_frames_the_configured_page_alone(sim: Client) -> None:
    async with sim.session.get(f"{sim.address}/staff/{ZHEN}") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("frame-src 'self' https://crm.example.com")
    async with sim.session.get(f"{sim.address}/phone/{LIN}") as answer:
        assert answer.headers["Content-Security-Policy"].endswith("frame-src 'none'")
