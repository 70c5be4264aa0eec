"""``GET /api/v1/turns``: what is on record of a customer."""

from __future__ import annotations

from pathlib import Path

from chatbot.api.bodies import DecisionBody, TurnsBody
from tests.api.caller import BREAKFAST, LATE, Caller, calling
from tests.pipeline.stage import KF, LIN, WANG, Json


async def _turns(caller: Caller, query: str = "") -> Json:
    answered = await caller.call("GET", f"/turns?customer={LIN}{query}")
    assert answered.status == 200, answered.body
    TurnsBody.model_validate(answered.body)
    body: Json = answered.body
    return body


async def test_that_turns_come_with_messages_decision_and_fates(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        msgid = await stage.say(LATE)
        await stage.say(BREAKFAST, WANG)
        await stage.delivered()
        await stage.settled()
        body = await _turns(caller)
        (turn,) = body["turns"]
        assert (turn["account"], turn["mode"], body["next"]) == (KF, "full", None)
        (message,) = turn["messages"]
        assert (message["msgid"], message["content"]["content"]) == (msgid, LATE)
        DecisionBody.model_validate(turn["decision"])
        assert turn["decision"]["faq_id"] == "late"
        (part,) = turn["parts"]
        assert (part["kind"], part["state"], part["error"]) == ("kf_message", "delivered", None)
        assert part["msgtype"] == "text"
        assert "14:00" in part["content"]["content"]


async def test_that_a_refused_part_shows_its_error_and_a_handover_is_a_part(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        await stage.fault("kf/send_msg", "errcode", errcode=40096, times=1)
        await stage.say(LATE)
        await stage.settled()
        await stage.say("转人工")
        await stage.in_state(3)
        await stage.settled()
        handover, refused = (await _turns(caller))["turns"]
        assert handover["decision"]["action"] == "handoff"
        kinds = [(part["kind"], part["state"]) for part in handover["parts"]]
        assert ("kf_message", "delivered") in kinds
        assert ("transition", "delivered") in kinds
        (part,) = refused["parts"]
        assert part["state"] == "refused"
        assert part["error"]["code"] == 40096


async def test_that_pages_follow_each_other_newest_first(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        for number in range(5):
            await stage.say((BREAKFAST, LATE)[number % 2])
            await stage.settled()
        everything = [turn["id"] for turn in (await _turns(caller))["turns"]]
        assert everything == sorted(everything, reverse=True)
        assert len(everything) == 5
        seen, following = [], ""
        while True:
            page = await _turns(caller, f"&limit=2{following}")
            seen += [turn["id"] for turn in page["turns"]]
            if page["next"] is None:
                break
            following = f"&before={page['next']}"
        assert seen == everything
        assert len((await _turns(caller, "&account=yunqi"))["turns"]) == 5
        assert (await _turns(caller, "&account=south"))["turns"] == []
        unknown = await caller.call("GET", f"/turns?customer={LIN}&account=x")
        assert unknown.error == (404, "unknown_account")
        nobody = await caller.call("GET", "/turns?customer=wmNobody")
        assert nobody.body == {"customer": "wmNobody", "turns": [], "next": None}
