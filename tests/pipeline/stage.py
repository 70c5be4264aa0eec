"""A stage for whole plays: simulator, server and database, driven like people would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from blockbuster import BlockBuster, blockbuster_ctx
from pydantic import SecretStr
from sqlalchemy import Connection, text

from chatbot.accounts.desk_rules import DeskRules
from chatbot.app import DESK, running_server
from chatbot.clock import Clock, SystemClock, make_clock
from chatbot.pipeline.checkpoints import Checkpoint, pass_by
from chatbot.pipeline.desk import Desk
from chatbot.settings import Settings, WeComSettings
from chatbot.simulator.config import SimulatorConfig, load_config
from chatbot.simulator.server import create_app
from chatbot.store.database import Database
from chatbot.store.watch import save_desk_rules
from tests.ports import quiet_port

KF = "wkDemoYunqi0001"
LIN, WANG = "wmDemoXiaolin", "wmDemoWangjie"
AZHEN, XIAOZHOU, LIANG = "azhen", "xiaozhou", "liang"

_WAIT_SECONDS = 20.0
_ROOT = Path(__file__).parents[2]
_ENTERPRISE = load_config()
_WATCHED = [f"chatbot.{name}" for name in ("pipeline", "wecom", "store", "dialogue", "console")]

Json = dict[str, Any]
T = TypeVar("T")


@dataclass
class Stage:
    """What a play does with the simulated platform, and what it can look up afterwards."""

    session: aiohttp.ClientSession
    platform: str
    server: str
    database: Database
    app: web.Application = field(default_factory=web.Application)
    clock: Clock = field(default_factory=SystemClock)
    said: list[str] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        """Return the desk of the server on this stage."""
        return self.app[DESK]

    async def control(self, path: str, body: Json | None = None) -> Json:
        """Call the simulator's control API: POST with a body, GET without."""
        method = "GET" if body is None else "POST"
        async with self.session.request(
            method, f"{self.platform}/control/{path}", json=body
        ) as answer:
            result: Json = await answer.json()
            assert answer.status == 200, result
            return result

    async def say(self, words: str, customer: str = LIN, **more: Any) -> str:
        """Let a customer write a text; return its msgid."""
        callback = more.pop("callback", "normal")
        body = {"customer": customer, "open_kfid": KF, "text": {"content": words, **more}}
        answer = await self.control("messages", {**body, "callback": callback})
        self.said += answer["msgids"]
        return str(answer["msgids"][0])

    async def send(self, msgtype: str, content: Json, customer: str = LIN) -> str:
        """Let a customer send any message; return its msgid."""
        body = {"customer": customer, "open_kfid": KF, "msgtype": msgtype, msgtype: content}
        answer = await self.control("messages", body)
        self.said += answer["msgids"]
        return str(answer["msgids"][0])

    async def send_picture(self, customer: str = LIN) -> str:
        """Let a customer send a picture."""
        url = f"{self.platform}/control/media?type=image&filename=photo.png"
        async with self.session.post(url, data=b"\x89PNG\r\n\x1a\n" + b"0" * 64) as answer:
            media = await answer.json()
        return await self.send("image", media, customer)

    async def api(self, path: str, body: Json) -> Json:
        """Call the platform as another tool of the enterprise does; no event tells of it."""
        query = {"corpid": _ENTERPRISE.corp.id, "corpsecret": _ENTERPRISE.app.secret}
        async with self.session.get(f"{self.platform}/cgi-bin/gettoken", params=query) as answer:
            token = (await answer.json())["access_token"]
        url = f"{self.platform}/cgi-bin/{path}"
        async with self.session.post(url, params={"access_token": token}, json=body) as answer:
            result: Json = await answer.json()
            return result

    async def enter(self, customer: str = LIN) -> None:
        """Let a customer open the chat."""
        await self.control("messages", {"customer": customer, "open_kfid": KF, "msgtype": "event"})

    async def staff(self, userid: str, action: str, customer: str = LIN, **more: Any) -> None:
        """Let a member act on a session."""
        body = {"userid": userid, "action": action, "open_kfid": KF, "customer": customer}
        await self.control("staff", {**body, **more})

    async def fault(self, api: str, kind: str, **more: Any) -> None:
        """Put trouble in force."""
        await self.control("faults", {"api": api, "kind": kind, **more})

    async def advance(self, seconds: float) -> None:
        """Move everybody's clock."""
        await self.control("clock", {"advance": seconds})

    async def log(self, *kinds: str) -> list[Json]:
        """Return the simulator's log entries of these kinds."""
        entries: list[Json] = (await self.control(f"log?kind={','.join(kinds)}"))["entries"]
        return entries

    async def delivered(self, customer: str = LIN, count: int = 1) -> list[str]:
        """Wait until ``count`` messages of ours have reached the customer; return their words."""

        async def words() -> list[str]:
            return [
                _words(entry)
                for entry in await self.log("delivered")
                if entry["customer"] == customer and entry.get("via") != "staff"
            ]

        return await eventually(words, lambda found: len(found) >= count)

    async def cards(self, count: int = 1) -> list[Json]:
        """Wait until ``count`` messages have reached staff; return their log entries."""
        return await eventually(lambda: self.log("app_message"), lambda found: len(found) >= count)

    async def state(self, customer: str = LIN) -> tuple[int, str]:
        """Return the platform's session state and servicer."""
        for row in (await self.control("state"))["sessions"]:
            if row["customer"] == customer and row["open_kfid"] == KF:
                return int(row["state"]), str(row.get("servicer") or "")
        return 4, ""

    async def in_state(self, state: int, customer: str = LIN) -> None:
        """Wait until the platform's session is in ``state``."""
        await eventually(lambda: self.state(customer), lambda found: found[0] == state)

    def rules(self, **limits: int) -> None:
        """Put other limits of the desk in force."""
        rules = DeskRules(**limits)  # type: ignore[arg-type]  # only numbers are changed here
        self.database.run_sync(save_desk_rules, rules, self.clock.now(), "test")

    def rows(self, sql: str, **values: Any) -> list[Json]:
        """Return rows of the server's database."""

        def read(connection: Connection) -> list[Json]:
            return [dict(row) for row in connection.execute(text(sql), values).mappings()]

        return self.database.run_sync(read)

    async def settled(self) -> None:
        """Wait until all that was said has arrived and nothing is pending in the database."""

        async def open_work() -> int:
            return int(
                self.rows(
                    "SELECT (SELECT count(*) FROM messages WHERE fate = 'pending')"
                    " + (SELECT count(*) FROM outbox WHERE settled_at IS NULL"
                    "    AND NOT (payload ? 'only_in_pool'))"
                    " + :said - (SELECT count(*) FROM messages WHERE msgid = ANY(:msgids)) AS n",
                    said=len(self.said),
                    msgids=self.said,
                )[0]["n"]
            )

        await eventually(open_work, lambda found: found == 0)


