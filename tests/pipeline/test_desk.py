"""What members do with conversations, through the whole server and the simulated platform."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatbot.cases.desk import read_case_file
from chatbot.cases.proposing import Accepted, accept_proposal
from chatbot.handoff.acting import Acted, Conflict, Done, NotTaken
from chatbot.store.case_proposals import open_proposals
from chatbot.store.cases import StoredCase, insert_case
from chatbot.wecom.messages import text_message
from tests.pipeline.stage import AZHEN, LIN, WANG, XIAOZHOU, Stage, eventually, play

_SAID = "早餐几点供应？"
_CHECKOUT = "能晚点退房吗"


async def _conversation(stage: Stage, customer: str = LIN) -> tuple[int, int]:
    """Return a conversation's id and version, once it is there."""

    async def look() -> list[dict[str, int]]:
        return stage.rows(
            "SELECT id, session_version FROM conversations WHERE external_userid = :customer",
            customer=customer,
        )

    (row,) = await eventually(look, bool)
    return row["id"], row["session_version"]


async def _answered(stage: Stage, words: str = _SAID, customer: str = LIN) -> tuple[int, int]:
    """Let the bot answer a question; return the conversation's id and version."""
    await stage.say(words, customer)
    await stage.delivered(customer)
    await stage.settled()
    return await _conversation(stage, customer)


def _done(acted: Acted) -> Done:
    assert isinstance(acted, Done), acted
    return acted


def _obstacle(acted: Acted) -> str:
    assert isinstance(acted, Conflict), acted
    return acted.obstacle


