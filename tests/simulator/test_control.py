from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from chatbot.errors import UserError
from chatbot.simulator import SimulatorConfig, create_app, load_config
from chatbot.simulator.config import DEMO_FILE
from chatbot.simulator.log import ControlLog

from .harness import KF, LIN, Client


async def test_that_the_log_is_read_from_a_number_on(sim: Client) -> None:
    await sim.write()
    await sim.send("一")
    first = await sim.control("log?kind=delivered")
    assert [e["content"]["content"] for e in first["entries"]] == ["一"]
    await sim.send("二")
    second = await sim.control(f"log?since={first['next']}&kind=delivered,staff_message")
    assert [e["content"]["content"] for e in second["entries"]] == ["二"]
    assert second["entries"][0]["at"] > 0


async def test_that_the_log_can_be_waited_for(sim: Client) -> None:
    answer = await sim.control("log?kind=delivered&wait=0.05")
    assert answer["entries"] == []
    await sim.write()
    await sim.send()
    answer = await sim.control("log?kind=delivered&wait=10")
    assert len(answer["entries"]) == 1
    await sim.control("log?since=x", expect=400)


def test_that_the_log_is_bounded_and_numbered_on() -> None:
    log = ControlLog(lambda: 1.0, capacity=100)
    for number in range(6_000):
        log.add("api", number=number)
    entries, following = log.since(0, limit=10_000)
    assert len(entries) <= 5_100
    assert entries[-1]["number"] == 5_999
    assert following == 6_001
    log.clear()
    assert log.add("api")["n"] == 6_001


def test_that_a_page_of_the_log_goes_on_where_it_stopped() -> None:
    log = ControlLog(lambda: 1.0, capacity=100)
    for number in range(10):
        log.add("even" if number % 2 == 0 else "odd", number=number)
    entries, following = log.since(0, {"odd"}, limit=2)
    assert [e["number"] for e in entries] == [1, 3]
    entries, _ = log.since(following, {"odd"}, limit=2)
    assert [e["number"] for e in entries] == [5, 7]


async def test_that_the_state_can_be_read(sim: Client) -> None:
    await sim.write()
    await sim.send()
    await sim.move(2)
    state = await sim.control("state")
    assert [c["nickname"] for c in state["customers"]] == ["小林", "王姐"]
    assert state["accounts"][0]["servicers"][0] == {"userid": "azhen", "receiving": True}
    (session,) = state["sessions"]
    assert (session["state"], session["customer"]) == (2, LIN)
    assert (session["quota"]["sent"], session["quota"]["left"]) == (1, 4)
    (code,) = state["codes"]
    assert (code["occasion"], code["used"]) == ("pool", False)


async def test_that_customers_can_be_created_and_changed(sim: Client) -> None:
    many = [{"external_userid": f"wm{n}", "nickname": f"顾客{n}"} for n in range(3)]
    await sim.control("customers", {"customers": many})
    await sim.control("customers", {"external_userid": "wm1", "unionid": "o1"})
    answer = await sim.ok("kf/customer/batchget", {"external_userid_list": ["wm1"]})
    assert answer["customer_list"][0]["nickname"] == "顾客1"
    assert answer["customer_list"][0]["unionid"] == "o1"


async def test_that_a_reset_starts_again_but_keeps_tokens(sim: Client) -> None:
    await sim.write()
    await sim.fault("*", "errcode", times=None)
    await sim.control("reset", {})
    assert await sim.sync() == []
    assert await sim.state() == 4
    assert (await sim.control("health"))["status"] == "ok"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("clock", {}, "advance"),
        ("clock", {"advance": 1, "offset": 1}, "either"),
        ("messages", {"customer": LIN}, "text"),
        ("messages", {"customer": LIN, "text": {}}, "content"),
        ("faults", {"api": "*", "kind": "explode"}, "kind"),
        ("staff", {"userid": "azhen", "action": "sleep"}, "action"),
        ("customers", {"external_userid": "wm1", "nick": "x"}, "nick"),
        ("app_messages", {"userid": "azhen"}, "content"),
    ],
)
async def test_that_a_wrong_body_is_told_what_is_wrong(
    sim: Client, path: str, body: dict[str, object], words: str
) -> None:
    assert words in (await sim.control(path, body, expect=400))["error"]


async def test_that_unknown_people_and_accounts_are_refused(sim: Client) -> None:
    text = {"text": {"content": "hi"}}
    nobody = await sim.control("messages", {"customer": "wmNobody", **text}, expect=409)
    assert "wmNobody" in nobody["error"]
    wrong = {"customer": LIN, "open_kfid": "wkX", **text}
    assert "wkX" in (await sim.control("messages", wrong, expect=409))["error"]


async def test_that_another_sites_page_may_not_act(sim: Client) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    url = f"{sim.address}/control/reset"
    async with sim.session.post(url, json={}, headers=headers) as answer:
        assert answer.status == 403


async def test_that_the_clock_can_be_set_and_advanced(sim: Client) -> None:
    start = (await sim.control("health"))["now"]
    assert (await sim.control("clock", {"advance": 100}))["offset"] == 100
    assert (await sim.control("clock", {"advance": 100}))["offset"] == 200
    answer = await sim.control("clock", {"offset": 50})
    assert 49 <= answer["now"] - start < 100


async def test_that_the_clock_file_moves_for_every_process(
    demo: SimulatorConfig, tmp_path: Path
) -> None:
    path = tmp_path / "clock"
    config = demo.override(clock_file=path, callback_url="")
    async with TestServer(create_app(config)) as server, aiohttp.ClientSession() as session:
        sim = Client(session, str(server.make_url("/")).rstrip("/"), config)
        start = (await sim.control("health"))["now"]
        await sim.control("clock", {"advance": 3600})
        assert float(path.read_text()) == 3600
        assert (await sim.control("health"))["now"] - start >= 3600
        path.write_text("7200")
        assert (await sim.control("health"))["now"] - start >= 7200


def test_that_the_clock_file_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHATBOT_TEST_CLOCK", str(tmp_path / "clock"))
    assert load_config().clock_file == tmp_path / "clock"


def test_that_the_demo_has_the_promised_people() -> None:
    config = load_config()
    assert [(a.open_kfid, a.name) for a in config.accounts] == [(KF, "云栖酒店")]
    assert [c.external_userid for c in config.customers] == ["wmDemoXiaolin", "wmDemoWangjie"]
    assert [m.userid for m in config.members] == ["azhen", "xiaozhou", "liang"]
    assert config.accounts[0].servicers == ("azhen", "xiaozhou")
    assert config.port == 8090


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('token = "YunqiDemoToken2026"', 'token = "with space"', "app.token"),
        ("agent_id = 1000002", "agent_id = -1", "app.agent_id"),
        ('servicers = ["azhen", "xiaozhou"]', 'servicers = ["nobody"]', "nobody"),
        ('userid = "xiaozhou"', 'userid = "azhen"', "members.userid azhen"),
        ("[corp]", "[corp", "TOML"),
        ("port = 8090", "prot = 8090", "prot"),
    ],
)
def test_that_a_wrong_file_is_told_what_is_wrong(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = tmp_path / "my.toml"
    text = DEMO_FILE.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=words) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_that_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.toml"):
        load_config(tmp_path / "none.toml")