def _words(entry: Json) -> str:
    content = entry["content"]
    if entry["msgtype"] == "msgmenu":
        return str(content["head_content"])
    return str(content["content"])


async def eventually(
    look: Callable[[], Awaitable[T]], enough: Callable[[T], bool], seconds: float = _WAIT_SECONDS
) -> T:
    """Look until it is enough; fail with what was seen last."""
    found: T | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                found = await look()
                if enough(found):
                    return found
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {seconds:g} s; last seen: {found!r}") from None


@asynccontextmanager
async def serving(app: web.Application, port: int) -> AsyncIterator[str]:
    """Serve an application on a port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def stage_settings(
    simulator: SimulatorConfig, platform: str, server_port: int, **changes: Any
) -> Settings:
    """Return settings of a server that knows the simulated enterprise."""
    wecom = WeComSettings(
        corp_id=simulator.corp.id,
        agent_id=simulator.app.agent_id,
        secret=SecretStr(simulator.app.secret),
        token=SecretStr(simulator.app.token),
        encoding_aes_key=SecretStr(simulator.app.encoding_aes_key),
        api_base_url=platform,
        jssdk_url=f"{platform}/jssdk.js",
        oauth_url=f"{platform}/connect/oauth2/authorize",
        login_url=f"{platform}/login/sso",
    )
    values: Json = {
        "host": "127.0.0.1",
        "port": server_port,
        "knowledge_dir": _ROOT / "knowledge",
        "intents_dir": _ROOT / "intents",
        "knowledge_watch": False,
        "publish": "auto",
        "quiet_seconds": 0,
        "supervisors": (LIANG,),
        "wecom": wecom,
    }
    return Settings(**{**values, **changes})


@asynccontextmanager
async def simulated(
    server_port: int, clock_file: Path | None = None, **rules: Any
) -> AsyncIterator[tuple[SimulatorConfig, str]]:
    """Run the simulator; its callbacks go to the server's port."""
    config = _ENTERPRISE.override(
        callback_url=f"http://127.0.0.1:{server_port}/wecom/callback",
        sidebar_url=f"http://127.0.0.1:{server_port}/sidebar/",
        clock_file=clock_file,
        rules={"callback_retry_seconds": 0.1, **rules},
    )
    async with serving(create_app(config), quiet_port()) as platform:
        yield config, platform


def _allow_what_only_tests_do(detector: BlockBuster) -> None:
    for function in detector.functions.values():
        function.can_block_in("chatbot/clock.py", "_read_offset")
        function.can_block_in("tests/pipeline/stage.py", "rows")


@asynccontextmanager
async def play(
    database_url: str,
    data_dir: Path,
    *,
    clock_file: Path | None = None,
    checkpoint: Checkpoint = pass_by,
    **changes: Any,
) -> AsyncIterator[Stage]:
    """Run the whole play in this process."""
    port = quiet_port()
    async with simulated(port, clock_file) as (config, platform):
        settings = stage_settings(
            config, platform, port, data_dir=data_dir, test_clock=clock_file, **changes
        )
        async with (
            running_server(settings, database_url, checkpoint) as app,
            serving(app, port) as server,
            aiohttp.ClientSession() as session,
        ):
            database = Database(database_url, threads=2)
            try:
                # A call that would stop the event loop inside our own code fails the test.
                with blockbuster_ctx(_WATCHED) as detector:
                    _allow_what_only_tests_do(detector)
                    yield Stage(session, platform, server, database, app, make_clock(clock_file))
            finally:
                database.dispose()