async def test_that_an_agent_takes_a_conversation_from_the_bot(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        done = _done(await stage.desk.take(AZHEN, number, version))
        assert (done.now.state, done.now.servicer) == (3, AZHEN)
        assert await stage.state() == (3, AZHEN)
        # Who took it knows it: no card.
        assert await stage.log("app_message") == []


async def test_that_of_two_agents_who_take_one_wins_and_the_other_is_told(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        acts = await asyncio.gather(
            *(stage.desk.take(userid, number, version) for userid in (AZHEN, XIAOZHOU))
        )
        won = [act for act in acts if isinstance(act, Done)]
        lost = [act for act in acts if isinstance(act, Conflict)]
        assert (len(won), len(lost)) == (1, 1)
        assert lost[0].obstacle == "changed"
        assert lost[0].now is not None
        assert lost[0].now.servicer == won[0].now.servicer
        assert (await stage.state())[1] == won[0].now.servicer
        moves = [c for c in await stage.log("api") if c["api"] == "kf/service_state/trans"]
        assert len(moves) == 1


async def test_that_who_acts_on_a_stale_page_is_told_how_it_stands(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        _done(await stage.desk.take(AZHEN, number, version))
        late = await stage.desk.take(XIAOZHOU, number, version)
        assert isinstance(late, Conflict)
        assert late.now is not None
        assert (late.obstacle, late.now.servicer) == ("changed", AZHEN)
        assert _obstacle(await stage.desk.take(XIAOZHOU, 4711, 1)) == "unknown"


async def test_that_a_conversation_is_given_to_a_colleague_who_gets_the_card(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        mine = _done(await stage.desk.take(AZHEN, number, version))
        theirs = _done(await stage.desk.transfer(AZHEN, number, mine.now.version, XIAOZHOU))
        assert theirs.now.servicer == XIAOZHOU
        (card,) = await stage.cards()
        assert card["users"] == [XIAOZHOU]


async def test_that_it_is_told_when_a_colleague_does_not_receive_customers(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        await stage.staff(XIAOZHOU, "receive", on=False)
        told = await stage.desk.transfer(AZHEN, number, version, XIAOZHOU)
        assert isinstance(told, NotTaken)
        assert "95019" in told.reason or "95014" in told.reason
        assert (await stage.state())[0] in {0, 1}


async def test_that_an_ended_session_is_the_bots_again_when_the_customer_writes(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        assert _obstacle(await stage.desk.end(AZHEN, number, version)) == "bots"
        mine = _done(await stage.desk.take(AZHEN, number, version))
        assert _done(await stage.desk.end(AZHEN, number, mine.now.version)).now.state == 4
        said = await stage.delivered(count=2)
        await stage.say(_CHECKOUT)
        said = await stage.delivered(count=3)
        assert "14:00" in said[-1]


async def test_that_whose_customer_it_is_survives_the_end_of_the_session(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage, "西湖店早餐几点供应？")
        mine = _done(await stage.desk.take(AZHEN, number, version))
        _done(await stage.desk.end(AZHEN, number, mine.now.version))
        (row,) = stage.rows("SELECT context, scope_rows FROM conversations")
        assert row == {"context": {}, "scope_rows": {"门店": "云栖杭州西湖店"}}


async def test_that_an_agent_replies_through_the_bots_channel(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        acted = await stage.desk.reply(AZHEN, number, version, [text_message("我是阿珍")])
        assert _done(acted).now.paused_by == AZHEN
        assert (await stage.delivered(count=2))[-1] == "我是阿珍"
        (row,) = stage.rows("SELECT by_userid FROM outbox WHERE by_userid IS NOT NULL")
        assert row["by_userid"] == AZHEN


async def test_that_a_promise_through_the_bots_channel_is_proposed_unless_it_is_not_delivered(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage, _CHECKOUT)
        said = [text_message("我去问一下"), text_message("明天下午三点前给您回电")]
        version = _done(await stage.desk.reply(AZHEN, number, version, said)).now.version
        (proposal,) = stage.database.run_sync(open_proposals, stage.clock.now())
        assert (proposal.userid, proposal.kind, proposal.title) == (AZHEN, "call", _CHECKOUT)
        assert proposal.words == "明天下午三点前给您回电"
        now = stage.clock.now()
        case = stage.database.run_sync(accept_proposal, proposal.id, Accepted(), AZHEN, now)
        file = stage.database.run_sync(read_case_file, case.id)
        assert file.said == (("text", {"content": "明天下午三点前给您回电"}),)
        # What the platform refuses has never been promised.
        await stage.fault("kf/send_msg", "errcode", errcode=95001)
        refused = await stage.desk.reply(AZHEN, number, version, [text_message("后天答复您")])
        assert isinstance(refused, NotTaken)
        assert len(stage.rows("SELECT FROM case_proposals WHERE state = 'open'")) == 1
        assert stage.database.run_sync(open_proposals, stage.clock.now()) == []


async def test_that_a_reply_through_the_bots_channel_answers_what_was_left(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        left = StoredCase(LIN, number, "message", "发票开错了", None, stage.clock.now(), "system")
        case = stage.database.run_sync(insert_case, left, stage.clock.now())
        _done(await stage.desk.reply(AZHEN, number, version, [text_message("已经重开了")]))
        (row,) = stage.rows("SELECT id, state, owner FROM cases")
        assert row == {"id": case.id, "state": "done", "owner": AZHEN}


async def test_that_the_bot_is_silent_while_somebody_is_about_to_reply(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        number, version = await _answered(stage)
        _done(await stage.desk.pause(AZHEN, number))
        assert _obstacle(await stage.desk.pause(XIAOZHOU, number)) == "paused"
        await stage.say(_CHECKOUT)

        async def pending() -> list[dict[str, int]]:
            return stage.rows("SELECT id FROM messages WHERE fate = 'pending'")

        await eventually(pending, bool)
        assert _obstacle(await stage.desk.resume(XIAOZHOU, number)) == "paused"
        _done(await stage.desk.reply(AZHEN, number, version, [text_message("可以的")]))
        assert (await stage.delivered(count=2))[-1] == "可以的"
        # What a person has answered is no question to the bot any more.
        await stage.advance(61)
        await stage.settled()
        await stage.say(_SAID)
        said = await stage.delivered(count=3)
        assert len(said) == 3
        assert "14:00" not in said[-1]


async def test_that_the_bot_goes_on_when_the_reply_box_is_closed_or_forgotten(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        for number_of_customer, customer in enumerate((LIN, WANG)):
            number, _ = await _answered(stage, customer=customer)
            _done(await stage.desk.pause(AZHEN, number))
            await stage.say(_CHECKOUT, customer)

            async def pending() -> list[dict[str, int]]:
                return stage.rows("SELECT id FROM messages WHERE fate = 'pending'")

            await eventually(pending, bool)
            if number_of_customer:
                await stage.advance(61)
            else:
                _done(await stage.desk.resume(AZHEN, number))
            assert "14:00" in (await stage.delivered(customer, 2))[-1]


@pytest.mark.parametrize("where", ["desk", "client"])
async def test_that_what_a_person_has_read_is_not_answered_after_the_end(
    where: str, database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        _done(await stage.desk.pause(AZHEN, number))
        await stage.say(_CHECKOUT)

        async def pending() -> list[dict[str, int]]:
            return stage.rows("SELECT id FROM messages WHERE fate = 'pending'")

        await eventually(pending, bool)
        mine = _done(await stage.desk.take(AZHEN, number, version))
        if where == "desk":
            _done(await stage.desk.end(AZHEN, number, mine.now.version))
        else:
            await stage.staff(AZHEN, "end")
        _done(await stage.desk.resume(AZHEN, number))
        await stage.say("有停车场吗")
        await stage.settled()
        asked = [row["text"] for row in stage.rows("SELECT text FROM turns ORDER BY id")]
        assert asked == [_SAID, "有停车场吗"]
        fates = stage.rows("SELECT fate FROM messages WHERE content->>'content' = :q", q=_CHECKOUT)
        assert [row["fate"] for row in fates] == ["person"]


async def test_that_in_a_persons_session_only_their_client_writes(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        mine = _done(await stage.desk.take(AZHEN, number, version))
        acted = await stage.desk.reply(AZHEN, number, mine.now.version, [text_message("您好")])
        assert _obstacle(acted) == "persons"
        assert _obstacle(await stage.desk.pause(AZHEN, number)) == "persons"


async def test_that_no_more_is_written_than_the_platform_lets_through(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        five = [text_message(f"第 {i} 条") for i in range(5)]
        assert _obstacle(await stage.desk.reply(AZHEN, number, version, five)) == "budget"
        _done(await stage.desk.reply(AZHEN, number, version, five[:4]))
        assert len(await stage.delivered(count=5)) == 5
        assert _obstacle(await stage.desk.reply(AZHEN, number, version, five[:1])) == "budget"


async def test_that_who_goes_home_leaves_nobody_behind(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        for customer in (LIN, WANG):
            number, version = await _answered(stage, customer=customer)
            _done(await stage.desk.take(AZHEN, number, version))
            await stage.say("还有人吗", customer)
        assert await stage.desk.leave(AZHEN) == 2
        for customer in (LIN, WANG):

            async def state(customer: str = customer) -> tuple[int, str]:
                return await stage.state(customer)

            await eventually(state, lambda found: found == (3, XIAOZHOU))
        # Nor do they get new ones, whatever their client says, until they are back.
        await stage.say("转人工", "wmDemoXiaolin")
        await stage.desk.come_back(AZHEN)
        assert stage.rows("SELECT 1 FROM agent_absences") == []


async def test_that_it_is_on_record_who_did_what(database_url: str, vectors_dir: Path) -> None:
    async with play(database_url, vectors_dir) as stage:
        number, version = await _answered(stage)
        _done(await stage.desk.reply(AZHEN, number, version, [text_message("您好")]))
        _done(await stage.desk.take(AZHEN, number, version))

        # What WeCom tells of a move may come after its answer: whoever has not seen it looks again.
        async def transferred() -> Acted:
            _, seen = await _conversation(stage)
            return await stage.desk.transfer(AZHEN, number, seen, XIAOZHOU)

        async def ended() -> Acted:
            _, seen = await _conversation(stage)
            return await stage.desk.end(XIAOZHOU, number, seen)

        await eventually(transferred, lambda acted: isinstance(acted, Done))
        await eventually(ended, lambda acted: isinstance(acted, Done))
        await stage.desk.leave(AZHEN)
        assert await stage.desk.is_away(AZHEN)
        rows = stage.rows("SELECT who, action FROM audit_log ORDER BY id")
        assert [(row["who"], row["action"]) for row in rows] == [
            (AZHEN, "desk_reply"), (AZHEN, "desk_take"), (AZHEN, "desk_transfer"),
            (XIAOZHOU, "desk_end"), (AZHEN, "desk_leave"),
        ]  # fmt: skip
