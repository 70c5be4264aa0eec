"""An accepted change on a running server that publishes files by itself: it waits all the same."""

from __future__ import annotations

from pathlib import Path

from chatbot.accepting import FolderChanges, NewEntry
from chatbot.workshop import Folders
from tests.pipeline.stage import Json, eventually, play

_PATIENCE = 30.0


async def test_that_an_accepted_entry_waits_where_saved_files_go_live(
    database_url: str, vectors_dir: Path, knowledge: Path
) -> None:
    settings: Json = {"knowledge_dir": knowledge, "knowledge_watch": True, "publish": "auto"}
    async with play(database_url, vectors_dir, **settings) as stage:
        folders = Folders(knowledge, knowledge.parent / "intents")
        changes = FolderChanges(folders, stage.database, stage.clock)
        new = NewEntry("gap-1", "有游泳池吗", ("可以游泳吗",), "有的，在二楼。")
        assert changes.entry(new, "liang").problems == ()

        async def states() -> list[Json]:
            return stage.rows("SELECT state, entries FROM snapshots ORDER BY number")

        found = await eventually(states, lambda rows: len(rows) > 1, _PATIENCE)
        assert [each["state"] for each in found] == ["live", "candidate"]
        assert found[1]["entries"] == found[0]["entries"] + 1
