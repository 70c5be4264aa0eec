"""A server with a small knowledge folder, and a caller of its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from tests.pipeline.stage import KF, Json, Stage, play

TOKEN = "token-of-a-test"
LATE, BREAKFAST = "可以延迟退房吗？", "早餐几点供应？"
_ENTRIES = """\
- id: late
  question: 可以延迟退房吗？
  answer:
    - when: {tags: ["会员等级:金卡"]}
      messages: [{type: text, text: 金卡免费延迟至 16:00。}]
    - messages: [{type: text, text: 会员可免费延迟至 14:00。}]
- {id: breakfast, question: 早餐几点供应？, similar: [早饭时间], answer: 早餐七点到十点。}
- id: pool
  question: 泳池开放吗？
  answer: 泳池夏天开放。
  valid: {from: 2026-06-01, until: 2026-08-31}
- {id: south, question: 怎么去南店？, answer: 南店在滨江路。, scope: [south]}
- {id: invoice, question: 怎么开发票？, answer: 退房时在前台开。, auto: ask}
"""
_ACCOUNTS = f"""\
[accounts.yunqi]
id = "{KF}"
name = "云栖酒店"
[accounts.south]
id = "wkDemoSouth0001"
name = "南店"
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """Status, headers and JSON of an answer."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error(self) -> tuple[int, str]:
        """Return status and error code."""
        return self.status, str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        """Return what the caller is told went wrong."""
        return str(self.body["error"]["message"])


@dataclass(frozen=True, slots=True)
class Caller:
    """Another system."""

    session: aiohttp.ClientSession
    server: str

    async def call(
        self, method: str, path: str, *, token: str | None = TOKEN, **more: Any
    ) -> Answered:
        """Call below ``/api/v1``."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers.update(more.pop("headers", {}))
        url = f"{self.server}/api/v1{path}"
        async with self.session.request(method, url, headers=headers, **more) as answer:
            return Answered(answer.status, dict(answer.headers), await answer.json())

    async def answer(self, text: object, **more: object) -> Answered:
        """Ask for one decision."""
        return await self.call("POST", "/answer", json={"text": text, **more})

    async def decide(self, text: str, **more: object) -> Json:
        """Ask for one decision, which there must be."""
        answered = await self.answer(text, **more)
        assert answered.status == 200, answered.body
        decision: Json = answered.body
        return decision


def write_content(folder: Path) -> dict[str, Path]:
    """Write the small knowledge; return the settings that name it."""
    knowledge, intents = folder / "knowledge", folder / "intents"
    knowledge.mkdir()
    intents.mkdir()
    (knowledge / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")
    (knowledge / "accounts.toml").write_text(_ACCOUNTS, encoding="utf-8")
    return {"knowledge_dir": knowledge, "intents_dir": intents}


@asynccontextmanager
async def calling(
    database_url: str, folder: Path, data_dir: Path, **changes: Any
) -> AsyncIterator[tuple[Stage, Caller]]:
    """Run a play whose server's API takes `TOKEN`."""
    settings = {"api_token": SecretStr(TOKEN), **write_content(folder), **changes}
    async with play(database_url, data_dir, **settings) as stage:
        yield stage, Caller(stage.session, stage.server)
