"""Ended conversations page by page, search, and what goes along with every page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from tests.console.stage import Office
from tests.store.desk_samples import add_conversation, add_message


def fill(connection: Connection) -> None:
    """Add 100 ended conversations, every third of another store than 西湖店."""
    for number in range(100):
        store = "云栖酒店滨江店" if number % 3 else "云栖酒店西湖店"
        conversation = add_conversation(
            connection, f"客人{number}", 4, at=datetime.now(UTC) - timedelta(hours=number + 1)
        )
        connection.execute(
            text("UPDATE conversations SET scope_rows = CAST(:rows AS jsonb) WHERE id = :id"),
            {"rows": json.dumps({"门店": store}), "id": conversation},
        )
        add_message(
            connection, conversation, f"我在房间{number}", datetime.now(UTC), fate="recorded"
        )


async def pages(desk: Office, viewer: str) -> list[str]:
    found: list[str] = []
    before = ""
    while True:
        page = (await desk.get("/ended", viewer, **({"before": before} if before else {}))).body
        found += [row["name"] for row in page["rows"]]
        if page["before"] is None:
            return found
        before = page["before"]


async def test_that_ended_ones_come_page_by_page_and_only_those_that_are_seen(
    desk: Office,
) -> None:
    desk.do(fill)
    assert await pages(desk, "azhen") == [f"客人{number}" for number in range(100)]
    assert await pages(desk, "xihu") == [f"客人{number}" for number in range(0, 100, 3)]


async def test_that_search_finds_by_name_and_by_text(desk: Office) -> None:
    desk.do(fill)

    async def found(text: str, viewer: str = "azhen") -> set[str]:
        return {row["name"] for row in (await desk.get("/search", viewer, q=text)).body["rows"]}

    assert await found("客人42") == {"客人42"}
    assert await found(" 房间42 ") == {"客人42"}
    assert await found("房间42", "xihu") == {"客人42"}
    assert await found("房间43", "xihu") == set()
    assert await found("") == set()
    assert await found("\x00") == set()
    assert (await desk.get("/search", q="长" * 101)).status == 400
    assert (await desk.get("/search")).status == 400


async def test_that_every_page_forbids_what_is_foreign(desk: Office) -> None:
    for path in ("/", "/api/search?q=a", "/static/console.js", "/media/1"):
        headers = (await desk.call("GET", path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert "unsafe" not in headers["Content-Security-Policy"]
    page = await desk.call("GET", "/")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"


async def test_that_no_page_has_scripts_or_styles_within(desk: Office) -> None:
    html = (await desk.call("GET", "/")).body.decode()
    assert "style=" not in html
    assert "<style" not in html
    assert " on" not in html.replace(" one", "")
    assert html.count("<script") == html.count('src="/console/static/') + html.count("json")
