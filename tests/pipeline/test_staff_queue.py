"""What staff are sent: cards with buttons, put off, withdrawn and paced; notices told together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chatbot.accounts.agent import Agent
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.staff_cards import Office, StaffCards
from chatbot.store.agents import save_agents
from chatbot.store.staff_messages import MESSAGES_PER_MINUTE
from tests.pipeline.stage import AZHEN, KF, XIAOZHOU, Stage, eventually, play

Json = dict[str, Any]


def _roster(stage: Stage) -> None:
    names = {AZHEN: "阿珍", XIAOZHOU: "小周"}

    def save(connection: Connection) -> None:
        agents = [Agent(userid, name=name) for userid, name in names.items()]
        save_agents(connection, agents, stage.clock.now(), "test")

    stage.database.run_sync(save)


def _no_content() -> Snapshot:
    raise AssertionError("a notice says what it was given")


async def _nobody_receives(stage: Stage) -> None:
    for userid in (AZHEN, XIAOZHOU):
        await stage.staff(userid, "receive", on=False)


async def _touch(stage: Stage, card: Json, userid: str, key: str, **selected: str) -> None:
    chosen = {question: [option] for question, option in selected.items()}
    await stage.control(
        "staff",
        {"userid": userid, "action": "click", "msgid": card["msgid"], "key": key,
         "selected": chosen},
    )  # fmt: skip


async def _changes(stage: Stage, count: int) -> dict[str, str]:
    """Wait until ``count`` cards were changed; return what their buttons became, by receiver."""
    found = await eventually(lambda: stage.log("card_update"), lambda found: len(found) >= count)
    return {
        userid: entry["content"]["button"]["replace_name"]
        for entry in found
        for userid in entry["users"]
    }


def _mine(cards: list[Json], userid: str) -> Json:
    (card,) = [card for card in cards if card["users"] == [userid]]
    return card


async def test_that_who_takes_from_the_pool_is_shown_on_everybodys_card(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        _roster(stage)
        await _nobody_receives(stage)
        await stage.say("转人工")
        cards = await stage.cards(count=2)
        assert sorted(card["users"] for card in cards) == [[AZHEN], [XIAOZHOU]]
        await stage.staff(XIAOZHOU, "receive", on=True, callback="none")
        await _touch(stage, _mine(cards, XIAOZHOU), XIAOZHOU, "take")
        await stage.in_state(3)
        assert await _changes(stage, 2) == {XIAOZHOU: "小周已接待", AZHEN: "小周已接待"}


async def test_that_of_two_who_touch_the_button_one_gets_it_and_the_other_is_told(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        _roster(stage)
        await _nobody_receives(stage)
        await stage.say("转人工")
        cards = await stage.cards(count=2)
        for userid in (AZHEN, XIAOZHOU):
            await stage.staff(userid, "receive", on=True, callback="none")
        for userid in (AZHEN, XIAOZHOU):
            await _touch(stage, _mine(cards, userid), userid, "take")
        await stage.in_state(3)
        shown = await _changes(stage, 2)
        winner = "阿珍" if (await stage.state())[1] == AZHEN else "小周"
        loser = XIAOZHOU if winner == "阿珍" else AZHEN
        assert shown[loser] in {f"{winner}已接待", "同事正在处理"}


async def test_that_a_card_gives_the_conversation_to_the_colleague_who_was_chosen(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        _roster(stage)
        await stage.say("转人工")
        (card,) = await stage.cards()
        first = card["users"][0]
        other = XIAOZHOU if first == AZHEN else AZHEN
        await _touch(stage, card, first, "pass", colleague=other)
        await eventually(stage.state, lambda found: found == (3, other))
        assert (await _changes(stage, 1))[first].startswith("已转给")
        assert len(await stage.cards(count=2)) == 2


async def test_that_a_card_is_not_sent_to_who_has_answered_in_the_client(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        stage.rules(card_seconds=60)
        await stage.say("转人工")
        await stage.in_state(3)
        servicer = (await stage.state())[1]
        await stage.staff(servicer, "answer", text="您好，我在")

        async def answered() -> list[Json]:
            return stage.rows("SELECT id FROM messages WHERE servicer_userid IS NOT NULL")

        await eventually(answered, bool)
        await stage.advance(61)

        async def fates() -> list[str]:
            return [row["state"] for row in stage.rows("SELECT state FROM staff_messages")]

        assert await eventually(fates, lambda found: "pending" not in found) == ["superseded"]
        assert await stage.log("app_message") == []


async def test_that_a_card_that_was_put_off_comes_again_unless_somebody_took_it(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        _roster(stage)
        await _nobody_receives(stage)
        await stage.say("转人工")
        cards = await stage.cards(count=2)
        await _touch(stage, _mine(cards, AZHEN), AZHEN, "later")
        assert await _changes(stage, 1) == {AZHEN: "5 分钟后再提醒"}
        await stage.advance(301)

        async def again() -> list[Json]:
            sent = await stage.log("app_message")
            return [card for card in sent if card["users"] == [AZHEN]]

        found = await eventually(again, lambda found: len(found) == 2)
        await _touch(stage, found[1], AZHEN, "later")
        await eventually(lambda: stage.log("card_update"), lambda found: len(found) >= 2)
        await stage.staff(XIAOZHOU, "receive", on=True)
        await stage.advance(31)

        async def known_to_us() -> str | None:
            found = stage.rows("SELECT servicer_userid FROM conversations WHERE service_state = 3")
            return str(found[0]["servicer_userid"]) if found else None

        await eventually(known_to_us, lambda found: found == XIAOZHOU)
        await stage.advance(301)

        async def left() -> list[Json]:
            return stage.rows("SELECT id FROM staff_messages WHERE settled_at IS NULL")

        await eventually(left, lambda found: not found)
        assert len(await again()) == 2


async def test_that_a_member_gets_fewer_messages_a_minute_than_are_dropped(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    """Fifty customers at once want a person, and there is one."""
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        await stage.staff(XIAOZHOU, "receive", on=False)
        names = [f"wm{number:02}" for number in range(50)]
        await stage.control("customers", {"customers": [{"external_userid": n} for n in names]})
        messages = [
            {"customer": name, "open_kfid": KF, "text": {"content": "转人工"}} for name in names
        ]
        stage.said += (await stage.control("messages", {"messages": messages}))["msgids"]

        async def queued() -> int:
            (row,) = stage.rows("SELECT count(*) AS n FROM staff_messages WHERE kind = 'card'")
            return int(row["n"])

        await eventually(queued, lambda found: found == 50, 60)
        for minute in range(3):
            enough = min(50, MESSAGES_PER_MINUTE * (minute + 1))

            async def sent(enough: int = enough) -> bool:
                return len(await stage.log("app_message")) >= enough

            await eventually(sent, bool, 60)
            await stage.advance(61)
        messages = await stage.log("app_message")
        assert [each["users"] for each in messages] == [[AZHEN]] * 50
        assert all(not each["dropped"] for each in messages)


async def test_that_what_is_urgent_goes_first(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:
        await stage.staff(XIAOZHOU, "receive", on=False)
        stage.rules(card_seconds=600)
        await stage.say("转人工")
        await stage.in_state(3)
        await stage.say("门锁打不开", "wmDemoWangjie")
        (card,) = await stage.cards()
        assert card["content"]["main_title"]["title"].startswith("紧急")


async def test_that_notices_are_told_together_and_each_once(
    database_url: str, vectors_dir: Path, tmp_path: Path
) -> None:
    cards = StaffCards(Office((), "https://desk"), _no_content)
    async with play(database_url, vectors_dir, clock_file=tmp_path / "clock") as stage:

        def tell(connection: Connection, name: str) -> None:
            cards.notice(
                connection, [AZHEN], f"{name}：请处理", "https://desk/x", name, stage.clock.now()
            )

        for name in ("第一件", "第一件", "第二件", "第三件"):
            stage.database.run_sync(tell, name)
            await stage.cards()
        assert len(await stage.log("app_message")) == 1
        await stage.advance(301)
        first, second = (card["content"]["content"] for card in await stage.cards(count=2))
        assert "第一件" in first
        assert "第二件" in second
        assert "第三件" in second

        async def fates() -> Counter[str]:
            return Counter(row["state"] for row in stage.rows("SELECT state FROM staff_messages"))

        await eventually(fates, lambda found: found == {"delivered": 3})


async def test_that_a_card_that_reaches_nobody_goes_to_the_supervisors(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        await stage.fault("message/send", "errcode", errcode=81013, times=1)
        await stage.say("转人工")
        (card,) = await stage.cards()
        assert card["users"] == ["liang"]
