from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest

from .harness import KF, LIN, Client

ERRMSG = re.compile(
    r".+, hint: \[[0-9_]+\], from ip: [0-9a-f.:]+, "
    r"more info at https://open\.work\.weixin\.qq\.com/devtool/query\?e=-?\d+"
)


async def get_token(sim: Client, **query: str) -> dict[str, object]:
    async with sim.session.get(f"{sim.address}/cgi-bin/gettoken", params=query) as answer:
        body: dict[str, object] = await answer.json()
        return body


async def test_that_a_token_is_repeated_while_it_is_valid(sim: Client) -> None:
    query = {"corpid": sim.config.corp.id, "corpsecret": sim.config.app.secret}
    first = await get_token(sim, **query)
    assert first["expires_in"] == 7200
    second = await get_token(sim, **query)
    assert second["access_token"] == first["access_token"] == sim.token


async def test_that_every_secret_has_its_own_token(sim: Client) -> None:
    other = await sim.fetch_token(sim.config.other_apps[0].secret)
    assert other != sim.token
    assert await sim.code("agent/get", agentid="1000009") == 301002
    sim.token = other
    assert (await sim.ok("agent/get", agentid="1000009"))["name"] == "会员系统"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"corpid": "ww0", "corpsecret": "x"}, 40013),
        ({"corpid": "ww5f0c1d2e3b4a6978", "corpsecret": "wrong"}, 40001),
        ({"corpid": "ww5f0c1d2e3b4a6978"}, 40001),
    ],
)
async def test_that_wrong_credentials_are_refused(
    sim: Client, query: dict[str, str], code: int
) -> None:
    assert (await get_token(sim, **query))["errcode"] == code


async def test_that_a_call_needs_a_valid_token(sim: Client) -> None:
    token = sim.token
    sim.token = ""
    assert await sim.code("getcallbackip") == 41001
    sim.token = "foreign"
    assert await sim.code("getcallbackip") == 40014
    sim.token = token
    assert (await sim.ok("getcallbackip"))["ip_list"]


async def test_that_tokens_expire_and_can_be_invalidated(sim: Client) -> None:
    await sim.control("clock", {"advance": 7201})
    assert await sim.code("getcallbackip") == 42001
    sim.token = await sim.fetch_token()
    await sim.control("tokens", {"invalidate": True})
    assert await sim.code("getcallbackip") == 40014


async def test_that_errors_have_status_200_and_the_known_shape(sim: Client) -> None:
    answer = await sim.call("kf/sync_msg", {"open_kfid": "wkNobody"})
    assert answer["errcode"] == 95004
    assert ERRMSG.fullmatch(answer["errmsg"])


async def test_that_an_unknown_path_is_a_404(sim: Client) -> None:
    url = f"{sim.address}/cgi-bin/kf/no_such_call"
    async with sim.session.get(url, params={"access_token": sim.token}) as answer:
        assert answer.status == 404


async def test_that_the_wrong_method_is_refused(sim: Client) -> None:
    assert await sim.code("kf/sync_msg") == 40058
    assert await sim.code("kf/servicer/list", {"open_kfid": KF}) == 40058


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", 40058),
        (b"[]", 40058),
        (b'{"open_kfid":"\\u4f60"}', 40033),
        (b'{"open_kfid":"\xff"}', 40058),
        (b'{"open_kfid":"\\\\u4f60"}', 95004),
        (b'{"open_kfid":"\\u0007"}', 95004),
    ],
)
async def test_that_bodies_must_be_json_with_real_characters(
    sim: Client, raw: bytes, code: int
) -> None:
    url = f"{sim.address}/cgi-bin/kf/sync_msg"
    async with sim.session.post(url, params={"access_token": sim.token}, data=raw) as answer:
        assert (await answer.json(content_type=None))["errcode"] == code


async def test_that_members_and_the_app_can_be_read(sim: Client) -> None:
    user = await sim.ok("user/get", userid="AZhen")
    assert (user["userid"], user["name"], user["status"]) == ("azhen", "阿珍", 1)
    assert await sim.code("user/get", userid="nobody") == 60111
    agent = await sim.ok("agent/get", agentid="1000002")
    assert [u["userid"] for u in agent["allow_userinfos"]["user"]] == ["azhen", "xiaozhou", "liang"]


async def test_that_an_error_code_can_be_ordered_a_number_of_times(sim: Client) -> None:
    await sim.fault("kf/account/list", "errcode", errcode=-1, times=2)
    codes = [await sim.code("kf/account/list") for _ in range(3)]
    assert codes == [-1, -1, 0]
    assert [e["errcode"] for e in await sim.log("api") if e["api"] == "kf/account/list"] == codes


async def test_that_an_error_code_can_last_for_a_window(sim: Client) -> None:
    await sim.fault("getcallbackip", "errcode", errcode=45009, seconds=60)
    assert await sim.code("getcallbackip") == 45009
    await sim.advance(59)
    assert await sim.code("getcallbackip") == 45009
    await sim.advance(2)
    assert await sim.code("getcallbackip") == 0


