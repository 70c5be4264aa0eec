"""The simulated WeCom of a storm: a process of its own, driven through its control API."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from chatbot.simulator.config import SimulatorConfig, load_config
from tests.chaos.processes import Process
from tests.chaos.workload import Line
from tests.pipeline.stage import KF, Json
from tests.ports import quiet_port

#: A crowd sends staff more cards in a minute than WeCom lets through to one member; a callback
#: to a dead server is repeated sooner than in earnest, so that the storm is short.
_RULES = """
[rules]
member_messages_per_minute = 10000
callback_retry_seconds = 1.0
"""
_CALLBACK = {"copies": 3, "shuffle": True, "delay": 0.3}
_LOG_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class SimulatedPlatform:
    """Where the simulator listens, where it sends callbacks, and the enterprise's secrets."""

    url: str
    callback_port: int
    config: SimulatorConfig


@contextmanager
def running_platform(folder: Path, members: Sequence[str] = ()) -> Iterator[SimulatedPlatform]:
    """Run the simulator as a process; its callbacks go to a port that nobody holds yet.

    The enterprise has these ``members`` beside those of the demo.
    """
    port, callback_port = quiet_port(), quiet_port()
    file = folder / "enterprise.toml"
    file.write_text(_enterprise(members), encoding="utf-8")
    arguments = [
        "chatbot", "simulate", "--port", str(port), "--config", str(file),
        "--callback-url", f"http://127.0.0.1:{callback_port}/wecom/callback",
    ]  # fmt: skip
    with Process(arguments, {}, folder / "simulator.log", folder) as process:
        url = f"http://127.0.0.1:{port}"
        asyncio.run(process.answers(f"{url}/control/health"))
        yield SimulatedPlatform(url, callback_port, load_config(file))


def _enterprise(members: Sequence[str]) -> str:
    demo = Path(__file__).parents[2] / "chatbot" / "simulator" / "demo.toml"
    more = (f'\n[[members]]\nuserid = "{userid}"\nname = "{userid}"\n' for userid in members)
    return demo.read_text(encoding="utf-8") + "".join(more) + _RULES


