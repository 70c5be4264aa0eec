"""Who sees a customer beside a chat, decided on the server whatever the page says."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from chatbot.store.acquaintance import acquaintance
from chatbot.store.database import Database
from tests.pipeline.samples import NOW
from tests.pipeline.stage import AZHEN, LIANG, LIN, WANG, XIAOZHOU, Stage, eventually

from .beside import Beside, call

_PATHS = ("", "/drafts", "/quick-replies", "/customer", "/orders", "/cases", "/stream")


async def test_that_a_stranger_sees_and_changes_nothing(stage: Stage, beside: Beside) -> None:
    await stage.say("能晚点退房吗")
    await stage.delivered()
    page = await beside.alone(LIANG)
    for collection in ("customers", "friends"):
        for path in _PATHS:
            if (collection, path) == ("friends", "/stream"):
                continue  # there is none
            status, words = await call(page, f"{collection}/{LIN}{path}")
            assert status == 403, path
            assert "没有添加这位客户" in json.loads(words)["error"]["message"]
        for path, body in (("/notes", {"text": "x"}), ("/outgoing", {"messages": [{}]})):
            assert (await call(page, f"{collection}/{LIN}{path}", body))[0] == 403
    assert (await call(page, "cases/today"))[0] == 403
    assert stage.rows("SELECT id FROM customer_notes") == []
    beside.forgive("403")


async def test_that_a_stranger_is_not_told_whether_there_is_a_customer(
    stage: Stage, beside: Beside
) -> None:
    page = await beside.alone(LIANG)
    known = await call(page, f"customers/{LIN}")
    assert await call(page, "customers/wmNobody") == known
    beside.forgive("403")
    # Who has a role is told that there is nothing to see.
    page = await beside.alone(XIAOZHOU)
    status, words = await call(page, "customers/wmNobody")
    assert (status, "还不认识这位客户" in words) == (404, True)
    beside.forgive("404")


async def test_that_followers_and_servicers_come_in_without_a_role(
    stage: Stage, beside: Beside
) -> None:
    await stage.say("能晚点退房吗")
    await stage.delivered()
    page = await beside.alone(LIANG)
    assert (await call(page, f"customers/{LIN}"))[0] == 403
    await stage.control("customers", {"external_userid": LIN, "add_contact": {"userid": LIANG}})

    async def relations() -> list[dict[str, str]]:
        return stage.rows("SELECT userid FROM contact_relations WHERE active")

    await eventually(relations, bool)
    status, words = await call(page, f"customers/{LIN}")
    assert (status, json.loads(words)["talk"]["row"]["state"]) == (200, 1)
    assert (await call(page, f"customers/{WANG}"))[0] == 403
    assert (await call(page, f"customers/{LIN}/notes", {"text": "老客人"}))[0] == 200
    (note,) = stage.rows("SELECT text, written_by FROM customer_notes")
    assert note == {"text": "老客人", "written_by": LIANG}
    beside.forgive("403")


async def test_that_who_is_not_logged_in_is_led_through_the_client_and_back(
    stage: Stage, beside: Beside
) -> None:
    async with stage.session.get(f"{stage.server}/sidebar/api/customers/{LIN}") as answer:
        assert answer.status == 401
    headers = {"Accept": "text/html"}
    url = f"{stage.server}/sidebar/"
    async with stage.session.get(url, headers=headers, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (
            303, "/console/login/client?next=%2Fsidebar%2F",
        )  # fmt: skip
    page = await beside.alone(AZHEN)
    assert page.url.split("#")[0].endswith("/sidebar/")


async def test_that_only_the_clients_host_may_run_beside_ours(stage: Stage, beside: Beside) -> None:
    page = await beside.alone(AZHEN)
    policy = await page.evaluate(
        "fetch('/sidebar/').then((answer) => answer.headers.get('Content-Security-Policy'))"
    )
    platform = stage.platform
    assert f"script-src 'self' {platform};" in policy
    assert f"frame-ancestors {platform};" in policy
    assert "default-src 'none'" in policy
    assert policy.count(platform) == 2


def _talk(connection: Connection, /, **values: object) -> None:
    row = {"state": 1, "servicer": None, "wrote_at": NOW, **values}
    connection.execute(
        text(
            "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at,"
            " service_state, servicer_userid, customer_wrote_at) VALUES"
            " (:public_id, :public_id, 'wm', now(), :state, :servicer, :wrote_at)"
        ),
        row,
    )


@pytest.mark.parametrize(("days", "served"), [(29, True), (31, False)], ids=["lately", "long ago"])
def test_that_who_wrote_to_the_customer_lately_has_served_them(
    days: int, served: bool, database: Database
) -> None:
    database.run_sync(_talk, public_id="a")

    def write(connection: Connection) -> None:
        connection.execute(
            text(
                "INSERT INTO messages (open_kfid, msgid, conversation_id, origin, msgtype, content,"
                " servicer_userid, sent_at, received_at, fate) VALUES ('a', 'm', 1, 5, 'text',"
                " '{}', 'AZhen', :at, :at, 'recorded')"
            ),
            {"at": NOW - timedelta(days=days)},
        )

    database.run_sync(write)
    found = database.run_sync(acquaintance, "wm", "azhen", NOW - timedelta(days=30))
    assert found.served is served
    assert (found.known, found.follows, found.conversation_id) == (True, False, 1)
    other = database.run_sync(acquaintance, "wm", "xiaozhou", NOW - timedelta(days=30))
    assert not other.served


def test_that_the_conversation_is_the_one_that_the_member_serves(database: Database) -> None:
    database.run_sync(_talk, public_id="a", state=3, servicer="AZhen", wrote_at=NOW)
    database.run_sync(_talk, public_id="b", wrote_at=NOW + timedelta(hours=1))
    mine = database.run_sync(acquaintance, "wm", "azhen", NOW)
    assert (mine.served, mine.conversation_id) == (True, 1)
    others = database.run_sync(acquaintance, "wm", "xiaozhou", NOW)
    assert (others.served, others.conversation_id) == (False, 2)
    nobody = database.run_sync(acquaintance, "wmNobody", "azhen", NOW)
    assert (nobody.known, nobody.served, nobody.conversation_id) == (False, False, None)
