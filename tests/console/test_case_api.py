"""Cases over the wire: whose, by whom, on an older state, and on the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from chatbot.accounts.agent import Agent
from chatbot.customers.records import give_tags
from chatbot.customers.tags import Cause, Gift, Tag
from chatbot.store.agents import save_agents
from chatbot.store.case_proposals import NewProposal, propose_case
from chatbot.store.cases import StoredCase, insert_case
from tests.console.stage import Office
from tests.pipeline.stage import Json
from tests.store.desk_samples import add_conversation, add_message

PATH = "/conversations/public-lin"
NOW = datetime.now(UTC)


def ahead(**more: float) -> str:
    """Return an instant to come, as an API that knows no clocks on walls writes it."""
    return (datetime.now(UTC) + timedelta(**more)).isoformat()


def conversation(desk: Office, name: str = "小林", **more: Any) -> int:
    values = {"public_id": "public-lin", "at": NOW - timedelta(hours=1), **more}
    return desk.do(add_conversation, name, 3, **values)


async def create(desk: Office, viewer: str = "azhen", path: str = PATH, **more: Any) -> Json:
    body = {"title": "补开发票", "due": ahead(minutes=30), "kind": "handle", **more}
    made = await desk.post(f"{path}/cases", viewer, **body)
    assert made.status == 200, made.body
    case: Json = made.body["case"]
    return case


def propose(desk: Office, number: int, words: str = "明天答复您", userid: str = "azhen") -> int:
    """Let somebody promise something; return the proposal."""

    def work(connection: Connection) -> int:
        message = add_message(connection, number, words, NOW, servicer=userid)
        due_at = NOW + timedelta(hours=3)
        new = NewProposal(number, message, userid, "reply", "发票呢", words, due_at)
        assert propose_case(connection, new, NOW)
        found = connection.scalar(text("SELECT max(id) FROM case_proposals"))
        assert isinstance(found, int)
        return found

    return desk.do(work)


async def test_that_a_case_goes_its_whole_way(desk: Office) -> None:
    number = conversation(desk)
    message = desk.do(add_message, number, "发票抬头开错了", NOW)
    desk.do(save_agents, [Agent("xiaozhou", "小周")], NOW, "liang")
    case = await create(desk, messages=[message], note="客户很急")
    assert (case["owner"], case["kind"], case["customer"]) == ("azhen", "handle", "小林")
    path = f"{PATH}/cases/{case['id']}"
    given = await desk.post(f"{path}/change", version=1, owner="xiaozhou", title="重开发票")
    assert (given.body["case"]["owner_name"], given.body["case"]["version"]) == ("小周", 2)
    await desk.post(f"{path}/note", "xiaozhou", text="财务说三点前")
    done = await desk.post(f"{path}/close", "xiaozhou", version=2, done=True)
    assert done.body["case"]["state"] == "done"
    again = await desk.post(f"{path}/reopen", "liang", version=3, due=ahead(hours=2))
    assert again.body["case"]["state"] == "open"
    dropped = await desk.post(f"{path}/close", "liang", version=4, done=False, note="客户不要了")
    assert dropped.body["case"]["state"] == "dropped"
    file = (await desk.get(path)).body
    assert file["said"] == ["发票抬头开错了"]
    told = [line["text"] for line in file["history"]]
    assert told[:2] == ["azhen 新建：补开发票", "azhen 备注：客户很急"]
    assert "azhen 改标题：补开发票 → 重开发票" in told
    assert "azhen 转交：azhen → 小周" in told
    assert told[-2:] == ["liang 未完成 → 不用做了", "liang 备注：客户不要了"]
    record = desk.rows("SELECT who, action, target, detail FROM audit_log ORDER BY id")
    assert [(row["who"], row["action"]) for row in record] == [
        ("azhen", "case_create"), ("azhen", "case_assign"), ("xiaozhou", "case_note"),
        ("xiaozhou", "case_done"), ("liang", "case_reopen"), ("liang", "case_drop"),
    ]  # fmt: skip
    assert {row["target"] for row in record} == {"wm-小林"}
    assert "发票" not in str(record)  # what customers wrote is no matter of the record


async def test_that_who_acts_on_an_older_state_is_told_how_it_stands(desk: Office) -> None:
    conversation(desk)
    case = await create(desk)
    path = f"{PATH}/cases/{case['id']}"
    await desk.post(f"{path}/change", "liang", version=1, title="换个说法")
    late = await desk.post(f"{path}/close", version=1, done=True)
    assert (late.status, late.problem) == (
        409,
        f"事项 {case['id']} 刚刚被改过，请看过现在的样子再改",
    )
    assert (late.body["case"]["title"], late.body["case"]["version"]) == ("换个说法", 2)
    assert late.body["case"]["state"] == "open"


async def test_that_a_form_begins_with_what_the_customer_asked_and_ends_of_days(
    desk: Office,
) -> None:
    number = conversation(desk)
    asked = desk.do(add_message, number, "发票抬头开错了", NOW - timedelta(minutes=2))
    desk.do(add_message, number, "好的谢谢", NOW)
    form = (await desk.get(f"{PATH}/cases")).body["form"]
    assert form["title"] == "发票抬头开错了"
    assert form["message"] == {"id": asked, "text": "发票抬头开错了"}
    names = [time["name"] for time in form["times"]]
    assert names[-2:] == ["tomorrow", "after"]
    assert all(time["due"][10:] == "T18:00" for time in form["times"])
    assert "message" not in form["kinds"]
    # What a form says is taken by the clocks of the brand.
    case = await create(desk, due=form["times"][-1]["due"])
    assert case["due"] == form["times"][-1]["due"]
    assert datetime.fromisoformat(case["due_at"]).astimezone(UTC).hour == 10


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"title": " \u202e "}, 422, "事项没有标题，请写一句要做什么"),
        ({"title": "字" * 10_000}, 400, "title"),
        ({"due": "明天"}, 422, "什么时候前完成写得不对"),
        ({"due": "0001-01-01T00:00"}, 422, "什么时候前完成写得不对"),
        ({"due": "2020-01-01T00:00"}, 422, "完成的时间已经过去了"),
        ({"owner": "阿珍"}, 422, "“阿珍”不是成员账号"),
        ({"owner": "link:3"}, 422, "用一次性链接登录的人不能负责"),
        ({"kind": "message"}, 400, "kind"),
    ],
)
async def test_that_a_mistake_is_named_and_nothing_is_kept(
    body: dict[str, Any], status: int, told: str, desk: Office
) -> None:
    conversation(desk)
    answer = await desk.post(
        f"{PATH}/cases", **{"title": "补开发票", "due": ahead(hours=1), **body}
    )
    assert (answer.status, told in answer.problem) == (status, True), answer.body
    assert desk.rows("SELECT id FROM cases") == []
    assert desk.rows("SELECT id FROM audit_log") == []


async def test_that_a_promise_is_accepted_as_it_is_or_changed_or_not(desk: Office) -> None:
    number = conversation(desk)
    first = propose(desk, number)
    (shown,) = (await desk.get(f"{PATH}/cases")).body["proposals"]
    assert (shown["id"], shown["words"], shown["userid"]) == (first, "明天答复您", "azhen")
    changed = {"title": "重开发票", "kind": "call", "owner": "xiaozhou"}
    taken = await desk.post(f"{PATH}/cases/proposals/{first}/accept", **changed)
    assert {key: taken.body["case"][key] for key in changed} == changed
    again = await desk.post(f"{PATH}/cases/proposals/{first}/accept", "liang")
    assert again.body["case"]["id"] == taken.body["case"]["id"]
    late = await desk.post(f"{PATH}/cases/proposals/{first}/dismiss")
    assert (late.status, "已经是事项" in late.problem) == (422, True)
    desk.do(lambda c: c.execute(text("UPDATE cases SET due_at = due_at + interval '1 hour'")))
    second = propose(desk, number, "三小时内答复您")
    gone = await desk.post(f"{PATH}/cases/proposals/{second}/dismiss")
    assert gone.body == {"dismissed": second}
    assert (await desk.get(f"{PATH}/cases")).body["proposals"] == []


async def test_that_cases_and_promises_are_reached_by_their_own_customer_alone(
    desk: Office,
) -> None:
    conversation(desk)
    number = conversation(desk, "王姐", public_id="public-wang")
    case = await create(desk)
    proposal = propose(desk, number)
    other = "/conversations/public-wang"
    for path in (f"{other}/cases/{case['id']}", f"{other}/cases/999999999999999999"):
        assert (await desk.get(path)).status == 404
    told = await desk.post(f"{PATH}/cases/proposals/{proposal}/accept")
    assert (told.status, told.problem) == (404, "没有这条建议，请刷新页面。")
    # What is linked is the customer's own.
    foreign = desk.do(add_message, number, "王姐说的话", NOW)
    linked = await create(desk, messages=[foreign])
    assert (await desk.get(f"/cases/{linked['id']}")).body["said"] == []


async def test_that_today_holds_ones_own_what_nobody_has_and_with_all_everything(
    desk: Office,
) -> None:
    number = conversation(desk)

    def of_today(connection: Connection) -> None:
        for title, owner, minutes in (("晚了", "azhen", -5), ("小周的", "xiaozhou", -4)):
            insert_case(
                connection,
                StoredCase("wm-小林", number, "reply", title, owner,
                           NOW + timedelta(minutes=minutes), "liang"),
                NOW,
            )  # fmt: skip
        insert_case(
            connection,
            StoredCase("wm-小林", number, "message", "留言", None, NOW, "system"),
            NOW,
        )

    desk.do(of_today)
    await create(desk, due=ahead(days=3))
    propose(desk, number)
    mine = (await desk.get("/cases/today")).body
    assert [each["title"] for each in mine["cases"]] == ["晚了", "留言"]
    assert [each["owner_name"] for each in mine["cases"]] == ["azhen", "还没有人负责"]
    assert [each["conversation"] for each in mine["proposals"]] == ["public-lin"]
    everybody = (await desk.get("/cases/today", whose="all")).body
    assert [each["title"] for each in everybody["cases"]] == ["晚了", "小周的", "留言"]
    # From the list it is acted on without naming the conversation.
    case = mine["cases"][0]
    done = await desk.post(f"/cases/{case['id']}/close", version=case["version"], done=True)
    assert done.body["case"]["state"] == "done"
    assert [each["title"] for each in (await desk.get("/cases/today")).body["cases"]] == ["留言"]


async def test_that_members_of_one_store_see_only_its_cases(desk: Office) -> None:
    def with_store(name: str, store: str) -> None:
        number = conversation(desk, name, public_id=f"public-{name}")
        tag = Gift(Tag("门店", store), Cause("admin", "liang"))
        desk.do(give_tags, f"wm-{name}", [tag], {}, NOW)

        def work(connection: Connection) -> None:
            for conversation_id in (number, None):
                insert_case(
                    connection,
                    StoredCase(f"wm-{name}", conversation_id, "reply", name, "xihu", NOW, "liang"),
                    NOW,
                )
            message = add_message(connection, number, "明天答复您", NOW, servicer="xihu")
            new = NewProposal(
                number, message, "xihu", "reply", name, "明天", NOW + timedelta(hours=1)
            )
            propose_case(connection, new, NOW)

        desk.do(work)

    with_store("west", "云栖酒店西湖店")
    with_store("river", "云栖酒店滨江店")
    shown = (await desk.get("/cases/today", "xihu")).body
    assert {each["title"] for each in shown["cases"]} == {"west"}
    assert len(shown["cases"]) == 2  # with a conversation, and of a chat that no server sees
    assert [each["title"] for each in shown["proposals"]] == ["west"]
    assert len((await desk.get("/cases/today", "liang", whose="all")).body["cases"]) == 4
    hidden = desk.rows("SELECT id FROM cases WHERE title = 'river' ORDER BY id")
    for row in hidden:
        for path in (f"/cases/{row['id']}", f"/conversations/public-river/cases/{row['id']}"):
            refused = await desk.get(path, "xihu")
            assert (refused.status, "其他门店" in refused.problem) == (403, True)
        act = await desk.post(f"/cases/{row['id']}/close", "xihu", version=1, done=True)
        assert act.status == 403
    assert {row["state"] for row in desk.rows("SELECT state FROM cases")} == {"open"}


async def test_that_owners_are_the_roster_and_who_serves_the_account(desk: Office) -> None:
    conversation(desk)
    desk.do(save_agents, [Agent("caiwu", "财务小陈")], NOW, "liang")
    owners = (await desk.get(f"{PATH}/cases/owners", "liang")).body["owners"]
    names = {each["userid"]: each["name"] for each in owners}
    assert names["caiwu"] == "财务小陈"
    assert {"azhen", "xiaozhou"} <= names.keys()


async def test_that_a_card_leads_to_the_conversation_with_the_form_open(desk: Office) -> None:
    for query, fragment in (("", "public-lin"), ("?case", "public-lin/case")):
        url = f"{desk.address}/console/open/public-lin{query}"
        headers = {"Cookie": "desk_viewer=azhen"}
        async with desk.session.get(url, headers=headers, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"/console/#{fragment}")
    assert (await desk.call("GET", "/open/public-lin", "nobody")).status == 401


async def test_that_the_stream_tells_of_cases(desk: Office) -> None:
    conversation(desk)

    async def stamp() -> str:
        return str((await desk.get(PATH)).body["row"]["stamp"])

    stamps = [await stamp()]
    case = await create(desk)
    stamps.append(await stamp())
    await desk.post(f"{PATH}/cases/{case['id']}/change", version=1, title="换个说法")
    stamps.append(await stamp())
    await desk.post(f"{PATH}/cases/{case['id']}/close", version=2, done=True)
    stamps.append(await stamp())
    propose(desk, 1)
    stamps.append(await stamp())
    assert len(set(stamps[:4])) == 3  # without a case it is as it was
    assert stamps[4] not in stamps[:4]
