"""An accepted change on a running server that publishes files by itself: it waits all the same."""

from __future__ import annotations

from pathlib import Path

from chatbot.accepting import EditedKnowledge, NewEntry
from chatbot.editing.desk import EditDesk
from chatbot.store.snapshots import live_basis
from tests.pipeline.stage import Json, eventually, play

_PATIENCE = 30.0


async def test_that_an_accepted_entry_waits_where_saved_files_go_live(
    database_url: str, vectors_dir: Path, knowledge: Path
) -> None:
    settings: Json = {"knowledge_dir": knowledge, "knowledge_watch": True, "publish": "auto"}
    async with play(database_url, vectors_dir, **settings) as stage:
        basis = stage.database.run_sync(live_basis)
        assert basis is not None
        changes = EditedKnowledge(EditDesk(stage.database, stage.clock, lambda: basis))
        new = NewEntry("gap-1", "有游泳池吗", ("可以游泳吗",), "有的，在二楼。")
        assert await changes.entry(new, "liang") == "gap-1"

        async def states() -> list[Json]:
            return stage.rows("SELECT state, entries FROM snapshots ORDER BY number")

        async def written() -> bool:
            return (knowledge / "客户问题.yaml").exists()

        await eventually(written, bool, _PATIENCE)
        (knowledge / "more.yaml").write_text("- {question: 有健身房吗, answer: 有。}", "utf-8")
        found = await eventually(states, lambda rows: rows[-1]["entries"] == 6, _PATIENCE)
        assert [each["state"] for each in found] == ["live", "candidate"]
        assert found[0]["entries"] == 4, "the file that was saved waits with the entry"
