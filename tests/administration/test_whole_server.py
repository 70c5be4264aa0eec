"""The assist report on the real wire: the draft, what a member wrote, and what came of it."""

from __future__ import annotations

from pathlib import Path

from chatbot.accounts.mode import ModeSetting
from chatbot.store.modes import ModeChange, switch_mode
from tests.pipeline.stage import AZHEN, KF, Json, eventually, play

#: The server looks for something to compare every twenty seconds.
_PATIENCE = 60.0


async def test_that_the_server_holds_its_drafts_against_what_staff_wrote(
    database_url: str, vectors_dir: Path
) -> None:
    async with play(database_url, vectors_dir) as stage:
        change = ModeChange(KF, ModeSetting("assist"), stage.clock.now(), "test")
        stage.database.run_sync(switch_mode, change)
        await stage.say("怎么连无线网？")
        await stage.in_state(3)
        await stage.settled()
        (turn,) = stage.rows("SELECT action, mode, drafts FROM turns")
        assert (turn["action"], turn["mode"]) == ("answer", "assist")
        draft = turn["drafts"][0]["text"]["content"]
        await stage.staff(AZHEN, "answer", text="您好")
        await stage.staff(AZHEN, "answer", text=draft)
        await stage.say("谢谢")  # the member has finished

        async def compared() -> list[Json]:
            return stage.rows("SELECT verdict, reason, measure <> '' AS named FROM staff_answers")

        (found,) = await eventually(compared, bool, _PATIENCE)
        assert found == {"verdict": "same", "reason": "", "named": True}