async def test_that_a_star_means_every_api(sim: Client) -> None:
    await sim.fault("*", "errcode", errcode=60020, times=None)
    assert await sim.code("getcallbackip") == 60020
    assert await sim.code("kf/account/list") == 60020
    async with sim.session.delete(f"{sim.address}/control/faults") as answer:
        assert answer.status == 200
    assert await sim.code("getcallbackip") == 0


async def test_that_faults_can_strike_by_chance_and_repeatably(sim: Client) -> None:
    runs = []
    for _ in range(2):
        await sim.fault("getcallbackip", "errcode", times=None, probability=0.5, seed=7)
        runs.append([await sim.code("getcallbackip") for _ in range(30)])
        await sim.session.delete(f"{sim.address}/control/faults")
    assert runs[0] == runs[1]
    assert {0, -1} == set(runs[0])


async def test_that_a_connection_dropped_before_leaves_nothing_done(sim: Client) -> None:
    await sim.write()
    await sim.fault("kf/send_msg", "drop_before")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await sim.send(msgid="m-1")
    assert await sim.log("delivered") == []
    assert (await sim.send(msgid="m-1"))["errcode"] == 0


async def test_that_a_connection_dropped_after_loses_only_the_answer(sim: Client) -> None:
    await sim.write()
    await sim.fault("kf/send_msg", "drop_after")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await sim.send(msgid="m-1")
    assert len(await sim.log("delivered")) == 1
    assert (await sim.send(msgid="m-1"))["errcode"] == 95033


async def test_that_a_status_can_be_ordered(sim: Client) -> None:
    await sim.write()
    await sim.fault("kf/send_msg", "http_status", status=502)
    url = f"{sim.address}/cgi-bin/kf/send_msg"
    async with sim.session.post(url, params={"access_token": sim.token}) as answer:
        assert answer.status == 502
    assert await sim.log("delivered") == []


@pytest.mark.parametrize(("kind", "delivered"), [("delay", 0), ("delay_after", 1)])
async def test_that_slowness_comes_before_or_after_the_work(
    sim: Client, kind: str, delivered: int
) -> None:
    await sim.write()
    await sim.fault("kf/send_msg", kind, seconds=0.5)
    sending = asyncio.create_task(sim.send())
    await sim.control("log?kind=fault&wait=5")
    await asyncio.sleep(0.05)
    assert len(await sim.log("delivered")) == delivered
    assert (await sending)["errcode"] == 0


async def test_that_a_fault_for_an_unknown_api_is_refused(sim: Client) -> None:
    body = {"api": "kf/nothing", "kind": "errcode"}
    assert "kf/nothing" in (await sim.control("faults", body, expect=400))["error"]


async def test_that_media_are_kept_for_three_days(sim: Client) -> None:
    media_id = await upload(sim, "image", b"\x89PNG\r\n\x1a\n picture")
    url = f"{sim.address}/cgi-bin/media/get"
    query = {"access_token": sim.token, "media_id": media_id}
    async with sim.session.get(url, params=query) as answer:
        assert answer.content_type == "image/png"
        assert "filename" in answer.headers["Content-Disposition"]
        assert await answer.read() == b"\x89PNG\r\n\x1a\n picture"
    await sim.advance(3 * 86_400)
    assert await sim.code("media/get", media_id=media_id) == 40007


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("picture", b"123456", 40004),
        ("image", b"", 44001),
        ("image", b"12345", 40006),
        ("image", b"not a picture", 40005),
        ("file", b"123456", 0),
    ],
)
async def test_that_uploads_are_checked(sim: Client, kind: str, data: bytes, code: int) -> None:
    form = aiohttp.FormData()
    form.add_field("media", data, filename="a.bin")
    query = {"access_token": sim.token, "type": kind}
    url = f"{sim.address}/cgi-bin/media/upload"
    async with sim.session.post(url, params=query, data=form) as answer:
        assert (await answer.json())["errcode"] == code


async def upload(sim: Client, kind: str, data: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("media", data, filename="房间.png")
    query = {"access_token": sim.token, "type": kind}
    url = f"{sim.address}/cgi-bin/media/upload"
    async with sim.session.post(url, params=query, data=form) as answer:
        body = await answer.json()
    assert body["errcode"] == 0, body
    assert body["created_at"].isdigit()
    return str(body["media_id"])


async def test_that_an_uploaded_picture_can_be_sent(sim: Client) -> None:
    await sim.write()
    media_id = await upload(sim, "image", b"\x89PNG\r\n\x1a\n picture")
    body = {"touser": LIN, "open_kfid": KF, "msgtype": "image", "image": {"media_id": media_id}}
    assert await sim.code("kf/send_msg", body) == 0