@dataclass
class Weather:
    """What a play does to the platform, and what it remembers of it."""

    session: aiohttp.ClientSession
    platform: SimulatedPlatform
    seed: int
    said: list[tuple[str, str]] = field(default_factory=list)  # customer, msgid
    entered: int = 0
    touched_by_staff: set[str] = field(default_factory=set)
    since: int = 0  # the log before this number belongs to other plays

    async def control(self, path: str, body: Json | None = None, method: str = "") -> Json:
        """Call the control API: POST with a body, GET without, or as told."""
        method = method or ("GET" if body is None else "POST")
        url = f"{self.platform.url}/control/{path}"
        async with self.session.request(method, url, json=body) as answer:
            result: Json = await answer.json()
            assert answer.status == 200, result
            return result

    async def clear(self) -> None:
        """Forget what earlier plays left in the simulator."""
        self.since = (await self.control("reset", {}))["next"]

    async def fault(self, api: str, kind: str, probability: float = 1.0, **more: object) -> None:
        """Put trouble in force until it is lifted."""
        seeded = {"seed": self.seed, "times": None, "probability": probability}
        await self.control("faults", {"api": api, "kind": kind, **seeded, **more})

    async def lift_faults(self) -> None:
        """End all trouble."""
        await self.control("faults", method="DELETE")

    async def storm(self) -> None:
        """Lose, delay and garble answers of every API from now on."""
        await self.fault("*", "drop_after", 0.04)
        await self.fault("*", "drop_before", 0.02)
        await self.fault("*", "http_status", 0.02)
        await self.fault("*", "errcode", 0.02)
        await self.fault("kf/send_msg", "drop_after", 0.06)
        await self.fault("kf/service_state/trans", "drop_after", 0.15)
        await self.fault("message/send", "drop_after", 0.15)
        await self.fault("kf/send_msg_on_event", "drop_after", 0.15)
        await self.fault("kf/sync_msg", "short_page", 0.7, size=4)
        await self.fault("kf/sync_msg", "empty_page", 0.1)

    async def introduce(self, customers: Sequence[str]) -> None:
        """Make customers known to the platform."""
        bodies = [{"external_userid": each, "nickname": each[-4:]} for each in customers]
        await self.control("customers", {"customers": bodies})

    async def happens(self, lines: Sequence[Line], seconds: float) -> None:
        """Let customers say ``lines`` in small handfuls over about ``seconds``."""
        dice = random.Random(self.seed + len(self.said))
        rest = list(lines)
        pause = seconds / max(1, len(rest) / 2.5)
        while rest:
            count = dice.randint(1, 4)
            handful, rest = rest[:count], rest[count:]
            await self._say(handful, dice.randrange(1_000_000))
            await asyncio.sleep(pause)

    async def _say(self, lines: Sequence[Line], seed: int) -> None:
        bodies = [_body(line) for line in lines]
        answer = await self.control(
            "messages", {"messages": bodies, "callback": {**_CALLBACK, "seed": seed}}
        )
        for line, msgid in zip(lines, answer["msgids"], strict=True):
            if line.words is None:
                self.entered += 1
            else:
                self.said.append((line.customer, msgid))

    async def staff_end_sessions(self, most: int) -> list[str]:
        """Let servicers answer and end some sessions they have; return whose."""
        sessions = (await self.control("state"))["sessions"]
        ended = [row for row in sessions if row["state"] == 3][:most]
        for row in ended:
            self.touched_by_staff.add(row["customer"])
            person = {
                "userid": row["servicer"], "open_kfid": KF, "customer": row["customer"],
                "callback": _CALLBACK,
            }  # fmt: skip
            await self.control("staff", {**person, "action": "answer", "text": "我来处理"})
            await self.control("staff", {**person, "action": "end"})
        return [row["customer"] for row in ended]

    async def member_writes(self, words: str) -> str:
        """Let a member write to the app; return the message's id."""
        body = {"userid": "liang", "content": words, "callback": {"copies": 2}}
        return str((await self.control("app_messages", body))["msgid"])

    async def callback(self, **body: object) -> list[Json]:
        """Send a callback and wait for what becomes of it."""
        results: list[Json] = (await self.control("callbacks", body))["results"]
        return results

    async def log(self, *kinds: str) -> list[Json]:
        """Return all of this play's log entries of these kinds."""
        entries: list[Json] = []
        following = self.since
        while True:
            page = await self.control(
                f"log?since={following}&kind={','.join(kinds)}&limit={_LOG_PAGE}"
            )
            entries += page["entries"]
            if len(page["entries"]) < _LOG_PAGE:
                return entries
            following = page["next"]


def _body(line: Line) -> Json:
    target = {"customer": line.customer, "open_kfid": KF}
    if line.words is None:
        return {**target, "msgtype": "event"}
    return {**target, "text": {"content": line.words}}


def server_environment(
    platform: SimulatedPlatform, port: int, database_url: str, data_dir: Path, intents: Path
) -> dict[str, str]:
    """Return the settings of a server that knows the simulated enterprise."""
    corp, app = platform.config.corp, platform.config.app
    settings: dict[str, object] = {
        "HOST": "127.0.0.1", "PORT": port, "DATABASE_URL": database_url, "DATA_DIR": data_dir,
        "KNOWLEDGE_DIR": Path(__file__).parent / "knowledge", "INTENTS_DIR": intents,
        "KNOWLEDGE_WATCH": "false", "PUBLISH": "auto", "QUIET_SECONDS": 0, "POLL_SECONDS": 10,
        "ENCODER_THREADS": 1, "SUPERVISORS": "liang", "LOG_LEVEL": "info", "LOG_FORMAT": "json",
        "WECOM__CORP_ID": corp.id, "WECOM__AGENT_ID": app.agent_id, "WECOM__SECRET": app.secret,
        "WECOM__TOKEN": app.token, "WECOM__ENCODING_AES_KEY": app.encoding_aes_key,
        "WECOM__API_BASE_URL": platform.url,
    }  # fmt: skip
    return {f"CHATBOT_{name}": str(value) for name, value in settings.items()} | {
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",
    }
